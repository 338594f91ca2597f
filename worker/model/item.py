"""Item: one article or video in the schema's terms, from one source."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from storyfold.document import Extra, Image, Provider, StoryType
from worker.model.entry import Source


class Given(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a dropped story document fixed for the story, beyond the fields of its lead.

    Attributes:
        heat: as written in the document; None when it gave none.
        published: likewise.
        quality: likewise; the item's own ``quality`` then has the same value.
        secured: a value made elsewhere, kept as it is; None when there was none.
        extras: keys that the schema does not know.
        content: the body.
        whole: the document had every key that the schema wants; False for one that the rules completed.
    """

    heat: int | None = None
    published: bool | None = None
    quality: int | None = None
    secured: str | None = None
    extras: tuple[Extra, ...] = ()
    content: str = ""
    whole: bool = True


class Item(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One article or video.

    Attributes:
        item_id: stable id, 16 lower-case hexadecimal characters: digest of the comparison key of the
            page's URL; without a URL of feed and GUID; without both of provider and fingerprint.
        collection: slug of the collection.
        source: the way in.
        title: plain text, never empty.
        excerpt: plain text, "" when there is none.
        published_at: UTC, whole seconds.
        original_url: as the source gave it, absolute.
        web_url: published address of the page, cleaned of tracking; None for an embed only.
        amp_web_url: AMP version.
        cdn_amp_web_url: AMP version on the AMP cache.
        type: article or video.
        quality: 0 or more.
        provider: publisher.
        topics: names from the taxonomy.
        labels: categories as the source gave them, as plain text.
        images: lead image first.
        featured_content: embed of a video.
        text_chars: length of the longest text that the source gave, with its markup, in characters.
        author: as stated, "" for none.
        language: BCP 47 tag, "" when unknown.
        feed_url: feed that it came from, "" for others.
        guid: as the source stated it, "" when it stated none.
        url_keys: comparison keys of all its addresses (web, original, AMP), without repeats, sorted.
        fingerprint: digest of title and text; equal articles of one provider have equal ones.
        first_seen_at: our clock when it first came.
        provenance: field name -> how it was obtained (``given``, ``repaired``, ``clamped``, ``first-seen``,
            ``registry``, ``domain``, ...).
        given: set for a story document, None for every other item.
        related: the other items that a story document names. Only then non-empty.
    """

    item_id: str
    collection: str
    source: Source
    title: str
    excerpt: str = ""
    published_at: datetime
    original_url: str
    web_url: str | None = None
    amp_web_url: str | None = None
    cdn_amp_web_url: str | None = None
    type: StoryType = StoryType.ARTICLE
    quality: int = 0
    provider: Provider
    topics: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    images: tuple[Image, ...] = ()
    featured_content: str | None = None
    text_chars: int = 0
    author: str = ""
    language: str = ""
    feed_url: str = ""
    guid: str = ""
    url_keys: tuple[str, ...] = ()
    fingerprint: str = ""
    first_seen_at: datetime
    provenance: dict[str, str] = {}
    given: Given | None = None
    related: tuple[Item, ...] = ()
