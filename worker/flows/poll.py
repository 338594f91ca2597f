"""Poll: ask feeds for what is new, many at a time, and put it into the lane.

One event loop and one client are kept for the life of the process: a new client costs 20 ms of CPU, a
request over a kept one half a millisecond.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import structlog
from msgspec.structs import replace

from storyfold.errors import FetchError, RetryableError, SourceError
from worker.flows.poll_outcome import PollRules, failed, fetched
from worker.model.entry import Entry
from worker.model.feed import Feed
from worker.model.item import Item
from worker.sources.fetch.exchange import FetchRequest
from worker.sources.fetch.web_address import public_url
from worker.store.counts import Counts
from worker.store.feeds import FeedStore, Polled
from worker.store.lane import Lane

if TYPE_CHECKING:
    from worker.sources.fetch.fetcher import Fetcher

T = TypeVar("T")

CONCURRENT_FETCHES = 48
FEEDS_A_ROUND_TRIP = 32
FLUSH_SECONDS = 0.25

log = structlog.get_logger()


class Loop:
    """The event loop and the client of this process."""

    def __init__(self, make_fetcher: Callable[[], Fetcher]) -> None:
        self._runner = asyncio.Runner()
        self._make_fetcher = make_fetcher
        self._fetcher: Fetcher | None = None

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end."""
        return self._runner.run(coroutine)

    async def fetcher(self) -> Fetcher:
        """The process's client, opened on first use."""
        if self._fetcher is None:
            self._fetcher = self._make_fetcher()
            await self._fetcher.open()
        return self._fetcher

    def close(self) -> None:
        """Close client and loop."""
        if self._fetcher is not None:
            self._runner.run(self._fetcher.aclose())
        self._runner.close()


class Poll:
    """Polls feeds of one collection."""

    def __init__(
        self,
        *,
        loop: Loop,
        feeds: FeedStore,
        counts: Counts,
        rules: PollRules,
        to_item: Callable[[Entry], Item],
        clock: Callable[[], datetime],
        on_items: Callable[[], None],
        lane_of: Callable[[str], Lane],
    ) -> None:
        """
        Args:
            loop: of this process.
            feeds: the collection's feeds.
            counts: running totals.
            rules: of the operator.
            to_item: normalizes an entry.
            clock: aware UTC.
            on_items: called when items were put into the lane.
            lane_of: the lane of a collection, for items that a rule files elsewhere.
        """
        self._loop = loop
        self._feeds = feeds
        self._counts = counts
        self._rules = rules
        self._to_item = to_item
        self._clock = clock
        self._on_items = on_items
        self._lane_of = lane_of
        self._done: list[Polled] = []

    def run(self, feed_ids: Sequence[str], budget_seconds: float) -> None:
        """Poll feeds, each unless it was asked too recently.

        Those that the time does not suffice for are left to the schedule, which hands them out again.

        Raises:
            StoreUnavailableError: Redis is away. What was fetched and not stored is asked for again.
        """
        try:
            self._loop.run(self._poll_all(deque(feed_ids), time.monotonic() + budget_seconds))
        except BaseExceptionGroup as group:
            # All that work at once meet the same outage; one of their errors tells the caller what to do.
            passing = group.subgroup(RetryableError)
            raise _first(passing or group) from group

    async def _poll_all(self, queue: deque[str], until: float) -> None:
        fetcher = await self._loop.fetcher()
        ready: deque[Feed] = deque()
        self._done = []
        async with asyncio.TaskGroup() as group:
            workers = [
                group.create_task(self._work(fetcher, queue, ready, until))
                for _ in range(min(CONCURRENT_FETCHES, len(queue)))
            ]
            flusher = group.create_task(self._flush_at_times())
            await asyncio.wait(workers)
            flusher.cancel()
        self._flush()
        self._counts.flush()

    async def _work(self, fetcher: Fetcher, queue: deque[str], ready: deque[Feed], until: float) -> None:
        while (ready or queue) and time.monotonic() < until:
            if not ready:
                self._begin(queue, ready)
                continue
            feed = ready.popleft()
            polled = await self._poll_one(fetcher, feed)
            self._done.append(polled)  # looked up after the wait: a flush puts a new list in its place
            if len(self._done) >= FEEDS_A_ROUND_TRIP:
                self._flush()

    def _begin(self, queue: deque[str], ready: deque[Feed]) -> None:
        some = [queue.popleft() for _ in range(min(FEEDS_A_ROUND_TRIP, len(queue)))]
        now = self._clock()
        gap = timedelta(seconds=self._rules.bounds.minimum_seconds)
        allowed = self._feeds.begin_poll(some, now, gap)
        ready.extend(replace(feed, last_attempt_at=now) for feed in self._feeds.load(allowed))

    async def _poll_one(self, fetcher: Fetcher, feed: Feed) -> Polled:
        request = FetchRequest(
            url=feed.url, etag=feed.etag, last_modified=feed.last_modified, validators_url=feed.validators_url
        )
        jitter = random.random()  # noqa: S311 - spreads load, hides nothing
        try:
            result = await fetcher.fetch(request)
        except FetchError as error:
            return self._failed(feed, error, jitter)
        try:
            polled = fetched(feed, result, now=self._clock(), jitter=jitter, rules=self._rules, to_item=self._to_item)
        except Exception as error:  # the boundary of one feed: its fault is named, the batch goes on
            log.exception("feed given up", feed_url=public_url(feed.url))
            return self._failed(feed, SourceError("internal", f"{type(error).__name__}: {error}"), jitter)
        self._count(polled, not_modified=result.status == 304)
        return polled

    def _failed(self, feed: Feed, error: FetchError | SourceError, jitter: float) -> Polled:
        polled = failed(feed, error, now=self._clock(), jitter=jitter, rules=self._rules)
        self._count(polled, not_modified=False)
        return polled

    def _count(self, polled: Polled, *, not_modified: bool) -> None:
        feed = polled.feed
        self._counts.add(
            polls=1,
            polls_failed=bool(feed.failure),
            polls_not_modified=not_modified,
            entries=len(polled.items),
            dead=len(polled.letters),
            **polled.counts,
        )
        if feed.failure:
            log.warning("feed failed", feed_url=public_url(feed.url), failure=feed.failure, detail=feed.detail)

    async def _flush_at_times(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            self._flush()

    def _flush(self) -> None:
        done, self._done = self._done, []
        if done and self._feeds.finish([self._sent_elsewhere(polled) for polled in done]):
            self._on_items()

    def _sent_elsewhere(self, polled: Polled) -> Polled:
        """The outcome without the items that rules file into other collections; these go into their lanes first.

        Should the process die in between, the poll is done again, and they are found known there.
        """
        own = tuple(item for item in polled.items if item.collection == polled.feed.collection)
        if len(own) == len(polled.items):
            return polled
        for collection in sorted({item.collection for item in polled.items} - {polled.feed.collection}):
            self._lane_of(collection).push(item for item in polled.items if item.collection == collection)
        return replace(polled, items=own)


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
