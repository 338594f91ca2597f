"""A 27, 28 and 30: many feeds of one server, many feeds at one instant, one feed in two places."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise
from typing import Any

ETAG = '"33a64df5"'
HOUR = 3600
FEEDS = 100
MANY = 300
SPREAD_SECONDS = 600
#: So few a second are handed out at once, spread or not.
AT_LEAST = 50


class Crowd:
    """Counts the requests that a server answers at the same time."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self._lock = threading.Lock()
        self._now = 0
        self.most = 0

    def __call__(self, exchange: Any) -> None:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        exchange.pause(0.002)
        with self._lock:
            self._now -= 1
        exchange.send(self._answer)


def test_a_host_with_a_hundred_feeds_sees_two_connections_and_a_request_a_second(make_reader: Any) -> None:
    """A 27: with a gap of a second, over two workers together: two requests at once at most, and a second between."""
    reader = make_reader(PER_HOST_GAP="1")
    crowd = Crowd(reader.ok(reader.rss("One"), ETag=ETAG))
    targets = [f"/{number}" for number in range(FEEDS)]
    for target in targets:
        reader.answer(target, crowd)
    reader.follow(*targets)
    workers = [reader.engine, reader.start_engine()]
    started = reader.clock.now
    for _ in range(3 * FEEDS):
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(reader.tick, workers))
        reader.advance(seconds=0.5)
    times = sorted(asked.at for target in targets for asked in reader.asked(target))
    assert len(times) == FEEDS
    assert crowd.most <= 2
    # A turn is a place in a row a second apart; a tick finds those that came since the last one.
    assert Counter(int((at - started).total_seconds() // 10) for at in times).most_common(1)[0][1] <= 12
    assert times[-1] - times[0] >= timedelta(seconds=FEEDS - 12)


def test_two_workers_share_two_connections_to_a_host(make_reader: Any) -> None:
    """A 27: though each of two workers got fifty feeds of one host, its server answers two requests at a time."""
    reader = make_reader()
    crowd = Crowd(reader.ok(reader.rss("One"), ETag=ETAG))
    targets = [f"/{number}" for number in range(40)]
    for target in targets:
        reader.answer(target, crowd)
    reader.follow(*targets)
    reader.advance(minutes=15)
    urls = [reader.server.url(target) for target in targets]
    workers = [(urls[:20], reader.engine), (urls[20:], reader.start_engine())]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda work: reader.work(*work), workers))
    for _ in range(60):
        reader.advance(seconds=5)
        reader.tick()
    assert [len(reader.asked(target)) for target in targets] == [1] * 40
    assert crowd.most <= 2


def test_feeds_that_are_all_due_are_spread(reader: Any) -> None:
    """A 28: after a pause in which all fell due, or a list that was imported, requests come evenly, not at once."""
    targets = [f"/{number}" for number in range(MANY)]
    for target in targets:
        reader.answer(target, reader.not_modified(ETag=ETAG))
    reader.follow(*targets)
    _run_by_seconds(reader, SPREAD_SECONDS + 60)
    reader.advance(hours=30)
    _run_by_seconds(reader, SPREAD_SECONDS + 60)
    times = sorted(asked.at for target in targets for asked in reader.asked(target))
    assert len(times) >= 2 * MANY
    assert max(Counter(times).values()) <= AT_LEAST
    assert min(len(reader.asked(target)) for target in targets) == 2


def _run_by_seconds(reader: Any, seconds: int) -> None:
    for _ in range(seconds // 10):
        reader.tick()
        reader.advance(seconds=10)


def test_one_address_in_two_collections_is_one_subscriber(reader: Any) -> None:
    """A 30: two collections follow the same feed: its server sees one request an interval, and both get the items."""
    reader.answer("/feed", reader.not_modified(ETag=ETAG))
    reader.follow(collection="news")
    reader.follow(collection="world")
    reader.run(hours=12)
    gaps = [(after.at - before.at).total_seconds() for before, after in pairwise(reader.asked())]
    assert min(gaps) >= HOUR
    assert 6 <= len(reader.asked()) <= 12
    assert len(reader.events("news")) == 1
    assert len(reader.events("world")) == 1


def test_one_address_given_twice_is_one_feed(reader: Any, make_reader: Callable[..., Any]) -> None:
    """A 30: to follow a feed again changes nothing of its schedule."""
    reader.answer("/feed", reader.not_modified(ETag=ETAG))
    reader.follow("/feed", "/feed")
    reader.poll()
    for _ in range(30):
        reader.follow()
        reader.tick()
        reader.advance(minutes=1)
    assert len(reader.asked()) == 1
