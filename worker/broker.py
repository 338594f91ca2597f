"""Celery's transport over Redis, with one fault of kombu's mended.

kombu forgets a message only when Redis has confirmed its acknowledgement. When the connection breaks at just
that moment, the message counts as being worked on for ever. With one message for each child at a time the
worker then asks for no other, so it does not even notice that the connection is gone, and stands still until
somebody restarts it (seen with kombu 5.7.0: a Redis that was away for 0.3 s).
"""

from __future__ import annotations

from typing import Any

from kombu.transport import TRANSPORT_ALIASES, redis
from kombu.transport.virtual import QoS as LocalQoS


class QoS(redis.QoS):
    """Messages that are being worked on.

    One whose acknowledgement did not reach Redis is no longer counted here. It still lies in Redis as not
    acknowledged, so it is handed out again after the visibility timeout; every task may run twice.
    """

    def ack(self, delivery_tag: str) -> None:
        """Acknowledge a message."""
        try:
            super().ack(delivery_tag)  # type: ignore[no-untyped-call]
        except self.channel.connection_errors:
            LocalQoS.ack(self, delivery_tag)  # type: ignore[no-untyped-call]
            raise

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Put a message back, or drop it."""
        try:
            super().reject(delivery_tag, requeue=requeue)  # type: ignore[no-untyped-call]
        except self.channel.connection_errors:
            LocalQoS.ack(self, delivery_tag)  # type: ignore[no-untyped-call]
            raise


class Channel(redis.Channel):
    """A channel that counts as above."""

    QoS: Any = QoS


class Transport(redis.Transport):
    """``redis://`` and ``rediss://`` with such channels."""

    Channel: Any = Channel


def use_transport() -> None:
    """Have kombu take this transport for ``redis://`` and ``rediss://``, in this process."""
    TRANSPORT_ALIASES.update(dict.fromkeys(("redis", "rediss"), f"{__name__}:{Transport.__name__}"))
