"""Ports, the allow-list and what it does not open (criteria F 9 and 11)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from config.redis_url import redis_ports
from config.settings import load_settings
from storyfold.errors import FetchError
from worker.flows.engine import Engine
from worker.sources.fetch.exchange import FetchRequest
from worker.sources.fetch.fetcher import Fetcher
from worker.sources.fetch.guard import AddressGuard


def failure(url: str, allow: str = "", lookup: Any = None) -> str:
    async def run() -> str:
        guard = AddressGuard(allow)
        async with Fetcher(contact_url="https://c.example", guard=guard, lookup=lookup) as fetcher:
            try:
                await fetcher.fetch(FetchRequest(url=url))
            except FetchError as error:
                return error.failure
        return ""

    return asyncio.run(run())


@pytest.mark.parametrize("port", [22, 25, 53, 110, 6379, 81, 8081, 1, 65535])
@pytest.mark.parametrize("host", ["public.example", "198.252.206.1", "[2606:4700::1]"])
def test_a_public_host_is_asked_on_web_ports_only(
    lookup_of: Callable[..., Any], connects: list[Any], host: str, port: int
) -> None:
    asked: list[str] = []
    assert (
        failure(f"http://{host}:{port}/", lookup=lookup_of({"public.example": ["198.252.206.1"]}, asked)) == "blocked"
    )
    assert (connects, asked) == ([], [])


@pytest.mark.parametrize(
    "port", ["0", "00000", "65536", "99999", "-1", "+80", "８０", "٨٠", "80.0", "0x50", "8 0", "80@"]
)
def test_a_port_that_is_none_is_refused(lookup_of: Callable[..., Any], port: str) -> None:
    asked: list[str] = []
    assert failure(f"http://public.example:{port}/", lookup=lookup_of({}, asked)) == "blocked"
    assert asked == []


def test_an_allow_list_entry_opens_one_host_and_one_port(
    recording_server: Any, start_server: Callable[..., Any], lookup_of: Callable[..., Any], connects: list[Any]
) -> None:
    recording_server.answer("/", recording_server.reply(body=b"x"))
    other = start_server()
    allow, port = recording_server.address, recording_server.port
    lookup = lookup_of({"evil.example": ["127.0.0.1"]})
    assert failure(f"http://127.0.0.1:{port}/", allow) == ""
    refused = [
        *(f"http://127.0.0.1:{other.port}/", f"http://127.0.0.1:{port + 1}/", f"http://127.0.0.1:{port - 1}/"),
        *(f"http://127.0.0.2:{port}/", f"http://localhost:{port}/", f"http://evil.example:{port}/"),
        *(
            f"http://[::ffff:127.0.0.1]:{port}/",
            f"http://[::1]:{port}/",
            f"http://0.0.0.0:{port}/",
            "http://127.0.0.1/",
        ),
    ]
    assert {url: failure(url, allow, lookup) for url in refused} == dict.fromkeys(refused, "blocked")
    assert [address[:2] for address in connects] == [("127.0.0.1", port)]


def test_an_allowed_notation_of_the_same_host_is_that_host(recording_server: Any) -> None:
    """The entry is exact in what it means, not in how it is spelled."""
    recording_server.answer("/", recording_server.reply(body=b"x"))
    assert failure(f"http://2130706433:{recording_server.port}/", recording_server.address) == ""


@pytest.mark.parametrize("way", ["REDIS_URL", "BROKER_URL"])
@pytest.mark.parametrize("status", [0, 302])
def test_the_workers_own_redis_is_not_fetched_from(
    way: str, status: int, redis_url: str, recording_server: Any, tmp_path: Path
) -> None:
    """On whatever port it listens, and even when a network on the allow-list would open that port."""
    broker = recording_server.url("/").replace("http", "redis")
    urls = {"REDIS_URL": redis_url, "BROKER_URL": broker}
    environment = {f"STORYFOLD_{name}": url for name, url in urls.items()}
    environment |= {"STORYFOLD_DATA_DIR": str(tmp_path), "STORYFOLD_FETCH_ALLOW": "127.0.0.0/8"}
    port = urlsplit(urls[way]).port
    engine = Engine(load_settings(environment))

    async def ask(url: str) -> str:
        fetcher = await engine.loop.fetcher()
        with pytest.raises(FetchError) as caught:
            await fetcher.fetch(FetchRequest(url=url))
        return caught.value.failure

    try:
        before = engine.client.info("stats")["total_connections_received"]
        assert engine.loop.run(ask(f"http://127.0.0.1:{port}/{status}")) == "blocked"
        assert engine.loop.run(ask(f"http://localhost:{port}/")) == "blocked"
        assert engine.client.info("stats")["total_connections_received"] == before
    finally:
        engine.close()
    assert recording_server.connections == 0


@pytest.mark.parametrize(
    ("url", "ports"),
    [
        ("redis://127.0.0.1:7001/0", {7001}),
        ("rediss://user:secret@redis.example/0", {6379}),
        ("unix:///run/redis.sock", set()),
        ("sentinel://one.example:26380", {26380}),
        ("sentinel://one.example", {26379}),
        ("redis+socket:///run/redis.sock", set()),
    ],
)
def test_the_ports_of_redis_are_read_from_its_url(tmp_path: Path, url: str, ports: set[int]) -> None:
    settings = load_settings({"STORYFOLD_REDIS_URL": "unix:///run/x.sock", "STORYFOLD_BROKER_URL": url})
    assert redis_ports(settings) == ports


@pytest.mark.parametrize("port", [22, 25, 111, 2375, 3306, 5432, 6379, 9200, 11211, 27017])
def test_an_allowed_network_opens_no_port_of_another_service(port: int) -> None:
    guard = AddressGuard("10.0.0.0/8")
    assert not guard.permits("10.1.1.1", port, "wiki.example")
    assert failure(f"http://10.1.1.1:{port}/", "10.0.0.0/8") == "blocked"
