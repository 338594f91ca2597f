"""Tasks of WebSub: asking hubs, and reading what they have sent."""

from __future__ import annotations

from functools import partial

from tasks.ingest import drain
from tasks.retry import BUDGET_SECONDS, RETRY
from worker.app import app

HUB_BUDGET_SECONDS = 10.0
"""For beginning with requests. Those under way then take at most two timeouts more, below the time limit."""


@app.task(name="storyfold.websub", typing=False, **RETRY)
def websub(collection: str, feed_ids: list[str]) -> None:
    """Do at their hubs what the subscriptions of feeds need that the tick has claimed."""
    try:
        app.engine.subscriber(collection).run(feed_ids, HUB_BUDGET_SECONDS)
    finally:
        app.engine.host_tally.flush()


@app.task(name="storyfold.pushed", typing=False, **RETRY)
def pushed(collection: str) -> None:
    """Read the deliveries that wait, as far as the time goes; the tick sends word again."""
    app.engine.delivery_reader(collection, partial(drain.delay, collection)).run(BUDGET_SECONDS)
