"""``consume``: read events from the command line."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import msgspec
import typer

from config.redis_url import redis_url
from storyfold.consumer import Consumer
from storyfold.event import Event
from storyfold.front_matter import write_document
from worker.cli.checked import collection_name, stream_start
from worker.cli.session import open_engine


class Format(StrEnum):
    """How an event is printed."""

    JSON = "json"
    MD = "md"
    TEXT = "text"


def consume(
    group: Annotated[str, typer.Option("--group", help="Consumer group; made when it does not exist.")] = "cli",
    consumer: Annotated[str, typer.Option("--consumer", help="Name in the group; default: host and process.")] = "",
    category: Annotated[str | None, typer.Option("--category", callback=collection_name, help="Collection.")] = None,
    count: Annotated[int, typer.Option("--count", min=0, help="End after this many; 0: no limit.")] = 0,
    block: Annotated[int, typer.Option("--block", min=0, help="Wait this many milliseconds for events.")] = 2000,
    follow: Annotated[bool, typer.Option("--follow", help="Wait for new events for ever.")] = False,
    form: Annotated[
        Format, typer.Option("--format", help="json: CloudEvents; md: the document; text: a line.")
    ] = Format.JSON,
    start: Annotated[
        str,
        typer.Option(
            "--from", callback=stream_start, help="Where a new group begins: 0, the oldest, or $, from now on."
        ),
    ] = "0",
) -> None:
    """One line per event on stdout. An event is acknowledged after it is written."""
    with open_engine() as engine:
        settings = engine.settings
        reader = Consumer(
            redis_url(settings),
            group=group,
            consumer=consumer,
            collection=category or settings.collection,
            start=start,
            block_seconds=block / 1000,
            max_deliveries=settings.max_deliveries,
            follow=follow,
            read_count=min(count, 50) if count else 50,
        )
        with reader:
            _print_events(reader, form, count)


def _print_events(reader: Consumer, form: Format, count: int) -> None:
    for printed, delivery in enumerate(reader.deliveries(), start=1):
        sys.stdout.write(render(delivery.event, form))
        sys.stdout.flush()
        reader.ack(delivery)
        if printed == count:
            return


def render(event: Event, form: Format) -> str:
    """An event as it is printed, with its line end."""
    if form is Format.JSON:
        return msgspec.json.encode(event.to_json()).decode() + "\n"
    if form is Format.MD:
        return write_document(event.document())
    kind = event.type.rpartition(".")[2]
    return f"{event.time:%Y-%m-%dT%H:%M:%SZ} {kind} {event.subject} {event.path} {event.data['document']['title']}\n"
