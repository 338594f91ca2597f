"""``feeds hosts``: the politeness report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
import typer

from worker.cli.output import print_json, print_table
from worker.cli.session import open_engine
from worker.flows.engine import Engine
from worker.flows.host_report import SORTS, HostRow, host_report
from worker.model.feed import Feed

FEEDS_A_CHUNK = 500
_COLUMNS = tuple(field for field in HostRow.__struct_fields__ if field not in {"hub", "failing"})


def _sort_name(value: str) -> str:
    if value not in SORTS:
        raise typer.BadParameter(f"choose one of {', '.join(SORTS)}")
    return value


def hosts(
    sort: Annotated[
        str, typer.Option(callback=_sort_name, help=f"What the most of comes first: {', '.join(SORTS)}.")
    ] = "requests",
    limit: Annotated[int, typer.Option(min=0, help="Show so many hosts; 0: all.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON value on stdout.")] = False,
) -> None:
    """What each host was asked for, what 304s spared it, and what it refused."""
    with open_engine() as engine:
        rows = host_report(_chunks(engine), engine.host_tally.read(), sort=sort)[: limit or None]
    shown = [msgspec.to_builtins(row) for row in rows]
    if as_json:
        print_json(shown)
        return
    print_table(_COLUMNS, ([row[name] for name in _COLUMNS] for row in shown))


def _chunks(engine: Engine) -> Iterator[list[Feed]]:
    for collection in engine.collections():
        yield from engine.feeds(collection).in_chunks(FEEDS_A_CHUNK)
