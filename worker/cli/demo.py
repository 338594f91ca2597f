"""``demo``: see it work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from storyfold.event import Event
from worker.cli.output import FAILED, console, say

if TYPE_CHECKING:
    from worker.demo.run import Summary


def demo() -> None:
    """Run the main job on bundled samples: local feeds, a drop folder, a real Celery worker. Ends by itself."""
    from worker.demo.run import Demo

    table = _table()
    if console.is_terminal and not console.is_dumb_terminal:
        with Live(table, console=console, refresh_per_second=8):
            summary = Demo(lambda event: table.add_row(*_row(event)), say).run()
    else:
        summary = Demo(_print_line, say).run()
    _print_summary(summary)
    if summary.missing:
        raise typer.Exit(FAILED)


def _table() -> Table:
    return Table("time", "event", "rev", "related", "provider", "title", box=None, header_style="bold")


def _row(event: Event) -> list[str]:
    document = event.data["document"]
    return [
        f"{event.time.astimezone():%H:%M:%S}",
        event.type.rpartition(".")[2],
        str(event.revision),
        str(len(document.get("related", ()))),
        escape(document["provider"]["name"]),
        escape(document["title"]),
    ]


def _print_line(event: Event) -> None:
    time, kind, revision, related, provider, title = _row(event)
    console.print(f"{time}  {kind:<8} rev {revision}  related {related}  {provider}: {title}")


def _print_summary(summary: Summary) -> None:
    console.print()
    console.print(
        f"[bold]{summary.entries} entries read, {summary.stories} stories told, {summary.folded} folded, "
        f"{summary.updated} updates[/bold] in {summary.seconds:.1f} s; "
        f"{summary.not_modified} polls answered with 304"
    )
    for path, failure in summary.failed_feeds.items():
        console.print(f"failed feed {path}: {failure}", markup=False)
    for file in summary.failed_files:
        reason = f": {file.note.error}: {file.note.detail}" if file.note else ""
        console.print(f"failed file {file.path}{reason}", markup=False)
    for name in summary.missing:
        console.print(f"did not happen: {name}", markup=False, style="red")
    console.print(f"documents: {summary.documents}", markup=False)
