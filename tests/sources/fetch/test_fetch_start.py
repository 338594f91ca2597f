"""Asking for the start of a body only, and for bodies smaller than the client's limit."""

from __future__ import annotations

import asyncio
import gzip
from typing import Any

import pytest

from storyfold.errors import FetchError
from worker.sources.fetch.exchange import ACCEPT, FetchRequest, FetchResult, Purpose
from worker.sources.fetch.fetcher import Fetcher
from worker.sources.fetch.guard import AddressGuard

BODY = bytes(range(256)) * 8
MEGABYTE = 1 << 20


def fetch(server: Any, **request: Any) -> FetchResult:
    async def run() -> FetchResult:
        guard = AddressGuard(server.address)
        async with Fetcher(contact_url="https://c.example", guard=guard) as fetcher:
            return await fetcher.fetch(FetchRequest(url=server.url("/a.png"), **request))

    return asyncio.run(run())


def part(server: Any, body: bytes, content_range: str) -> None:
    server.answer("/a.png", server.reply(206, {"Content-Range": content_range}, body))


@pytest.mark.parametrize("purpose", list(Purpose))
def test_the_purpose_decides_what_is_accepted(recording_server: Any, purpose: Purpose) -> None:
    recording_server.answer("/a.png", recording_server.reply(body=b"x"))
    fetch(recording_server, purpose=purpose)
    fetch(recording_server, purpose=purpose, accept="text/x-own")
    first, second = recording_server.requests
    assert first.headers["accept"].decode() == ACCEPT[purpose]
    assert second.headers["accept"] == b"text/x-own"


def test_the_start_is_asked_for_by_range_and_uncompressed(recording_server: Any) -> None:
    part(recording_server, BODY[:100], "bytes 0-99/2048")
    result = fetch(recording_server, first_bytes=100)
    [request] = recording_server.requests
    assert request.method == "GET"
    assert request.headers["range"] == b"bytes=0-99"
    assert request.headers["accept-encoding"] == b"identity"
    assert set(request.headers) == {"host", "user-agent", "accept", "accept-encoding", "range"}
    assert (result.status, result.body, result.is_partial, result.total_bytes) == (206, BODY[:100], True, 2048)


@pytest.mark.parametrize(
    ("sent", "content_range", "is_partial", "total"),
    [
        pytest.param(50, "bytes 0-49/50", False, 50, id="the whole"),
        pytest.param(50, "bytes 0-49/*", True, None, id="length unknown"),
        pytest.param(300, "bytes 0-299/2048", True, 2048, id="more than asked"),
        pytest.param(40, "bytes 0-39/2048", True, 2048, id="less than asked"),
    ],
)
def test_a_part_says_whether_it_is_all(
    recording_server: Any, sent: int, content_range: str, is_partial: bool, total: int | None
) -> None:
    part(recording_server, BODY[:sent], content_range)
    result = fetch(recording_server, first_bytes=100)
    assert (result.body, result.is_partial, result.total_bytes) == (BODY[: min(sent, 100)], is_partial, total)


@pytest.mark.parametrize("content_range", ["bytes 5-104/2048", "", "items 0-99/2048", "bytes */2048", "bytes 0-x/1"])
def test_another_part_than_asked_is_a_protocol_failure(recording_server: Any, content_range: str) -> None:
    part(recording_server, BODY[:100], content_range)
    with pytest.raises(FetchError, match=r"^protocol: "):
        fetch(recording_server, first_bytes=100)


def test_a_part_that_nobody_asked_for_is_a_failure(recording_server: Any) -> None:
    part(recording_server, BODY[:100], "bytes 0-99/2048")
    with pytest.raises(FetchError, match=r"^http-206: "):
        fetch(recording_server)


@pytest.mark.parametrize(("size", "is_partial"), [(99, False), (100, False), (101, True), (2048, True)])
def test_a_server_that_ignores_range_is_cut_without_a_failure(
    recording_server: Any, size: int, is_partial: bool
) -> None:
    recording_server.answer("/a.png", recording_server.reply(body=BODY[:size]))
    result = fetch(recording_server, first_bytes=100)
    assert (result.status, result.body, result.is_partial) == (200, BODY[: min(size, 100)], is_partial)
    assert result.total_bytes == size


def test_a_server_that_ignores_range_sends_no_more_than_the_sockets_buffer(recording_server: Any) -> None:
    sent: list[int] = []

    def endless(exchange: Any) -> None:
        alive = exchange.send(b"HTTP/1.1 200 OK\r\n\r\n")
        while alive and exchange.sent_bytes < 200 * MEGABYTE:
            alive = exchange.send(bytes(65536))
        sent.append(exchange.sent_bytes)
        exchange.close()

    recording_server.answer("/a.png", endless)
    result = fetch(recording_server, first_bytes=65536)
    recording_server.stop()
    assert (len(result.body), result.is_partial, result.total_bytes) == (65536, True, None)
    assert sent[0] < 20 * MEGABYTE  # the limit and what the sockets buffer


def test_a_compressed_answer_is_decoded_up_to_the_cut(recording_server: Any) -> None:
    packed = gzip.compress(BODY * 100)
    recording_server.answer("/a.png", recording_server.reply(headers={"Content-Encoding": "gzip"}, body=packed))
    result = fetch(recording_server, first_bytes=100)
    assert (result.body, result.is_partial, result.total_bytes) == (BODY[:100], True, None)
    whole = fetch(recording_server, first_bytes=MEGABYTE)
    assert (whole.body, whole.is_partial, whole.total_bytes) == (BODY * 100, False, len(BODY) * 100)


def test_a_body_that_breaks_off_before_the_cut_is_truncated(recording_server: Any) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nPNG"
    recording_server.answer("/a.png", lambda exchange: (exchange.send(answer), exchange.close()))
    with pytest.raises(FetchError, match=r"^truncated: "):
        fetch(recording_server, first_bytes=50)


def test_the_start_can_be_asked_for_conditionally(recording_server: Any) -> None:
    recording_server.answer("/a.png", recording_server.reply(304))
    result = fetch(recording_server, first_bytes=100, etag='"a"')
    assert (result.status, result.body, result.is_partial) == (304, b"", False)


@pytest.mark.parametrize("length", [True, False])
def test_a_request_may_lower_the_limit_and_not_raise_it(recording_server: Any, length: bool) -> None:
    recording_server.answer("/a.png", recording_server.reply(body=BODY, length=length), b"", b"")
    with pytest.raises(FetchError, match=r"^too-large: "):
        fetch(recording_server, max_bytes=2047)
    recording_server.answer("/a.png", recording_server.reply(body=BODY))
    assert fetch(recording_server, max_bytes=2048).body == BODY
    recording_server.answer("/a.png", recording_server.reply(headers={"Content-Length": "999999999"}, length=False))
    with pytest.raises(FetchError, match=r"^too-large: "):
        fetch(recording_server, max_bytes=10**12)
