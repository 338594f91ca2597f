"""``overrides``: what people said about folding, to look at and to carry to another installation."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from worker.cli.checked import collection_name
from worker.cli.output import USAGE, console, fail, print_json, print_table
from worker.cli.session import open_engine
from worker.flows.ordering import give_orders
from worker.model.override import Order, OrderKind, Overrides

app = typer.Typer(help="What people said about folding.", no_args_is_help=True)
Category = Annotated[str | None, typer.Option("--category", callback=collection_name, help="Collection.")]


@app.command("list")
def list_overrides(
    category: Category = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON value on stdout.")] = False,
) -> None:
    """All overrides of a collection, by the ids of their items."""
    with open_engine() as engine:
        rows = override_rows(engine.stories(category or engine.settings.collection).overrides.all())
    if as_json:
        print_json(rows)
        return
    print_table(
        ("kind", "items", "at", "reason"), ([r["kind"], " ".join(r["items"]), r["at"], r["reason"]] for r in rows)
    )


@app.command("export")
def export(category: Category = None) -> None:
    """All overrides of a collection as JSON lines on stdout."""
    with open_engine() as engine:
        rows = override_rows(engine.stories(category or engine.settings.collection).overrides.all())
    for row in rows:
        typer.echo(msgspec.json.encode(row).decode())


@app.command("import")
def import_overrides(
    file: Annotated[str, typer.Argument(help="JSON lines, as `overrides export` writes them; - for standard input.")],
    category: Category = None,
) -> None:
    """Give the orders of an export again. Items that nobody knows yet fall under them when they come."""
    text = sys.stdin.read() if file == "-" else _text(Path(file))
    orders = list(_orders(text))
    with open_engine() as engine:
        if orders and not give_orders(engine, category or engine.settings.collection, orders):
            fail("another process works on this collection and has not come to them yet; they will be carried out")
    console.print(f"given: {len(orders)} orders", markup=False)


def override_rows(overrides: Overrides) -> list[dict[str, Any]]:
    """One row an order that stands, in a fixed order: pairs, groups, pins."""
    apart = {
        tuple(sorted((item_id, other))): said
        for item_id, record in overrides.items.items()
        for other, said in record.never.items()
    }
    rows = [_row(OrderKind.APART, pair, said.at, said.reason) for pair, said in sorted(apart.items(), key=str)]
    for group_id in sorted(overrides.groups):
        group = overrides.groups[group_id]
        if group is not None:
            rows.append(_row(OrderKind.TOGETHER, group.items, group.said.at, group.said.reason))
    for item_id in sorted(overrides.items):
        pinned = overrides.items[item_id].pinned
        if pinned is not None:
            rows.append(_row(OrderKind.PIN, (item_id,), pinned.at, pinned.reason))
    return rows


def _row(kind: OrderKind, items: tuple[str, ...], at: datetime, reason: str) -> dict[str, Any]:
    return {"kind": str(kind), "items": list(items), "at": msgspec.to_builtins(at), "reason": reason}


def _orders(text: str) -> Iterator[Order]:
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            order = msgspec.json.decode(line, type=Order)
        except msgspec.MsgspecError as error:
            fail(f"line {number}: {error}", code=USAGE)
        if not order.items:
            fail(f"line {number}: an order names at least one item", code=USAGE)
        yield order


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        fail(f"{path} cannot be read: {error}", code=USAGE)
