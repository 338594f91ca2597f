"""Tasks that the clock sends: dispatch of due feeds, sweeps of lanes and folder, cooling."""

from __future__ import annotations

from typing import Any

from celery import Task

from tasks.arguments import BadArgumentError, no_argument, refuse
from tasks.enrich import enrich
from tasks.ingest import drain, take, take_up_orphans
from tasks.poll import poll_due
from tasks.websub import pushed, websub
from worker.app import app
from worker.flows.upkeep import ask_for_cooling, due_batches, due_pages, due_subscriptions, note_tick, still_files

FILES_A_MESSAGE = 100


@app.task(name="storyfold.tick", ignore_result=True)
def tick() -> None:
    """Once a second: hand out the feeds and pages that are due, cool stories, and look after forgotten lanes.

    Twice at once does no harm: a feed or page is claimed by one tick, a lane held by one process.
    """
    for collection in app.engine.collections():
        for urls in due_batches(app.engine, collection):
            poll_due.delay(urls)
        if item_ids := due_pages(app.engine, collection):
            enrich.delay(collection, item_ids)
        if feed_ids := due_subscriptions(app.engine, collection):
            websub.delay(collection, feed_ids)
        if app.engine.deliveries(collection).count():
            pushed.delay(collection)
        ask_for_cooling(app.engine, collection)
        if app.engine.lane(collection).length():
            drain.delay(collection)
        note_tick(app.engine, collection)


@app.task(name="storyfold.scan", bind=True, typing=False)
def scan(self: Task, *args: Any, **kwargs: Any) -> None:
    """Look at the whole drop folder now, ``storyfold.scan()``: files that are still are taken, and those whose
    worker died."""
    try:
        no_argument(args, kwargs)
    except BadArgumentError as error:
        refuse(self, error, [args, kwargs])
        return
    paths = still_files(app.engine)
    for start in range(0, len(paths), FILES_A_MESSAGE):
        take.delay(paths[start : start + FILES_A_MESSAGE])
    take_up_orphans.delay()
