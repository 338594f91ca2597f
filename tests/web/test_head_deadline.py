"""Who sends no whole request in time is cut off; who has sent one waits for its answer as long as that takes."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvicorn

from worker.web import head_deadline
from worker.web.head_deadline import HeadDeadline

SECONDS = 0.3
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def page(scope: Any, receive: Any, send: Any) -> None:
    """Answers at once, without a look at the body; ``/slow`` takes longer than a head may."""
    del receive
    if scope["path"] == "/slow":
        await asyncio.sleep(2 * SECONDS)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
def talk(monkeypatch: pytest.MonkeyPatch) -> Callable[[Talk], None]:
    """Runs a talk with a server that waits for a head no longer than ``SECONDS``."""
    monkeypatch.setattr(head_deadline, "HEAD_SECONDS", SECONDS)

    async def run(client: Talk) -> None:
        config = uvicorn.Config(page, http=HeadDeadline, loop="asyncio", ws="none", lifespan="off", log_config=None)
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            server = uvicorn.Server(config)
            serving = asyncio.create_task(server._serve([listener]))
            while not server.started:  # noqa: ASYNC110 - the server has no event for it
                await asyncio.sleep(0.01)
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            async with asyncio.timeout(10):
                await client(reader, writer)
            writer.close()
            server.should_exit = True
            await serving

    return lambda client: asyncio.run(run(client))


async def answered(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert await reader.readexactly(2) == b"ok"


@pytest.mark.parametrize("sent", [b"", b"POST /websub/", b"GET / HTTP/1.1\r\nHost: h\r\n"])
def test_a_request_that_is_never_sent_whole_is_cut_off(talk: Callable[[Talk], None], sent: bytes) -> None:
    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(sent)
        assert await reader.read() == b""

    talk(client)


def test_dripping_moves_no_deadline(talk: Callable[[Talk], None]) -> None:
    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"GET / HTTP/1.1\r\nX: ")
        ended = asyncio.create_task(reader.read())
        while not ended.done():
            writer.write(b"a")
            await asyncio.wait([ended], timeout=SECONDS / 10)

    talk(client)


def test_a_page_may_take_longer_than_a_head(talk: Callable[[Talk], None]) -> None:
    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"GET /slow HTTP/1.1\r\nHost: h\r\n\r\n")
        await answered(reader)

    talk(client)


def test_the_deadline_begins_anew_with_each_answer(talk: Callable[[Talk], None]) -> None:
    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for path in (b"/slow", b"/", b"/slow"):
            writer.write(b"GET " + path + b" HTTP/1.1\r\nHost: h\r\n\r\n")
            await answered(reader)
        writer.write(b"GET / HT")
        assert await reader.read() == b""

    talk(client)


def test_requests_that_are_sent_ahead_are_all_answered(talk: Callable[[Talk], None]) -> None:
    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"GET /slow HTTP/1.1\r\nHost: h\r\n\r\n" * 3)
        for _ in range(3):
            await answered(reader)

    talk(client)


def test_the_rest_of_a_body_that_was_answered_is_not_waited_for(talk: Callable[[Talk], None]) -> None:
    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nbegun")
        await answered(reader)
        assert await reader.read() == b""

    talk(client)
