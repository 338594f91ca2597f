"""The task that reads the pages of a batch of items."""

from __future__ import annotations

from functools import partial

from tasks.ingest import drain
from tasks.retry import RETRY
from worker.app import app

PAGE_BUDGET_SECONDS = 10.0
"""For beginning with pages. What is under way then takes at most half a minute more, below the time limit."""


@app.task(name="storyfold.enrich", typing=False, **RETRY)
def enrich(collection: str, item_ids: list[str]) -> None:
    """Read the pages of items that the tick has claimed. One that was read before is not asked for again."""
    if app.engine.settings.enrich != "off":
        app.engine.enricher(collection, partial(drain.delay, collection)).run(item_ids, PAGE_BUDGET_SECONDS)
        app.engine.host_tally.flush()
