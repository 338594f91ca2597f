"""A feed server that costs little: raw HTTP/1.1 on asyncio, for the polling bench. Runs as a process of its own.

``GET /feed/N`` answers with an RSS document of 25 entries, or with 304 to its ETag. ``GET /-/next`` publishes a
new entry in each feed; ``GET /-/close`` and ``/-/keep`` choose whether a connection ends with its answer.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from random import Random

from bench.articles import Articles

ENTRIES = 25
_CHUNKS = 4_000
_TEXTS = 500

_HEAD = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"><channel><title>Paper %d</title>'
    b"<link>https://www.paper%d.example/</link><description>News of town %d</description><language>en</language>\n"
)
_ENTRY = (
    b"<item><title>%s %s %s</title><link>https://www.paper%d.example/news/%d.html</link>"
    b'<guid isPermaLink="false">paper%d-%d</guid><pubDate>%s</pubDate><category>town</category>'
    b"<description>%s</description></item>\n"
)
_TAIL = b"</channel></rss>\n"


class Feeds:
    """The bodies of all feeds at the present generation; generation G shows the entries G to G + 24."""

    def __init__(self) -> None:
        now = datetime.now(UTC)
        articles = Articles(7, now)
        # Three parts of a title, each from 4,000: no two titles share enough to be taken for one story.
        self._chunks = [articles.phrase(3).encode() for _ in range(_CHUNKS)]
        self._texts = [f"&lt;p&gt;{articles.phrase(60)}.&lt;/p&gt;".encode() for _ in range(_TEXTS)]
        self._dates = [format_datetime(now - timedelta(minutes=600 - number)).encode() for number in range(600)]
        self.generation = 0

    def body(self, feed: int) -> bytes:
        """The document of a feed."""
        entries = (self._entry(feed, self.generation + number) for number in range(ENTRIES))
        return b"".join([_HEAD % (feed, feed, feed), *entries, _TAIL])

    def _entry(self, feed: int, number: int) -> bytes:
        draw = Random(feed * 100_003 + number).random
        first, second, third = (self._chunks[int(draw() * _CHUNKS)] for _ in range(3))
        date = self._dates[number % len(self._dates)]
        text = self._texts[(feed + number) % _TEXTS]
        return _ENTRY % (first, second, third, feed, number, feed, number, date, text)


class Connection(asyncio.Protocol):
    """One client connection; knows just enough HTTP for the bench's clients."""

    feeds: Feeds
    closing = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._buffer = b""

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
            self._answer(head)

    def _answer(self, head: bytes) -> None:
        path = head.split(b" ", 2)[1]
        if path.startswith(b"/-/"):
            self._control(path)
            self._send(b"200 OK", b'"control"', b"%d" % self.feeds.generation)
            return
        etag = b'"%d"' % self.feeds.generation
        if b"if-none-match: " + etag in head.lower():
            self._send(b"304 Not Modified", etag, b"")
        else:
            self._send(b"200 OK", etag, self.feeds.body(int(path.rpartition(b"/")[2])))

    def _control(self, path: bytes) -> None:
        if path == b"/-/next":
            self.feeds.generation += 1
        elif path in {b"/-/close", b"/-/keep"}:
            Connection.closing = path == b"/-/close"

    def _send(self, status: bytes, etag: bytes, body: bytes) -> None:
        close = b"Connection: close\r\n" if self.closing else b""
        length = b"" if status.startswith(b"304") else b"Content-Length: %d\r\n" % len(body)
        fields = b"ETag: " + etag + b"\r\nContent-Type: application/rss+xml\r\n" + length + close
        self._transport.write(b"HTTP/1.1 " + status + b"\r\n" + fields + b"\r\n" + body)
        if self.closing:
            self._transport.close()


async def serve() -> None:
    """Serve on a free local port, which is printed, until the process is ended."""
    Connection.feeds = Feeds()
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
