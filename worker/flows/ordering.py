"""Ordering: a person's orders go into the lane, and are waited for."""

from __future__ import annotations

import time
from collections.abc import Sequence

from worker.flows.engine import Engine
from worker.flows.ingest import drain_all
from worker.model.override import Order

WAIT_SECONDS = 60.0
_LOOK_SECONDS = 0.1


def give_orders(engine: Engine, collection: str, orders: Sequence[Order], wait_seconds: float = WAIT_SECONDS) -> bool:
    """Put orders into a collection's lane and wait until they were carried out.

    Whoever holds the lane carries them out, this process if nobody does.

    Returns:
        False when they still wait after that time. Then they are carried out later.

    Raises:
        StoreUnavailableError: Redis is away or full.
    """
    lane = engine.lane(collection)
    entry_ids = lane.push_orders(orders)
    until = time.monotonic() + wait_seconds
    while any(lane.holds(entry_id) for entry_id in entry_ids[-1:]):
        left = until - time.monotonic()
        if left <= 0:
            return False
        drain_all(engine, (collection,), left)
        if lane.holds(entry_ids[-1]):
            time.sleep(_LOOK_SECONDS)
    return True
