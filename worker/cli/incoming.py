"""``drop``, ``ingest`` and ``import``: bring documents and files in by hand."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from config.settings import load_settings
from storyfold.errors import DocumentError, SourceError
from worker.cli.checked import collection_name
from worker.cli.output import FAILED, console, errors, fail, print_json, say
from worker.cli.session import open_engine
from worker.delivery.file_writing import copy_new
from worker.flows.engine import Engine
from worker.flows.file_content import json_objects, read_file
from worker.flows.ingest import Ingested, drain_all, ingest_entries, ingest_objects
from worker.model.entry import Entry, Source
from worker.sources.drop.folder import DropFolder
from worker.sources.drop.names import is_candidate

DRAIN_SECONDS = 3600.0
FILES_AT_ONCE = 200
_LIST_OF_FEEDS = "a list of feeds; follow them with `storyfold feeds import` or `storyfold drop`"

Collection = Annotated[
    str | None, typer.Option("--category", callback=collection_name, help="Collection for documents that name none.")
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON value on stdout.")]


def drop(
    files: Annotated[list[Path], typer.Argument(help="Files.", exists=True, dir_okay=False, readable=True)],
    category: Collection = None,
    as_json: AsJson = False,
) -> None:
    """Copy files into the drop folder, where the running worker takes them."""
    settings = load_settings()
    DropFolder(settings.drop_dir).ensure()
    target = settings.drop_dir / category if category else settings.drop_dir
    dropped = []
    for path in files:
        if not is_candidate(path.name):
            fail(f"{path}: the drop folder passes over hidden and temporary names; rename it")
        dropped.append({"file": str(path), "dropped": str(copy_new(path, target))})
    if as_json:
        print_json(dropped)
    for each in [] if as_json else dropped:
        console.print(each["dropped"], markup=False)


def ingest(
    file: Annotated[str, typer.Argument(help="JSON or JSON Lines; - for standard input.")],
    category: Collection = None,
    as_json: AsJson = False,
) -> None:
    """Bring in documents given as JSON, without the drop folder: one object, a list, or one object a line."""
    body = sys.stdin.buffer.read() if file == "-" else _read(Path(file))
    with open_engine() as engine:
        collection = category or engine.settings.collection
        try:
            objects = _objects(body)
            ingested = ingest_objects(engine, objects, collection, Source.TASK)
        except DocumentError as error:
            fail("\n".join(error.faults))
        drain_all(engine, ingested.collections, DRAIN_SECONDS)
    _report(ingested, as_json)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        fail(f"{path}: {error.strerror}")


def _objects(body: bytes) -> list[object]:
    """The objects of a file: lines when it has several values, one value otherwise."""
    try:
        return json_objects(body, lines=False)
    except DocumentError:
        if body.count(b"\n") > 1 or b"}\n{" in body:
            return json_objects(body, lines=True)
        raise


def import_archive(
    folder: Annotated[Path, typer.Argument(help="Folder with documents.", exists=True, file_okay=False)],
    category: Collection = None,
    as_json: AsJson = False,
) -> None:
    """Bring in a whole archive of documents and captured feeds, with a progress bar."""
    paths = sorted(
        path for path in folder.rglob("*") if path.is_file() and is_candidate(str(path.relative_to(folder)))
    )
    total = Ingested()
    failed: list[dict[str, str]] = []
    with open_engine() as engine, Progress(console=errors, transient=True) as progress:
        bar = progress.add_task("import", total=len(paths))
        collection = category or engine.settings.collection
        for start in range(0, len(paths), FILES_AT_ONCE):
            some = paths[start : start + FILES_AT_ONCE]
            entries: list[Entry] = []
            for path in some:
                entries += _entries(engine, path, collection, failed)
            ingested = ingest_entries(engine, tuple(entries), collection) if entries else Ingested()
            drain_all(engine, ingested.collections, DRAIN_SECONDS)
            total = _sum(total, ingested)
            progress.advance(bar, len(some))
    for each in failed:
        say(f"{each['file']}: {each['detail']}")
    _report(total, as_json, failed)


def _entries(engine: Engine, path: Path, collection: str, failed: list[dict[str, str]]) -> tuple[Entry, ...]:
    try:
        to_item = engine.to_item(collection, by_rules=False)
        content = read_file(path.read_bytes(), path.name, collection=collection, to_item=to_item)
    except SourceError as error:
        failed.append({"file": str(path), "error": error.failure, "detail": error.detail})
    except DocumentError as error:
        failed.append({"file": str(path), "error": "invalid-document", "detail": str(error)})
    except OSError as error:
        failed.append({"file": str(path), "error": "unreadable", "detail": str(error)})
    else:
        if content.subscriptions:
            failed.append({"file": str(path), "error": "not-a-document", "detail": _LIST_OF_FEEDS})
        return content.entries
    return ()


def _sum(one: Ingested, other: Ingested) -> Ingested:
    return Ingested(
        items=one.items + other.items,
        feeds=one.feeds + other.feeds,
        rejected=one.rejected + other.rejected,
        blocked=one.blocked + other.blocked,
        collections=tuple(sorted({*one.collections, *other.collections})),
    )


def _report(ingested: Ingested, as_json: bool, failed: list[dict[str, str]] | None = None) -> None:
    failed = failed or []
    if as_json:
        result = {"items": ingested.items, "rejected": list(ingested.rejected), "failed": failed}
        print_json({**result, "blocked": ingested.blocked, "collections": list(ingested.collections)})
    else:
        blocked = f", {ingested.blocked} blocked by rules" if ingested.blocked else ""
        console.print(f"{ingested.items} items taken, {len(ingested.rejected) + len(failed)} refused{blocked}")
    for reason in ingested.rejected:
        say(reason)
    if failed or ingested.rejected:
        raise typer.Exit(FAILED)
