"""Names and their name servers: what was judged is what is connected to (criteria F 4 to 6)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from storyfold.errors import FetchError
from worker.sources.fetch.exchange import FetchRequest
from worker.sources.fetch.fetcher import Fetcher
from worker.sources.fetch.guard import AddressGuard

PUBLIC = "198.252.206.1"


def failures(urls: list[str], allow: str = "", lookup: Any = None) -> list[str]:
    """Fetch one after another with one client; the failure's name of each, "" for none."""

    async def run() -> list[str]:
        found = []
        guard = AddressGuard(allow)
        async with Fetcher(contact_url="https://c.example", guard=guard, lookup=lookup, timeout_seconds=5) as fetcher:
            for url in urls:
                try:
                    await fetcher.fetch(FetchRequest(url=url))
                except FetchError as error:
                    found.append(error.failure)
                else:
                    found.append("")
        return found

    return asyncio.run(run())


def test_a_name_is_resolved_once_a_connection_and_the_judged_address_is_connected_to(
    recording_server: Any, canaries: dict[int, Any], connects: list[Any]
) -> None:
    """A server that closes each connection is resolved anew or not at all, and every answer is judged."""
    answers = iter([["127.0.0.1"], ["127.0.0.2"], ["10.0.0.1"]])
    asked: list[str] = []

    async def rebinding(host: str) -> list[str]:
        asked.append(host)
        return next(answers)

    recording_server.answer("/", recording_server.reply(200, {"Connection": "close"}, b"x"))
    host = f"feed.example:{recording_server.port}"
    assert failures([f"http://{host}/"], allow=host, lookup=rebinding) == [""]
    assert asked == ["feed.example"]
    assert [address[:2] for address in connects] == [("127.0.0.1", recording_server.port)]
    assert canaries[4].connections == 0


def test_a_name_that_turns_private_after_a_redirect_is_judged_again(
    recording_server: Any, canaries: dict[int, Any], connects: list[Any]
) -> None:
    """The same name on another port is another connection; its name server has changed its mind meanwhile."""
    answers = iter([["127.0.0.1"], ["127.0.0.1"]])

    async def rebinding(host: str) -> list[str]:
        return next(answers)

    port = canaries[4].port
    recording_server.answer("/", recording_server.reply(302, {"Location": f"http://feed.example:{port}/"}))
    host = f"feed.example:{recording_server.port}"
    assert failures([f"http://{host}/"], allow=host, lookup=rebinding) == ["blocked"]
    assert [address[:2] for address in connects] == [("127.0.0.1", recording_server.port)]
    assert canaries[4].connections == 0


@pytest.mark.parametrize("public_first", [True, False])
def test_one_private_record_among_public_ones_blocks_the_name_and_none_is_connected_to(
    canaries: dict[int, Any], lookup_of: Callable[..., Any], connects: list[Any], public_first: bool
) -> None:
    records = [PUBLIC, "2606:4700::1", "127.0.0.1"]
    lookup = lookup_of({"both.example": records if public_first else records[::-1]})
    assert failures([f"http://both.example:{canaries[4].port}/"], lookup=lookup) == ["blocked"]
    assert connects == []


def test_a_public_address_is_tried_and_only_that(lookup_of: Callable[..., Any], connects: list[Any]) -> None:
    """The other side of the matrix: what is public passes the guard. The packet itself may not leave a test."""
    attempts: list[Any] = []

    class Stop(AddressGuard):
        def permits(self, ip: str, port: int, host: str | None = None) -> bool:
            attempts.append((ip, port, host, super().permits(ip, port, host)))
            return len(attempts) == 1  # the look-up passes, the socket is refused

    async def run() -> None:
        lookup = lookup_of({"public.example": [PUBLIC]})
        async with Fetcher(contact_url="https://c.example", guard=Stop(), lookup=lookup) as fetcher:
            with pytest.raises(FetchError):
                await fetcher.fetch(FetchRequest(url="https://public.example/"))

    asyncio.run(run())
    assert attempts == [(PUBLIC, 443, "public.example", True)] * 2
    assert connects == []


@pytest.mark.parametrize(
    "host",
    [
        *("a..b.example", ".example", "a." * 200 + "example", "x" * 64 + ".example", "x" * 100_000, "."),
        *("..", "localhost..", "-" * 64, "ex ample", "exa\u3000mple", "\u200b", "xn--\u00fc.example"),
    ],
    ids=lambda host: host[:20],
)
def test_a_host_that_is_no_name_is_refused_before_it_is_looked_up(lookup_of: Callable[..., Any], host: str) -> None:
    asked: list[str] = []
    assert failures([f"http://{host}/"], lookup=lookup_of({}, asked)) == ["blocked"]
    assert asked == []


@pytest.mark.parametrize("records", [["not an address"], [""], ["127.0.0.1.evil"], ["999.1.1.1"], ["::1::"]])
def test_a_resolver_that_gives_no_address_leads_nowhere(
    lookup_of: Callable[..., Any], connects: list[Any], records: list[str]
) -> None:
    assert failures(["http://odd.example/"], lookup=lookup_of({"odd.example": records})) in (
        ["protocol"],
        ["blocked"],
    )
    assert connects == []


@pytest.mark.parametrize(
    "host", ["xn--ab-7ft.example", "xn--i-7iq.example", "xn--a.example", "xn--.example", "b\u00fccher.example"]
)
def test_a_name_in_another_script_is_looked_up_as_it_is_allowed_and_sent(
    recording_server: Any, lookup_of: Callable[..., Any], host: str
) -> None:
    """Also those that IDNA 2008 has no letters for, as emoji; libraries raise errors of their own for them."""
    sent = host.encode("idna").decode() if not host.isascii() else host
    asked: list[str] = []
    lookup = lookup_of({sent: ["127.0.0.1"]}, asked)
    recording_server.answer("/", recording_server.reply(body=b"x"))
    allow = f"{sent}:{recording_server.port}"
    assert failures([f"http://{host}:{recording_server.port}/"], allow, lookup) == [""]
    assert recording_server.requests[0].headers["host"].decode() == allow
    assert asked == [sent]
