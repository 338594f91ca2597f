"""The guard's proving ground: canaries on both loopbacks, name servers that lie, and a watch on every connect.

A canary can only stand on a loopback address. For all others the watch is the proof: Python reports each attempt to
connect a socket before the system is asked (PEP 578), so nothing can leave without being seen here.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from config.settings import load_settings
from worker.flows.engine import Engine
from worker.flows.fetch_loop import Loop
from worker.sources.fetch import guard
from worker.sources.fetch.fetcher import Fetcher
from worker.sources.fetch.guard import AddressGuard
from worker.store.client import connect
from worker.store.embedded import start_server as start_redis

_watched: list[list[Any]] = []


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect":
        for seen in _watched:
            seen.append(arguments[1])


sys.addaudithook(_note)


@pytest.fixture
def connects() -> Iterator[list[Any]]:
    """Addresses that any socket of this process is connected to, from now on, as the system was to be given them."""
    seen: list[Any] = []
    _watched.append(seen)
    yield seen
    _watched.remove(seen)


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of these tests' own."""
    server = start_redis(tmp_path_factory.mktemp("guard-redis"))
    yield server.url
    server.stop()


@pytest.fixture
def canaries(start_server: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> dict[int, Any]:
    """4 and 6 -> a canary on that loopback. Their ports count as web ports, so that the address alone decides."""
    found = {4: start_server()}
    try:
        found[6] = start_server(host="::1")
    except OSError:  # no IPv6 here; the watch on connects still covers its addresses
        found[6] = found[4]
    ports = {canary.port for canary in found.values()}
    monkeypatch.setattr(guard, "WEB_PORTS", guard.WEB_PORTS | ports)
    return found


@pytest.fixture
def lookup_of() -> Callable[..., Callable[[str], Awaitable[list[str]]]]:
    """Makes a name server out of a table; what stands in none of its rows is asked of the system."""

    def make(table: dict[str, list[str]], asked: list[str] | None = None) -> Callable[[str], Awaitable[list[str]]]:
        async def lookup(host: str) -> list[str]:
            if asked is not None:
                asked.append(host)
            if host in table:
                return table[host]
            records = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
            return [str(record[4][0]) for record in records]

        return lookup

    return make


@pytest.fixture
def make_engine(redis_url: str, tmp_path: Path) -> Iterator[Callable[..., Engine]]:
    """Builds engines on an empty Redis, whose client has the name server that it is given."""
    with connect(redis_url) as client:
        client.flushall()
    engines: list[Engine] = []

    def make(allow: str = "", lookup: Any = None, **settings: str) -> Engine:
        environment = {
            "STORYFOLD_REDIS_URL": redis_url,
            "STORYFOLD_DATA_DIR": str(tmp_path / "data"),
            "STORYFOLD_PER_HOST_GAP_SECONDS": "0",
            **{f"STORYFOLD_{name}": value for name, value in settings.items()},
        }
        engine = Engine(load_settings(environment))
        engine.__dict__["loop"] = Loop(
            lambda: Fetcher(contact_url="https://contact.example/", guard=AddressGuard(allow), lookup=lookup)
        )
        engines.append(engine)
        return engine

    yield make
    for engine in engines:
        engine.close()
