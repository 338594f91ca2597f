"""``queue``: the event stream, its groups, and what was given up."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import typer

from worker.cli.checked import collection_name
from worker.cli.output import console, print_json, print_table
from worker.cli.session import open_engine

app = typer.Typer(help="The event stream, its consumer groups and dead letters.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON value on stdout.")]
Category = Annotated[str | None, typer.Option("--category", callback=collection_name, help="Collection.")]


@app.command()
def status(category: Category = None, as_json: AsJson = False) -> None:
    """Events on the stream, pending and lag of each group, backlog of the lane, dead letters."""
    with open_engine() as engine:
        collection = category or engine.settings.collection
        groups = engine.stream(collection).groups()
        row: dict[str, Any] = {
            "stream": engine.stories(collection).keys.stream,
            "events": engine.stream(collection).length(),
            "groups": groups,
            "backlog": engine.lane(collection).length(),
            "dead": engine.dead_letters(collection).count(),
        }
    if as_json:
        print_json(row)
        return
    console.print(f"{row['stream']}: {row['events']} events, backlog {row['backlog']}, dead {row['dead']}")
    print_table(
        ("group", "consumers", "pending", "lag"),
        ([each[name] for name in ("name", "consumers", "pending", "lag")] for each in groups),
    )


@app.command()
def dead(
    category: Category = None,
    count: Annotated[int, typer.Option("--count", min=1, help="At most this many.")] = 100,
    as_json: AsJson = False,
) -> None:
    """What was given up, the newest first, with the reason."""
    with open_engine() as engine:
        letters = engine.dead_letters(category or engine.settings.collection).newest(count)
    if as_json:
        print_json([msgspec.to_builtins(letter) for letter in letters])
        return
    columns = ("letter_id", "group", "error", "count", "last_at", "detail")
    print_table(columns, ([getattr(letter, name) for name in columns] for letter in letters))
