"""What becomes of a subscription: each step a function of its record, its feed and the clock.

| the record | the feed | what is done |
| --- | --- | --- |
| none | has a topic at an https hub | the hub is asked |
| any | another hub, topic or PUBLIC_URL than in the record | the old one is ended, the new one asked for |
| any | removed, stopped, or without topic | it is ended |
| holds | unchanged | asked again at 80 % of the lease; not answered within an hour: again, after a growing delay |
| holds, its lease ran out | unchanged | it counts as asked; the feed is polled at its usual rate |
| asked, failed | unchanged | asked again after a growing delay: an hour, two, four, ... at most a week |
| denied | unchanged | asked again after a week |

A hub at an http address is not asked: callback and secret would cross the net in the clear, and what comes
without a secret could come from anybody. Its feeds are polled.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from urllib.parse import urlencode

from msgspec.structs import replace

from worker.model.feed import Feed, FeedState
from worker.model.subscription import Subscription, SubscriptionState

ASKED_LEASE: Final = timedelta(days=10)
LONGEST_LEASE: Final = timedelta(days=30)
RENEWED_AT: Final = 0.8  # of the lease
SHORTEST_RENEWAL: Final = timedelta(minutes=5)
CONFIRM_WITHIN: Final = timedelta(days=1)
"""A hub may verify whenever it likes; a day after the request it is taken for another's."""
FIRST_RETRY: Final = timedelta(hours=1)
LAST_RETRY: Final = timedelta(days=7)


class Step(StrEnum):
    """What is to be done for a feed."""

    NOTHING = "nothing"
    ASK = "ask"
    RENEW = "renew"
    END = "end"
    #: End the one that stands and ask for another.
    REPLACE = "replace"


def decide(subscription: Subscription | None, feed: Feed | None, now: datetime, public_url: str) -> Step:
    """What to do now for a feed, None when it is not followed any more."""
    wanted = feed is not None and is_wanted(feed, public_url)
    if subscription is None:
        return Step.ASK if wanted else Step.NOTHING
    if feed is None or not wanted:
        return Step.END
    if not is_for(subscription, feed, public_url):
        return Step.REPLACE
    return Step.RENEW if subscription.next_at <= now else Step.NOTHING


def is_wanted(feed: Feed, public_url: str) -> bool:
    """Whether a feed can be subscribed to."""
    has_hub = feed.hub_url.lower().startswith("https:") and bool(feed.topic_url)
    return bool(public_url) and has_hub and feed.state is FeedState.ACTIVE


def is_for(subscription: Subscription, feed: Feed, public_url: str) -> bool:
    """Whether a subscription is the one that a feed wants today."""
    asked = (subscription.hub_url, subscription.topic_url, subscription.public_url)
    return asked == (feed.hub_url, feed.topic_url, public_url)


def new_subscription(feed: Feed, *, public_url: str, token: str, secret: str, now: datetime) -> Subscription:
    """The record of a request that is about to be sent."""
    return Subscription(
        feed_id=feed.feed_id,
        hub_url=feed.hub_url,
        topic_url=feed.topic_url,
        public_url=public_url,
        token=token,
        secret=secret,
        asked_at=now,
        next_at=now + FIRST_RETRY,
    )


def asked_again(subscription: Subscription, now: datetime) -> Subscription:
    """The record of a request that is about to be sent once more, to renew or because none was confirmed.

    It counts as a failure until the hub confirms it.
    """
    lease_until = subscription.pushed_until()
    holds = lease_until is not None and now < lease_until
    is_first_renewal = holds and subscription.failures == 0
    asked = replace(
        subscription,
        state=SubscriptionState.HOLDS if holds else SubscriptionState.ASKED,
        lease_until=lease_until if holds else None,
        asked_at=now,
        failures=subscription.failures + 1,
        detail="" if is_first_renewal else "the hub has not confirmed the last request",
    )
    return _looked_at_again(asked, now + retry_delay(asked.failures))


def verified(subscription: Subscription, lease_seconds: int | None, now: datetime) -> Subscription:
    """The hub has confirmed. Without a stated lease it is the one that was asked for."""
    lease = (
        ASKED_LEASE if lease_seconds is None else timedelta(seconds=min(lease_seconds, LONGEST_LEASE.total_seconds()))
    )
    return replace(
        subscription,
        state=SubscriptionState.HOLDS,
        lease_until=now + lease,
        next_at=now + max(lease * RENEWED_AT, SHORTEST_RENEWAL),
        failures=0,
        detail="",
    )


def denied(subscription: Subscription, reason: str, now: datetime) -> Subscription:
    """The hub has said no, or no longer (section 5.2)."""
    return replace(
        subscription,
        state=SubscriptionState.DENIED,
        lease_until=None,
        next_at=now + LAST_RETRY,
        detail="the hub denies it" + (f": {reason}" if reason else ""),
    )


def failed(subscription: Subscription, detail: str, now: datetime, retry_after_seconds: float | None) -> Subscription:
    """A request failed. A lease that still runs goes on holding."""
    failures = max(1, subscription.failures)
    delay = retry_delay(failures)
    if retry_after_seconds is not None:
        delay = max(delay, min(timedelta(seconds=retry_after_seconds), LAST_RETRY))
    is_held = subscription.state is SubscriptionState.HOLDS
    state = SubscriptionState.HOLDS if is_held else SubscriptionState.FAILED
    return _looked_at_again(replace(subscription, state=state, failures=failures, detail=detail[:300]), now + delay)


def retry_delay(failures: int) -> timedelta:
    """How long to wait after so many failures in a row, from 1."""
    return min(FIRST_RETRY * (1 << min(failures - 1, 20)), LAST_RETRY)


def _looked_at_again(subscription: Subscription, at: datetime) -> Subscription:
    """Not later than the end of its lease, so that polls take over at once."""
    lease_until = subscription.pushed_until()
    return replace(subscription, next_at=at if lease_until is None else min(at, lease_until))


def expects(subscription: Subscription, topic: str, now: datetime) -> bool:
    """Whether a verification of this topic answers a request of ours (section 5.3)."""
    is_open = subscription.state in {SubscriptionState.ASKED, SubscriptionState.HOLDS, SubscriptionState.FAILED}
    return is_open and topic == subscription.topic_url and now < subscription.asked_at + CONFIRM_WITHIN


def request_form(subscription: Subscription, mode: str) -> bytes:
    """The request to the hub (section 5.1). ``mode``: subscribe or unsubscribe."""
    fields = {"hub.mode": mode, "hub.topic": subscription.topic_url, "hub.callback": subscription.callback_url}
    if mode == "subscribe":
        fields["hub.lease_seconds"] = str(int(ASKED_LEASE.total_seconds()))
        fields["hub.secret"] = subscription.secret
    return urlencode(fields, encoding="utf-8", errors="surrogatepass").encode("ascii")
