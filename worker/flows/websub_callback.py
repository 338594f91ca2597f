"""What hubs say at our callback: that they confirm or deny a subscription, and what is new.

A delivery is kept as it came and read later (:mod:`worker.flows.websub_reading`): hubs wait a second or so, and a
slow worker must not cost the subscription.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from typing import Final

import structlog

from worker.flows.engine import Engine
from worker.flows.websub import polls_resume_at
from worker.model.subscription import Subscription, SubscriptionState
from worker.sources.fetch.web_address import public_url
from worker.sources.websub.signature import signature_fault
from worker.sources.websub.subscription import denied, expects, verified
from worker.store.deliveries import Deliveries, Delivery
from worker.store.websub import Callback, Callbacks, SubscriptionStore

MAX_CHALLENGE_CHARACTERS: Final = 2048
MAX_CONTENT_TYPE_CHARACTERS: Final = 256
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_SECONDS: Final = re.compile(r"0*(?P<seconds>[0-9]{1,12})")
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")

log = structlog.get_logger()


class Taken(Enum):
    """What became of a delivery."""

    #: It waits for a worker.
    KEPT = "kept"
    #: Its signature is missing or wrong: nothing of it is used (section 7.1.2).
    IGNORED = "ignored"
    #: Too much waits already. The hub may send it again.
    FULL = "full"
    #: The subscription was ended.
    GONE = "gone"


def find_callback(engine: Engine, token: str) -> Callback | None:
    """Whose callback it is that a path names; None for nobody's.

    Raises:
        StoreUnavailableError: Redis is away.
    """
    return Callbacks(engine.client).find(token) if _TOKEN.fullmatch(token) else None


def answer_hub(engine: Engine, token: str, said: Mapping[str, str]) -> str | None:
    """Hear what a hub says by GET (sections 5.2 and 5.3).

    Args:
        engine: of this process.
        token: names the callback.
        said: the query's parameters, ``hub.mode`` and so on.

    Returns:
        What to answer: the challenge when the hub asks whether the request was ours, "" when it denies one; None when
        the request was none of ours, which is to be answered with 404.

    Raises:
        StoreUnavailableError: Redis is away.
    """
    callback, mode = find_callback(engine, token), said.get("hub.mode", "")
    topic, challenge = said.get("hub.topic", ""), said.get("hub.challenge", "")
    if callback is None or topic != callback.topic_url:
        return None
    if mode == "denied":
        return "" if not callback.is_ended and _deny(engine, callback, token, said.get("hub.reason", "")) else None
    if not 0 < len(challenge) <= MAX_CHALLENGE_CHARACTERS:
        return None
    if mode == "unsubscribe":
        return challenge if callback.is_ended else None
    if mode == "subscribe" and not callback.is_ended:
        return challenge if _confirm(engine, callback, token, said.get("hub.lease_seconds", "")) else None
    return None


def _confirm(engine: Engine, callback: Callback, token: str, lease: str) -> bool:
    now, stated = engine.clock(), _SECONDS.fullmatch(lease)
    lease_seconds = int(stated["seconds"]) if stated and int(stated["seconds"]) else None
    is_ours = False

    def step(before: Subscription | None) -> Subscription | None:
        nonlocal is_ours
        is_ours = before is not None and before.token == token and expects(before, callback.topic_url, now)
        return verified(before, lease_seconds, now) if before is not None and is_ours else before

    stands = SubscriptionStore(engine.client, callback.collection).change(callback.feed_id, step)
    if stands is not None and is_ours:
        log.info("subscription holds", **_named(stands), until=str(stands.lease_until))
    return is_ours


def _deny(engine: Engine, callback: Callback, token: str, reason: str) -> bool:
    now, is_ours = engine.clock(), False
    reason = _UNPRINTABLE.sub(" ", reason)[:200]

    def step(before: Subscription | None) -> Subscription | None:
        nonlocal is_ours
        is_ours = before is not None and before.token == token
        return denied(before, reason, now) if before is not None and is_ours else before

    store = SubscriptionStore(engine.client, callback.collection)
    stands = store.change(callback.feed_id, step, poll_at=polls_resume_at(now))
    if stands is not None and is_ours:
        log.warning("subscription denied", **_named(stands), reason=reason)
    return is_ours


def take_delivery(
    engine: Engine, callback: Callback, token: str, body: bytes, content_type: str, signature: str
) -> Taken:
    """Keep what a hub has sent, if it is the hub's.

    Args:
        engine: of this process.
        callback: as found by the token.
        token: names the callback.
        body: the raw bytes.
        content_type: header of the delivery.
        signature: value of X-Hub-Signature, "" for none.

    Raises:
        StoreUnavailableError: Redis is away.
    """
    subscription = _subscription_of(engine, callback, token)
    if subscription is None:
        return Taken.GONE
    counts = engine.counts(callback.collection)
    fault = signature_fault(signature, subscription.secret, body)
    if subscription.state is SubscriptionState.DENIED:
        fault = "its hub has denied the subscription"
    if fault:
        taken = Taken.IGNORED
        log.warning("delivery ignored", **_named(subscription), detail=fault)
    else:
        delivery = Delivery(
            feed_id=subscription.feed_id,
            topic_url=subscription.topic_url,
            content_type=content_type[:MAX_CONTENT_TYPE_CHARACTERS],
            body=body,
            received_at=engine.clock(),
        )
        taken = Taken.KEPT if Deliveries(engine.client, callback.collection).add(delivery) else Taken.FULL
    counts.add(
        pushes_kept=taken is Taken.KEPT, pushes_ignored=taken is Taken.IGNORED, pushes_full=taken is Taken.FULL
    )
    counts.flush()
    return taken


def _subscription_of(engine: Engine, callback: Callback, token: str) -> Subscription | None:
    """The subscription that a callback belongs to today; None when it was ended or replaced."""
    (standing,) = SubscriptionStore(engine.client, callback.collection).load([callback.feed_id])
    if callback.is_ended or standing is None or standing.token != token:
        return None
    return standing


def _named(subscription: Subscription) -> dict[str, str]:
    """What a log says of a subscription: neither its token nor its secret."""
    return {"feed_id": subscription.feed_id, "hub_url": public_url(subscription.hub_url)}
