"""Whether work flows: when things last went well, and what that says."""

from __future__ import annotations

import msgspec

from worker.flows.engine import Engine

STALE_TICK_SECONDS = 15.0


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
    return FlowHealth(ages_seconds=ages, fault=tick_fault(ages.get("tick")))


def tick_fault(age_seconds: float | None) -> str | None:
    """What is wrong with a last tick of this age, None for one that never was."""
    if age_seconds is None:
        return "no tick yet: start a worker and beat (`storyfold up`)"
    if age_seconds <= STALE_TICK_SECONDS:
        return None
    return f"the last tick is {age_seconds:.0f} s old: worker or beat stands still"
