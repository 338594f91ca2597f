"""The consumer: read a collection's events, each one acknowledged after it was handled.

::

    from storyfold import Consumer

    with Consumer("redis://localhost:6379/0", group="site") as events:
        for event in events:
            print(event.type, event.path)

An event is acknowledged when the loop asks for the next one, so one whose handling fails or whose process
dies is delivered again: to this consumer when it starts anew, to another of the group when it has lain
idle. With the event's id, which stays the same, that is effectively once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import TracebackType
from typing import Self, TypeVar

from msgspec import Struct
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, ClusterDownError, OutOfMemoryError, ReadOnlyError, ResponseError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from storyfold.consumer_group import ConsumerGroup, Entries, default_name
from storyfold.errors import SourceError, StoreUnavailableError
from storyfold.event import Event

T = TypeVar("T")

_BACKOFF_SECONDS = (0.1, 0.5, 1.0, 2.0, 5.0)
_AWAY = (RedisConnectionError, RedisTimeoutError, ReadOnlyError, OutOfMemoryError, ClusterDownError)
#: What a read says when the group is gone, or goes while the read waits.
_NO_GROUP = ("NOGROUP", "UNBLOCKED")


class Delivery(Struct, frozen=True, kw_only=True):
    """An event with what Redis knows of its delivery.

    Attributes:
        stream_id: Redis's id of the stream entry.
        event: the event.
    """

    stream_id: str
    event: Event


class Consumer:
    """One consumer of a consumer group.

    Args:
        redis: URL of the Redis, or a client with ``decode_responses=True`` and no socket timeout.
        group: name of the consumer group; it is made when it does not exist.
        consumer: name of this consumer, unique in the group; default: host and process.
        collection: slug of the collection.
        start: where a new group begins: ``0`` with the oldest event, ``$`` with what comes from now on.
        block_seconds: how long one read waits for new events.
        min_idle_seconds: how long an event lies with another consumer of the group before it is claimed.
        max_deliveries: an event that was delivered more often becomes a dead letter.
        follow: wait for new events for ever; False ends the loop when none comes within ``block_seconds``.
        read_count: events asked for at once.
    """

    def __init__(
        self,
        redis: str | Redis,
        *,
        group: str,
        consumer: str = "",
        collection: str = "news",
        start: str = "0",
        block_seconds: float = 2.0,
        min_idle_seconds: float = 60.0,
        max_deliveries: int = 5,
        follow: bool = True,
        read_count: int = 50,
    ) -> None:
        self._owned = isinstance(redis, str)
        self._client: Redis = _connect(redis) if isinstance(redis, str) else redis
        self._group = ConsumerGroup(
            self._client,
            collection=collection,
            group=group,
            consumer=consumer or default_name(),
            start=start,
            read_count=read_count,
        )
        self._block_seconds = block_seconds
        self._min_idle_ms = int(min_idle_seconds * 1000)
        self._max_deliveries = max_deliveries
        self._follow = follow
        self._read_count = read_count
        self._look_at = 0.0
        self._reread = False
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def stop(self) -> None:
        """End the loop after the event in hand. May be called from a signal handler or another thread."""
        self._closed = True

    def close(self) -> None:
        """End the loop, and close the connection if it is ours."""
        self.stop()
        if self._owned:
            self._client.close()

    def __iter__(self) -> Iterator[Event]:
        """The events in order, each acknowledged when the next one is asked for.

        Raises:
            StoreUnavailableError: Redis is away and ``follow`` is off. With ``follow`` it is waited for.
        """
        for delivery in self.deliveries():
            yield delivery.event
            self.ack(delivery)

    def deliveries(self) -> Iterator[Delivery]:
        """The events with their stream ids, for a caller that acknowledges by itself (:meth:`ack`).

        First what this consumer was given before and did not acknowledge, then what others left idle, then
        new events.
        """
        self.ensure_group()
        self._reread = True
        while not self._closed:
            if self._reread:
                self._reread = False
                yield from self._left_over()
                yield from self._orphaned()
            if idle := self._patiently(self._idle_elsewhere):
                yield from self._claimed(idle)
                continue
            batch = self._new_events()
            if self._reread:
                continue  # a reply got lost: what it held is older than this batch, which lies with us as well
            if not batch and not self._follow:
                return
            yield from self._opened(batch)

    def _left_over(self) -> Iterator[Delivery]:
        """What this consumer was given before: by a life that ended, or in a reply that got lost.

        One at a time: Redis counts what a read returns as delivered, and an event that ends the process must not
        use up the deliveries of those behind it.
        """
        after = "0"
        while not self._closed and (entries := self._patiently(partial(self._group.pending_after, after))):
            after = entries[-1][0]
            yield from self._opened(self._patiently(partial(self._bury_exhausted, entries)))

    def _orphaned(self) -> Iterator[Delivery]:
        """What consumers with default names left that ran on this host and are dead: nobody has to wait for them."""
        for name in self._patiently(self._group.dead_neighbours):
            while entries := self._patiently(partial(self._group.pending_of, name)):
                for stream_id in entries:
                    claimed = self._patiently(partial(self._group.claim, stream_id, 0))
                    yield from self._opened(self._patiently(partial(self._bury_exhausted, claimed)))
                if self._closed:
                    return
            self._patiently(partial(self._group.forget, name))

    def _claimed(self, stream_ids: list[str]) -> Iterator[Delivery]:
        """What other consumers left idle, each one claimed when its turn comes, for the same reason."""
        for stream_id in stream_ids:
            if self._closed:
                return
            entries = self._patiently(partial(self._group.claim, stream_id, self._min_idle_ms))
            yield from self._opened(self._patiently(partial(self._bury_exhausted, entries)))

    def _new_events(self) -> Entries:
        try:
            return self._patiently(partial(self._group.read_new, self._block_seconds))
        except StoreUnavailableError:
            if self._closed:
                return []  # stopped while Redis was away, with no event in hand
            raise

    def ensure_group(self) -> None:
        """Make the group, and the stream, unless they exist; reading does so by itself.

        Raises:
            StoreUnavailableError: Redis is away and ``follow`` is off.
        """
        self._patiently(self._group.ensure)

    def ack(self, delivery: Delivery) -> None:
        """Say that an event is done. Repeating it does no harm."""
        self._patiently(partial(self._group.ack, delivery.stream_id))

    def _opened(self, entries: Entries) -> Iterator[Delivery]:
        for stream_id, fields in entries:
            if self._closed:
                return
            delivery = self._open(stream_id, fields)
            if delivery is not None:
                yield delivery

    def _idle_elsewhere(self) -> list[str]:
        """Stream ids of what lies idle with other consumers, looked for from time to time."""
        now = time.monotonic()
        if now < self._look_at:
            return []
        found, after = list[str](), "-"
        while len(found) < self._read_count and (page := self._group.idle_page(after, self._min_idle_ms)):
            found += [stream_id for stream_id, consumer in page if consumer != self._group.consumer]
            after = f"({page[-1][0]}"
        # a full round may have left some: look again at once
        self._look_at = now if len(found) >= self._read_count else now + max(1.0, self._min_idle_ms / 4000)
        return found

    def _bury_exhausted(self, entries: Entries) -> Entries:
        kept = []
        for stream_id, fields in entries:
            if not fields:  # trimmed while it was pending: nothing is left that could be handled
                self._group.ack(stream_id)
                continue
            count = self._group.delivery_count(stream_id)
            if count > self._max_deliveries:
                self._group.bury(stream_id, fields, "too-many-deliveries", f"delivered {count} times", count)
            else:
                kept.append((stream_id, fields))
        return kept

    def _open(self, stream_id: str, fields: Mapping[str, str]) -> Delivery | None:
        try:
            return Delivery(stream_id=stream_id, event=Event.from_fields(fields))
        except SourceError as error:
            self._patiently(partial(self._group.bury, stream_id, fields, "not-an-event", error.detail, 1))
            return None

    def _patiently(self, call: Callable[[], T]) -> T:
        """Call again and again while Redis is away, if we follow. Every call here may be repeated."""
        tries, lacks_group = 0, False
        while True:
            try:
                if lacks_group:
                    self._group.ensure()
                return call()
            except AuthenticationError as error:
                raise StoreUnavailableError(f"Redis refuses the password: {error}") from error
            except _AWAY as error:
                self._reread = True
                if not self._follow or self._closed:
                    raise StoreUnavailableError(f"Redis cannot be reached: {error}") from error
            except ResponseError as error:
                if not any(word in str(error) for word in _NO_GROUP):
                    raise StoreUnavailableError(f"Redis refuses: {error}") from error
                lacks_group = True  # the stream was deleted under us: its group went with it
            time.sleep(_BACKOFF_SECONDS[min(tries, len(_BACKOFF_SECONDS) - 1)])
            tries += 1


def _connect(url: str) -> Redis:
    return Redis.from_url(
        url, decode_responses=True, retry=Retry(NoBackoff(), 0), socket_connect_timeout=5, socket_timeout=None
    )
