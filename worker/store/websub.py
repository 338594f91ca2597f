"""WebSub in Redis: the subscriptions of a collection, their schedule, and whose a callback is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec

from storyfold.errors import StoreConflictError, StoreUnavailableError
from worker.model.subscription import Subscription
from worker.store.client import Client, script, store_errors
from worker.store.keys import Keys, websub_callback

T = TypeVar("T")

_encoder = msgspec.json.Encoder()

CALLBACK_LIFE = timedelta(days=45)
"""Of a callback since the hub was last asked; longer than the longest lease, and a day for a late verification."""
ENDED_LIFE = timedelta(days=2)
"""Of a callback that was ended: for the hub's verification of that."""
_TRIES = 10


class Callback(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whose a callback is.

    Attributes:
        collection: of the feed.
        feed_id: the feed.
        topic_url: what was subscribed to.
        is_ended: the hub was asked to end it.
    """

    collection: str
    feed_id: str
    topic_url: str
    is_ended: bool = False


_callback_decoder = msgspec.json.Decoder(Callback)
_decoder = msgspec.json.Decoder(Subscription)


class Callbacks:
    """Whose a callback is, by its token. They belong to no collection: a hub knows only the token."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def find(self, token: str) -> Callback | None:
        """Whose callback this is; None for one that was never given out, or has ended by itself."""
        with store_errors():
            record = self._client.get(websub_callback(token))
        return None if record is None else _read(_callback_decoder, record)

    def open(self, collection: str, subscription: Subscription) -> None:
        """Make a callback known, before the hub hears of it."""
        callback = Callback(collection=collection, feed_id=subscription.feed_id, topic_url=subscription.topic_url)
        self._put(subscription.token, callback, CALLBACK_LIFE)

    def end(self, collection: str, subscription: Subscription) -> None:
        """A callback takes no delivery any more, and confirms that it was ended."""
        callback = Callback(
            collection=collection, feed_id=subscription.feed_id, topic_url=subscription.topic_url, is_ended=True
        )
        self._put(subscription.token, callback, ENDED_LIFE)

    def _put(self, token: str, callback: Callback, life: timedelta) -> None:
        with store_errors():
            self._client.set(websub_callback(token), _encoder.encode(callback), ex=int(life.total_seconds()))


class SubscriptionStore:
    """The subscriptions of one collection, one a feed, and when to look at each."""

    def __init__(self, client: Client, collection: str) -> None:
        self._client = client
        self._keys = Keys(collection)
        self._claim_due = script(client, "claim_due")
        self._swap = script(client, "swap_subscription")

    def load(self, feed_ids: Sequence[str]) -> list[Subscription | None]:
        """The subscription of each feed, in their order; None for a feed without."""
        if not feed_ids:
            return []
        with store_errors():
            records = self._client.mget([self._keys.subscription(feed_id) for feed_id in feed_ids])
        return [None if record is None else _read(_decoder, record) for record in records]

    def change(
        self,
        feed_id: str,
        step: Callable[[Subscription | None], Subscription | None],
        *,
        poll_at: datetime | None = None,
    ) -> Subscription | None:
        """Put another record in the place of what stands there. Nobody's change gets lost.

        Args:
            feed_id: the feed.
            step: makes the new record of the old one, None for none. Called again when another process has
                written meanwhile; giving the same record back changes nothing.
            poll_at: when the feed is to be polled at the latest, should the subscription hold before and not
                after; None to leave its schedule alone.

        Returns:
            The record as it stands now.

        Raises:
            StoreUnavailableError: others write it without end.
        """
        keys = [self._keys.subscription(feed_id), self._keys.websub_due, self._keys.due]
        for _ in range(_TRIES):
            with store_errors():
                raw = self._client.get(keys[0])
            before = None if raw is None else _read(_decoder, raw)
            after = step(before)
            if after is before and after is not None:
                return after
            polls_resume = _holds(before) and not _holds(after)
            args = [
                feed_id,
                raw or "",
                "" if after is None else _encoder.encode(after),
                "" if after is None else after.next_at.timestamp(),
                poll_at.timestamp() if poll_at is not None and polls_resume else "",
            ]
            with store_errors():
                if self._swap(keys=keys, args=args):
                    return after
        raise StoreUnavailableError("the record of a WebSub subscription is written by others all the time")

    def look_at(self, feed_ids: Iterable[str], now: datetime) -> None:
        """Have these feeds looked at soon. One that has just been handed out stays so."""
        due = dict.fromkeys(feed_ids, now.timestamp())
        if due:
            with store_errors():
                self._client.zadd(self._keys.websub_due, due, lt=True)

    def claim_due(self, now: datetime, lease: timedelta, count: int) -> list[str]:
        """Feeds whose subscription is to be looked at; no other process gets them before the lease ends."""
        args = [now.timestamp(), (now + lease).timestamp(), count]
        with store_errors():
            return list(self._claim_due(keys=[self._keys.websub_due], args=args))

    def schedule(self, feed_id: str, at: datetime | None) -> None:
        """When to look at a feed's subscription; None for not again."""
        with store_errors():
            if at is None:
                self._client.zrem(self._keys.websub_due, feed_id)
            else:
                self._client.zadd(self._keys.websub_due, {feed_id: at.timestamp()})

    def begin_round(self, lease: timedelta) -> bool:
        """Become the only one who asks hubs for this collection; False when one is at it.

        Ten thousand feeds may have one hub: it is asked by one process, a few requests at a time.
        """
        with store_errors():
            return bool(
                self._client.set(self._keys.websub_round, "1", nx=True, px=round(lease.total_seconds() * 1000))
            )

    def end_round(self) -> None:
        """Let the next round begin."""
        with store_errors():
            self._client.delete(self._keys.websub_round)

    def count_due(self, now: datetime) -> int:
        """Feeds whose subscription is to be looked at."""
        with store_errors():
            return int(self._client.zcount(self._keys.websub_due, "-inf", now.timestamp()))


def _holds(subscription: Subscription | None) -> bool:
    return subscription is not None and subscription.pushed_until() is not None


def _read(decoder: msgspec.json.Decoder[T], record: str) -> T:
    try:
        return decoder.decode(record)
    except msgspec.MsgspecError as error:
        raise StoreConflictError(f"a record of WebSub cannot be read: {error}") from error
