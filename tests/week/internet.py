"""The simulated internet: takes the wire's place below the HTTP client, all else is the product's."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from random import Random
from urllib.parse import urlsplit

import httpx

from storyfold.errors import FetchError
from tests.week.judge import Judge, Reader, Validators
from tests.week.papers import Paper
from tests.week.servers import PAGE, Answer, Kind, Server

HOUR = timedelta(hours=1)


class PowerCut(BaseException):
    """The process is gone in the middle of its work."""


class Clock:
    """The time of the week."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def login_page(_: Validators) -> Answer:
    """What a redirect for a day leads to."""
    return Answer(200, [(b"ETag", b'"of-a-page"'), (b"Content-Type", b"text/html")], PAGE)


class _Body(httpx.AsyncByteStream):
    def __init__(self, answer: Answer, host: str) -> None:
        self._answer = answer
        self._host = host

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._answer.body
        if self._answer.fault:
            raise FetchError(self._answer.fault, f"{self._host}: simulated")


class Internet(httpx.AsyncBaseTransport):
    """All servers of the week.

    Attributes:
        judge: of every request.
        papers: by URL of the feed.
        most_at_once: host -> greatest number of its requests at one time.
        times: host -> when it was asked.
        shown: addresses of the articles that stood in a feed when a good answer was given for it, by its URL. An
            article that came and went between two of them could not be told.
        cut_after: requests until the power is cut; None for never.
    """

    def __init__(self, clock: Clock, random: Random) -> None:
        self.judge = Judge()
        self.papers: dict[str, Paper] = {}
        self.most_at_once: Counter[str] = Counter()
        self.times: defaultdict[str, list[datetime]] = defaultdict(list)
        self.shown: defaultdict[str, set[str]] = defaultdict(set)
        self.cut_after: int | None = None
        self._clock = clock
        self._start = clock.now
        self._random = random
        self._at_once: Counter[str] = Counter()
        self._places: dict[tuple[str, str], tuple[str, Callable[[Validators], Answer]]] = {}

    def put(self, host: str, kind: Kind, paper: Paper) -> str:
        """Set up the server of a feed; gives the feed's URL."""
        path = f"/feeds/{paper.domain}.xml?all=1"
        url = f"https://{host}{path}"
        server = Server(kind, paper, self._start, self._random)

        def feed(sent: Validators) -> Answer:
            return server.answer(self._clock.now, *sent)

        self.judge.readers[url] = Reader(kind)
        self.papers[url] = paper
        if not kind.moves:
            self._places[host, path] = (url, feed)
            return url
        far = f"new.{host}"
        self._places[far, path] = (url, login_page if kind.moves_to_page else feed)
        location = f"https://{far}{path}".encode()

        def moved(sent: Validators) -> Answer:
            if kind.moves_between is None or self._is_between(*kind.moves_between):
                return Answer(kind.moves, [(b"Location", location), (b"ETag", b'"of-a-redirect"')])
            return feed(sent)

        self._places[host, path] = (url, moved)
        return url

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One exchange. Each takes some of the week's time."""
        host = request.url.host
        self._at_once[host] += 1
        self.most_at_once[host] = max(self.most_at_once[host], self._at_once[host])
        try:
            self._clock.now += timedelta(milliseconds=self._random.randint(5, 80))
            self.times[host].append(self._clock.now)
            return await self._exchange(request, host)
        finally:
            self._at_once[host] -= 1

    async def _exchange(self, request: httpx.Request, host: str) -> httpx.Response:
        feed, answer_of = self._places[host, request.extensions["target"].decode()]
        fields = {name.decode().lower(): value.decode("latin-1") for name, value in request.headers.raw}
        sent = Validators(fields.get("if-none-match", ""), fields.get("if-modified-since", ""))
        self.judge.asked(feed, host, self._clock.now, sent, fields)
        await asyncio.sleep(0)
        if self.cut_after is not None:
            self.cut_after -= 1
            if self.cut_after < 0:
                self.cut_after = None
                raise PowerCut
        answer = answer_of(sent)
        self.judge.answered(feed, host, self._clock.now, sent, answer)
        if not answer.status:
            raise FetchError(answer.fault, f"{host}: simulated")
        if answer.is_feed:
            self.shown[feed] |= self.papers[feed].addresses(self._clock.now)
        body = _Body(answer, host)
        return httpx.Response(answer.status, stream=body, request=request, extensions={"raw_headers": answer.fields})

    def last_asked(self, feed: str) -> datetime:
        """When the host in a feed's own URL was last asked."""
        return self.times[urlsplit(feed).netloc][-1]

    def _is_between(self, first: float, last: float) -> bool:
        return first <= (self._clock.now - self._start) / HOUR < last
