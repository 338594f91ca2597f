"""Polling: feeds polled a second, end to end through Celery, beside one task a feed.

A tick message is sent each second, as beat would send it; the worker's children claim the feeds that are due, fetch
them, and put what is new into the lane. All feeds lie on one local host and port, so PER_HOST_CONNECTIONS is raised
and the gap of its requests taken away; on the open net they lie on thousands. Both sides run with the same number of
children on the same broker, round by round in turn. The ceilings are client loops that do nothing else.
"""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.request
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from statistics import median

from celery import Celery

from bench.baseline_tasks import DONE, QUEUE
from bench.ceilings import CLIENTS, ceiling
from bench.figures import Figure, arguments, show
from bench.installation import Installation, await_or_exit, installation, wait_until
from bench.process_time import Rate, session_cpu_seconds
from config.queues import FETCH_QUEUE, INGEST_QUEUE, UPKEEP_QUEUE
from config.redis_url import redis_url
from worker.model.feed import Feed, feed_id_of
from worker.parent_death import end_with_parent
from worker.supervisor.role_commands import worker_command

ROUND_SECONDS = 300.0
LOOK_SECONDS = 0.005
TICK_SECONDS = 1.0
PLAIN, CONDITIONAL = "bench.poll_plain", "bench.poll_conditional"
ROOT = Path(__file__).resolve().parent.parent


class Side:
    """One of the two sides: a worker, and how many feeds it polls in a round."""

    def __init__(self, place: Installation, session: int, feeds: int) -> None:
        self._place = place
        self._session = session
        self._feeds = feeds

    def measure(self, start: Callable[[], None], is_over: Callable[[], bool]) -> Rate:
        """Run one round."""
        cpu_from, started = session_cpu_seconds([self._session]), time.perf_counter()
        start()
        await_or_exit(self._place, "a round", wait_until(is_over, ROUND_SECONDS, LOOK_SECONDS))
        seconds = time.perf_counter() - started
        cpu_seconds = session_cpu_seconds([self._session]) - cpu_from
        return Rate(self._feeds / seconds, self._feeds / max(cpu_seconds, 0.01))


class Bench:
    """Product and baseline beside each other."""

    def __init__(self, place: Installation, address: str, sessions: Sequence[int], options: Namespace) -> None:
        feeds, naive_feeds = options.feeds, options.baseline_feeds
        self._children: int = options.children
        self._place = place
        self._address = address
        self._client = place.engine.client
        self._store = place.engine.feeds(place.settings.collection)
        self._urls = [f"http://{address}/feed/{number}" for number in range(feeds)]
        self._naive_urls = self._urls[:naive_feeds]
        self._celery = Celery("bench", broker=redis_url(place.settings), set_as_current=False)
        self._product = Side(place, sessions[0], feeds)
        self._baseline = Side(place, sessions[1], naive_feeds)

    def tell(self, word: str) -> None:
        """Ask something of the feed server."""
        urllib.request.urlopen(f"http://{self._address}/-/{word}", timeout=10).read()

    def follow(self) -> None:
        """Subscribe to all feeds, and poll each once: their backlog is not published."""
        now = self._place.engine.clock()
        collection = self._place.settings.collection
        later = now + timedelta(days=1)
        feeds = [
            Feed(feed_id=feed_id_of(url), url=url, collection=collection, added_at=now, next_poll_at=later)
            for url in self._urls
        ]
        self._store.add(feeds)
        self.poll_all()
        failed = [feed for feed in self._store.load(self._store.ids()) if feed.failure]
        if failed:
            raise SystemExit(f"{len(failed)} feeds failed; the first: {failed[0].failure}: {failed[0].detail}")

    def poll_all(self) -> Rate:
        """One round of the product: all feeds are due, a tick comes."""
        polls = self._count("polls") + len(self._urls)
        self._store.make_due(self._store.ids(), self._place.engine.clock())

        ticked_at = 0.0

        def tick() -> None:
            nonlocal ticked_at
            ticked_at = time.monotonic()
            self._celery.send_task("storyfold.tick", queue=UPKEEP_QUEUE)

        def is_over() -> bool:
            if time.monotonic() - ticked_at >= TICK_SECONDS:
                tick()
            return self._count("polls") >= polls

        return self._product.measure(tick, is_over)

    def await_stories(self) -> None:
        """Wait until the lane is empty."""
        lane = self._place.engine.lane(self._place.settings.collection)
        await_or_exit(self._place, "an empty lane", wait_until(lambda: lane.length() == 0, ROUND_SECONDS))

    def poll_naively(self, task: str) -> Rate:
        """One round of the baseline."""
        self._client.set(DONE, 0)

        def start() -> None:
            with self._celery.producer_pool.acquire(block=True) as producer:
                for url in self._naive_urls:
                    self._celery.send_task(task, args=[url], queue=QUEUE, producer=producer)

        return self._baseline.measure(start, lambda: int(self._client.get(DONE) or 0) >= len(self._naive_urls))

    def ask_bare(self, client: str, rounds: int) -> list[Rate]:
        """Rounds of a ceiling."""
        with ceiling(client, self._urls, self._children) as bare:
            return [bare.measure() for _ in range(rounds)]

    def _count(self, name: str) -> int:
        return self._place.engine.counts(self._place.settings.collection).read().get(name, 0)


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = arguments("feeds polled a second")
    parser.add_argument("--feeds", type=int, default=2_000, help="followed by the product (default 2000)")
    parser.add_argument("--baseline-feeds", type=int, default=400, help="polled by the baseline (default 400)")
    parser.add_argument("--rounds", type=int, default=3, help="of each kind; medians are printed (default 3)")
    parser.add_argument("--children", type=int, default=2, help="of either worker (default 2)")
    options = parser.parse_args(argv)
    with _feed_server() as address, installation(_variables(address)) as place:
        queues = [FETCH_QUEUE, INGEST_QUEUE, UPKEEP_QUEUE]
        ours = {"worker": worker_command(place.settings, queues, options.children)}
        extra = {"BENCH_REDIS_URL": redis_url(place.settings), "PYTHONPATH": str(ROOT)}
        with place.roles(ours) as mine, place.roles(_baseline_command(options.children), extra) as theirs:
            bench = Bench(place, address, [*mine, *theirs], options)
            figures = _measure(bench, options.rounds)
    show("polling", figures, as_json=options.json)


def _measure(bench: Bench, rounds: int) -> list[Figure]:
    bench.follow()
    for task in (PLAIN, CONDITIONAL):
        bench.poll_naively(task)
    unchanged = _unchanged(bench, rounds)
    bench.tell("close")
    closing = _middle([bench.poll_all() for _ in range(rounds)])
    bench.tell("keep")
    return [*unchanged, *_rows("unchanged feeds, a new connection each", closing), *_changed(bench, rounds)]


def _unchanged(bench: Bench, rounds: int) -> list[Figure]:
    ours, plain, conditional = [], [], []
    for _ in range(rounds):
        ours.append(bench.poll_all())
        plain.append(bench.poll_naively(PLAIN))
        conditional.append(bench.poll_naively(CONDITIONAL))
    own, naive, polite = (_middle(rates) for rates in (ours, plain, conditional))
    figures = [
        *_rows("unchanged feeds", own, ">= 1,500"),
        *_rows("  unchanged, task a feed: httpx.get + feedparser", naive),
        *_rows("  unchanged, task a feed with If-None-Match", polite),
        *_ratios("  unchanged, ratio to task a feed", own, naive, ">= 25"),
        *_ratios("  unchanged, ratio to task a feed with If-None-Match", own, polite),
    ]
    for client in CLIENTS:
        bare = _middle(bench.ask_bare(client, rounds))
        figures += _rows(f"  unchanged, ceiling: bare {client} loop", bare)
        figures += _ratios(f"  unchanged, share of the bare {client} loop", own, bare)
    return figures


def _changed(bench: Bench, rounds: int) -> list[Figure]:
    ours, plain, conditional = [], [], []
    for _ in range(rounds):
        bench.tell("next")
        ours.append(bench.poll_all())
        bench.await_stories()
        plain.append(bench.poll_naively(PLAIN))
        conditional.append(bench.poll_naively(CONDITIONAL))
    own, naive, polite = (_middle(rates) for rates in (ours, plain, conditional))
    return [
        *_rows("changed feeds, one new entry of 25", own),
        *_rows("  changed, task a feed: httpx.get + feedparser", naive),
        *_rows("  changed, task a feed with If-None-Match", polite),
        *_ratios("  changed, ratio to task a feed", own, naive),
        *_ratios("  changed, ratio to task a feed with If-None-Match", own, polite),
    ]


def _middle(rates: list[Rate]) -> Rate:
    """The median of each column."""
    return Rate(*(median(column) for column in zip(*rates, strict=True)))


def _rows(what: str, rate: Rate, target_a_core: str = "") -> list[Figure]:
    return [
        Figure(what, rate.feeds_a_second, "feeds/s"),
        Figure(f"{what}, a core", rate.feeds_a_core, "feeds/CPU second", target_a_core),
    ]


def _ratios(what: str, ours: Rate, theirs: Rate, target: str = "") -> list[Figure]:
    return [
        Figure(what, ours.feeds_a_second / theirs.feeds_a_second, "x", target),
        Figure(f"{what}, a core", ours.feeds_a_core / theirs.feeds_a_core, "x"),
    ]


def _variables(address: str) -> dict[str, str]:
    return {
        "FETCH_ALLOW": address,
        "PER_HOST_CONNECTIONS": "64",  # every feed is on one host here; the children share its slots
        "PER_HOST_GAP": "0",
        "POLL_SPREAD": "0",
        "POLL_INTERVAL_MIN": "0",  # rounds follow each other at once
        "FIRST_POLL": "none",
    }


def _baseline_command(children: int) -> dict[str, list[str]]:
    celery = [sys.executable, "-m", "celery", "--app", "bench.baseline_tasks", "worker", "--loglevel=warning"]
    quiet = ["--without-mingle", "--without-gossip", "--without-heartbeat"]
    return {"baseline": [*celery, "--pool=prefork", f"--concurrency={children}", *quiet]}


@contextmanager
def _feed_server() -> Iterator[str]:
    """The feed server in a process of its own; gives host and port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.feed_server"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=end_with_parent,
    )
    try:
        assert process.stdout is not None
        yield f"127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
