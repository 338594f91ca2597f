"""The product as a publisher sees it: real Redis, real client, real sockets, and a clock that the test sets.

Time stands still while feeds are asked, so the gaps between two requests are exact.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from jsonschema import Draft202012Validator

from config.settings import load_settings
from storyfold.event import Event
from storyfold.event_schema import event_schema
from worker.flows.engine import Engine
from worker.flows.subscribe import follow, new_feeds
from worker.flows.upkeep import due_batches
from worker.model.feed import Feed, feed_id_of
from worker.sources.parse.opml import Outline
from worker.store.client import connect
from worker.store.embedded import EmbeddedServer
from worker.store.embedded import start_server as start_redis
from worker.store.keys import Keys

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)  # a Sunday
POLL_BUDGET_SECONDS = 50.0
#: Hundred steps past a feed's due time, a second each: what a turn at a busy host may put it off.
PUT_OFF_STEPS = 100

Script = bytes | Callable[[Any], None]


class Clock:
    """The time as a test wants it."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request as the server saw it.

    Attributes:
        at: when, by the test's clock.
        line: the request line.
        raw: request line and header fields.
        headers: names in lower case.
    """

    at: datetime
    line: str
    raw: bytes
    headers: dict[str, bytes]

    @property
    def is_conditional(self) -> bool:
        return "if-none-match" in self.headers or "if-modified-since" in self.headers

    @property
    def validators(self) -> tuple[bytes | None, bytes | None]:
        """If-None-Match and If-Modified-Since, None for a field that was not sent."""
        return self.headers.get("if-none-match"), self.headers.get("if-modified-since")


class Reader:
    """A whole installation but for Celery: what a tick hands out is polled and folded at once.

    Attributes:
        server: whose feeds are followed.
        clock: of the engine.
        engine: of the process that runs now.
    """

    def __init__(self, redis_url: str, server: Any, folder: Path, clock: Clock, settings: dict[str, str]) -> None:
        self.server = server
        self.clock = clock
        self._environment = {
            "STORYFOLD_REDIS_URL": redis_url,
            "STORYFOLD_DATA_DIR": str(folder / "data"),
            "STORYFOLD_FETCH_ALLOW": server.address,
            "STORYFOLD_PER_HOST_GAP": "0",
            **{f"STORYFOLD_{name}": value for name, value in settings.items()},
        }
        self._asked: list[tuple[str, Asked]] = []
        self._engines: list[Engine] = []
        self.engine = self.start_engine()

    # the process

    def start_engine(self) -> Engine:
        """Another process on the same Redis."""
        self._engines.append(Engine(load_settings(self._environment), clock=self.clock))
        return self._engines[-1]

    def restart(self) -> None:
        """End the process and start a new one."""
        self._engines.remove(self.engine)
        self.engine.close()
        self.engine = self.start_engine()

    def close(self) -> None:
        for engine in self._engines:
            engine.close()

    @property
    def environment(self) -> dict[str, str]:
        """The settings, for a process of its own."""
        return dict(self._environment)

    # the server

    def answer(self, target: str, *scripts: Script, server: Any = None) -> None:
        """Script the answers to a target, in order; the last one repeats. Each request is kept with its time."""
        server = server or self.server

        def kept(script: Script) -> Callable[[Any], None]:
            def play(exchange: Any) -> None:
                request = exchange.request
                asked = Asked(at=self.clock.now, line=request.line, raw=request.raw, headers=request.headers)
                self._asked.append((server.url(target), asked))
                if isinstance(script, bytes):
                    exchange.send(script)
                else:
                    script(exchange)

            return play

        server.answer(target, *map(kept, scripts))

    def asked(self, target: str = "/feed", server: Any = None) -> list[Asked]:
        """The requests for a target, in the order of their coming."""
        url = (server or self.server).url(target)
        return [asked for asked_url, asked in self._asked if asked_url == url]

    def gaps(self, target: str = "/feed") -> list[float]:
        """Seconds between the requests for a target."""
        return [(after.at - before.at).total_seconds() for before, after in pairwise(self.asked(target))]

    def ok(self, body: bytes | str, **headers: str) -> bytes:
        """An answer with a body; underscores in names of fields stand for hyphens."""
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        data = body.encode() if isinstance(body, str) else body
        reply: bytes = self.server.reply(200, {"Content-Type": "application/rss+xml", **fields}, data)
        return reply

    def status(self, number: int, body: bytes | str = b"", **headers: str) -> bytes:
        """An answer with another status."""
        fields: dict[str, str | bytes] = {name.replace("_", "-"): value for name, value in headers.items()}
        reply: bytes = self.server.reply(number, fields, body.encode() if isinstance(body, str) else body)
        return reply

    def not_modified(self, body: str | bytes = "", **headers: str) -> Callable[[Any], None]:
        """Answers 304 to conditional requests and a body to others."""

        def play(exchange: Any) -> None:
            conditional = {"if-none-match", "if-modified-since"} & exchange.request.headers.keys()
            exchange.send(self.status(304, **headers) if conditional else self.ok(body or self.rss("One"), **headers))

        return play

    def rss(self, *titles: str, channel: str = "", namespace: str = "", site: str = "https://harbor.example") -> str:
        """A feed with an item a title; an item is the same wherever it stands."""
        items = "".join(
            f"<item><title>{title}</title><guid isPermaLink='false'>{title}</guid>"
            f"<link>{site}/{title.replace(' ', '-').lower()}</link><pubDate>{_date_of(title)}</pubDate></item>"
            for title in titles
        )
        return f"<rss version='2.0' {namespace}><channel><title>Harbor</title>{channel}{items}</channel></rss>"

    # the schedule

    def follow(self, *targets: str, collection: str = "news") -> None:
        """Subscribe to feeds of the server."""
        self.follow_urls(*(self.server.url(target) for target in targets or ("/feed",)), collection=collection)

    def follow_urls(self, *urls: str, collection: str = "news") -> None:
        outlines = [Outline(url=url) for url in urls]
        self.engine.feeds(collection).add(new_feeds(outlines, collection, self.clock()))

    def feed(self, target: str = "/feed", *, url: str = "", collection: str = "news") -> Feed:
        """The record of a feed."""
        return self.engine.feeds(collection).load([feed_id_of(url or self.server.url(target))])[0]

    def feeds(self) -> list[Feed]:
        """The records of all feeds."""
        stores = [self.engine.feeds(collection) for collection in self.engine.collections()]
        return [feed for store in stores for feed in store.load(store.ids())]

    def advance(self, **duration: float) -> None:
        """Let time pass without a tick."""
        self.clock.now += timedelta(**duration)

    def tick(self, engine: Engine | None = None) -> None:
        """Hand out what is due, poll it, fold what came."""
        engine = engine or self.engine
        for collection in engine.collections():
            for urls in due_batches(engine, collection):
                self.work(urls, engine)

    def work(self, urls: Iterable[str], engine: Engine | None = None) -> None:
        """What the task does with a message."""
        engine = engine or self.engine
        followed = follow(engine, urls)
        for collection, feed_ids in followed.batches.items():
            engine.poll(collection, lambda: None).run(feed_ids, POLL_BUDGET_SECONDS, followed.others)
        self.drain(engine)

    def drain(self, engine: Engine | None = None) -> None:
        engine = engine or self.engine
        for collection in engine.collections():
            engine.drain(collection).run(20.0)

    def poll(self, target: str = "/feed", *, url: str = "", times: int = 1) -> Feed:
        """Go to the instant at which a feed is due, and let it be polled."""
        for _ in range(times):
            self._poll_once(url or self.server.url(target))
        return self.feed(url=url or self.server.url(target))

    def _poll_once(self, url: str) -> None:
        feed = self.feed(url=url)
        due = self.engine.client.zscore(Keys(feed.collection).due, feed.feed_id)
        assert due is not None, f"{url} is stopped: {feed.failure}"
        self.clock.now = max(self.clock.now, _instant(due))
        for _ in range(PUT_OFF_STEPS):
            self.tick()
            if self.feed(url=url).last_attempt_at != feed.last_attempt_at:
                return
            self.advance(seconds=1)
        raise AssertionError(f"{url} is due and was not polled")

    def run(self, **duration: float) -> None:
        """Let time pass; whatever falls due in it is polled when it does."""
        until = self.clock.now + timedelta(**duration)
        while (due := self._next_due()) is not None and due <= until:
            self.clock.now = max(self.clock.now, due)
            self.tick()
            if (after := self._next_due()) is not None and after <= self.clock.now:
                self.advance(seconds=1)  # put off for its turn
        self.clock.now = max(self.clock.now, until)

    def _next_due(self) -> datetime | None:
        heads = [
            self.engine.client.zrange(Keys(collection).due, 0, 0, withscores=True)
            for collection in self.engine.collections()
        ]
        return min((_instant(head[0][1]) for head in heads if head), default=None)

    # what came of it

    def events(self, collection: str = "news") -> list[Event]:
        """The events on the stream, oldest first."""
        return [Event.from_fields(fields) for _, fields in self._stream(collection)]

    def titles(self) -> list[str]:
        """The titles that the events told, in order."""
        return [event.data["document"]["title"] for event in self.events()]

    def command(self, *arguments: str) -> str:
        """Run a command of the product, as a process of its own with the real clock; gives what it printed."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("STORYFOLD_")}
        argv = [sys.executable, "-m", "worker.cli", *arguments]
        done = subprocess.run(argv, env={**kept, **self._environment}, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _stream(self, collection: str) -> list[tuple[str, dict[str, str]]]:
        entries: list[tuple[str, dict[str, str]]] = self.engine.client.xrange(f"storyfold:{{{collection}}}:stories")
        return entries


def _date_of(title: str) -> str:
    """Some time before the start, always the same."""
    return format_datetime(START - timedelta(minutes=1 + crc32(title.encode()) % 1000))


def _instant(score: float) -> datetime:
    """A time of the schedule, never before it."""
    return datetime.fromtimestamp(score, UTC) + timedelta(microseconds=1)


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = start_redis(tmp_path_factory.mktemp("conformance"))
    yield server.url
    server.stop()


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[EmbeddedServer]:
    """A server of the test's own, which it may stop and start again."""
    server = start_redis(tmp_path / "redis")
    yield server
    server.stop()


@pytest.fixture
def redis_url(redis_server: str) -> str:
    """URL of an empty database."""
    with connect(redis_server) as client:
        client.flushall()
    return redis_server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def event_validator() -> Draft202012Validator:
    return Draft202012Validator({**event_schema(), "anyOf": [{"$ref": "#/$defs/JsonForm"}]})


@pytest.fixture
def make_reader(
    redis_url: str, recording_server: Any, tmp_path: Path, clock: Clock, event_validator: Draft202012Validator
) -> Iterator[Callable[..., Reader]]:
    """Makes an installation; settings by name: ``FETCH_TIMEOUT="1"``. Each event that it told must be valid."""
    readers: list[Reader] = []

    def make(*, redis: str = "", **settings: str) -> Reader:
        readers.append(Reader(redis or redis_url, recording_server, tmp_path, clock, settings))
        return readers[-1]

    yield make
    for reader in readers:
        for _, fields in reader._stream("news"):
            event_validator.validate({**fields, "data": json.loads(fields["data"])})
        reader.close()


@pytest.fixture
def reader(make_reader: Callable[..., Reader]) -> Reader:
    """An installation with the settings that a new one has, but for the server's address and the gap of its host."""
    return make_reader()
