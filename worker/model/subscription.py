"""Subscription: what a WebSub hub was asked to send us for a feed (W3C WebSub)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class SubscriptionState(StrEnum):
    """How a hub stands to a subscription."""

    #: The hub was asked, and has not confirmed yet. asked -> holds, denied, failed
    ASKED = "asked"
    #: The hub has confirmed, and the lease runs. holds -> asked (it ran out), denied
    HOLDS = "holds"
    #: The hub has said no (section 5.2). denied -> asked, a week later
    DENIED = "denied"
    #: The hub could not be asked, or refused the request. failed -> asked, after a growing delay
    FAILED = "failed"


class Subscription(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a hub was asked for a feed. One feed has one at a time.

    Attributes:
        feed_id: the feed.
        hub_url: the hub, https.
        topic_url: the topic, as the feed published it.
        public_url: STORYFOLD_PUBLIC_URL at the time; the callback is ``PUBLIC_URL/websub/TOKEN``.
        token: names the callback, 256 random bits. Secret: who knows it may speak in the hub's name.
        secret: signs deliveries, 256 random bits.
        state: how the hub stands to it.
        asked_at: when the hub was last asked.
        lease_until: end of the lease, of one that holds.
        next_at: when to look at it again: to ask, to renew, or to note that the lease has run out.
        failures: requests in a row that failed or were not confirmed.
        detail: one sentence on the last failure, "" after a success.
        delivered_at: when the last delivery with a valid signature came.
    """

    feed_id: str
    hub_url: str
    topic_url: str
    public_url: str
    token: str
    secret: str
    state: SubscriptionState = SubscriptionState.ASKED
    asked_at: datetime
    lease_until: datetime | None = None
    next_at: datetime
    failures: int = 0
    detail: str = ""
    delivered_at: datetime | None = None

    @property
    def callback_url(self) -> str:
        """Where the hub reaches us."""
        return f"{self.public_url.rstrip('/')}/websub/{self.token}"

    def pushed_until(self) -> datetime | None:
        """Until when the hub sends what is new; None when it does not."""
        return self.lease_until if self.state is SubscriptionState.HOLDS else None

    def __repr__(self) -> str:
        return f"Subscription({self.feed_id}, {self.state}, {self.topic_url!r} at {self.hub_url!r})"
