"""``status``: how it goes."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import typer

from config.redis_url import redis_url
from config.settings import load_settings
from worker.cli.output import console, print_json, print_table
from worker.cli.session import open_engine
from worker.flows.engine import Engine
from worker.sources.schedule.silence import warnings_of
from worker.store.client import public_url

AsJson = Annotated[bool, typer.Option("--json", help="One JSON value on stdout.")]
FAILURES_SHOWN = 20
MAX_FEEDS_LOOKED_AT = 50_000
FEEDS_A_LOOK = 1_000
PAGE_FAILURE_COLUMNS = ("at", "item_id", "failure", "attempts", "url")


def status(as_json: AsJson = False) -> None:
    """Stories, feeds, warnings on them, backlog, pages to be read, dead letters and totals of each collection."""
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
    columns = ("collection", "stories", "events", "feeds", "warnings", "backlog", "pages", "dead", "tick_age_seconds")
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
        "warnings": _warnings(engine, name),
        "backlog": engine.lane(name).length(),
        "pages": engine.pages(name).pending(),
        "page_failures": msgspec.to_builtins(engine.pages(name).failures(FAILURES_SHOWN)),
        "dead": engine.dead_letters(name).count(),
        "tick_age_seconds": age,
        "totals": engine.counts(name).read(),
    }


def _warnings(engine: Engine, name: str) -> int | None:
    """Feeds with a warning; None where there are too many feeds to look at each of them for a glance."""
    store = engine.feeds(name)
    if store.count() > MAX_FEEDS_LOOKED_AT:
        return None
    now, ids = engine.clock(), store.ids()
    chunks = (ids[start : start + FEEDS_A_LOOK] for start in range(0, len(ids), FEEDS_A_LOOK))
    return sum(bool(warnings_of(feed, now)) for chunk in chunks for feed in store.load(chunk))


def redis_address() -> None:
    """Print the URL of the Redis in use, with its password, for programs that read the events."""
    print(redis_url(load_settings()))
