"""``status`` and ``doctor``: how it goes, and what is wrong."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
import typer

from config.redis_url import redis_url
from config.settings import load_settings
from storyfold.errors import StoryfoldError
from worker.cli.output import FAILED, console, print_json, print_table
from worker.cli.session import open_engine
from worker.flows.engine import Engine
from worker.flows.flow_health import read_flow_health
from worker.store.client import public_url, store_errors

AsJson = Annotated[bool, typer.Option("--json", help="One JSON value on stdout.")]
FAILURES_SHOWN = 20
PAGE_FAILURE_COLUMNS = ("at", "item_id", "failure", "attempts", "url")


def status(as_json: AsJson = False) -> None:
    """Stories, feeds, backlog, pages to be read, dead letters and totals of each collection."""
    with open_engine() as engine:
        result = {
            "redis": public_url(redis_url(engine.settings)),
            "drop": msgspec.to_builtins(engine.drop_folder.counts()),
            "collections": [_collection_row(engine, name) for name in engine.collections()],
        }
    if as_json:
        print_json(result)
        return
    console.print(f"redis {result['redis']}  drop folder {result['drop']}", markup=False)
    columns = ("collection", "stories", "events", "feeds", "backlog", "pages", "dead", "tick_age_seconds")
    print_table(columns, ([row[name] for name in columns] for row in result["collections"]))
    failures = [failure for row in result["collections"] for failure in row["page_failures"]]
    if failures:
        console.print("pages that were given up:", markup=False)
        print_table(PAGE_FAILURE_COLUMNS, ([failure[name] for name in PAGE_FAILURE_COLUMNS] for failure in failures))


def _collection_row(engine: Engine, name: str) -> dict[str, Any]:
    tick = engine.health(name).get("tick")
    age = None if tick is None else round(engine.clock().timestamp() - tick, 1)
    return {
        "collection": name,
        "stories": engine.stories(name).count(),
        "events": engine.stream(name).length(),
        "feeds": engine.feeds(name).count(),
        "backlog": engine.lane(name).length(),
        "pages": engine.pages(name).pending(),
        "page_failures": msgspec.to_builtins(engine.pages(name).failures(FAILURES_SHOWN)),
        "dead": engine.dead_letters(name).count(),
        "tick_age_seconds": age,
        "totals": engine.counts(name).read(),
    }


def redis_address() -> None:
    """Print the URL of the Redis in use, with its password, for programs that read the events."""
    print(redis_url(load_settings()))


def doctor(as_json: AsJson = False) -> None:
    """Check Redis's settings, the drop folder and the heartbeat; each fault with what to do."""
    with open_engine() as engine:
        checks = [{"check": name, "fault": fault} for name, fault in _checks(engine)]
    if as_json:
        print_json(checks)
    for check in [] if as_json else checks:
        console.print(
            f"{'ok  ' if check['fault'] is None else 'FAIL'} {check['check']}: {check['fault'] or 'good'}",
            markup=False,
        )
    if any(check["fault"] for check in checks):
        raise typer.Exit(FAILED)


def health(as_json: AsJson = False) -> None:
    """Whether work really flows: the last tick went through beat, queue, worker and Redis a moment ago."""
    with open_engine() as engine:
        fault = _tick_fault(engine)
    if as_json:
        print_json({"healthy": fault is None, "fault": fault})
    elif fault:
        console.print(fault)
    if fault:
        raise typer.Exit(FAILED)


def _checks(engine: Engine) -> Iterator[tuple[str, str | None]]:
    yield "redis keeps every key", _eviction_fault(engine)
    yield "redis writes to disk", _persistence_fault(engine)
    yield "drop folder can be written", _folder_fault(engine)
    yield "work flows", _tick_fault(engine)


def _eviction_fault(engine: Engine) -> str | None:
    with store_errors():
        policy = engine.client.info("memory").get("maxmemory_policy", "noeviction")
    return (
        None if policy == "noeviction" else f"maxmemory-policy is {policy}: set it to noeviction, or streams vanish"
    )


def _persistence_fault(engine: Engine) -> str | None:
    with store_errors():
        info = engine.client.info("persistence")
    if info.get("aof_enabled"):
        return None
    return "appendonly is off: a restart of Redis loses what came since the last snapshot; set appendonly yes"


def _folder_fault(engine: Engine) -> str | None:
    try:
        engine.drop_folder.counts()
        handle, name = tempfile.mkstemp(dir=engine.settings.drop_dir, prefix=".doctor.")
        os.close(handle)
        os.unlink(name)  # noqa: PTH108
    except (OSError, StoryfoldError) as error:
        return str(error)
    return None


def _tick_fault(engine: Engine) -> str | None:
    return read_flow_health(engine, engine.settings.collection).fault
