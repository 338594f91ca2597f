"""Redirects: followed with care, remembered only where they are permanent."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from storyfold.errors import FetchError
from worker.sources.fetch.exchange import FetchRequest, FetchResult
from worker.sources.fetch.fetcher import Fetcher
from worker.sources.fetch.guard import AddressGuard


def fetch(request: FetchRequest, *servers: Any, **settings: Any) -> FetchResult:
    async def run() -> FetchResult:
        guard = AddressGuard(",".join(server.address for server in servers))
        async with Fetcher(contact_url="https://c.example", guard=guard, **settings) as fetcher:
            return await fetcher.fetch(request)

    return asyncio.run(run())


def moved(server: Any, status: int, location: str) -> bytes:
    return bytes(server.reply(status, {"Location": location}, b"moved"))


@pytest.mark.parametrize(
    ("statuses", "remembered"),
    [
        ([], ""),
        ([301], "/1"),
        ([308], "/1"),
        ([302], ""),
        ([303], ""),
        ([307], ""),
        ([301, 308], "/2"),
        ([301, 302], "/1"),
        ([301, 302, 301], "/1"),
        ([302, 301], ""),
    ],
)
def test_only_the_leading_permanent_part_is_remembered(
    recording_server: Any, statuses: list[int], remembered: str
) -> None:
    for number, status in enumerate(statuses):
        recording_server.answer(f"/{number}", moved(recording_server, status, f"/{number + 1}"))
    recording_server.answer(f"/{len(statuses)}", recording_server.reply(body=b"x"))
    result = fetch(FetchRequest(url=recording_server.url("/0")), recording_server)
    assert result.permanent_url == (recording_server.url(remembered) if remembered else "")
    assert result.final_url == recording_server.url(f"/{len(statuses)}")
    assert [request.method for request in recording_server.requests] == ["GET"] * (len(statuses) + 1)


def test_five_redirects_are_followed_and_no_sixth(recording_server: Any) -> None:
    for number in range(7):
        recording_server.answer(f"/{number}", moved(recording_server, 302, f"/{number + 1}"))
    recording_server.answer("/7", recording_server.reply(body=b"x"))
    with pytest.raises(FetchError, match=r"^redirects: "):
        fetch(FetchRequest(url=recording_server.url("/0")), recording_server)
    assert len(recording_server.requests) == 6
    assert fetch(FetchRequest(url=recording_server.url("/2")), recording_server).body == b"x"


def test_a_circle_ends_when_it_closes(recording_server: Any) -> None:
    recording_server.answer("/a", moved(recording_server, 301, "/b"))
    recording_server.answer("/b", moved(recording_server, 301, "/a#again"))
    with pytest.raises(FetchError, match=r"^redirects: .*circle"):
        fetch(FetchRequest(url=recording_server.url("/a")), recording_server)
    assert len(recording_server.requests) == 2


def test_a_redirect_to_nowhere_is_a_failure(recording_server: Any) -> None:
    recording_server.answer("/a", recording_server.reply(302))
    with pytest.raises(FetchError, match=r"^redirects: "):
        fetch(FetchRequest(url=recording_server.url("/a")), recording_server)


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "FILE:///etc/passwd",
        "gopher://127.0.0.1/",
        "ftp://h/",
        "data:,x",
        "http://u:secret@h/",
        "http://",
    ],
)
def test_a_redirect_out_of_the_web_is_blocked(recording_server: Any, location: str) -> None:
    recording_server.answer("/a", moved(recording_server, 302, location))
    with pytest.raises(FetchError, match=r"^blocked: ") as caught:
        fetch(FetchRequest(url=recording_server.url("/a")), recording_server)
    assert "secret" not in str(caught.value)


def test_the_target_of_a_redirect_is_asked_byte_for_byte(recording_server: Any) -> None:
    recording_server.answer("/a", moved(recording_server, 302, recording_server.url("/B%2f%7e/../c?x=1&x=2&")))
    recording_server.answer("/B%2f%7e/../c?x=1&x=2&", recording_server.reply(body=b"x"))
    assert fetch(FetchRequest(url=recording_server.url("/a")), recording_server).body == b"x"


def test_a_location_in_raw_utf8_is_understood(recording_server: Any) -> None:
    recording_server.answer("/a", recording_server.reply(302, {"Location": "/ö".encode()}))
    recording_server.answer("/%C3%B6", recording_server.reply(body=b"x"))
    assert fetch(FetchRequest(url=recording_server.url("/a")), recording_server).body == b"x"


def test_validators_are_not_sent_to_another_host(recording_server: Any, start_server: Any) -> None:
    other = start_server()
    recording_server.answer("/a", moved(recording_server, 302, other.url("/feed")))
    other.answer("/feed", other.reply(body=b"x"))
    request = FetchRequest(url=recording_server.url("/a"), etag='"a"', last_modified="then")
    fetch(request, recording_server, other)
    assert {"if-none-match", "if-modified-since"} <= set(recording_server.requests[0].headers)
    assert not {"if-none-match", "if-modified-since"} & set(other.requests[0].headers)


def test_a_feed_behind_a_redirect_is_asked_conditionally_where_its_validators_come_from(
    recording_server: Any, start_server: Any
) -> None:
    other = start_server()
    recording_server.answer("/a", moved(recording_server, 302, other.url("/feed")))
    other.answer("/feed", other.reply(headers={"ETag": '"b"'}, body=b"x"), other.reply(304))
    url = recording_server.url("/a")
    first = fetch(FetchRequest(url=url), recording_server, other)
    again = fetch(FetchRequest(url=url, etag=first.etag, validators_url=first.final_url), recording_server, other)
    assert again.status == 304
    assert "if-none-match" not in recording_server.requests[1].headers
    assert other.requests[1].headers["if-none-match"] == b'"b"'


def test_not_modified_from_a_host_that_got_no_validators_is_a_failure(
    recording_server: Any, start_server: Any
) -> None:
    other = start_server()
    recording_server.answer("/a", moved(recording_server, 302, other.url("/feed")))
    other.answer("/feed", other.reply(304))
    with pytest.raises(FetchError, match=r"^http-304: "):
        fetch(FetchRequest(url=recording_server.url("/a"), etag='"a"'), recording_server, other)
