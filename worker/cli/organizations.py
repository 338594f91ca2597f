"""``organizations``: the publishers that are known by name, and how to add one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from msgspec.structs import replace

from config.settings import BUNDLED_FOLDER, PREFIX, Settings, load_settings
from storyfold.document import Image, Provider
from storyfold.errors import FetchError, SourceError
from worker.cli.output import USAGE, console, fail, print_json, print_table
from worker.delivery.file_writing import replace_file
from worker.flows.engine import Engine
from worker.flows.find_organization import find_organization
from worker.normalize.address import resolve
from worker.normalize.domains import ascii_host
from worker.normalize.organization_file import organization_text, read_organization
from worker.normalize.providers import Organizations
from worker.sources.image.probe import probe

app = typer.Typer(help="The publishers that are known by name and logo, and how to add one.", no_args_is_help=True)

BUNDLED = BUNDLED_FOLDER / "organizations"
_DOMAIN = re.compile(r"(?!.{254})(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9][a-z0-9-]{0,61}[a-z0-9]")


def domain_name(value: str) -> str:
    """A domain as it is registered: lower case, without ``www.``.

    Raises:
        typer.BadParameter: it is none; an address of a page is none either.
    """
    domain = value.strip().lower().rstrip(".").removeprefix("www.")
    if not _DOMAIN.fullmatch(ascii_host(domain)):
        raise typer.BadParameter(f"{value!r} is no domain; give it as in example.com, without https:// and path")
    return domain


AsJson = Annotated[bool, typer.Option("--json", help="One JSON value on stdout.")]
Domain = Annotated[str, typer.Argument(callback=domain_name, help="Domain or sub-domain, as example.com.")]


@app.command("list")
def list_organizations(as_json: AsJson = False) -> None:
    """All registered publishers, with the file that each comes from."""
    rows = [_row(one, path) for path, one in _registered(load_settings()).values()]
    if as_json:
        print_json(rows)
        return
    lines = ((row["domain"], row["name"], len(row["images"]), row["file"]) for row in rows)
    print_table(("domain", "name", "logos", "file"), lines)


@app.command()
def show(domain: Domain, as_json: AsJson = False) -> None:
    """The publisher that answers for a domain: the one registered for it, or for the nearest domain above it."""
    registered = _registered(load_settings())
    found = Organizations(one for _, one in registered.values()).find(domain)
    if found is None:
        fail(f"nobody is registered for {domain}; see `storyfold organizations add {domain}`")
    path = registered[found.domain][0]
    if as_json:
        print_json(_row(found, path))
        return
    console.print(f"{path}\n\n{path.read_text(encoding='utf-8-sig').rstrip()}", markup=False)


@app.command()
def add(
    domain: Domain,
    name: Annotated[str, typer.Option(help="Name, as people write it.")] = "",
    logo: Annotated[str, typer.Option(help="Address of the logo.")] = "",
    width: Annotated[int | None, typer.Option(min=1, max=65_535, help="Width of the logo in pixels.")] = None,
    height: Annotated[int | None, typer.Option(min=1, max=65_535, help="Height of the logo in pixels.")] = None,
    fetch: Annotated[bool, typer.Option("--fetch", help="Ask the home page for what is not given.")] = False,
    home: Annotated[str, typer.Option(help="The home page; default: https://DOMAIN/.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file that is there.")] = False,
) -> None:
    """Register a publisher in a file of CONFIG_DIR/organizations. It goes over a bundled one for the same domain.

    A running worker reads it at its next start.
    """
    settings = load_settings()
    path = _own_folder(settings) / f"{domain}.md"
    if path.exists() and not force:
        fail(f"{path} is there already; edit it, or give --force to overwrite it")
    _check_options(name, logo, has_size=bool(width or height), fetch=fetch)
    name = " ".join(name.split())
    organization = Provider(name=name, domain=domain)
    if fetch and not (name and logo):
        organization = _fetched(settings, domain, home or f"https://{domain}/", name)
    if logo:
        organization = replace(organization, images=(Image(url=logo, width=width, height=height),))
    path.parent.mkdir(exist_ok=True)
    replace_file(path, organization_text(organization).encode())
    logos = f"logo {organization.images[0].url}" if organization.images else "no logo"
    console.print(f"{organization.name}, {logos}: written to {path}", markup=False)


def _check_options(name: str, logo: str, *, has_size: bool, fetch: bool) -> None:
    if not name.strip() and not fetch:
        fail("give --name, or --fetch to ask the site what it is called", USAGE)
    if logo and resolve("", logo) != logo and not re.fullmatch(r"/[^/\s]\S*", logo):
        fail("--logo must be an http or https address, or begin with one slash", USAGE)
    if has_size and not logo:
        fail("--width and --height belong to --logo", USAGE)


def _own_folder(settings: Settings) -> Path:
    """The operator's folder of organizations; it need not exist yet."""
    chosen = settings.config_dir
    if chosen is None:
        fail(
            f"{PREFIX}CONFIG_DIR is not set, and the package's own files are not to be changed; make a folder for "
            f"yours, and set {PREFIX}CONFIG_DIR to it for every role of Storyfold",
            USAGE,
        )
    if not chosen.is_dir():
        fail(f"{PREFIX}CONFIG_DIR: there is no folder {str(chosen)!r}; make it first", USAGE)
    if chosen.resolve() == BUNDLED_FOLDER.resolve():
        fail(f"{PREFIX}CONFIG_DIR is the package's own folder, which an update replaces; choose another", USAGE)
    return chosen / "organizations"


def _fetched(settings: Settings, domain: str, home_url: str, name: str) -> Provider:
    engine = Engine(settings, has_store=False)

    async def ask() -> Provider:
        return await find_organization(await engine.loop.fetcher(), domain, home_url, probe, name=name)

    try:
        return engine.loop.run(ask())
    except (FetchError, SourceError) as error:
        fail(str(error))
    finally:
        engine.close()


def _registered(settings: Settings) -> dict[str, tuple[Path, Provider]]:
    """Domain -> file and organization, sorted; an operator's own file goes over a bundled one."""
    own = settings.config_dir / "organizations" if settings.config_dir else BUNDLED
    paths = [path for folder in dict.fromkeys((BUNDLED, own)) for path in folder.glob("*.md")]
    found = [(path, read_organization(path)) for path in paths]
    return {one.domain: (path, one) for path, one in sorted(found, key=lambda pair: pair[1].domain)}


def _row(organization: Provider, path: Path) -> dict[str, Any]:
    return {
        "domain": organization.domain,
        "name": organization.name,
        "images": msgspec.to_builtins(organization.images),
        "file": str(path),
        "bundled": path.parent == BUNDLED,
    }
