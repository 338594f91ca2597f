"""Entry: what a source said about one article or video, before any rule of ours."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from storyfold.document import Document


class Source(StrEnum):
    """The way in by which an entry came."""

    FEED = "feed"
    DROP = "drop"
    TASK = "task"


class Media(Struct, frozen=True, kw_only=True):
    """A file that the source declares for an entry: enclosure, media:content, thumbnail, image.

    Attributes:
        url: as published, possibly relative.
        kind: ``image``, ``video``, ``audio``, ``thumbnail``, ``player`` or "" when not stated.
        media_type: MIME type as stated, "" when not.
        width: in pixels as stated, None when not stated or not a number.
        height: likewise.
    """

    url: str
    kind: str = ""
    media_type: str = ""
    width: int | None = None
    height: int | None = None


class Entry(Struct, frozen=True, kw_only=True):
    """One entry as parsed. Text is as the source gave it; "" stands for absent.

    Attributes:
        source: the way in.
        feed_url: address of the feed, "" for an entry that did not come from a feed.
        feed_title: title that the feed gives itself.
        site_url: the page that the feed says it belongs to.
        base_url: absolute URL against which relative URLs of the entry are resolved (xml:base,
            else the feed's address); "" when there is none.
        guid: RSS guid, Atom id, JSON Feed id; opaque, compared character by character.
        guid_is_permalink: the RSS guid says that it is the address of the page.
        link: the page's address, as published, possibly relative.
        page_url: the page's own address when ``link`` only leads there (``feedburner:origLink``), else "".
        title: may hold markup or entities when ``title_is_html``.
        title_is_html: how the title is to be read (Atom's type attribute; RSS: always True).
        summary: HTML or text.
        content: HTML of the whole article, if the source gives it.
        published: date text as the source gave it.
        updated: date text as the source gave it.
        categories: labels as published.
        author: name, if stated.
        language: BCP 47 tag as stated by entry or feed.
        media: declared files in document order.
        amp_url: address of the AMP version, if stated.
        provider_name: publisher that the entry states for itself (RSS ``source``), else "".
        provider_url: that publisher's address, else "".
        document: the story document, when the entry was one; its values win over all others.
        worked_out: attribute of the item -> how it was obtained, for values of ``document`` that the source
            did not give itself.
        rules: names of the operator's rules that the feed names in its settings.
    """

    source: Source
    feed_url: str = ""
    feed_title: str = ""
    site_url: str = ""
    base_url: str = ""
    guid: str = ""
    guid_is_permalink: bool = False
    link: str = ""
    page_url: str = ""
    title: str = ""
    title_is_html: bool = True
    summary: str = ""
    content: str = ""
    published: str = ""
    updated: str = ""
    categories: tuple[str, ...] = ()
    author: str = ""
    language: str = ""
    media: tuple[Media, ...] = ()
    amp_url: str = ""
    provider_name: str = ""
    provider_url: str = ""
    document: Document | None = None
    worked_out: dict[str, str] = {}
    rules: tuple[str, ...] = ()
