"""Tasks that bring documents and files in."""

from __future__ import annotations

from typing import Any

from celery import Task

from storyfold.errors import DocumentError, SourceError
from tasks.arguments import check_argument, one_argument, refuse
from tasks.retry import BUDGET_SECONDS, RETRY, RETRY_FOR_EVER
from worker.app import app
from worker.flows.ingest import Ingested, drain_all, ingest_objects
from worker.flows.take_file import take_file, take_orphans
from worker.model.entry import Source

FILES_A_DRAIN = 20
"""A drain costs a dozen round trips, of one file or of many: measured, 20 files at a time take half the time. The
first of them waits some 30 ms for the last."""


@app.task(name="storyfold.ingest", bind=True, typing=False, **RETRY_FOR_EVER)
def ingest(self: Task, *args: Any, **kwargs: Any) -> None:
    """Bring documents in: ``storyfold.ingest(documents: list[dict])``."""
    try:
        documents = check_argument(one_argument(args, kwargs, "documents"), list[Any], "documents")
        ingested = ingest_objects(app.engine, documents, app.engine.settings.collection, Source.TASK)
    except (SourceError, DocumentError) as error:
        refuse(self, error, [args, kwargs])
    else:
        work_on(ingested)


@app.task(name="storyfold.drop", bind=True, typing=False, **RETRY)
def drop(self: Task, *args: Any, **kwargs: Any) -> None:
    """Take a file of the drop folder: ``storyfold.drop(path: str)``, relative to the folder or absolute."""
    try:
        path = check_argument(one_argument(args, kwargs, "path"), str, "path")
        ingested = take_file(app.engine, app.engine.drop_path(path))
    except SourceError as error:
        refuse(self, error, [args, kwargs])
    else:
        work_on(ingested)


@app.task(name="storyfold.take", typing=False, **RETRY)
def take(paths: list[str]) -> None:
    """Take several files that the watcher found still, in their order."""
    for start in range(0, len(paths), FILES_A_DRAIN):
        collections: dict[str, None] = {}
        try:
            for path in paths[start : start + FILES_A_DRAIN]:
                if (ingested := take_file(app.engine, path)) is not None:
                    collections.update(dict.fromkeys(ingested.collections))
        finally:  # what was taken before a fault is not there any more when the message is tried again
            work_on(Ingested(collections=tuple(collections)))


@app.task(name="storyfold.drain", typing=False)
def drain(collection: str) -> None:
    """Drain a lane that somebody left items in."""
    work_on(Ingested(collections=(collection,)))


@app.task(name="storyfold.orphans", typing=False, **RETRY)
def take_up_orphans() -> None:
    """Take up again the files whose worker died."""
    for ingested in take_orphans(app.engine):
        work_on(ingested)


def work_on(ingested: Ingested | None) -> None:
    """Drain the lanes that got something; send word of those that are not done in time."""
    if ingested is not None:
        for collection in drain_all(app.engine, ingested.collections, BUDGET_SECONDS):
            drain.delay(collection)
