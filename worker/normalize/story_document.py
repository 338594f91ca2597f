"""From a story document to its items: every given value stays exactly as it stands.

The lead becomes an item with ``given`` filled, each entry of ``related`` an item under ``related``. An
item's ``provenance`` names with ``given`` every field that the document gave, by the item's attribute
name, so that "given and empty" can be told from "not given". Only two things are worked out: identities
(id, keys, fingerprint) and a quality that is missing (``scored``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from storyfold.document import Document, Related
from worker.model.entry import Entry
from worker.model.item import Given, Item
from worker.normalize.fingerprint import compute_fingerprint, compute_item_id
from worker.normalize.page_parts import page_keys
from worker.normalize.text import clean_text
from worker.normalize.urls import is_home_page
from worker.normalize.video import find_framed_video
from worker.score.quality import score_item

# Attributes that an item has under the names of the document; a related entry has the first ten of them.
_RELATED_FIELDS = (
    "title",
    "excerpt",
    "published_at",
    "web_url",
    "amp_web_url",
    "cdn_amp_web_url",
    "type",
    "quality",
    "provider",
    "images",
)
_OWN_CLOCK = frozenset({"first-seen", "clamped"})
_LEAD_FIELDS = (*_RELATED_FIELDS, "original_url", "topics", "featured_content")


def normalize_document(entry: Entry, document: Document, *, now: datetime) -> Item:
    """The lead of a story document as an item, with its related items.

    Args:
        entry: the entry that carries the document.
        document: the document; its category is the collection.
        now: our clock, aware UTC.
    """
    framed = find_framed_video(document.featured_content or "")
    urls = (document.web_url, document.original_url, document.amp_web_url, document.cdn_amp_web_url)
    values = _values(document, _LEAD_FIELDS)
    item = Item(
        collection=document.category,
        source=entry.source,
        language=entry.language,
        feed_url=entry.feed_url,
        guid=entry.guid,
        first_seen_at=now.replace(microsecond=0),
        given=Given(
            heat=document.heat,
            published=document.published,
            quality=document.quality,
            secured=document.secured,
            extras=document.extras,
            content=document.content,
            whole=not entry.worked_out,
        ),
        related=tuple(_related_item(one, entry, document.category, now) for one in document.related),
        **_identity(document, entry, (*urls, framed.embed_url if framed else None)),
        **(values | {"provenance": values["provenance"] | entry.worked_out}),
    )
    return _scored(item, document)


def _related_item(related: Related, entry: Entry, collection: str, now: datetime) -> Item:
    """One entry of ``related`` as an item.

    Its original URL is the best address that the document gives it. A related video without any address
    has none: its original URL is "" and its identity comes from provider and fingerprint.
    """
    urls = (related.web_url, related.amp_web_url, related.cdn_amp_web_url)
    address = next((url for url in urls if url), "")
    item = Item(
        collection=collection,
        source=entry.source,
        original_url=address,
        first_seen_at=now.replace(microsecond=0),
        **_identity(related, Entry(source=entry.source), urls),
        **_values(related, _RELATED_FIELDS),
    )
    return _scored(item, related)


def _values(source: Document | Related, fields: Sequence[str]) -> dict[str, Any]:
    """What the document says of one item, by the item's attributes, and which of it was given."""
    values: dict[str, Any] = {name: getattr(source, name) for name in fields}
    values["quality"] = source.quality or 0
    provenance = {name: "given" for name, value in values.items() if value is not None and value != ()}
    return values | {"excerpt": source.excerpt or "", "provenance": provenance}


def _identity(source: Document | Related, entry: Entry, urls: Sequence[str | None]) -> dict[str, Any]:
    """Id, keys and fingerprint; the first address of `urls` is the page's."""
    keys = page_keys(urls)
    pages = sorted({key for key in keys if key and not is_home_page(key)})
    page_key = keys[0] if keys and keys[0] in pages else ""
    stated_at = None if entry.worked_out.get("published_at") in _OWN_CLOCK else source.published_at
    fingerprint = compute_fingerprint(clean_text(source.title), clean_text(source.excerpt or ""), stated_at)
    return {
        "item_id": compute_item_id(page_key, entry.feed_url, entry.guid, source.provider.domain, fingerprint),
        "url_keys": tuple(pages),
        "fingerprint": fingerprint,
    }


def _scored(item: Item, source: Document | Related) -> Item:
    """The item with a quality, should the document have given none."""
    if source.quality is not None:
        return item
    return replace(item, quality=score_item(item).points, provenance={**item.provenance, "quality": "scored"})
