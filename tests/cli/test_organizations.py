"""``organizations``: the registry is shown, and added to in a folder of the operator's own."""

from __future__ import annotations

import json
import struct
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from typer.testing import CliRunner, Result

from config.settings import BUNDLED_FOLDER, load_settings
from worker.cli.main import app
from worker.flows.engine import Engine

PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBB", 13, b"IHDR", 120, 110, 8, 6, 0, 0, 0) + b"\0" * 4


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An operator's configuration folder, empty."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "own"
    folder.mkdir()
    monkeypatch.setenv("STORYFOLD_CONFIG_DIR", str(folder))
    return folder


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["organizations", *arguments])


def rows() -> dict[str, dict[str, Any]]:
    return {row["domain"]: row for row in json.loads(run("list", "--json").stdout)}


def test_the_list_holds_the_bundled_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    row = rows()["bbc.co.uk"]
    assert (row["name"], row["bundled"]) == ("BBC", True)
    assert "bbc.co.uk" in run("list").stdout


def test_an_added_one_is_written_listed_shown_and_used(own: Path) -> None:
    done = run("add", "Daily.co.uk", "--name", "The Daily", "--logo", "/logo.png", "--width", "50", "--height", "40")
    assert done.exit_code == 0, done.output
    path = own / "organizations" / "daily.co.uk.md"
    assert path.read_text() == (
        "---\ntaxonomy: organization\n_id: daily.co.uk\nname: The Daily\ndomain: daily.co.uk\nimages:\n"
        '  - url: "/logo.png"\n    width: 50\n    height: 40\n---\n'
    )
    assert [found.name for found in path.parent.iterdir()] == ["daily.co.uk.md"], "a draft was left behind"
    assert rows()["daily.co.uk"]["bundled"] is False
    shown = run("show", "www.sport.daily.co.uk", "--json")
    assert json.loads(shown.stdout)["name"] == "The Daily"
    engine = Engine(load_settings())
    assert (
        engine.configuration.organizations.name_provider("https://sport.daily.co.uk/x").provider.name == "The Daily"
    )
    assert engine.configuration.organizations.name_provider("https://www.bbc.co.uk/x").how == "registry", (
        "the bundled ones are hidden"
    )


def test_an_own_file_goes_over_the_bundled_one_and_leaves_it_alone(own: Path) -> None:
    before = (BUNDLED_FOLDER / "organizations" / "bbc.com.md").read_bytes()
    assert run("add", "bbc.com", "--name", "Our BBC").exit_code == 0
    assert rows()["bbc.com"]["name"] == "Our BBC"
    assert (
        Engine(load_settings()).configuration.organizations.name_provider("https://bbc.com/x").provider.name
        == "Our BBC"
    )
    assert (BUNDLED_FOLDER / "organizations" / "bbc.com.md").read_bytes() == before
    assert (own / "organizations" / "bbc.com.md").exists()


def test_nothing_is_overwritten_without_force(own: Path) -> None:
    path = own / "organizations" / "daily.com.md"
    run("add", "daily.com", "--name", "One")
    before = path.read_bytes()
    again = run("add", "daily.com", "--name", "Two")
    assert again.exit_code == 1
    assert "--force" in again.output
    assert path.read_bytes() == before
    assert run("add", "daily.com", "--name", "Two", "--force").exit_code == 0
    assert b"name: Two" in path.read_bytes()


def test_without_a_folder_of_ones_own_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for chosen, told in (("", "is not set"), ("missing", "make it first"), (str(BUNDLED_FOLDER), "choose another")):
        monkeypatch.setenv("STORYFOLD_CONFIG_DIR", chosen)
        done = run("add", "daily.com", "--name", "The Daily")
        assert done.exit_code == 2
        assert "CONFIG_DIR" in done.output
        assert told in " ".join(done.output.split())
    assert not (BUNDLED_FOLDER / "organizations" / "daily.com.md").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("daily.com",),
        ("daily", "--name", "x"),
        ("https://daily.com/", "--name", "x"),
        ("../daily.com", "--name", "x"),
        ("daily.com/x", "--name", "x"),
        ("", "--name", "x"),
        ("daily..com", "--name", "x"),
        ("daily.com", "--name", "x", "--logo", "javascript:alert(1)"),
        ("daily.com", "--name", "x", "--logo", "//cdn.example/x.png"),
        ("daily.com", "--name", "x", "--width", "50"),
        ("daily.com", "--name", "x", "--logo", "/x.png", "--width", "0"),
    ],
)
def test_a_wrong_word_is_wrong_usage_and_writes_nothing(own: Path, arguments: tuple[str, ...]) -> None:
    assert run("add", *arguments).exit_code == 2
    assert not list(own.rglob("*.md"))


def test_show_of_nobody_says_how_to_add_one(own: Path) -> None:
    shown = run("show", "nobody.example")
    assert shown.exit_code == 1
    assert f"add {'nobody.example'}" in shown.output
    assert own.is_dir()


class _Site(BaseHTTPRequestHandler):
    pages: ClassVar[dict[str, tuple[str, bytes]]] = {}

    def do_GET(self) -> None:
        kind, body = self.pages.get(self.path, ("", b""))
        self.send_response(200 if kind else 404)
        self.send_header("Content-Type", kind or "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A site on loopback that the address guard lets past; its pages are in ``_Site.pages``."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("STORYFOLD_FETCH_ALLOW", f"127.0.0.1:{server.server_port}")
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def test_fetch_takes_name_and_the_first_logo_that_is_an_image_with_its_real_size(
    own: Path, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    html = (
        '<meta property="og:site_name" content="The Daily"><link rel="apple-touch-icon" href="/gone.png">'
        '<link rel="icon" sizes="192x192" href="/page.png"><link rel="icon" sizes="96x96" href="/real.png">'
    )
    pages = {
        "/": ("text/html", html.encode()),
        "/page.png": ("image/png", b"<html>"),
        "/real.png": ("image/png", PNG),
    }
    monkeypatch.setattr(_Site, "pages", pages)
    done = run("add", "daily.com", "--fetch", "--home", site)
    assert done.exit_code == 0, done.output
    text = (own / "organizations" / "daily.com.md").read_text()
    assert "name: The Daily\n" in text
    assert f'  - url: "{site}real.png"\n    width: 120\n    height: 110\n' in text


def test_a_given_name_wins_over_the_fetched_one(own: Path, site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    page = b'<meta property="og:site_name" content="Theirs"><link rel="icon" href="/real.png">'
    monkeypatch.setattr(_Site, "pages", {"/": ("text/html", page), "/real.png": ("image/png", PNG)})
    assert run("add", "daily.com", "--name", "Ours", "--fetch", "--home", site).exit_code == 0
    text = (own / "organizations" / "daily.com.md").read_text()
    assert "name: Ours\n" in text
    assert "real.png" in text


@pytest.mark.parametrize("body", [b"<title>The Daily</title>", None])
def test_a_site_that_does_not_say_its_name_gives_none(
    own: Path, site: str, monkeypatch: pytest.MonkeyPatch, body: bytes | None
) -> None:
    monkeypatch.setattr(_Site, "pages", {"/": ("text/html", body)} if body is not None else {})
    done = run("add", "daily.com", "--fetch", "--home", site)
    assert done.exit_code == 1
    assert "no-name" in done.output or "http-404" in done.output
    assert not list(own.rglob("*.md"))


def test_the_address_guard_judges_the_home_page(own: Path) -> None:
    done = run("add", "daily.com", "--fetch", "--home", "http://127.0.0.1:9/")
    assert done.exit_code == 1
    assert "blocked" in done.output
    assert not list(own.rglob("*.md"))
