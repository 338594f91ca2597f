"""The simulated week, run once for all tests of this folder."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path
from random import Random

import pytest

from config.settings import load_settings
from storyfold.event import Event
from tests.week.internet import Clock, Internet, PowerCut
from tests.week.papers import Paper
from tests.week.servers import kinds
from worker.flows.engine import Engine
from worker.flows.fetch_loop import Loop
from worker.flows.subscribe import follow, new_feeds
from worker.flows.upkeep import due_batches
from worker.model.feed import Feed
from worker.sources.fetch.fetcher import Fetcher
from worker.sources.parse.opml import Outline
from worker.store.embedded import start_server
from worker.store.keys import Keys

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
END = START + timedelta(days=7)
FEEDS = 500
SHARED = 50
#: Beat ticks each second; the clock of the week jumps from one due time to the next, rounded up to this.
TICK_SECONDS = 120
BUDGET_SECONDS = 60.0
#: Hours of the week at which everything stands still for a while: (hour, minutes, requests after which the power is
#: cut, None for an orderly stop; whether the broker gives the lost message again).
RESTARTS = ((15, 1, None, False), (33, 90, 25, True), (62, 5, 3, True), (101, 60, 20, False), (140, 240, None, False))


@dataclass
class Week:
    """What became of the week.

    Attributes:
        internet: its servers and their judge.
        feeds: records at the end, by URL.
        told: how often each article's address was told of, as a new story's.
        others: events of other kinds than a new story, by type.
        kinds: kind of the server by the feed's URL.
        seconds: that the simulation took.
    """

    internet: Internet
    kinds: dict[str, str]
    feeds: dict[str, Feed] = field(default_factory=dict)
    told: Counter[str] = field(default_factory=Counter)
    others: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def table(self) -> str:
        """The week's totals, one a line."""
        totals = {**self.internet.judge.totals, "articles told": sum(self.told.values()), "seconds": self.seconds}
        return "\n".join(f"{number:12,.0f}  {name}" for name, number in sorted(totals.items()))


class Simulation:
    """Drives the product through the week, as beat and workers do."""

    def __init__(self, redis_url: str, folder: Path) -> None:
        self.clock = Clock(START)
        self.internet = Internet(self.clock, Random(5))
        self._settings = load_settings({"STORYFOLD_REDIS_URL": redis_url, "STORYFOLD_DATA_DIR": str(folder)})
        self._collection = self._settings.collection
        self._restarts = list(RESTARTS)
        self._is_given_again = False
        self._drain_at = START
        self._engine = self._new_engine()

    def run(self) -> Week:
        """The whole week."""
        started = time.monotonic()
        week = Week(self.internet, dict(self._put_feeds()))
        outlines = [Outline(url=url) for url in week.kinds]
        self._engine.feeds(self._collection).add(new_feeds(outlines, self._collection, START))
        while self._go_to_next_tick():
            for urls in due_batches(self._engine, self._collection):
                self._poll(urls)
            self._drain_at_times()
        self._drain()
        self._look_back(week)
        week.seconds = time.monotonic() - started
        self._engine.close()
        return week

    def _put_feeds(self) -> Iterator[tuple[str, str]]:
        table = kinds(START)
        alone = cycle([name for name, kind in table.items() if not kind.shared])
        shared = cycle([name for name, kind in table.items() if kind.shared])
        rhythms = {name: cycle(kind.rhythms) for name, kind in table.items()}
        for number in range(FEEDS):
            name = next(shared if number < SHARED else alone)
            kind = table[name]
            domain = f"paper{number}.example"
            paper = Paper(domain, next(rhythms[name]), kind.channel, START, END, Random(number))
            yield self.internet.put("many.example" if kind.shared else domain, kind, paper), name

    def _new_engine(self) -> Engine:
        engine = Engine(self._settings, clock=self.clock)
        engine.loop = Loop(
            lambda: Fetcher(
                contact_url=self._settings.contact_url,
                per_host_connections=self._settings.per_host_connections,
                now=self.clock,
                transport=self.internet,
            )
        )
        return engine

    def _go_to_next_tick(self) -> bool:
        """To the first tick at which anything is due; False when the week is over."""
        due = self._engine.client.zrange(Keys(self._collection).due, 0, 0, withscores=True)
        at = max(due[0][1], self.clock().timestamp() + 1)
        tick = datetime.fromtimestamp(-(-at // TICK_SECONDS) * TICK_SECONDS, UTC)
        if self._restarts and tick >= START + timedelta(hours=self._restarts[0][0]):
            _, minutes, self.internet.cut_after, self._is_given_again = self._restarts.pop(0)
            if self.internet.cut_after is None:
                self._restart()
            tick += timedelta(minutes=minutes)
        self.clock.now = tick
        return tick < END

    def _poll(self, urls: list[str]) -> None:
        """What the task ``storyfold.poll`` does with its message."""
        self.internet.judge.begin_batch()
        try:
            followed = follow(self._engine, urls)
            for collection, feed_ids in followed.batches.items():
                self._engine.poll(collection, lambda: None).run(feed_ids, BUDGET_SECONDS, followed.others)
        except PowerCut:
            self.internet.judge.power_cut()
            self._restart()
            if self._is_given_again:
                self._poll(urls)

    def _restart(self) -> None:
        self._engine.close()
        self._engine = self._new_engine()

    def _drain_at_times(self) -> None:
        if self.clock.now >= self._drain_at:
            self._drain()
            self._drain_at = self.clock.now + timedelta(hours=2)

    def _drain(self) -> None:
        assert self._engine.drain(self._collection).run(BUDGET_SECONDS) is False
        assert self._engine.lane(self._collection).length() == 0

    def _look_back(self, week: Week) -> None:
        feeds = self._engine.feeds(self._collection)
        week.feeds = {feed.url: feed for feed in feeds.load(feeds.ids())}
        for _, fields in self._engine.client.xrange(Keys(self._collection).stream):
            event = Event.from_fields(fields)
            if event.type == "storyfold.story.created":
                week.told[event.data["document"]["originalUrl"]] += 1
            else:
                week.others[event.type] += 1


@pytest.fixture(scope="session")
def week(tmp_path_factory: pytest.TempPathFactory) -> Week:
    """The week, over."""
    server = start_server(tmp_path_factory.mktemp("redis"))
    try:
        return Simulation(server.url, tmp_path_factory.mktemp("data")).run()
    finally:
        server.stop()
