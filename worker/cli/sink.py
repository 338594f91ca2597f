"""``sink``: bring events to where people want them."""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path
from typing import Annotated

import typer

from config.redis_url import redis_url
from storyfold.consumer import Consumer
from storyfold.document import Document
from worker.cli.checked import collection_name
from worker.cli.output import console, say
from worker.cli.session import open_engine
from worker.delivery.file_sink import FileSink
from worker.flows.engine import Engine
from worker.fold.document import build_document

app = typer.Typer(help="Bring events to where people want them.", no_args_is_help=True)


@app.command()
def files(
    folder: Annotated[Path, typer.Argument(help="Folder of documents, as a Jekyll site has it.")],
    category: Annotated[str | None, typer.Option("--category", callback=collection_name, help="Collection.")] = None,
    group: Annotated[str, typer.Option("--group", help="Consumer group; default: one for this folder.")] = "",
    follow: Annotated[bool, typer.Option("--follow", help="Wait for new events for ever.")] = False,
    block: Annotated[int, typer.Option("--block", min=0, help="Wait this many milliseconds for events.")] = 500,
) -> None:
    """Write stories as Markdown files and keep them current; files of merged stories are removed.

    Where it left off is remembered in its consumer group; an empty folder is filled from the oldest event.
    """
    with open_engine() as engine:
        collection = category or engine.settings.collection
        group = group or _group_of(folder)
        if not folder.is_dir() or not any(folder.iterdir()):
            engine.stream(collection).forget_group(group)
        reader = Consumer(
            redis_url(engine.settings),
            group=group,
            consumer="files",
            collection=collection,
            block_seconds=block / 1000,
            max_deliveries=engine.settings.max_deliveries,
            min_idle_seconds=5.0,
            follow=follow,
        )
        sink = FileSink(folder, lambda story_id: _whole(engine, collection, story_id))
        changed = 0
        with reader:
            for event in reader:
                path = sink.handle(event)
                if path is not None:
                    changed += 1
                    console.print(str(path), markup=False)
        say(f"{changed} files changed")


def _group_of(folder: Path) -> str:
    """A group of its own for each folder, so that a new folder gets every story."""
    return f"sink-files-{blake2b(str(folder.resolve()).encode(), digest_size=6).hexdigest()}"


def _whole(engine: Engine, collection: str, story_id: str) -> Document | None:
    story = engine.stories(collection).load([story_id]).get(story_id)
    if story is None or story.is_gone:
        return None
    return build_document(story, engine.telling(collection).secured_key)
