"""Ingest: entries become items in the lane of their collection."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import msgspec

from storyfold.errors import DocumentError, SourceError
from worker.flows.engine import Engine
from worker.flows.file_content import FileContent, read_objects
from worker.flows.subscribe import new_feeds
from worker.model.entry import Entry, Source
from worker.model.item import Item


class Ingested(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a source.

    Attributes:
        items: put into lanes.
        feeds: followed that were not followed before.
        rejected: entries that could not become items, each with its reason.
        collections: whose lanes got items.
    """

    items: int = 0
    feeds: int = 0
    rejected: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()


def ingest_objects(engine: Engine, objects: list[Any], collection: str, source: Source) -> Ingested:
    """Put documents given as JSON objects into the lane, all or none.

    Raises:
        DocumentError: with every fault of every object.
        StoreUnavailableError: Redis is away; nothing was put.
    """
    to_item = engine.to_item(collection)
    entries = read_objects(objects, collection=collection, source=source, to_item=to_item)
    return ingest_entries(engine, entries, collection)


def ingest_content(engine: Engine, content: FileContent, collection: str) -> Ingested:
    """Put a file's entries into the lane and follow its feeds.

    Raises:
        SourceError: not one of its entries can become an item.
        StoreUnavailableError: Redis is away. Doing it again has the same effect as doing it once.
    """
    feeds = 0
    if content.subscriptions:
        feeds = engine.feeds(collection).add(new_feeds(content.subscriptions, collection, engine.clock()))
    ingested = ingest_entries(engine, content.entries, collection)
    return msgspec.structs.replace(ingested, feeds=feeds)


def ingest_entries(engine: Engine, entries: tuple[Entry, ...], collection: str) -> Ingested:
    """Normalize entries and put the items into the lanes of their collections.

    Items are put in the order of their dates. Documents of one date stay in the order given; a feed's entries go by
    their ids, so that the order in which a feed lists them makes no difference. Of several versions of one item the
    last one counts: a source that is read again after a crash must not tell the older ones again.

    Raises:
        SourceError: there are entries, and not one of them can become an item.
        StoreUnavailableError: Redis is away.
    """
    to_item = engine.to_item(collection)
    lanes: defaultdict[str, dict[str, Item]] = defaultdict(dict)
    ranks: dict[str, str] = {}
    rejected: list[SourceError] = []
    for entry in entries:
        try:
            item = to_item(entry)
        except SourceError as error:
            rejected.append(error)
        else:
            lanes[item.collection].pop(item.item_id, None)
            lanes[item.collection][item.item_id] = item
            ranks[item.item_id] = "" if entry.document else item.item_id
    if rejected and not lanes:
        raise rejected[0]
    for name, items in lanes.items():
        engine.lane(name).push(sorted(items.values(), key=lambda item: (item.published_at, ranks[item.item_id])))
        counts = engine.counts(name)
        counts.add(entries=len(items))
        counts.flush()
    return Ingested(
        items=sum(map(len, lanes.values())),
        rejected=tuple(map(str, rejected)),
        collections=tuple(sorted(lanes)),
    )


def drain_all(engine: Engine, collections: tuple[str, ...], budget_seconds: float) -> tuple[str, ...]:
    """Drain lanes one after the other; returns those that still hold items nobody works on."""
    return tuple(name for name in collections if engine.drain(name).run(budget_seconds))


Refusal = DocumentError | SourceError
"""What a source did wrong; everything else is our fault or Redis's."""
