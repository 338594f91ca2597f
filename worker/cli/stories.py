"""``stories`` and ``items``: look at what is stored."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

import msgspec
import typer
from rich.progress import Progress

from storyfold.front_matter import write_document
from storyfold.json_form import document_to_json
from worker.cli.checked import collection_name
from worker.cli.compared import compared_lines, compared_row
from worker.cli.explained import explained_lines, explained_rows
from worker.cli.output import console, errors, fail, print_json, print_table
from worker.cli.session import open_engine
from worker.cli.stories_found import find_item, find_story, living_story
from worker.cli.stories_history import history
from worker.cli.stories_orders import merge, never_fold, pin, split
from worker.flows.comparison import Side, compare
from worker.flows.engine import Engine
from worker.flows.ingest import drain_all
from worker.flows.reapply import Reapplied, carry_out, plan
from worker.fold.document import build_document
from worker.model.item import Item
from worker.model.story import Story
from worker.normalize.page_parts import page_keys
from worker.normalize.urls import comparison_key
from worker.score.quality import story_quality

app = typer.Typer(help="Look at stories.", no_args_is_help=True)
items_app = typer.Typer(help="Look at items.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON value on stdout.")]
Category = Annotated[str | None, typer.Option("--category", callback=collection_name, help="Collection.")]
REAPPLY_SECONDS = 3600.0
_REAPPLIED = ("collection", "items", "retagged", "blocked", "moved", "retired")

app.command("merge")(merge)
app.command("split")(split)
app.command("pin")(pin)
app.command("never-fold")(never_fold)
app.command("history")(history)

StoryId = Annotated[str, typer.Argument(help="Story id.")]


@app.command("list")
def list_stories(
    category: Category = None,
    count: Annotated[int, typer.Option("--count", min=1, help="At most this many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Stories, the one with the newest item first."""
    with open_engine() as engine:
        store = engine.stories(category or engine.settings.collection)
        rows = [story_row(story) for story in store.load(store.newest_ids(count)).values()]
    if as_json:
        print_json(rows)
        return
    columns = ("id", "revision", "published_at", "provider", "related", "heat", "title")
    print_table(columns, ([row[name] for name in columns] for row in rows))


@app.command()
def show(story: StoryId, as_json: AsJson = False) -> None:
    """One story as its document."""
    with open_engine() as engine:
        found = find_story(engine, story)
        document = build_document(found, engine.telling(found.collection).secured_key)
    if as_json:
        print_json({**story_row(found), "document": document_to_json(document)})
    else:
        typer.echo(write_document(document), nl=False)


@app.command()
def explain(
    story: Annotated[str, typer.Argument(metavar="A", help="Story id, or the URL of an item.")],
    other: Annotated[str | None, typer.Argument(metavar="B", help="The same, to compare with.")] = None,
    as_json: AsJson = False,
) -> None:
    """Why each item is in its story; with two, why they are one story or are not."""
    with open_engine() as engine:
        if other is None:
            _explain_one(engine, find_story(engine, story), as_json)
        else:
            _explain_two(engine, _side(engine, story), _side(engine, other), as_json)


def _explain_one(engine: Engine, found: Story, as_json: bool) -> None:
    now, half_life = engine.clock(), timedelta(hours=engine.settings.heat_half_life_hours)
    if as_json:
        print_json(explained_rows(found, now, half_life))
        return
    for line in explained_lines(found, now, half_life):
        console.print(line, markup=False)


def _explain_two(engine: Engine, left: Side, right: Side, as_json: bool) -> None:
    if left.story.collection != right.story.collection:
        fail(f"they are in different collections, {left.story.collection} and {right.story.collection}")
    found = compare(engine, left, right)
    if as_json:
        print_json(compared_row(left, right, found))
        return
    for line in compared_lines(left, right, found):
        console.print(line, markup=False)


def _side(engine: Engine, named: str) -> Side:
    if "://" not in named:
        return Side(story=living_story(engine, named))
    story, item = find_item(engine, named)
    return Side(story=story, item=item)


@app.command()
def reapply(
    category: Annotated[
        str | None, typer.Option("--category", callback=collection_name, help="Collection; default: every one.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing; say what would change.")] = False,
    as_json: AsJson = False,
) -> None:
    """Ask topics and rules again about what is stored. Values that documents give stay as they are."""
    with open_engine() as engine:
        collections = [category] if category else engine.collections()
        planned = [_planned(engine, collection) for collection in collections]
        for each in [] if dry_run else planned:
            drain_all(engine, carry_out(engine, each), REAPPLY_SECONDS)
    rows = [{name: getattr(each, name) for name in _REAPPLIED} for each in planned]
    if as_json:
        print_json(rows)
        return
    print_table(_REAPPLIED, ([row[name] for name in _REAPPLIED] for row in rows))


def _planned(engine: Engine, collection: str) -> Reapplied:
    with Progress(console=errors, transient=True) as progress:
        bar = progress.add_task(collection, total=engine.stories(collection).count())
        return plan(engine, collection, lambda: progress.advance(bar))


@items_app.command("list")
def list_items(
    category: Category = None,
    story: Annotated[str | None, typer.Option("--story", help="Only items of this story.")] = None,
    url: Annotated[str | None, typer.Option("--url", help="Only the item with this address.")] = None,
    as_json: AsJson = False,
) -> None:
    """Every item with the story that holds it."""
    keys = {comparison_key(url), *page_keys([url])} if url else set()
    with open_engine() as engine:
        collection = category or engine.settings.collection
        stories = [find_story(engine, story)] if story else engine.stories(collection).all()
        rows = [
            item_row(member.item, found)
            for found in stories
            for member in found.members
            if not keys or not keys.isdisjoint(member.item.url_keys)
        ]
    if as_json:
        print_json(rows)
        return
    columns = ("id", "provider", "published_at", "story", "title")
    print_table(columns, ([row[name] for name in columns] for row in rows))


def story_row(story: Story) -> dict[str, Any]:
    """A story as lists show it."""
    lead = story.lead
    row = {
        "id": story.story_id,
        "revision": story.revision,
        "path": story.path,
        "category": story.collection,
        "title": lead.title,
        "url": lead.web_url or lead.original_url,
        "provider": lead.provider.name,
        "published_at": lead.published_at,
        "related": len(story.members) - 1,
        "quality": story_quality(story),
        "heat": story.heat,
        "published": story.published,
        "merged_into": story.merged_into or None,
        "retired": story.retired or None,
    }
    return {name: msgspec.to_builtins(value) for name, value in row.items()}


def item_row(item: Item, story: Story) -> dict[str, Any]:
    """An item as lists show it."""
    row = {
        "id": item.item_id,
        "url": item.web_url or item.original_url,
        "title": item.title,
        "provider": item.provider.domain,
        "published_at": item.published_at,
        "story": story.story_id,
    }
    return {name: msgspec.to_builtins(value) for name, value in row.items()}
