"""What hubs have sent and nobody has read yet: kept as it came, so that the hub is answered at once."""

from __future__ import annotations

from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta

import msgspec

from worker.store.client import Client, script, store_errors
from worker.store.keys import Keys

MAX_WAITING = 1000
MAX_WAITING_OF_A_FEED = 20
MAX_WAITING_BYTES = 64 * 1024 * 1024
"""Of all bodies together. Redis holds a third more: they lie there in base64, as all its replies are read as text."""


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One delivery with a valid signature.

    Attributes:
        delivery_id: its stream id, "" before it lies there.
        feed_id: whose.
        topic_url: what the hub was subscribed to for it.
        content_type: as sent.
        body: as sent.
        received_at: when it came.
    """

    delivery_id: str = ""
    feed_id: str
    topic_url: str
    content_type: str
    body: bytes
    received_at: datetime


class Deliveries:
    """Deliveries of one collection that wait, bounded in number and size."""

    def __init__(self, client: Client, collection: str) -> None:
        self._client = client
        self._keys = Keys(collection)
        self._keep = script(client, "keep_delivery")
        self._drop = script(client, "drop_delivery")

    def add(self, delivery: Delivery) -> bool:
        """Keep a delivery; False when there is no room for it."""
        body = b64encode(delivery.body).decode("ascii")
        fields = {
            "feed": delivery.feed_id,
            "topic": delivery.topic_url,
            "type": delivery.content_type,
            "at": str(delivery.received_at.timestamp()),
            "body": body,
        }
        limits = [MAX_WAITING, MAX_WAITING_OF_A_FEED, MAX_WAITING_BYTES]
        flat = [text for pair in fields.items() for text in pair]
        with store_errors():
            return bool(
                self._keep(
                    keys=[self._keys.deliveries, self._keys.deliveries_waiting],
                    args=[delivery.feed_id, *limits, len(delivery.body), *flat],
                )
            )

    def count(self) -> int:
        """How many wait."""
        with store_errors():
            return int(self._client.xlen(self._keys.deliveries))

    def oldest(self) -> Delivery | None:
        """The one that has waited longest; it stays where it is."""
        with store_errors():
            entries = self._client.xrange(self._keys.deliveries, count=1)
        return _from_entry(*entries[0]) if entries else None

    def begin(self, delivery: Delivery) -> int:
        """Note that its reading begins, before it does.

        Returns:
            How often it has begun, from 1: one that takes its process with it is seen by that.
        """
        with store_errors():
            return int(self._client.hincrby(self._keys.deliveries_waiting, f"tries:{delivery.delivery_id}", 1))

    def drop(self, delivery: Delivery) -> None:
        """It was read, and what came of it is stored."""
        with store_errors():
            self._drop(
                keys=[self._keys.deliveries, self._keys.deliveries_waiting],
                args=[delivery.delivery_id, delivery.feed_id, len(delivery.body)],
            )

    def begin_round(self, lease: timedelta) -> bool:
        """Become the only one who reads them; False when one is at it, or was less than ``lease`` ago and died."""
        with store_errors():
            milliseconds = round(lease.total_seconds() * 1000)
            return bool(self._client.set(self._keys.deliveries_round, "1", nx=True, px=milliseconds))

    def end_round(self) -> None:
        """Let the next one begin."""
        with store_errors():
            self._client.delete(self._keys.deliveries_round)


def _from_entry(delivery_id: str, fields: dict[str, str]) -> Delivery:
    return Delivery(
        delivery_id=delivery_id,
        feed_id=fields["feed"],
        topic_url=fields["topic"],
        content_type=fields["type"],
        body=b64decode(fields["body"]),
        received_at=datetime.fromtimestamp(float(fields["at"]), UTC),
    )
