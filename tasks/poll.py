"""The task that polls a batch of feeds."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from celery import Task

from storyfold.errors import FetchError, SourceError
from tasks.arguments import check_argument, one_argument, refuse
from tasks.ingest import drain
from tasks.retry import RETRY
from worker.app import app
from worker.flows.subscribe import Followed, follow, followed

POLL_BUDGET_SECONDS = 50.0
"""Of one message, whatever the number of collections. With the longest fetch after it, still below the time limit."""


@app.task(name="storyfold.poll", bind=True, typing=False, **RETRY)
def poll(self: Task, *args: Any, **kwargs: Any) -> None:
    """Poll feeds: ``storyfold.poll(feed_urls: list[str])``.

    A feed that is not followed is followed from then on. One that was asked too recently is left alone.
    """
    try:
        feed_urls = check_argument(one_argument(args, kwargs, "feed_urls"), list[str], "feed_urls")
        found = follow(app.engine, feed_urls)
    except (SourceError, FetchError) as error:
        refuse(self, error, [args, kwargs], hide_secrets=True)
        return
    _poll(found)


@app.task(name="storyfold.poll_due", typing=False, **RETRY)
def poll_due(feed_urls: list[str]) -> None:
    """Poll feeds that the tick has claimed. One that was removed since stays removed."""
    _poll(followed(app.engine, feed_urls))


def _poll(found: Followed) -> None:
    until = time.monotonic() + POLL_BUDGET_SECONDS
    for collection, feed_ids in found.batches.items():
        on_items = partial(drain.delay, collection)
        app.engine.poll(collection, on_items).run(feed_ids, until - time.monotonic(), found.others)
        app.engine.note_health(collection, poll=app.engine.clock().timestamp())
