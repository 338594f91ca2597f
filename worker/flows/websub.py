"""WebSub: ask hubs to send what is new of the feeds that name one, renew that, and end it.

A hub is told of a callback only after the callback is known here: many hubs verify it before they answer the
request. What the hub then says stands in the record already when the answer to the request comes; that answer
changes the record only if nobody has changed it meanwhile.
"""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from msgspec.structs import replace

from storyfold.errors import FetchError
from worker.flows.outage import first_passing
from worker.model.feed import Feed
from worker.model.subscription import Subscription
from worker.sources.fetch.exchange import FetchRequest, Purpose
from worker.sources.fetch.web_address import public_url
from worker.sources.websub.subscription import (
    Step,
    asked_again,
    decide,
    failed,
    new_subscription,
    request_form,
)
from worker.store.feeds import FeedStore
from worker.store.websub import Callbacks, SubscriptionStore

if TYPE_CHECKING:
    from worker.flows.fetch_loop import Loop
    from worker.sources.fetch.fetcher import Fetcher

CONCURRENT_REQUESTS = 4
"""Few at a time: when one hub stalls, two of them wait for the answers to the other two, and then for their own."""
POLLS_RESUME_WITHIN_SECONDS = 600.0
"""Over which the polls are spread of feeds that a hub lets go of together."""

log = structlog.get_logger()


class FeedPush:
    """What polls have to do with WebSub: they know until when a feed is pushed, and tell of its hub."""

    def __init__(self, subscriptions: SubscriptionStore, public_url: str, clock: Callable[[], datetime]) -> None:
        self._subscriptions = subscriptions
        self._public_url = public_url
        self._clock = clock

    def with_push(self, feeds: Sequence[Feed]) -> list[Feed]:
        """The feeds with the end of the lease that holds now. It stands in the subscription, which hubs change
        while polls are under way; a feed's own record has it as it was at the last poll."""
        concerned = [feed.feed_id for feed in feeds if _is_concerned(feed)]
        found = dict(zip(concerned, self._subscriptions.load(concerned), strict=True))
        return [
            replace(feed, pushed_until=_pushed_until(found[feed.feed_id])) if feed.feed_id in found else feed
            for feed in feeds
        ]

    def note(self, feeds: Iterable[Feed]) -> None:
        """Have those feeds looked at of which the poll has found another hub or topic than was subscribed to."""
        concerned = [feed for feed in feeds if _is_concerned(feed)]
        found = self._subscriptions.load([feed.feed_id for feed in concerned])
        now = self._clock()
        steps = (
            (feed, decide(each, feed, now, self._public_url)) for feed, each in zip(concerned, found, strict=True)
        )
        self._subscriptions.look_at((feed.feed_id for feed, step in steps if step is not Step.NOTHING), now)


def _is_concerned(feed: Feed) -> bool:
    return bool(feed.hub_url) or feed.pushed_until is not None


def _pushed_until(subscription: Subscription | None) -> datetime | None:
    return None if subscription is None else subscription.pushed_until()


class Subscriber:
    """Asks hubs for the feeds of one collection."""

    def __init__(
        self,
        *,
        loop: Loop,
        collection: str,
        feeds: FeedStore,
        subscriptions: SubscriptionStore,
        callbacks: Callbacks,
        public_url: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._loop = loop
        self._collection = collection
        self._feeds = feeds
        self._subscriptions = subscriptions
        self._callbacks = callbacks
        self._public_url = public_url
        self._clock = clock

    def run(self, feed_ids: Sequence[str], budget_seconds: float) -> None:
        """Do for each feed what its subscription needs, and let the next round begin.

        Those that the time does not suffice for are handed out again.

        Raises:
            StoreUnavailableError: Redis is away.
        """
        try:
            self._loop.run(self._run(deque(feed_ids), time.monotonic() + budget_seconds))
        except BaseExceptionGroup as group:
            raise first_passing(group) from group
        self._subscriptions.end_round()

    async def _run(self, queue: deque[str], until: float) -> None:
        fetcher = await self._loop.fetcher()
        async with asyncio.TaskGroup() as group:
            for _ in range(min(CONCURRENT_REQUESTS, len(queue))):
                group.create_task(self._work(fetcher, queue, until))

    async def _work(self, fetcher: Fetcher, queue: deque[str], until: float) -> None:
        while queue and time.monotonic() < until:
            await self._look_at(fetcher, queue.popleft())

    async def _look_at(self, fetcher: Fetcher, feed_id: str) -> None:
        feed = next(iter(self._feeds.load([feed_id])), None)
        (standing,) = self._subscriptions.load([feed_id])
        step = decide(standing, feed, self._clock(), self._public_url)
        if step is Step.NOTHING:
            self._subscriptions.schedule(feed_id, None if standing is None else standing.next_at)
        elif standing is not None and step is Step.END:
            await self._end(fetcher, standing, None)
        elif standing is not None and step is Step.RENEW:
            await self._renew(fetcher, standing)
        elif feed is not None:
            await self._begin(fetcher, feed, standing)

    async def _begin(self, fetcher: Fetcher, feed: Feed, standing: Subscription | None) -> None:
        fresh = new_subscription(
            feed,
            public_url=self._public_url,
            token=secrets.token_urlsafe(32),
            secret=secrets.token_urlsafe(32),
            now=self._clock(),
        )
        if standing is not None:
            await self._end(fetcher, standing, fresh)
        elif self._put(feed.feed_id, None, fresh):
            await self._ask(fetcher, fresh)

    async def _renew(self, fetcher: Fetcher, standing: Subscription) -> None:
        asked = asked_again(standing, self._clock())
        if self._put(standing.feed_id, standing, asked):
            await self._ask(fetcher, asked)

    async def _end(self, fetcher: Fetcher, standing: Subscription, successor: Subscription | None) -> None:
        """End a subscription. A hub that does not hear of it goes on until the lease is over, into the void."""
        self._callbacks.end(self._collection, standing)
        if not self._put(standing.feed_id, standing, successor):
            return
        if successor is not None:
            await self._ask(fetcher, successor)
        try:
            await self._send(fetcher, standing, "unsubscribe")
        except FetchError as error:
            self._tell(standing, error, "hub not told that a subscription ended")

    async def _ask(self, fetcher: Fetcher, asked: Subscription) -> None:
        try:
            await self._send(fetcher, asked, "subscribe")
        except FetchError as error:
            self._tell(asked, error, "hub not asked")
            now = self._clock()
            after = failed(asked, str(error), now, error.retry_after_seconds)
            self._put(asked.feed_id, asked, after)

    async def _send(self, fetcher: Fetcher, subscription: Subscription, mode: str) -> None:
        form = request_form(subscription, mode)
        await fetcher.fetch(FetchRequest(url=subscription.hub_url, purpose=Purpose.HUB, form=form))

    def _put(self, feed_id: str, seen: Subscription | None, after: Subscription | None) -> bool:
        """Write a record in the place of the one that was seen; False when that does not stand there any more."""
        if after is not None:
            self._callbacks.open(self._collection, after)
        put = False

        def step(before: Subscription | None) -> Subscription | None:
            nonlocal put
            put = before == seen
            return after if put else before

        self._subscriptions.change(feed_id, step, poll_at=polls_resume_at(self._clock()))
        return put

    def _tell(self, subscription: Subscription, error: FetchError, event: str) -> None:
        log.warning(
            event,
            feed_id=subscription.feed_id,
            hub_url=public_url(subscription.hub_url),
            failure=error.failure,
            detail=error.detail,
        )


def polls_resume_at(now: datetime) -> datetime:
    """When a feed is polled at the latest whose hub sends no more."""
    return now + timedelta(seconds=random.random() * POLLS_RESUME_WITHIN_SECONDS)  # noqa: S311 - spreads load
