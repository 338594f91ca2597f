"""Reading deliveries: what hubs have sent becomes items in the lane, in the order in which it came.

A delivery leaves the queue after what came of it is stored. So it is read at least once, and twice when a process
dies in between; its items are found known then, and make no second event.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog
from msgspec.structs import replace

from worker.flows.filed_elsewhere import send_elsewhere
from worker.flows.poll_outcome import PollRules, pushed
from worker.model.entry import Entry
from worker.model.feed import Feed
from worker.model.item import Item
from worker.model.subscription import Subscription
from worker.sources.fetch.web_address import public_text, public_url
from worker.store.counts import Counts
from worker.store.dead import DeadLetter
from worker.store.deliveries import Deliveries, Delivery
from worker.store.feeds import FeedStore
from worker.store.lane import Lane
from worker.store.polled import Polled
from worker.store.websub import SubscriptionStore

ROUND_LEASE = timedelta(minutes=2)
MAX_TRIES = 3
"""Readings that are begun of one delivery; after these it is believed to take its process with it."""
MAX_PAYLOAD_CHARACTERS = 20_000

log = structlog.get_logger()


class DeliveryReader:
    """Reads the deliveries of one collection."""

    def __init__(
        self,
        *,
        deliveries: Deliveries,
        subscriptions: SubscriptionStore,
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
            deliveries: that wait.
            subscriptions: of the collection.
            feeds: likewise.
            counts: running totals.
            rules: of the operator.
            to_item: normalizes an entry.
            clock: aware UTC.
            on_items: called when items were put into the lane.
            lane_of: the lane of a collection, for items that a rule files elsewhere.
        """
        self._deliveries = deliveries
        self._subscriptions = subscriptions
        self._feeds = feeds
        self._counts = counts
        self._rules = rules
        self._to_item = to_item
        self._clock = clock
        self._on_items = on_items
        self._lane_of = lane_of

    def run(self, budget_seconds: float) -> None:
        """Read those that wait, unless another process is at it. What is left is for the next round.

        Raises:
            StoreUnavailableError: Redis is away.
        """
        if not self._deliveries.begin_round(ROUND_LEASE):
            return
        until = time.monotonic() + budget_seconds
        try:
            while time.monotonic() < until and (delivery := self._deliveries.oldest()) is not None:
                self._read(delivery)
        finally:
            self._deliveries.end_round()
        self._counts.flush()

    def _read(self, delivery: Delivery) -> None:
        tries = self._deliveries.begin(delivery)
        feed = next(iter(self._feeds.load([delivery.feed_id])), None)
        if feed is None:
            log.info("delivery for a feed that was removed", feed_id=delivery.feed_id)
        elif self._feeds.finish([self._outcome(feed, delivery, tries)]):
            self._on_items()
        self._deliveries.drop(delivery)
        if feed is not None:
            self._subscriptions.change(delivery.feed_id, lambda before: _delivered(before, delivery))

    def _outcome(self, feed: Feed, delivery: Delivery, tries: int) -> Polled:
        """What is stored of a delivery; the feed's turn in the schedule stays as it is."""
        due_at = self._due_at(feed)
        if tries > MAX_TRIES:
            given_up = self._given_up(
                delivery, "too-often", f"reading it was begun {tries - 1} times and never ended"
            )
            return Polled(feed=feed, letters=(given_up,), due_at=due_at)
        try:
            polled = pushed(
                feed,
                delivery.body,
                delivery.content_type,
                now=self._clock(),
                rules=self._rules,
                to_item=self._to_item,
            )
        except Exception as error:  # the boundary of one delivery: its fault is named, the next is read
            log.exception("delivery given up", feed_url=public_url(feed.url))
            detail = public_text(f"{type(error).__name__}: {error}")
            return Polled(feed=feed, letters=(self._given_up(delivery, "internal", detail),), due_at=due_at)
        if polled.record is not None and polled.record.outcome != "push":
            letter = self._given_up(delivery, polled.record.outcome, polled.record.detail)
            polled = replace(polled, letters=(*polled.letters, letter))
        self._counts.add(pushes=1, entries=len(polled.items), dead=len(polled.letters), **polled.counts)
        return replace(send_elsewhere(polled, self._lane_of), due_at=due_at)

    def _due_at(self, feed: Feed) -> datetime | None:
        (due,) = self._feeds.due([feed.feed_id])
        return None if due is None else datetime.fromtimestamp(due, UTC)

    def _given_up(self, delivery: Delivery, error: str, detail: str) -> DeadLetter:
        return DeadLetter(
            origin=delivery.feed_id,
            group="websub",
            error=error,
            detail=detail[:300],
            first_at=delivery.received_at,
            last_at=self._clock(),
            payload=delivery.body[:MAX_PAYLOAD_CHARACTERS].decode("utf-8", "replace"),
        )


def _delivered(before: Subscription | None, delivery: Delivery) -> Subscription | None:
    return None if before is None else replace(before, delivered_at=delivery.received_at)
