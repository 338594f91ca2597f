"""Servers that are slow, endless, broken or hostile: each ends as a named failure, in time and in bounds."""

from __future__ import annotations

import asyncio
import time
import tracemalloc
import zlib
from typing import Any

import pytest

from storyfold.errors import FetchError
from worker.sources.fetch.exchange import FetchRequest
from worker.sources.fetch.fetcher import Fetcher
from worker.sources.fetch.guard import AddressGuard

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
MEGABYTE = 1 << 20


def failure(server: Any, **settings: Any) -> str:
    async def run() -> None:
        guard = AddressGuard(server.address)
        async with Fetcher(contact_url="https://c.example", guard=guard, **settings) as fetcher:
            await fetcher.fetch(FetchRequest(url=server.url("/feed?key=secret")))

    with pytest.raises(FetchError) as caught:
        asyncio.run(run())
    assert "secret" not in str(caught.value)
    return caught.value.failure


def script(server: Any, answer: Any) -> None:
    server.answer("/feed?key=secret", answer)


def drip(start: bytes, piece: bytes, pause: float = 0.05) -> Any:
    """Send the start, then the piece for ever."""

    def answer(exchange: Any) -> None:
        alive = exchange.send(start)
        while alive:
            alive = exchange.send(piece)
            exchange.pause(pause)

    return answer


def flood(start: bytes, piece: bytes, most_bytes: int) -> Any:
    return endless(start, piece, most_bytes, [])


def endless(start: bytes, piece: bytes, most_bytes: int, sent: list[int]) -> Any:
    """Send as fast as the client takes it; the bytes that it took are appended to ``sent``."""

    def answer(exchange: Any) -> None:
        alive = exchange.send(start)
        while alive and exchange.sent_bytes < most_bytes:
            alive = exchange.send(piece)
        sent.append(exchange.sent_bytes)
        exchange.close()

    return answer


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(lambda exchange: exchange.hang(), id="silence"),
        pytest.param(drip(b"", b"H"), id="status line"),
        pytest.param(drip(HEAD, b"X-A: b\r\n"), id="headers"),
        pytest.param(drip(HEAD + b"Content-Length: 1000\r\n\r\n", b"x"), id="body"),
        pytest.param(drip(CHUNKED, b"1\r\nx\r\n"), id="chunks"),
        pytest.param(drip(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"), id="early hints"),
    ],
)
def test_a_slow_server_ends_at_the_deadline_of_the_whole_fetch(recording_server: Any, answer: Any) -> None:
    script(recording_server, answer)
    started = time.monotonic()
    # 1 byte a 0.05 s would keep a per-read timeout of 0.4 s waiting for ever.
    assert failure(recording_server, timeout_seconds=0.4) in {"timeout", "protocol"}
    assert time.monotonic() - started < 5


def test_the_deadline_spans_redirects(recording_server: Any) -> None:
    def slow(exchange: Any) -> None:
        exchange.pause(0.25)
        target = exchange.request.target
        exchange.send(recording_server.reply(302, {"Location": target + "x"}))

    for length in range(6):
        recording_server.answer("/feed?key=secret" + "x" * length, slow)
    assert failure(recording_server, timeout_seconds=0.6) == "timeout"


def test_an_endless_body_is_read_no_further_than_the_limit(recording_server: Any) -> None:
    sent: list[int] = []
    script(recording_server, endless(HEAD + b"\r\n", bytes(65536), 200 * MEGABYTE, sent))
    assert failure(recording_server, max_bytes=MEGABYTE) == "too-large"
    recording_server.stop()
    assert sent[0] < 20 * MEGABYTE  # the limit and what the sockets buffer


def test_a_declared_length_over_the_limit_is_refused_before_the_body(recording_server: Any) -> None:
    script(
        recording_server,
        lambda exchange: (exchange.send(HEAD + b"Content-Length: 1000000000000\r\n\r\n"), exchange.hang()),
    )
    started = time.monotonic()
    assert failure(recording_server) == "too-large"
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(HEAD + b"Content-Length: 100\r\n\r\n<rss>", id="length"),
        pytest.param(CHUNKED + b"5\r\n<rss>\r\n", id="chunks"),
        pytest.param(CHUNKED + b"50\r\n<rss>", id="inside a chunk"),
    ],
)
def test_a_body_that_ends_early_is_truncated(recording_server: Any, answer: bytes) -> None:
    script(recording_server, lambda exchange: (exchange.send(answer), exchange.close()))
    assert failure(recording_server) == "truncated"


def test_a_body_longer_than_declared_is_a_failure_and_no_cut_document(recording_server: Any) -> None:
    answer = HEAD + b"Content-Length: 5\r\n\r\n<rss></rss> and more"
    script(recording_server, lambda exchange: (exchange.send(answer), exchange.close()))
    assert failure(recording_server) == "protocol"


def test_gzip_that_ends_early_is_truncated(recording_server: Any) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    body = (packer.compress(b"news " * 1000) + packer.flush())[:-12]
    script(recording_server, recording_server.reply(headers={"Content-Encoding": "gzip"}, body=body))
    assert failure(recording_server) == "truncated"


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_bomb_takes_no_memory(recording_server: Any, coding: str) -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31 if coding == "gzip" else 15)
    zeros = bytes(MEGABYTE)
    bomb = b"".join(packer.compress(zeros) for _ in range(300)) + packer.flush()
    script(recording_server, recording_server.reply(headers={"Content-Encoding": coding}, body=bomb))
    tracemalloc.start()
    try:
        assert failure(recording_server) == "too-large"
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 50 * MEGABYTE


@pytest.mark.parametrize(
    ("answer", "names"),
    [
        pytest.param(flood(HEAD, b"X-A: " + b"a" * 1000 + b"\r\n", 20 * MEGABYTE), {"protocol"}, id="20,000 headers"),
        pytest.param(flood(HEAD + b"X-A: ", b"a" * 65536, 20 * MEGABYTE), {"protocol"}, id="one long header"),
        pytest.param(flood(b"HTTP/1.1 200 ", b"a" * 65536, 20 * MEGABYTE), {"protocol"}, id="one long status line"),
        pytest.param(
            flood(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100, 20 * MEGABYTE),
            {"timeout", "connect", "protocol"},
            id="early hints without end",
        ),
        pytest.param(
            flood(CHUNKED + b"5;", b"a" * 65536, 20 * MEGABYTE),
            {"timeout", "truncated", "protocol", "too-large"},
            id="a chunk extension without end",
        ),
        pytest.param(
            flood(CHUNKED + b"5\r\n<rss>\r\n0\r\n", b"X-A: b\r\n" * 1000, 20 * MEGABYTE),
            {"timeout", "truncated", "protocol", "too-large"},
            id="trailers without end",
        ),
    ],
)
def test_heads_without_end_stay_within_time_and_memory(recording_server: Any, answer: Any, names: set[str]) -> None:
    script(recording_server, answer)
    tracemalloc.start()
    try:
        assert failure(recording_server, timeout_seconds=2) in names
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 50 * MEGABYTE


@pytest.mark.parametrize(
    "answer",
    [
        *(
            b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
            b"HTTP/1.1 2x0 OK\r\n\r\n",
            b"-ERR wrong number of arguments\r\n",
            b"\0" * 64,
        ),
        *(HEAD + b"X A: b\r\n\r\n", HEAD + b"Content-Length: -1\r\n\r\n", CHUNKED + b"zz\r\n<rss>\r\n"),
    ],
)
def test_an_answer_that_is_not_http_is_a_protocol_failure_and_not_quoted(
    recording_server: Any, answer: bytes
) -> None:
    script(recording_server, lambda exchange: (exchange.send(answer), exchange.close()))
    assert failure(recording_server) in {"protocol", "truncated"}


def test_a_server_that_closes_without_an_answer_is_asked_only_once(recording_server: Any) -> None:
    script(recording_server, lambda exchange: exchange.close())
    assert failure(recording_server) == "connect"
    assert len(recording_server.requests) == 1


def test_a_kept_connection_that_went_stale_costs_no_poll(recording_server: Any) -> None:
    """The server closes the kept connection at the moment of the second request."""

    def close_kept_connection(exchange: Any) -> None:
        if exchange.request.connection == 1:
            exchange.close()
        else:
            exchange.send(recording_server.reply(body=b"second"))

    recording_server.answer("/", recording_server.reply(body=b"first"), close_kept_connection)

    async def run() -> list[bytes]:
        guard = AddressGuard(recording_server.address)
        async with Fetcher(contact_url="https://c.example", guard=guard) as fetcher:
            request = FetchRequest(url=recording_server.url("/"))
            return [(await fetcher.fetch(request)).body for _ in range(2)]

    assert asyncio.run(run()) == [b"first", b"second"]
    assert recording_server.connections == 2


def test_a_stalled_host_holds_up_no_other_and_sees_few_connections(recording_server: Any, start_server: Any) -> None:
    stalled = start_server()
    stalled.answer("/", lambda exchange: exchange.hang())
    recording_server.answer("/", recording_server.reply(body=b"x"))

    async def run() -> list[Any]:
        guard = AddressGuard(f"localhost:{stalled.port},{recording_server.address}")
        async with Fetcher(contact_url="https://c.example", guard=guard, timeout_seconds=20) as fetcher:
            url = stalled.url("/", host="localhost")
            waiting = [asyncio.create_task(fetcher.fetch(FetchRequest(url=url))) for _ in range(100)]
            others = [fetcher.fetch(FetchRequest(url=recording_server.url("/"))) for _ in range(20)]
            results = await asyncio.gather(*others)
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
            return results

    started = time.monotonic()
    assert [result.body for result in asyncio.run(run())] == [b"x"] * 20
    assert time.monotonic() - started < 10
    assert stalled.connections <= 2
    assert recording_server.connections <= 2


def test_waiting_for_ones_turn_at_a_host_is_no_timeout(recording_server: Any) -> None:
    def slow(exchange: Any) -> None:
        exchange.pause(0.15)
        exchange.send(recording_server.reply(body=b"x"))

    recording_server.answer("/", slow)

    async def run() -> int:
        guard = AddressGuard(recording_server.address)
        async with Fetcher(contact_url="https://c.example", guard=guard, timeout_seconds=0.6) as fetcher:
            request = FetchRequest(url=recording_server.url("/"))
            return len(await asyncio.gather(*(fetcher.fetch(request) for _ in range(12))))

    assert asyncio.run(run()) == 12
