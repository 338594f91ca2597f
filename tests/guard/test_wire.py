"""What goes over the wire: no proxy, no forged header field, nothing to a blocked port (criteria F 9, 10, 13, 14)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from storyfold.errors import FetchError
from worker.sources.fetch.exchange import FetchRequest, FetchResult, Purpose
from worker.sources.fetch.fetcher import Fetcher
from worker.sources.fetch.guard import AddressGuard
from worker.sources.fetch.redirects import RedirectTrail
from worker.sources.fetch.web_address import parse_web_address


def fetch(url: str, allow: str = "", **settings: Any) -> FetchResult:
    async def run() -> FetchResult:
        guard = AddressGuard(allow)
        async with Fetcher(contact_url="https://c.example", guard=guard, **settings) as fetcher:
            return await fetcher.fetch(FetchRequest(url=url))

    return asyncio.run(run())


def fault(url: str, allow: str = "", **settings: Any) -> FetchError:
    with pytest.raises(FetchError) as caught:
        fetch(url, allow, **settings)
    return caught.value


@pytest.mark.parametrize("no_proxy", ["", "*", "127.0.0.1,localhost,.example"])
@pytest.mark.parametrize("lower", [False, True], ids=["upper", "lower"])
@pytest.mark.parametrize("scheme", ["http", "https", "socks5"])
def test_a_proxy_of_the_environment_is_not_used_and_the_guard_holds(
    monkeypatch: pytest.MonkeyPatch,
    recording_server: Any,
    canary: Any,
    lookup_of: Callable[..., Any],
    no_proxy: str,
    lower: bool,
    scheme: str,
) -> None:
    names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "WS_PROXY", "FTP_PROXY")
    for name in names:
        monkeypatch.setenv(name.lower() if lower else name, f"{scheme}://user:secret@{canary.address}")
    monkeypatch.setenv("no_proxy" if lower else "NO_PROXY", no_proxy)
    recording_server.answer("/", recording_server.reply(body=b"x"))
    recording_server.answer("/away", recording_server.reply(302, {"Location": "http://10.0.0.1/"}))
    allow = recording_server.address
    assert fetch(recording_server.url("/"), allow).body == b"x"
    lookup = lookup_of({"private.example": ["10.0.0.1"]})
    for url in ("http://10.0.0.1/", "https://10.0.0.1/", "http://private.example/", recording_server.url("/away")):
        assert fault(url, allow, lookup=lookup).failure == "blocked"
    assert canary.connections == 0
    assert all(b"proxy" not in request.raw.lower() for request in recording_server.requests)


SPLITTERS = [
    "%0d%0aX-Forged: 1",
    "%0D%0AX-Forged:%201",
    "%E5%98%8A%E5%98%8DX-Forged:1",
    "\u560a\u560dX-Forged:1",
    "\u2028X-Forged:1",
]


@pytest.mark.parametrize("text", SPLITTERS)
def test_no_spelling_of_a_line_break_in_an_address_forges_a_field(recording_server: Any, text: str) -> None:
    """In the path, in the query, and in a Location that a server sends."""
    fault(recording_server.url(f"/{text}?q={text}"), recording_server.address)
    recording_server.answer("/away", recording_server.reply(302, {"Location": f"/{text}?q={text}".encode()}))
    fault(recording_server.url("/away"), recording_server.address)
    assert len(recording_server.requests) == 3
    for request in recording_server.requests:
        assert "x-forged" not in request.headers
        assert request.raw.count(b"\r\n") == len(request.headers) + 2
        assert "\r" not in request.target
        assert request.raw.isascii()


@pytest.mark.parametrize(
    "text", ["\r\nX-Forged: 1", "\nX-Forged: 1", "\rX-Forged: 1", "\tX", "\x00", "\x7f", "\x1b[2J"]
)
@pytest.mark.parametrize(
    "place", ["http://{0}/{1}", "http://{0}/?{1}", "http://{1}{0}/", "ht{1}tp://{0}/", "http://{0}{1}/"]
)
def test_a_control_character_in_an_address_is_refused(recording_server: Any, text: str, place: str) -> None:
    url = place.format(recording_server.address, text + "x")
    assert fault(url, recording_server.address).failure == "blocked"
    assert recording_server.connections == 0


@pytest.mark.parametrize(
    "location",
    ["//[::1", "//[127.0.0.1]/", "//[v1.x]/", "http://[", "//\uff0f\uff0f/", "//a\u2100b/", "http://\ud800/"],
)
def test_an_address_that_no_library_can_read_ends_the_redirect_and_nothing_else(
    recording_server: Any, location: str
) -> None:
    """urljoin has errors of its own for some of them."""
    raw = location.encode("utf-8", "surrogatepass")
    recording_server.answer("/", recording_server.reply(302, {"Location": raw}))
    assert fault(recording_server.url("/"), recording_server.address).failure == "blocked"


@pytest.mark.parametrize("purpose", Purpose)
def test_a_blocked_port_tells_nothing_about_who_listens(
    canaries: dict[int, Any], start_server: Callable[..., Any], connects: list[Any], purpose: Purpose
) -> None:
    """Open and closed ports give the same text, in the same time, since neither is tried (criterion F 13)."""
    closed = start_server()
    closed.stop()
    times: dict[int, list[float]] = {}
    texts: dict[int, set[str]] = {}

    async def run() -> None:
        async with Fetcher(contact_url="https://c.example", guard=AddressGuard()) as fetcher:
            for _ in range(20):
                for port in (canaries[4].port, closed.port):
                    started = time.perf_counter()
                    with pytest.raises(FetchError) as caught:
                        await fetcher.fetch(FetchRequest(url=f"http://127.0.0.1:{port}/", purpose=purpose))
                    times.setdefault(port, []).append(time.perf_counter() - started)
                    texts.setdefault(port, set()).add(str(caught.value).replace(str(port), "PORT"))

    # Both count as web ports, so that nothing but the address can make a difference.
    asyncio.run(run())
    assert connects == []
    medians = [sorted(each)[10] for each in times.values()]
    assert max(medians) - min(medians) < 0.05
    assert all(len(each) == 1 for each in texts.values())


@pytest.mark.parametrize("host", ["10.0.0.1", "intranet.example"])
def test_the_text_for_a_blocked_address_is_the_same_whatever_it_resolves_to(
    lookup_of: Callable[..., Any], host: str
) -> None:
    told = set()
    for record in ("10.0.0.1", "127.0.0.1", "169.254.169.254", "fd00::1"):
        error = fault(f"http://{host}/", lookup=lookup_of({"intranet.example": [record]}))
        assert record == host or record not in str(error)
        told.add(str(error))
    assert len(told) == 1


def test_a_step_from_https_to_http_is_recorded_and_is_not_remembered() -> None:
    trail = RedirectTrail(parse_web_address("https://feed.example/rss"))
    trail.follow(301, "http://feed.example/rss")
    assert trail.insecure_redirect
    assert trail.permanent_url == ""
