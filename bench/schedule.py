"""Schedule: what a million feeds cost in the store and at the clock, and whether any of them starves.

An embedded server of its own is filled with real records; the time is the bench's own, so that hours pass in seconds.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from statistics import mean, median
from typing import NamedTuple

from celery import Celery

from bench.figures import Figure, arguments, show
from bench.installation import Installation, installation, wait_until
from config.queues import FETCH_QUEUE
from config.redis_url import redis_url
from config.settings import Settings
from worker.flows.engine import Engine
from worker.flows.upkeep import due_batches
from worker.model.feed import Feed, feed_id_of
from worker.store.feeds import FeedStore
from worker.store.keys import Keys

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
FEEDS_A_CHUNK = 20_000
FEEDS_A_HOST = 4
DISPATCHES = 25
IDLE_TICKS = 200
REWRITE_SECONDS = 60.0
COLLECTION = "news"
ADDRESS = "https://publisher-{host}.example/sections/{number}/feed.xml"


class Fairness(NamedTuple):
    """What became of the feeds of a simulation.

    Attributes:
        served: share of the feeds that were begun at least once.
        mean_seconds: between due and begun.
        max_seconds: likewise.
    """

    served: float
    mean_seconds: float
    max_seconds: float


class Watch:
    """The time as the bench wants it."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = arguments("schedule of many feeds")
    parser.add_argument("--feeds", type=int, default=1_000_000, help="in the store (default 1000000)")
    parser.add_argument("--simulated", type=int, default=20_000, help="in the simulations (default 20000)")
    parser.add_argument("--hours", type=float, default=2.0, help="simulated (default 2)")
    options = parser.parse_args(argv)
    with installation({"POLL_SPREAD": "0"}) as place:
        figures = [*_fill(place, options.feeds), *_clock_costs(place, options.feeds)]
    for words, share in (("capacity twice the due rate", 2.0), ("capacity 0.8 of the due rate", 0.8)):
        with installation({}) as place:
            fairness = _simulate(place.settings, options.simulated, options.hours, share)
        figures += _fairness_rows(words, fairness)
    show("schedule", figures, as_json=options.json)


def _feeds(count: int, spread: timedelta) -> Iterator[list[Feed]]:
    """Records of new subscriptions in chunks, a few on each host, due one after the other within ``spread``."""
    for start in range(0, count, FEEDS_A_CHUNK):
        yield [
            _feed(number, count, NOON + spread * (number / count))
            for number in range(start, min(count, start + FEEDS_A_CHUNK))
        ]


def _feed(number: int, count: int, due_at: datetime) -> Feed:
    url = ADDRESS.format(host=number % max(1, count // FEEDS_A_HOST), number=number)
    title = f"Publisher {number}: news of the day"
    return Feed(
        feed_id=feed_id_of(url), url=url, collection=COLLECTION, title=title, added_at=NOON, next_poll_at=due_at
    )


def _fill(place: Installation, count: int) -> list[Figure]:
    client, store = place.engine.client, place.engine.feeds(COLLECTION)
    before, seconds = _used_bytes(place), 0.0
    for feeds in _feeds(count, HOUR):
        started = time.perf_counter()
        store.add(feeds)
        seconds += time.perf_counter() - started
    after = _used_bytes(place)
    sample = feed_id_of(ADDRESS.format(host=0, number=0))
    keys = Keys(COLLECTION)
    return [
        Figure("memory a feed, before its first poll", (after - before) / count, "bytes", "<= 1,024"),
        Figure("  its record", float(client.memory_usage(keys.feed(sample))), "bytes"),
        Figure("  its place in the schedule", client.memory_usage(keys.due) / count, "bytes"),
        Figure("  its place in the list of feeds", client.memory_usage(keys.feeds) / count, "bytes"),
        Figure("subscribed", count / seconds, "feeds/s"),
    ]


def _used_bytes(place: Installation) -> int:
    return int(place.engine.client.info("memory")["used_memory"])


def _clock_costs(place: Installation, count: int) -> list[Figure]:
    watch = Watch()
    engine = Engine(place.settings, clock=watch)
    try:
        # Filling it makes the server write its file anew, in a process that would take the other core.
        wait_until(lambda: not place.engine.client.info("persistence")["aof_rewrite_in_progress"], REWRITE_SECONDS)
        watch.now = NOON - HOUR
        idle = [_seconds_of_tick(engine) for _ in range(IDLE_TICKS)]
        watch.now = NOON + HOUR
        claimed, claiming, sending = _dispatch(engine, place.settings)
    finally:
        engine.close()
    return [
        Figure("tick with nothing due", median(idle) * 1e6, "us"),
        Figure("claim and group by host", claiming / claimed * 1e6, "us a feed"),
        Figure("  send the messages", sending / claimed * 1e6, "us a feed"),
        Figure("dispatched", claimed / (claiming + sending), "feeds/s", f">= {count / 3600:,.0f}"),
    ]


def _seconds_of_tick(engine: Engine) -> float:
    started = time.perf_counter()
    due_batches(engine, COLLECTION)
    return time.perf_counter() - started


def _dispatch(engine: Engine, settings: Settings) -> tuple[int, float, float]:
    """Feeds that went out, seconds of their claims, seconds of their messages. All feeds are due."""
    claimed, claiming, sending = 0, 0.0, 0.0
    store = engine.feeds(COLLECTION)
    with Celery("bench", broker=redis_url(settings), set_as_current=False) as celery:
        for _ in range(DISPATCHES):
            started = time.perf_counter()
            batches = due_batches(engine, COLLECTION)
            claiming += time.perf_counter() - started
            started = time.perf_counter()
            with celery.producer_pool.acquire(block=True) as producer:
                for urls in batches:
                    celery.send_task("storyfold.poll", args=[urls], queue=FETCH_QUEUE, producer=producer)
            sending += time.perf_counter() - started
            claimed += sum(map(len, batches))
            for urls in batches:
                store.begin_poll([feed_id_of(url) for url in urls], engine.clock(), HOUR)
    return max(1, claimed), claiming, sending


def _simulate(settings: Settings, count: int, hours: float, share: float) -> Fairness:
    """Ticks of a second; fetchers begin as many feeds as they can, each is due again an hour later."""
    watch = Watch()
    engine = Engine(settings, clock=watch)
    store = engine.feeds(COLLECTION)
    due: dict[str, datetime] = {}
    for feeds in _feeds(count, HOUR):
        store.add(feeds)
        due |= {feed.feed_id: feed.next_poll_at or NOON for feed in feeds}
    lateness: list[float] = []
    served: set[str] = set()
    queue: deque[str] = deque()
    credit = 0.0
    try:
        for _ in range(round(hours * 3600)):
            watch.now += timedelta(seconds=1)
            queue.extend(feed_id_of(url) for urls in due_batches(engine, COLLECTION) for url in urls)
            credit = min(credit + share * count / 3600, max(1.0, share * count / 3600) + 1)
            begun = _begin(store, queue, int(credit), watch.now)
            credit -= len(begun)
            lateness += [(watch.now - due[feed_id]).total_seconds() for feed_id in begun]
            due |= dict.fromkeys(begun, watch.now + HOUR)
            served.update(begun)
    finally:
        engine.close()
    return Fairness(len(served) / count, mean(lateness or [0.0]), max(lateness or [0.0]))


def _begin(store: FeedStore, queue: deque[str], most: int, now: datetime) -> list[str]:
    """Feeds of the queue that could be begun; one that came twice costs no request."""
    begun: list[str] = []
    while queue and len(begun) < most:
        begun += store.begin_poll([queue.popleft()], now, timedelta(minutes=30))
    store.postpone(dict.fromkeys(begun, (now + HOUR).timestamp()))
    return begun


def _fairness_rows(words: str, fairness: Fairness) -> list[Figure]:
    return [
        Figure(f"{words}: feeds begun", fairness.served * 100, "%", "100"),
        Figure("  mean lateness", fairness.mean_seconds, "s"),
        Figure("  largest lateness", fairness.max_seconds, "s"),
        Figure("  largest over mean", fairness.max_seconds / max(fairness.mean_seconds, 0.001), "x"),
    ]


if __name__ == "__main__":
    main()
