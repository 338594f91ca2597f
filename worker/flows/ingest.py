"""Ingest: entries become items in the lane of their collection."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import msgspec

from storyfold.errors import DocumentError, SourceError
from worker.flows.engine import Engine
from worker.flows.file_content import FileContent, read_objects
from worker.flows.rejected import Normalized, letters_of, normalize_each
from worker.flows.subscribe import check_feed_url, new_feeds
from worker.model.entry import Entry, Source
from worker.model.item import Item
from worker.sources.parse.opml import Outline

FEEDS_AT_A_TIME = 400


class Ingested(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a source.

    Attributes:
        items: put into lanes.
        feeds: followed that were not followed before.
        rejected: entries that could not become items, each with its reason.
        blocked: entries that a rule blocks.
        collections: whose lanes got items.
    """

    items: int = 0
    feeds: int = 0
    rejected: tuple[str, ...] = ()
    blocked: int = 0
    collections: tuple[str, ...] = ()


def ingest_objects(engine: Engine, objects: list[Any], collection: str, source: Source) -> Ingested:
    """Put documents given as JSON objects into the lane, all or none.

    Raises:
        DocumentError: with every fault of every object.
        StoreUnavailableError: Redis is away; nothing was put.
    """
    to_item = engine.to_item(collection, by_rules=False)
    entries = read_objects(objects, collection=collection, source=source, to_item=to_item)
    return ingest_entries(engine, entries, collection)


def ingest_content(engine: Engine, content: FileContent, collection: str, origin: str = "") -> Ingested:
    """Put a file's entries into the lane and follow its feeds. ``origin`` is the file's name.

    Raises:
        SourceError: not one of its entries can become an item.
        StoreUnavailableError: Redis is away. Doing it again has the same effect as doing it once.
    """
    feeds = _follow(engine, content.subscriptions, collection)
    ingested = ingest_entries(engine, content.entries, collection, origin)
    return msgspec.structs.replace(ingested, feeds=feeds)


def _follow(engine: Engine, outlines: tuple[Outline, ...], collection: str) -> int:
    """Follow feeds, some at a time: the records of 100,000 would take 50 MB. None, if one may not be followed."""
    for outline in outlines:
        check_feed_url(outline.url)
    store, now = engine.feeds(collection), engine.clock()
    return sum(
        store.add(new_feeds(outlines[start : start + FEEDS_AT_A_TIME], collection, now, first=start))
        for start in range(0, len(outlines), FEEDS_AT_A_TIME)
    )


def ingest_entries(engine: Engine, entries: tuple[Entry, ...], collection: str, origin: str = "") -> Ingested:
    """Normalize entries and put the items into the lanes of their collections.

    Items are put in the order of their dates. Documents of one date stay in the order given; a feed's entries go by
    their ids, so that the order in which a feed lists them makes no difference. Of several versions of one item the
    last one counts: a source that is read again after a crash must not tell the older ones again. An entry that
    cannot become an item, beside others that can, is kept as a dead letter.

    Args:
        engine: of this process.
        entries: in the order of their source.
        collection: for entries that name none.
        origin: names the source in dead letters: the name of a file.

    Raises:
        SourceError: there are entries, and not one of them can become an item.
        StoreUnavailableError: Redis is away.
    """
    to_item = engine.to_item(collection)
    lanes: defaultdict[str, dict[str, Item]] = defaultdict(dict)
    ranks: dict[str, str] = {}
    normalized = normalize_each(entries, to_item)
    for entry, item in normalized.taken:
        lanes[item.collection].pop(item.item_id, None)
        lanes[item.collection][item.item_id] = item
        ranks[item.item_id] = "" if entry.document else item.item_id
    if normalized.rejected and not lanes and not normalized.blocked:
        raise normalized.rejected[0].error
    _keep_left_out(engine, normalized, collection, origin)
    for name, items in lanes.items():
        engine.lane(name).push(sorted(items.values(), key=lambda item: (item.published_at, ranks[item.item_id])))
        counts = engine.counts(name)
        counts.add(entries=len(items))
        counts.flush()
    return Ingested(
        items=sum(map(len, lanes.values())),
        rejected=tuple(str(each.error) for each in normalized.rejected),
        blocked=len(normalized.blocked),
        collections=tuple(sorted(lanes)),
    )


def _keep_left_out(engine: Engine, normalized: Normalized, collection: str, origin: str) -> None:
    """Keep the rejected entries as dead letters, and count what gave no item.

    Before the items are put: what a crash leaves undone is done again, and a letter that was kept is not kept twice.
    """
    letters = letters_of(normalized.rejected, now=engine.clock(), origin=origin)
    dead = engine.dead_letters(collection).add_new(letters)
    counts = engine.counts(collection)
    counts.add(rejected=len(normalized.rejected), blocked=len(normalized.blocked), dead=dead)
    counts.flush()


def drain_all(engine: Engine, collections: tuple[str, ...], budget_seconds: float) -> tuple[str, ...]:
    """Drain lanes one after the other; returns those that still hold items nobody works on."""
    return tuple(name for name in collections if _drain(engine, name, budget_seconds))


def _drain(engine: Engine, collection: str, budget_seconds: float) -> bool:
    drain = engine.drain(collection)
    before = drain.committed_at
    is_left = drain.run(budget_seconds)
    if drain.committed_at is not None and drain.committed_at != before:
        engine.note_health(collection, commit=drain.committed_at.timestamp())
    return is_left


Refusal = DocumentError | SourceError
"""What a source did wrong; everything else is our fault or Redis's."""
