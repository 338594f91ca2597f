"""``credentials``: secrets that servers want to see before they answer. They come in here, and are never shown."""

from __future__ import annotations

import sys
from getpass import getpass
from pathlib import Path
from typing import Annotated, Any

import typer

from storyfold.errors import FetchError, StoreConflictError
from worker.cli.followed import all_feeds
from worker.cli.output import USAGE, console, fail, print_json, print_table, say
from worker.cli.session import open_engine
from worker.flows.credential import origin_of
from worker.flows.engine import Engine
from worker.model.credential import Credential, CredentialKind, credential_faults
from worker.sources.fetch.web_address import public_url

app = typer.Typer(
    help="Secrets that servers want to see before they answer. They are kept apart from feeds, and never shown.",
    no_args_is_help=True,
)

MAX_FILE_BYTES = 65_536

AsJson = Annotated[bool, typer.Option("--json", help="One JSON value on stdout.")]
Name = Annotated[str, typer.Argument(help="Name by which feeds speak of it.")]


@app.command("set")
def set_credential(
    name: Name,
    origin: Annotated[
        list[str], typer.Option("--origin", help="Server that may see it: https://example.com. No other ever does.")
    ],
    basic: Annotated[
        str | None, typer.Option("--basic", metavar="USER", help="User; the secret is a password.")
    ] = None,
    bearer: Annotated[bool, typer.Option("--bearer", help="The secret is a token.")] = False,
    header: Annotated[str | None, typer.Option("--header", metavar="FIELD", help="The secret is its value.")] = None,
    from_file: Annotated[
        Path | None, typer.Option("--from-file", help="Read the secret from it.", exists=True, dir_okay=False)
    ] = None,
) -> None:
    """Keep a secret, or replace it. It is asked for, or read from standard input or a file, never an argument."""
    if sum((basic is not None, bearer, header is not None)) != 1:
        fail("give one of --basic USER, --bearer, --header FIELD", code=USAGE)
    kind = CredentialKind.BASIC if basic is not None else CredentialKind.BEARER if bearer else CredentialKind.HEADER
    credential = Credential(
        name=name,
        kind=kind,
        origins=_origins(origin),
        user=basic or "",
        header=header or "",
        secret=_read_secret(from_file),
    )
    faults = credential_faults(credential)
    if faults:
        fail("; ".join(faults), code=USAGE)
    with open_engine() as engine:
        is_new = engine.credentials().save(credential)
        is_sealed = engine.settings.secured_key is not None
    for each in credential.origins:
        if each.startswith("http:"):
            say(f"warning: {each} is without encryption: whoever carries the request can read the secret")
    if not is_sealed:
        say("warning: STORYFOLD_SECURED_KEY is not set, so the secret stands in Redis in plain text")
    console.print(f"{'kept' if is_new else 'replaced'}: {name}", markup=False)


def _origins(stated: list[str]) -> tuple[str, ...]:
    try:
        return tuple(dict.fromkeys(origin_of(each) for each in stated))
    except FetchError as error:
        fail(error.detail, code=USAGE)


def _read_secret(path: Path | None) -> str:
    if path is not None:
        with path.open("rb") as file:
            text = file.read(MAX_FILE_BYTES).decode("utf-8", "replace")
    elif sys.stdin.isatty():
        text = getpass("Secret: ")
    else:
        text = sys.stdin.readline(MAX_FILE_BYTES)
    return text.removesuffix("\n").removesuffix("\r")


@app.command("list")
def list_credentials(as_json: AsJson = False) -> None:
    """All credentials: kind, servers that may see them, feeds that use them. No secret."""
    with open_engine() as engine:
        rows = [_row(engine, name) for name in engine.credentials().names()]
        users: dict[str, list[str]] = {}
        for feed in all_feeds(engine):
            if feed.credential:
                users.setdefault(feed.credential, []).append(public_url(feed.url))
    rows = [{**row, "feeds": users.get(row["name"], [])} for row in rows]
    if as_json:
        print_json(rows)
        return
    columns = ("name", "kind", "origins", "feeds", "fault")
    print_table(columns, ([_cell(row[column]) for column in columns] for row in rows))


def _cell(value: Any) -> Any:
    return ", ".join(value) if isinstance(value, list) else value


def _row(engine: Engine, name: str) -> dict[str, Any]:
    try:
        credential = engine.credentials().load([name])[name]
    except StoreConflictError as error:
        return {"name": name, "kind": None, "origins": [], "fault": str(error)}
    return {"name": name, "kind": str(credential.kind), "origins": list(credential.origins), "fault": None}


@app.command()
def remove(name: Name) -> None:
    """Forget a credential. Feeds that name it fail as no-credential until there is one again."""
    with open_engine() as engine:
        if not engine.credentials().remove(name):
            fail(f"there is no credential {name!r}; see `storyfold credentials list`")
        left = [feed for feed in all_feeds(engine) if feed.credential == name]
    console.print(f"removed: {name}", markup=False)
    for feed in left:
        say(f"still named by {public_url(feed.url)}")
