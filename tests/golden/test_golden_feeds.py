"""Feeds written for the project, each with the items that are expected of it beside it.

A pair is ``feeds/NAME.xml`` (or ``.json``, ``.html``) and ``feeds/NAME.items.json``. Adding a pair is all it takes:
write the feed, run ``pytest tests/golden --write-expected``, and read what was written before it is committed.

The feeds are read as if they had come from ``https://feeds.example/NAME.EXT`` at :data:`NOW`, with the topics and
organizations of ``config/``.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from storyfold.errors import SourceError
from storyfold.json_form import document_to_json
from storyfold.validation import check_document
from worker.fold.document import build_document
from worker.model.entry import Entry
from worker.model.item import Item
from worker.model.story import Member, Story
from worker.normalize.item import Context, normalize
from worker.normalize.providers import load_organizations
from worker.normalize.topics import load_taxonomy
from worker.sources.parse.feed_document import parse_feed

HERE = Path(__file__).parent
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
FEEDS = sorted(path for path in (HERE / "feeds").iterdir() if not path.name.endswith(".items.json"))
#: Of the machine's own doing, or tested elsewhere.
UNTOLD = ("collection", "source", "feed_url", "first_seen_at", "fingerprint", "item_id", "text_chars")


@pytest.fixture(scope="module")
def context() -> Context:
    """The pairs' own topics and organizations, so that an edit of the bundled ones changes no pair."""
    return Context(
        collection="news",
        taxonomy=load_taxonomy(HERE / "config" / "topics"),
        organizations=load_organizations(HERE / "config" / "organizations"),
    )


def test_there_are_sixty_pairs_or_more() -> None:
    assert len(FEEDS) >= 60


@pytest.mark.parametrize("path", FEEDS, ids=lambda path: path.stem)
def test_a_feed_gives_the_items_that_are_expected(path: Path, context: Context, pytestconfig: pytest.Config) -> None:
    told = read(path, context)
    beside = path.with_name(path.stem + ".items.json")
    if not beside.exists() and pytestconfig.getoption("--write-expected"):
        beside.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        pytest.fail(f"wrote {beside.name}: read it, then run again")
    assert told == json.loads(beside.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", FEEDS, ids=lambda path: path.stem)
def test_every_item_makes_a_document_that_its_schema_takes(path: Path, context: Context) -> None:
    for entry in readable_entries_of(path):
        item = item_of(entry, context)
        if isinstance(item, Item):
            assert not check_document(as_json(item))


def test_every_entry_of_real_feeds_gives_a_valid_item_or_a_named_failure(shared_dir: Path, context: Context) -> None:
    items = failures = 0
    for path in sorted((shared_dir / "data" / "feeds").rglob("*")):
        for entry in readable_entries_of(path) if path.is_file() else ():
            item = item_of(entry, context)
            if isinstance(item, SourceError):
                assert item.failure
                failures += 1
            else:
                assert not check_document(as_json(item))
                items += 1
    assert items > 1000
    assert failures < items / 50


def read(path: Path, context: Context) -> dict[str, Any]:
    """What the file gives, in the form of the pair's second half."""
    try:
        entries = entries_of(path.read_bytes(), path.name)
    except SourceError as error:
        return {"feed_failure": error.failure}
    told = [item_of(entry, context) for entry in entries]
    result: dict[str, Any] = {"items": [in_words(item) for item in told if isinstance(item, Item)]}
    failures = [item.failure for item in told if isinstance(item, SourceError)]
    return result | ({"failures": failures} if failures else {})


def entries_of(body: bytes, name: str) -> tuple[Entry, ...]:
    """The entries of a feed file."""
    return parse_feed(body, feed_url=f"https://feeds.example/{name}", content_type="").entries


def readable_entries_of(path: Path) -> tuple[Entry, ...]:
    """The entries of a file; none of one that is no feed at all."""
    try:
        return entries_of(path.read_bytes(), path.name)
    except SourceError:
        return ()


def item_of(entry: Entry, context: Context) -> Item | SourceError:
    """The item of an entry, or why there is none."""
    try:
        return normalize(entry, now=NOW, context=context)
    except SourceError as error:
        return error


def in_words(item: Item) -> dict[str, Any]:
    """An item with the fields that a pair states."""
    fields: dict[str, Any] = json.loads(msgspec.json.encode(item))
    return {name: value for name, value in fields.items() if name not in UNTOLD}


def as_json(item: Item) -> dict[str, Any]:
    """The document of a story that has this item alone, in its JSON form."""
    member = Member(item=item, joined_at=NOW)
    story = Story(
        story_id=item.item_id,
        collection=item.collection,
        revision=1,
        path="_news/2026-03-10-story.md",
        lead_id=item.item_id,
        members=(member,),
        created_at=NOW,
        updated_at=NOW,
    )
    return document_to_json(build_document(story))
