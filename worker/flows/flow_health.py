"""Whether work flows: when things last went well, and what that says."""

from __future__ import annotations

import msgspec

from worker.flows.engine import Engine

STALE_TICK_SECONDS = 15.0
STALE_DISPATCH_SECONDS = 90.0
"""Longer than a poll message may take: a fetcher that is merely busy has ended one meanwhile."""


class FlowHealth(msgspec.Struct, frozen=True, kw_only=True):
    """How long ago things went well.

    Attributes:
        ages_seconds: name of what went well -> its age. ``tick`` went from beat through queue and worker to Redis.
        fault: why work does not flow, with what to do; None when it does.
    """

    ages_seconds: dict[str, float]
    fault: str | None


def read_flow_health(engine: Engine, collection: str) -> FlowHealth:
    """Whether work flows in a collection.

    Raises:
        StoreUnavailableError: Redis is away.
        SettingsError: no Redis is set, and none runs on DATA_DIR.
    """
    now = engine.clock().timestamp()
    ages = {name: max(0.0, round(now - at, 1)) for name, at in sorted(engine.health(collection).items())}
    feed = engine.feeds(collection).handed_out()
    # The record keeps the time that its last poll gave it, however often the feed was handed out since.
    waiting = now - feed.next_poll_at.timestamp() if feed and feed.next_poll_at else None
    fault = tick_fault(ages.get("tick")) or poll_fault(waiting, ages.get("poll"))
    return FlowHealth(ages_seconds=ages, fault=fault)


def poll_fault(waiting_seconds: float | None, poll_age_seconds: float | None) -> str | None:
    """What is wrong when feeds wait for so long to be polled and the last poll is so old; None for neither."""
    if waiting_seconds is None or waiting_seconds <= STALE_DISPATCH_SECONDS:
        return None
    if poll_age_seconds is not None and poll_age_seconds <= STALE_DISPATCH_SECONDS:
        return None
    return (
        f"feeds wait since {waiting_seconds:.0f} s and nobody polls: start a worker that serves storyfold.fetch, "
        "or see the log of the one that does"
    )


def tick_fault(age_seconds: float | None) -> str | None:
    """What is wrong with a last tick of this age, None for one that never was."""
    if age_seconds is None:
        return "no tick yet: start a worker and beat (`storyfold up`)"
    if age_seconds <= STALE_TICK_SECONDS:
        return None
    return f"the last tick is {age_seconds:.0f} s old: worker or beat stands still"
