"""The role as a process: it listens, serves, and ends when it is told to."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

PROJECT_ROOT = Path(__file__).resolve().parents[2]
NO_REDIS = "redis://127.0.0.1:1/0"


class Web:
    """``storyfold web`` as a process of its own."""

    def __init__(self, folder: Path, *args: str, **settings: str) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("STORYFOLD_")}
        chosen = {
            "DATA_DIR": str(folder / "data"),
            "REDIS_URL": NO_REDIS,
            "WEB_BIND": "127.0.0.1:0",
            "LOG_FORMAT": "json",
            **settings,
        }
        environment = kept | {f"STORYFOLD_{name}": value for name, value in chosen.items()}
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "worker.cli", "web", *args],
            cwd=folder,
            env=environment | {"PYTHONPATH": str(PROJECT_ROOT)},
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    def line(self, seconds: float = 30.0) -> str:
        """The next line of its log."""
        assert self.process.stderr is not None
        ready, _, _ = select.select([self.process.stderr], [], [], seconds)
        assert ready, "no line"
        return self.process.stderr.readline().decode()

    def url(self) -> str:
        """Where it listens, when it does."""
        record = json.loads(self.line())
        assert record["event"] == "web listens"
        return str(record["url"])

    def end(self) -> tuple[int, str]:
        """Exit code, and what it wrote since; it was told to end, or ends by itself."""
        _, written = self.process.communicate(timeout=30)
        return self.process.returncode, written.decode()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Web]]:
    """Starts the role; none is left after the test."""
    started: list[Web] = []

    def run(*args: str, **settings: str) -> Web:
        started.append(Web(tmp_path, *args, **settings))
        return started[-1]

    yield run
    for web in started:
        if web.process.poll() is None:
            web.process.kill()
        web.process.communicate()


@pytest.fixture
def taken() -> Iterator[socket.socket]:
    """A port that another program has."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_image_is_served_until_the_signal(
    start: Callable[..., Web], keep: Callable[[bytes], str], png: bytes, number: int
) -> None:
    """Exit code 0 within 10 s, although a client has begun a request that it never ends, and no word of failure."""
    digest = keep(png)
    web = start()
    url = web.url()
    with httpx.Client(base_url=url) as client:
        answer = client.get(f"/img/{digest}")
        assert (answer.status_code, answer.content) == (200, png)
        assert "server" not in answer.headers
        head = client.head(f"/img/{digest}")
        assert (head.status_code, head.headers["content-length"]) == (200, str(len(png)))
        tag = answer.headers["etag"]
        assert client.get(f"/img/{digest}", headers={"If-None-Match": tag}).status_code == 304
        assert client.get("/healthz").json() == {"status": "ok"}
        assert client.get("/readyz").status_code == 503
        assert client.get("/healthz", headers={"Host": "evil.example"}).status_code == 421
        address = httpx.URL(url)
        with socket.create_connection((address.host, address.port or 0)) as slow:
            slow.sendall(b"GET /healthz HTTP/1.1\r\nHost: loc")
            begin = time.monotonic()
            web.process.send_signal(number)
            assert web.end() == (0, "")
            assert time.monotonic() - begin < 10


def test_a_port_that_is_taken_is_told_in_one_line(start: Callable[..., Web], taken: socket.socket) -> None:
    bind = f"127.0.0.1:{taken.getsockname()[1]}"
    code, written = start(WEB_BIND=bind).end()
    assert (code, len(written.splitlines())) == (1, 1), written
    assert bind in written
    assert "STORYFOLD_WEB_BIND" in written


def test_with_wait_it_takes_the_port_when_it_is_free(start: Callable[..., Web], taken: socket.socket) -> None:
    """One warning, and then it listens."""
    bind = f"127.0.0.1:{taken.getsockname()[1]}"
    web = start("--wait", WEB_BIND=bind)
    record = json.loads(web.line())
    assert (record["level"], record["bind"]) == ("warning", bind)
    taken.close()
    url = web.url()
    assert url == f"http://{bind}"
    assert httpx.get(f"{url}/healthz").status_code == 200


def test_a_stop_ends_the_waiting(start: Callable[..., Web], taken: socket.socket) -> None:
    web = start("--wait", WEB_BIND=f"127.0.0.1:{taken.getsockname()[1]}")
    web.line()
    web.process.send_signal(signal.SIGTERM)
    assert web.end() == (0, "")


@pytest.mark.parametrize(
    ("settings", "variable"),
    [
        ({"WEB_BIND": "0.0.0.0:0"}, "STORYFOLD_WEB_TOKEN"),
        ({"WEB_BIND": "127.0.0.1:99999"}, "STORYFOLD_WEB_BIND"),
        ({"WEB_BIND": "203.0.113.7:8080", "WEB_TOKEN": "secret"}, "STORYFOLD_WEB_BIND"),
        ({"REDIS_URL": ""}, "STORYFOLD_REDIS_URL"),
    ],
)
def test_a_wrong_setting_is_refused_in_one_line(
    start: Callable[..., Web], settings: dict[str, Any], variable: str
) -> None:
    code, written = start(**settings).end()
    assert (code, len(written.splitlines())) == (2, 1), written
    assert variable in written


def test_other_machines_need_the_token(start: Callable[..., Web]) -> None:
    url = httpx.URL(start(WEB_BIND="0.0.0.0:0", WEB_TOKEN="secret").url()).copy_with(host="127.0.0.1")
    assert httpx.get(url.join("/healthz")).status_code == 200
    assert httpx.get(url.join("/nowhere")).status_code == 401
    assert httpx.get(url.join("/nowhere"), headers={"Authorization": "Bearer secret"}).status_code == 404
