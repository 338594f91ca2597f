"""The feeds of a collection and their schedule: a sorted set of due times, never a delayed message."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from storyfold.errors import StoreConflictError
from worker.model.feed import Feed, FetchRecord
from worker.store.client import Client, script, store_errors, translate
from worker.store.keys import COLLECTIONS, Keys
from worker.store.polled import FETCHES_KEPT, STALE, Polled, due_time, finish_arguments, with_settings

_encoder = msgspec.json.Encoder()
_feed_decoder = msgspec.json.Decoder(Feed)
_record_decoder = msgspec.json.Decoder(FetchRecord)

FEEDS_A_SCRIPT = 500
"""One call blocks the server for about a millisecond, however long the list of feeds is."""

SENT_WITHIN = timedelta(minutes=3)
"""A request follows the note of its attempt within this time. A poll that is lost between the two is made again so
much later than the gap: from the server's sight, too, the gap was kept."""


class DispatchLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How many feeds are handed out.

    Attributes:
        at_most: at one time.
        spread_seconds: time over which all feeds are spread when they are due at once; 0: none.
        at_least: at one time, however few feeds there are.
        under_way: that may wait in messages however slow the fetchers are. Fast ones may have a minute's work there.
    """

    at_most: int
    spread_seconds: float = 0.0
    at_least: int = 50
    under_way: int = 100


class Claim(NamedTuple):
    """A feed taken for dispatch.

    Attributes:
        feed_id: of the feed.
        holds_turn: its due time was a turn of its host that was reserved before.
    """

    feed_id: str
    holds_turn: bool


class FeedStore:
    """Feeds of one collection in Redis."""

    def __init__(self, client: Client, collection: str) -> None:
        self._client = client
        self._keys = Keys(collection)
        self._add_feeds = script(client, "add_feeds")
        self._claim_feeds = script(client, "claim_feeds")
        self._put_off = script(client, "put_off_feeds")
        self._begin_poll = script(client, "begin_poll")
        self._finish_poll = script(client, "finish_poll")

    def add(self, feeds: Sequence[Feed]) -> int:
        """Subscribe. A feed that is known keeps its state, validators and schedule.

        One that another collection follows already joins its schedule: the server sees one subscriber.

        Returns:
            How many were new.
        """
        with store_errors():
            self._client.sadd(COLLECTIONS, self._keys.collection)
        return sum(
            self._add_some(feeds[start : start + FEEDS_A_SCRIPT]) for start in range(0, len(feeds), FEEDS_A_SCRIPT)
        )

    def _add_some(self, feeds: Sequence[Feed]) -> int:
        elsewhere = self._due_elsewhere([feed.feed_id for feed in feeds])
        args: list[Any] = []
        for feed in feeds:
            args += [feed.feed_id, _encoder.encode(feed), _later(due_time(feed), elsewhere.get(feed.feed_id))]
        keys = [self._keys.feeds, self._keys.due, *(self._keys.feed(feed.feed_id) for feed in feeds)]
        with store_errors():
            return int(self._add_feeds(keys=keys, args=args))

    def _due_elsewhere(self, feed_ids: list[str]) -> dict[str, float]:
        """Latest due times of the feeds in the collections beside this one, as far as they are followed there."""
        others = [keys for keys in self._all_keys() if keys.collection != self._keys.collection]
        if not others:
            return {}
        with store_errors(), self._client.pipeline(transaction=False) as pipe:
            for keys in others:
                pipe.zmscore(keys.due, feed_ids)
            replies = pipe.execute()
        found: dict[str, float] = {}
        for scores in replies:
            for feed_id, score in zip(feed_ids, scores, strict=True):
                if score is not None:
                    found[feed_id] = max(score, found.get(feed_id, score))
        return found

    def _all_keys(self) -> list[Keys]:
        with store_errors():
            return [Keys(collection) for collection in sorted(self._client.smembers(COLLECTIONS))]

    def save(self, feed: Feed) -> Feed:
        """Write a feed's record and schedule as a person changed them; returns the record as it is written."""
        saved = replace(feed, settings_revision=feed.settings_revision + 1)
        self.finish([Polled(feed=saved)])
        return saved

    def remove(self, feed_id: str) -> bool:
        """Unsubscribe; False when it was not known. Its stories stay."""
        with store_errors(), self._client.pipeline(transaction=True) as pipe:
            pipe.srem(self._keys.feeds, feed_id)
            pipe.delete(self._keys.feed(feed_id), self._keys.feed_log(feed_id))
            for schedule in (self._keys.due, self._keys.attempts, self._keys.dispatched):
                pipe.zrem(schedule, feed_id)
            pipe.srem(self._keys.turns, feed_id)
            pipe.hdel(self._keys.unfinished, feed_id)
            # Its WebSub subscription, if it has one, is to be ended.
            pipe.zadd(self._keys.websub_due, {feed_id: 0}, xx=True)
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

    def in_chunks(self, count: int) -> Iterator[list[Feed]]:
        """All records in no order, about ``count`` at a time. What is added or removed meanwhile may be missed."""
        cursor: int | None = None
        while cursor != 0:
            with store_errors():
                cursor, ids = self._client.sscan(self._keys.feeds, cursor=cursor or 0, count=count)
            yield self.load(ids)

    def ids(self) -> list[str]:
        """Ids of all feeds, in a fixed order."""
        with store_errors():
            return sorted(self._client.smembers(self._keys.feeds))

    def count(self) -> int:
        """Number of feeds."""
        with store_errors():
            return int(self._client.scard(self._keys.feeds))

    def claim(self, now: datetime, lease: timedelta, limits: DispatchLimits) -> list[Claim]:
        """Take feeds that are due for dispatch; no other dispatcher gets them before the lease ends.

        Returns:
            Those that are due longest, first.
        """
        keys = self._keys
        args: list[Any] = [now.timestamp(), (now + lease).timestamp(), limits.spread_seconds]
        args += [limits.at_least, limits.at_most, limits.under_way]
        with store_errors():
            flat = self._claim_feeds(
                keys=[keys.due, keys.dispatched, keys.turns, keys.attempts, keys.feeds], args=args
            )
        return [Claim(flat[at], bool(flat[at + 1])) for at in range(0, len(flat), 2)]

    def handed_out(self) -> Feed | None:
        """The feed that was handed out the longest ago and that nobody has taken up; None without any."""
        with store_errors():
            oldest = self._client.zrange(self._keys.dispatched, 0, 0)
        return next(iter(self.load(oldest)), None)

    def put_off(
        self,
        due_at: Mapping[str, datetime],
        now: datetime,
        gap: timedelta,
        *,
        is_turn: bool = False,
        unasked: bool = False,
    ) -> None:
        """Give claimed feeds that are not asked now another due time.

        One that somebody else has asked within the ``gap`` keeps the time that this poll gave it.

        Args:
            due_at: feed id -> when.
            now: our clock.
            gap: least time between two attempts.
            is_turn: the times are turns of the feeds' hosts.
            unasked: an attempt was noted that led to no request; it is taken back.
        """
        keys, ids = self._keys, list(due_at)
        names = [keys.due, keys.dispatched, keys.turns, keys.attempts, keys.feeds, keys.unfinished]
        with store_errors():
            for start in range(0, len(ids), FEEDS_A_SCRIPT):
                args: list[Any] = [now.timestamp(), gap.total_seconds(), int(unasked), int(is_turn)]
                for feed_id in ids[start : start + FEEDS_A_SCRIPT]:
                    args += [feed_id, due_at[feed_id].timestamp()]
                self._put_off(keys=names, args=args)

    def unfinished(self, feed_ids: Sequence[str]) -> dict[str, int]:
        """How often in a row a poll of a feed was begun and came to no end, for those of which that is so."""
        if not feed_ids:
            return {}
        with store_errors():
            counts = self._client.hmget(self._keys.unfinished, list(feed_ids))
        return {feed_id: int(count) for feed_id, count in zip(feed_ids, counts, strict=True) if count}

    def begin_poll(
        self, feed_ids: Sequence[str], now: datetime, gap: timedelta, *, counted: bool = True
    ) -> list[str]:
        """Note the attempt; returns those that may be asked now, their last attempt being ``gap`` ago.

        Args:
            feed_ids: of feeds of the collection.
            now: our clock.
            gap: least time between two attempts.
            counted: the poll is unfinished until it is stored how it ended.
        """
        if not feed_ids:
            return []
        keys = self._keys
        again = now + gap + SENT_WITHIN
        args: list[Any] = [now.timestamp(), gap.total_seconds(), again.timestamp(), int(counted), *feed_ids]
        with store_errors():
            return list(
                self._begin_poll(
                    keys=[keys.attempts, keys.due, keys.feeds, keys.dispatched, keys.turns, keys.unfinished],
                    args=args,
                )
            )

    def end_polls(self, feed_ids: Sequence[str]) -> None:
        """Polls came to their end whose outcome is not stored here: other collections store it, or nobody does."""
        if feed_ids:
            with store_errors():
                self._client.hdel(self._keys.unfinished, *feed_ids)

    def attempted(self, feed_ids: Sequence[str]) -> list[float | None]:
        """When each of the feeds was last about to be asked, seconds since 1970."""
        with store_errors():
            return list(self._client.zmscore(self._keys.attempts, list(feed_ids)))

    def due(self, feed_ids: Sequence[str]) -> list[float | None]:
        """When each of the feeds is due, seconds since 1970; None for one that is not polled."""
        with store_errors():
            return list(self._client.zmscore(self._keys.due, list(feed_ids)))

    def postpone(self, due_at: Mapping[str, float]) -> None:
        """Hand feeds out not before a time, seconds since 1970. One that is due later stays so."""
        if due_at:
            with store_errors():
                self._client.zadd(self._keys.due, dict(due_at), xx=True, gt=True)

    def make_due(self, feed_ids: Sequence[str], now: datetime) -> None:
        """A person asks for a poll now: forget the last attempt, whoever follows, and put the feeds at the head."""
        if feed_ids:
            every = self._all_keys()
            with store_errors(), self._client.pipeline(transaction=False) as pipe:
                for keys in every:
                    pipe.zrem(keys.attempts, *feed_ids)
                pipe.zrem(self._keys.dispatched, *feed_ids)
                pipe.srem(self._keys.turns, *feed_ids)
                pipe.zadd(self._keys.due, dict.fromkeys(feed_ids, now.timestamp()))
                pipe.execute()

    def finish(self, polls: Sequence[Polled]) -> int:
        """Store the outcome of polls, each one atomic: its items and dead letters with its validators.

        Returns:
            Number of items put into the lane's backlog. A feed that was removed meanwhile leaves none.
        """
        stored, waiting = 0, list(polls)
        while waiting:
            replies = self._finish_all(waiting)
            stored += sum(max(0, reply) for reply in replies)
            # Each round takes a person who has changed the same feed again in that millisecond.
            stale = [poll for poll, reply in zip(waiting, replies, strict=True) if reply == STALE]
            chosen = {feed.feed_id: feed for feed in self.load(poll.feed.feed_id for poll in stale)}
            waiting = [
                with_settings(poll, chosen[poll.feed.feed_id]) for poll in stale if poll.feed.feed_id in chosen
            ]
        return stored

    def _finish_all(self, polls: Sequence[Polled]) -> list[int]:
        with store_errors(), self._client.pipeline(transaction=False) as pipe:
            for poll in polls:
                self._finish_poll(keys=self._finish_keys(poll.feed), args=finish_arguments(poll), client=pipe)
            replies = pipe.execute(raise_on_error=False)
        for reply in replies:
            if isinstance(reply, Exception):
                raise translate(reply)
        return [int(reply) for reply in replies]

    def _finish_keys(self, feed: Feed) -> list[str]:
        keys, feed_id = self._keys, feed.feed_id
        log = keys.feed_log(feed_id)
        return [keys.feed(feed_id), keys.feeds, keys.due, keys.backlog, keys.dead, log, keys.unfinished]


def _later(due: float | str, elsewhere: float | None) -> float | str:
    return due if isinstance(due, str) or elsewhere is None else max(due, elsewhere)


def _read(record: str) -> Feed:
    try:
        return _feed_decoder.decode(record)
    except msgspec.MsgspecError as error:
        raise StoreConflictError(f"the record of a feed cannot be read: {error}") from error
