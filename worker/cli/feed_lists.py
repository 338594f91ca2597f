"""``feeds import`` and ``feeds export``: lists of feeds as OPML."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from worker.cli.checked import collection_name
from worker.cli.followed import all_feeds
from worker.cli.output import FAILED, console, print_json, say
from worker.cli.session import open_engine
from worker.flows.feed_list import import_list, outline_of
from worker.sources.parse.opml import read_opml, write_opml


def import_opml(
    file: Annotated[Path, typer.Argument(help="OPML.", exists=True, dir_okay=False)],
    category: Annotated[
        str | None,
        typer.Option("--category", callback=collection_name, help="Collection for all of them; default: as it says."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON value on stdout.")] = False,
) -> None:
    """Follow the feeds of an OPML list; the schedule polls them. Addresses that no feed can have are named."""
    outlines = read_opml(file.read_bytes())
    with open_engine() as engine:
        imported = import_list(engine, outlines, category)
    for text in (*imported.notices, *imported.refused):
        say(text)
    if as_json:
        print_json(msgspec.to_builtins(imported))
    else:
        totals = (f"{imported.listed} listed", f"{imported.new} new", f"{imported.changed} changed")
        console.print(", ".join((*totals, f"{len(imported.refused)} refused")))
    if imported.refused:
        raise typer.Exit(FAILED)


def export() -> None:
    """Write all feeds and their settings as OPML to stdout. Credentials are named in it, not given."""
    with open_engine() as engine:
        outlines = [outline_of(feed) for feed in all_feeds(engine)]
    typer.echo(write_opml(outlines).decode(), nl=False)
