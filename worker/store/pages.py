"""The pages of a collection that are still to be read, each with its turn.

A page gets its turn in the commit of its item. The turns of one host lie a gap apart, so a thousand pages of one
host stand behind each other and never before the page of another.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from storyfold.errors import StoreConflictError
from worker.store.client import Client, script, store_errors
from worker.store.keys import Keys

PAGE_GAP = timedelta(seconds=1)
"""Least time between two pages of one host. A page costs a site far more than a conditional poll does."""

MAX_FAILURES_KEPT = 1000

_encoder = msgspec.json.Encoder()


class PageFailure(msgspec.Struct, frozen=True, kw_only=True):
    """A page that was given up.

    Attributes:
        item_id: its item, which stays as its source told it.
        url: of the page, without what must not be shown.
        failure: name, as ``http-403`` or ``robots``.
        detail: one sentence.
        attempts: how often it was asked for.
        at: when it was given up.
    """

    item_id: str
    url: str
    failure: str
    detail: str
    attempts: int
    at: datetime


_decoder = msgspec.json.Decoder(PageFailure)


class PageStore:
    """Pages of one collection in Redis."""

    def __init__(self, client: Client, collection: str) -> None:
        self._client = client
        self._keys = Keys(collection)
        self._claim_due = script(client, "claim_due")
        self._begin = script(client, "begin_page")
        self._put_off = script(client, "put_off_page")

    def begin_round(self, lease: timedelta) -> bool:
        """Become the only round of this collection; False when one is under way.

        Rounds wait for slow sites. Were there many of them, they would take up every process that polls feeds.
        """
        with store_errors():
            return bool(self._client.set(self._keys.page_round, "1", nx=True, px=round(lease.total_seconds() * 1000)))

    def end_round(self) -> None:
        """Let the next round begin."""
        with store_errors():
            self._client.delete(self._keys.page_round)

    def claim_due(self, now: datetime, lease: timedelta, count: int) -> list[str]:
        """Take pages whose turn has come for dispatch; no other dispatcher gets them before the lease ends.

        Returns:
            Item ids, those who wait longest first.
        """
        args = [now.timestamp(), (now + lease).timestamp(), count]
        with store_errors():
            # A host whose last turn is over needs no record: its next page may come at once.
            self._client.zremrangebyscore(self._keys.page_hosts, "-inf", now.timestamp())
            return list(self._claim_due(keys=[self._keys.pages], args=args))

    def pending(self) -> int:
        """Number of pages still to be read."""
        with store_errors():
            return int(self._client.zcard(self._keys.pages))

    def wanted(self, item_ids: Sequence[str]) -> list[str]:
        """Those of the items whose pages are still to be read, each once."""
        ids = list(dict.fromkeys(item_ids))
        if not ids:
            return []
        with store_errors():
            scores = self._client.zmscore(self._keys.pages, ids)
        return [item_id for item_id, score in zip(ids, scores, strict=True) if score is not None]

    def begin(self, item_id: str, now: datetime, lease: timedelta) -> int:
        """Note an attempt before its request.

        Args:
            item_id: the page's item.
            now: our clock.
            lease: time in which the attempt ends, or its process has died.

        Returns:
            Number of the attempt, from 1; 0 when the page must not be asked for now.
        """
        args: list[Any] = [item_id, now.timestamp(), (now + lease).timestamp()]
        with store_errors():
            return int(self._begin(keys=[self._keys.pages, self._keys.page_attempts], args=args))

    def put_off(self, item_id: str, host: str, earliest_at: datetime) -> None:
        """Give a page that was not asked for another turn of its host."""
        args: list[Any] = [item_id, host, earliest_at.timestamp(), PAGE_GAP.total_seconds()]
        with store_errors():
            self._put_off(keys=[self._keys.pages, self._keys.page_hosts], args=args)

    def retry_at(self, item_id: str, at: datetime) -> None:
        """An attempt failed; ask again then. The attempt stays counted, and is over."""
        with store_errors():
            self._client.zadd(self._keys.pages, {item_id: at.timestamp()}, xx=True)

    def close_host(self, host: str, until: datetime) -> None:
        """Give out no turn of a host before an instant."""
        with store_errors():
            self._client.zadd(self._keys.page_hosts, {host: until.timestamp()}, gt=True)

    def forget(self, item_ids: Iterable[str]) -> None:
        """Pages that need not be read any more."""
        ids = list(item_ids)
        if ids:
            with store_errors(), self._client.pipeline(transaction=True) as pipe:
                pipe.zrem(self._keys.pages, *ids)
                pipe.hdel(self._keys.page_attempts, *ids)
                pipe.execute()

    def give_up(self, failure: PageFailure) -> None:
        """Keep a failure for a look, and ask no more for its page."""
        with store_errors(), self._client.pipeline(transaction=True) as pipe:
            pipe.zrem(self._keys.pages, failure.item_id)
            pipe.hdel(self._keys.page_attempts, failure.item_id)
            pipe.lpush(self._keys.page_failures, _encoder.encode(failure))
            pipe.ltrim(self._keys.page_failures, 0, MAX_FAILURES_KEPT - 1)
            pipe.execute()

    def failures(self, count: int) -> list[PageFailure]:
        """The newest pages that were given up."""
        with store_errors():
            records = self._client.lrange(self._keys.page_failures, 0, count - 1)
        try:
            return [_decoder.decode(record) for record in records]
        except msgspec.MsgspecError as error:
            raise StoreConflictError(f"{self._keys.page_failures} cannot be read: {error}") from error
