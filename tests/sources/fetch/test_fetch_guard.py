"""The guard at work: a canary counts the connections, and there are none."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from storyfold.errors import FetchError
from worker.sources.fetch.exchange import FetchRequest, FetchResult
from worker.sources.fetch.fetcher import Fetcher
from worker.sources.fetch.guard import AddressGuard

HOSTS = [
    *("127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0x7f.1", "0", "0.0.0.0", "localhost"),  # noqa: S104 hosts to refuse, none to bind
    *(
        "LOCALHOST",
        "localhost.",
        "127。0。0。1",
        "①②⑦.0.0.1",
        "127.0.0.1.",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
    ),
    *(
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b:1::1]",
        "[2002:7f00:1::]",
        "[fd00:ec2::254]",
    ),
    *(
        "[2001:0:7f00:1::]",
        "[fe80::1]",
        "[fe80::1%25lo]",
        "[ff02::1]",
        "[fec0::1]",
        "[2001:db8::1]",
        "[3fff::1]",
    ),
    *("10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "169.254.169.254", "169.254.170.2", "192.0.0.8"),
    *("198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "allowed@127.0.0.1", "allowed\\@127.0.0.1"),
    *("127.0.0.1\t", "127.0.0.1\n", "127.0.0.1\x00", "127.0.0%2e1"),
]


def lookup_of(**names: list[str]) -> Callable[[str], Awaitable[list[str]]]:
    async def lookup(host: str) -> list[str]:
        return names[host.partition(".")[0]]

    return lookup


def fetch(url: str, allow: str = "", **settings: Any) -> FetchResult:
    async def run() -> FetchResult:
        async with Fetcher(contact_url="https://c.example", guard=AddressGuard(allow), **settings) as fetcher:
            return await fetcher.fetch(FetchRequest(url=url))

    return asyncio.run(run())


def failure(url: str, allow: str = "", **settings: Any) -> str:
    with pytest.raises(FetchError) as caught:
        fetch(url, allow, **settings)
    return caught.value.failure


class OpenPorts(AddressGuard):
    """Looks at addresses only, so that a canary on any port proves that the address was what blocked."""

    def permits(self, ip: str, port: int, host: str | None = None) -> bool:  # noqa: ARG002 any port
        return super().permits(ip, 80, host)

    def _is_open_port(self, host: str, port: int) -> bool:  # noqa: ARG002 any port
        return True


@pytest.mark.parametrize("host", HOSTS)
def test_no_spelling_of_a_private_address_is_connected_to(canary: Any, host: str) -> None:
    assert failure(f"http://{host}:{canary.port}/") == "blocked"

    async def run() -> None:
        async with Fetcher(contact_url="https://c.example", guard=OpenPorts()) as fetcher:
            with pytest.raises(FetchError, match=r"^blocked: "):
                await fetcher.fetch(FetchRequest(url=f"http://{host}:{canary.port}/"))

    asyncio.run(run())
    assert canary.connections == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("form", ["http://{0}/", "//{0}/", "http://localhost:{1}/", "http://127.1:{1}/"])
def test_a_redirect_to_a_private_address_is_blocked_at_its_hop(
    recording_server: Any, canary: Any, status: int, form: str
) -> None:
    location = form.format(canary.address, canary.port)
    recording_server.answer("/", recording_server.reply(status, {"Location": location}))
    assert failure(recording_server.url("/"), allow=recording_server.address) == "blocked"
    assert len(recording_server.requests) == 1
    assert canary.connections == 0


@pytest.mark.parametrize(
    "records",
    [
        ["127.0.0.1"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["8.8.8.8", "127.0.0.1"],
        ["2606:4700::1", "8.8.8.8", "::"],
    ],
)
def test_one_private_record_blocks_the_whole_name(canary: Any, records: list[str]) -> None:
    lookup = lookup_of(public=records)

    async def run() -> None:
        async with Fetcher(contact_url="https://c.example", guard=OpenPorts(), lookup=lookup) as fetcher:
            with pytest.raises(FetchError, match=r"^blocked: "):
                await fetcher.fetch(FetchRequest(url=f"http://public.example:{canary.port}/"))

    asyncio.run(run())
    assert canary.connections == 0


def test_the_socket_goes_to_the_address_that_was_checked(recording_server: Any) -> None:
    """A name server that changes its answer is asked once a connection, so there is nothing to change."""
    asked: list[str] = []

    async def rebinding(host: str) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

    recording_server.answer("/", recording_server.reply(body=b"x"))
    url = recording_server.url("/", host="feed.example")
    result = fetch(url, allow=f"feed.example:{recording_server.port}", lookup=rebinding)
    assert result.body == b"x"
    assert asked == ["feed.example"]
    assert recording_server.requests[0].headers["host"].decode() == f"feed.example:{recording_server.port}"


@pytest.mark.parametrize("records", [["127.0.0.1"], ["127.0.0.1", "127.0.0.2"], ["127.0.0.1", "::1"]])
def test_the_socket_itself_is_guarded_when_resolution_is_not(
    canary: Any, monkeypatch: pytest.MonkeyPatch, records: list[str]
) -> None:
    """Also with several addresses, where connection attempts race each other."""
    verdicts = iter([True] * len(records))
    strict = OpenPorts.permits

    def fooled(self: AddressGuard, ip: str, port: int, host: str | None = None) -> bool:
        return next(verdicts, None) or strict(self, ip, port, host)  # type: ignore[arg-type]

    monkeypatch.setattr(OpenPorts, "permits", fooled)
    lookup = lookup_of(public=records)

    async def run() -> None:
        async with Fetcher(contact_url="https://c.example", guard=OpenPorts(), lookup=lookup) as fetcher:
            with pytest.raises(FetchError, match=r"^blocked: "):
                await fetcher.fetch(FetchRequest(url=f"http://public.example:{canary.port}/"))

    asyncio.run(run())
    assert canary.connections == 0


@pytest.mark.parametrize("port", [22, 25, 6379])
def test_ports_of_other_services_are_blocked(port: int) -> None:
    assert failure(f"http://example.com:{port}/") == "blocked"


def test_an_allow_list_entry_lets_nothing_else_pass(recording_server: Any, canary: Any) -> None:
    recording_server.answer("/", recording_server.reply(body=b"x"))
    allow = recording_server.address
    assert fetch(recording_server.url("/"), allow).body == b"x"
    assert failure(canary.url("/"), allow) == "blocked"
    assert failure(f"http://127.0.0.2:{recording_server.port}/", allow) == "blocked"
    assert failure(recording_server.url("/", host="localhost"), allow) == "blocked"
    lookup = lookup_of(evil=["127.0.0.1"])
    assert failure(recording_server.url("/", host="evil.example"), allow, lookup=lookup) == "blocked"
    assert recording_server.connections == 1
    assert canary.connections == 0


def test_an_allowed_name_and_an_allowed_network_are_reached(recording_server: Any) -> None:
    recording_server.answer("/", recording_server.reply(body=b"x"))
    by_name = recording_server.url("/", host="localhost")
    assert fetch(by_name, f"localhost:{recording_server.port}").body == b"x"
    assert fetch(recording_server.url("/"), "127.0.0.0/8").body == b"x"


def test_an_allowed_ipv6_literal_is_reached(start_server: Any) -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    try:
        server = start_server(host="::1")
    except OSError:
        pytest.skip("no IPv6 loopback here")
    server.answer("/", server.reply(body=b"x"))
    assert fetch(server.url("/"), server.address).body == b"x"
    assert server.requests[0].headers["host"].decode() == server.address


def test_a_name_that_does_not_resolve_is_a_dns_failure() -> None:
    async def nothing(host: str) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    assert failure("http://example.com/", lookup=nothing) == "dns"
    assert failure("http://no-such-name.invalid/", timeout_seconds=20) in {"dns", "timeout"}


def test_nothing_listening_is_a_connect_failure(start_server: Any) -> None:
    server = start_server()
    server.stop()
    assert failure(server.url("/"), server.address) == "connect"
