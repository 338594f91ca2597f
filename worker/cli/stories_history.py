"""``stories history``: each revision of a story with its reason, as far as the stream holds it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from storyfold.event import Event
from storyfold.instants import format_instant
from worker.cli.output import console, print_json
from worker.cli.overrides import override_rows
from worker.cli.session import open_engine
from worker.cli.stories_found import find_story
from worker.model.story import Story


def history(
    story: Annotated[str, typer.Argument(help="Story id, or the address of one of its items.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON value on stdout.")] = False,
) -> None:
    """Every revision of a story: when, what changed and why. Older ones may have left the stream."""
    with open_engine() as engine:
        found = find_story(engine, story)
        store = engine.stories(found.collection)
        rows = [_row(event, found) for event in store.events_of(found.story_id, found.created_at)]
        said = override_rows(store.overrides.load([item.item_id for item in found.items]))
    whole = {"id": found.story_id, "complete": bool(rows) and rows[0]["revision"] == 1}
    if as_json:
        print_json({**whole, "revisions": rows, "overrides": said})
        return
    if not whole["complete"]:
        console.print("older revisions have left the stream", markup=False)
    for row in rows:
        console.print(f"{row['revision']} {row['time']} {row['type']}: {', '.join(row['changes'])}", markup=False)
        for why in row["why"]:
            console.print(f"    {why}", markup=False)
    for row in said:
        console.print(f"{row['at']} {row['kind']}: {' '.join(row['items'])} {row['reason']}".rstrip(), markup=False)


def _row(event: Event, story: Story) -> dict[str, Any]:
    at = format_instant(event.time)
    reason = str(event.data.get("reason", ""))
    joined = [
        f"{member.item.title}: {member.why}" for member in story.members if _same_moment(member.joined_at, event)
    ]
    return {
        "revision": event.revision,
        "time": at,
        "type": str(event.type),
        "changes": list(event.data["changes"]),
        "into": event.data.get("into"),
        "why": [reason] if reason else joined,
        "event": event.id,
    }


def _same_moment(joined_at: datetime, event: Event) -> bool:
    # an event's time has milliseconds
    return abs((joined_at - event.time).total_seconds()) < 0.001
