"""The feeds of a collection and their schedule: a sorted set of due times, never a delayed message."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from storyfold.errors import StoreConflictError
from worker.model.feed import Feed, FeedState, FetchRecord
from worker.model.item import Item
from worker.store.client import Client, script, store_errors, translate
from worker.store.dead import DeadLetter, letter_fields
from worker.store.keys import COLLECTIONS, Keys

_encoder = msgspec.json.Encoder()
_feed_decoder = msgspec.json.Decoder(Feed)
_record_decoder = msgspec.json.Decoder(FetchRecord)

FETCHES_KEPT = 20


class Polled(msgspec.Struct, frozen=True, kw_only=True):
    """What a poll leaves to be stored.

    Attributes:
        feed: the new record, validators and due time in it.
        items: new or changed items, in the order in which they shall be folded.
        letters: for new or changed entries that could not become items.
        counts: what it adds to the collection's running totals, by name.
        record: of the request, for the feed's list; None when there was none.
    """

    feed: Feed
    items: tuple[Item, ...] = ()
    letters: tuple[DeadLetter, ...] = ()
    counts: dict[str, int] = {}
    record: FetchRecord | None = None


class FeedStore:
    """Feeds of one collection in Redis."""

    def __init__(self, client: Client, collection: str) -> None:
        self._client = client
        self._keys = Keys(collection)
        self._claim_due = script(client, "claim_due")
        self._begin_poll = script(client, "begin_poll")
        self._finish_poll = script(client, "finish_poll")

    def add(self, feeds: Sequence[Feed]) -> int:
        """Subscribe. A feed that is known keeps its state, validators and schedule.

        Returns:
            How many were new.
        """
        with store_errors(), self._client.pipeline(transaction=True) as pipe:
            pipe.sadd(COLLECTIONS, self._keys.collection)
            for feed in feeds:
                pipe.set(self._keys.feed(feed.feed_id), _encoder.encode(feed), nx=True)
                if feed.next_poll_at is not None:
                    pipe.zadd(self._keys.due, {feed.feed_id: feed.next_poll_at.timestamp()}, nx=True)
                pipe.sadd(self._keys.feeds, feed.feed_id)
            replies = pipe.execute()
        return sum(1 for reply in replies[1:] if reply is True)

    def save(self, feed: Feed) -> None:
        """Write a feed's record and schedule as a person changed them."""
        self.finish([Polled(feed=feed)])

    def remove(self, feed_id: str) -> bool:
        """Unsubscribe; False when it was not known. Its stories stay."""
        with store_errors(), self._client.pipeline(transaction=True) as pipe:
            pipe.srem(self._keys.feeds, feed_id)
            pipe.delete(self._keys.feed(feed_id), self._keys.feed_log(feed_id))
            pipe.zrem(self._keys.due, feed_id)
            pipe.zrem(self._keys.attempts, feed_id)
            return bool(pipe.execute()[0])

    def load(self, feed_ids: Iterable[str]) -> list[Feed]:
        """The records of those feeds that are known, in the order asked."""
        ids = list(feed_ids)
        if not ids:
            return []
        with store_errors():
            records = self._client.mget([self._keys.feed(feed_id) for feed_id in ids])
        return [_read(record) for record in records if record]

    def fetches(self, feed_id: str) -> list[FetchRecord]:
        """The last requests for a feed, the newest first, at most ``FETCHES_KEPT``."""
        with store_errors():
            records = self._client.lrange(self._keys.feed_log(feed_id), 0, FETCHES_KEPT - 1)
        return [_record_decoder.decode(record) for record in records]

    def known(self, feed_ids: Iterable[str]) -> list[str]:
        """Those of the ids that are followed, in the order asked."""
        ids = list(feed_ids)
        if not ids:
            return []
        with store_errors():
            flags = self._client.smismember(self._keys.feeds, ids)
        return [feed_id for feed_id, flag in zip(ids, flags, strict=True) if flag]

    def ids(self) -> list[str]:
        """Ids of all feeds, in a fixed order."""
        with store_errors():
            return sorted(self._client.smembers(self._keys.feeds))

    def count(self) -> int:
        """Number of feeds."""
        with store_errors():
            return int(self._client.scard(self._keys.feeds))

    def claim_due(self, now: datetime, lease: timedelta, count: int) -> list[str]:
        """Take feeds that are due for dispatch; no other dispatcher gets them before the lease ends."""
        args = [now.timestamp(), (now + lease).timestamp(), count]
        with store_errors():
            return list(self._claim_due(keys=[self._keys.due], args=args))

    def begin_poll(self, feed_ids: Sequence[str], now: datetime, gap: timedelta) -> list[str]:
        """Note the attempt; returns those that may be asked now, their last attempt being ``gap`` ago."""
        if not feed_ids:
            return []
        keys = [self._keys.attempts, self._keys.due, self._keys.feeds]
        again = now + max(gap, timedelta(minutes=3))
        args: list[Any] = [now.timestamp(), gap.total_seconds(), again.timestamp(), *feed_ids]
        with store_errors():
            return list(self._begin_poll(keys=keys, args=args))

    def make_due(self, feed_ids: Sequence[str], now: datetime) -> None:
        """A person asks for a poll now: forget the last attempt and put the feeds at the head."""
        if feed_ids:
            with store_errors(), self._client.pipeline(transaction=True) as pipe:
                pipe.zrem(self._keys.attempts, *feed_ids)
                pipe.zadd(self._keys.due, dict.fromkeys(feed_ids, now.timestamp()))
                pipe.execute()

    def finish(self, polls: Sequence[Polled]) -> int:
        """Store the outcome of polls, each one atomic: its items and dead letters with its validators.

        Returns:
            Number of items put into the lane's backlog. A feed that was removed meanwhile leaves none.
        """
        with store_errors(), self._client.pipeline(transaction=False) as pipe:
            for poll in polls:
                self._finish_poll(keys=self._finish_keys(poll.feed), args=_finish_args(poll), client=pipe)
            replies = pipe.execute(raise_on_error=False)
        for reply in replies:
            if isinstance(reply, Exception):
                raise translate(reply)
        return sum(max(0, int(reply)) for reply in replies)

    def _finish_keys(self, feed: Feed) -> list[str]:
        keys = self._keys
        return [keys.feed(feed.feed_id), keys.feeds, keys.due, keys.backlog, keys.dead, keys.feed_log(feed.feed_id)]


def _finish_args(poll: Polled) -> list[Any]:
    feed = poll.feed
    stopped = feed.state is FeedState.STOPPED or feed.next_poll_at is None
    due = "" if stopped or feed.next_poll_at is None else feed.next_poll_at.timestamp()
    letters = msgspec.msgpack.encode([_flat(letter) for letter in poll.letters]) if poll.letters else ""
    record = _encoder.encode(poll.record) if poll.record else ""
    items = (_encoder.encode(item) for item in poll.items)
    return [feed.feed_id, _encoder.encode(feed), due, letters, record, FETCHES_KEPT, *items]


def _flat(letter: DeadLetter) -> list[str]:
    return [text for pair in letter_fields(letter).items() for text in pair]


def _read(record: str) -> Feed:
    try:
        return _feed_decoder.decode(record)
    except msgspec.MsgspecError as error:
        raise StoreConflictError(f"the record of a feed cannot be read: {error}") from error
