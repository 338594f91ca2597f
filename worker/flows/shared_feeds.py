"""A URL that several collections follow: asked once, its answer given to all of them.

The first of them by name leads: its store keeps two polls of the URL apart. Each has a record of its own, since each
makes its own items; after a poll all are due at the same time, so that whichever is handed out first does the work
for all, and the removal of one hands nothing over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from worker.flows.websub import FeedPush
from worker.model.entry import Entry
from worker.model.feed import Feed, FeedState
from worker.model.item import Item
from worker.store.counts import Counts
from worker.store.feeds import FeedStore
from worker.store.polled import Polled


class Follower:
    """What a poll needs of a collection.

    Attributes:
        feeds: its store.
        counts: its running totals.
        to_item: normalizes an entry for it.
        push: what hubs send of its feeds.
    """

    __slots__ = ("counts", "feeds", "push", "to_item")

    def __init__(self, feeds: FeedStore, counts: Counts, to_item: Callable[[Entry], Item], push: FeedPush) -> None:
        self.feeds = feeds
        self.counts = counts
        self.to_item = to_item
        self.push = push


class SharedFeeds:
    """The feeds of a run that other collections follow, too."""

    def __init__(
        self, leader: FeedStore, others: Mapping[str, Sequence[str]], follower: Callable[[str], Follower]
    ) -> None:
        """
        Args:
            leader: store of the collection whose run this is.
            others: feed id -> the other collections.
            follower: what is needed of a collection, by its name.
        """
        self._leader = leader
        self._others = others
        self._follower = follower

    def __contains__(self, feed_id: str) -> bool:
        return feed_id in self._others

    def too_recent(self, feed_id: str, now: datetime, gap: timedelta) -> bool:
        """Whether another collection asked for the feed within the gap. Its schedule then holds for all."""
        earliest = (now - gap).timestamp()
        stores = [self._follower(name).feeds for name in self._others[feed_id]]
        if not any((store.attempted([feed_id])[0] or 0.0) > earliest for store in stores):
            return False
        self.join_schedule(feed_id)
        return True

    def join_schedule(self, feed_id: str) -> None:
        """Let no collection ask for the feed before the one that asks last."""
        stores = [self._leader, *(self._follower(name).feeds for name in self._others[feed_id])]
        due = [at for store in stores if (at := store.due([feed_id])[0]) is not None]
        for store in stores:
            store.postpone({feed_id: max(due)} if due else {})

    def begin(self, feed_id: str, now: datetime, gap: timedelta) -> None:
        """Note the attempt for the other collections, too."""
        for name in self._others[feed_id]:
            self._follower(name).feeds.begin_poll([feed_id], now, gap, counted=False)

    def give_back(self, feed_id: str, now: datetime, wait: timedelta) -> None:
        """Take the attempt that was noted for the other collections back: it led to no request."""
        for name in self._others.get(feed_id, ()):
            self._follower(name).feeds.put_off({feed_id: now + wait}, now, wait, unasked=True)

    def records(self, feed: Feed) -> tuple[Feed, ...]:
        """The records of a feed in all its collections, as far as they are polled; the leader's first."""
        records = [feed]
        for name in self._others.get(feed.feed_id, ()):
            records += self._follower(name).feeds.load([feed.feed_id])
        return tuple(record for record in records if record.state is FeedState.ACTIVE)


def common_request(records: Sequence[Feed]) -> Feed:
    """The record to ask by. Validators that only some have would keep the body from the others."""
    first = records[0]
    for other in records[1:]:
        if _validators(other) != _validators(first):
            return replace(first, etag="", last_modified="", validators_url="")
    return first


def scheduled_together(polls: Sequence[Polled]) -> list[Polled]:
    """Outcomes of one answer for several collections, due at the same time: the earliest after a good answer, the
    latest after a failure, which all of them have met now, though not as often."""
    dues = [poll.feed.next_poll_at for poll in polls if poll.feed.next_poll_at is not None]
    if not dues:
        return list(polls)
    due_at = (max if any(poll.feed.failure for poll in polls) else min)(dues)
    return [replace(poll, due_at=due_at) for poll in polls]


def by_credential(records: Sequence[Feed]) -> list[tuple[Feed, ...]]:
    """Records that may share a request: what one collection is let in to see is not shown to another."""
    names = dict.fromkeys(record.credential for record in records)
    return [tuple(record for record in records if record.credential == name) for name in names]


def _validators(feed: Feed) -> tuple[str, ...]:
    return feed.etag, feed.last_modified, feed.validators_url, feed.asked_url
