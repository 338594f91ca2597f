"""feedparser as the second reader, for what the first one cannot make out.

feedparser's sanitizing is off: what comes out is as published, and is cleaned where all HTML is cleaned.
"""

from __future__ import annotations

from html import escape
from io import BytesIO
from typing import Any, Final

import feedparser

from storyfold.errors import SourceError
from worker.model.entry import Entry, Media, Source
from worker.sources.parse.parsed_feed import MAX_CATEGORIES, MAX_ENTRIES, MAX_MEDIA, Caps, ParsedFeed
from worker.sources.parse.xml_links import Link, first_of
from worker.sources.parse.xml_media import kind_of, pixels
from worker.sources.parse.xml_text import is_http_address

__all__ = ["MAX_BYTES", "READER", "read_with_feedparser"]

READER: Final = "feedparser"

MAX_BYTES: Final = 512 * 1024
"""A larger document is not given to feedparser, which reads about 3 MB a second."""

MAX_TAGS: Final = 20_000
"""Nor one with more tags: at 25 microseconds each, 500 kB of nothing else would take it four seconds."""


def _get(holder: Any, key: str) -> Any:
    # FeedParserDict maps keys to other keys and warns about it; the stored value is what is wanted.
    return dict.get(holder, key) if isinstance(holder, dict) else None


def _text(holder: Any, key: str) -> str:
    value = _get(holder, key)
    return value.strip() if isinstance(value, str) else ""


def _list(holder: Any, key: str) -> list[Any]:
    value = _get(holder, key)
    return value if isinstance(value, list) else []


def _is_html(detail: Any, *, atom: bool) -> bool:
    """Only Atom says which; of RSS it is feedparser's guess, and a title there may hold markup."""
    return not atom or _text(detail, "type") != "text/plain"


def _markup(detail: Any, *, atom: bool) -> str:
    value = _text(detail, "value")
    return value if _is_html(detail, atom=atom) else escape(value, quote=False)


def _links(holder: Any) -> list[Link]:
    return [
        Link(_text(link, "rel").lower(), _text(link, "href"), _text(link, "type")) for link in _list(holder, "links")
    ]


def _enclosures(raw: Any) -> list[Media]:
    links = [link for link in _links(raw) if link.relation == "enclosure" and link.address]
    return [Media(url=link.address, kind=kind_of(link.media_type), media_type=link.media_type) for link in links]


def _media(raw: Any, caps: Caps) -> tuple[Media, ...]:
    found = _enclosures(raw)
    for key, kind in (("media_content", ""), ("media_thumbnail", "thumbnail")):
        found += [_declared(part, kind) for part in _list(raw, key) if _text(part, "url")]
    image = _text(_get(raw, "image"), "href")
    if image:
        found.append(Media(url=image, kind="image"))
    return tuple(media for media in caps.items(found, MAX_MEDIA) if caps.address(media.url))


def _declared(part: Any, kind: str) -> Media:
    return Media(
        url=_text(part, "url"),
        kind=kind or kind_of(_text(part, "type"), _text(part, "medium")),
        media_type=_text(part, "type"),
        width=pixels(_text(part, "width")),
        height=pixels(_text(part, "height")),
    )


def _categories(raw: Any, caps: Caps) -> tuple[str, ...]:
    names = [_text(tag, "label") or _text(tag, "term") for tag in _list(raw, "tags")]
    names = [name for name in dict.fromkeys(names) if name]
    return tuple(caps.title(name) for name in caps.items(names, MAX_CATEGORIES))


def _author(raw: Any) -> str:
    return _text(_get(raw, "author_detail"), "name") or _text(raw, "author")


def _entry(raw: Any, feed: Any, feed_url: str, caps: Caps, *, atom: bool) -> Entry | None:
    title, guid, link = (
        _get(raw, "title_detail"),
        caps.address(_text(raw, "id")),
        caps.address(_text(raw, "link")),
    )
    summary = caps.text(_markup(_get(raw, "summary_detail"), atom=atom))
    contents = (_markup(part, atom=atom) for part in _list(raw, "content"))
    content = caps.text(next(filter(None, contents), ""))
    if not (guid or link or _text(title, "value") or summary or content):
        return None
    origin = _get(raw, "source")
    return Entry(
        source=Source.FEED,
        feed_url=feed_url,
        feed_title=caps.title(_text(feed, "title")),
        site_url=caps.address(_text(feed, "link")),
        base_url=_text(title, "base") or feed_url,
        guid=guid,
        guid_is_permalink=bool(_get(raw, "guidislink")) and is_http_address(guid),
        link=link,
        title=caps.title(_text(title, "value")),
        title_is_html=_is_html(title, atom=atom),
        summary=summary,
        content=content,
        published=caps.title(_text(raw, "published") or _text(raw, "created")),
        updated=caps.title(_text(raw, "updated")),
        categories=_categories(raw, caps),
        author=caps.title(_author(raw)),
        language=_text(raw, "language") or _text(feed, "language"),
        media=_media(raw, caps),
        amp_url=caps.address(first_of(_links(raw), "amphtml")),
        provider_name=caps.title(_text(origin, "title")),
        provider_url=caps.address(_text(origin, "href") or _text(origin, "link")),
    )


def _parse(text: bytes, feed_url: str) -> Any:
    headers = {"content-type": "application/xml; charset=utf-8", "content-location": feed_url}
    try:
        # A stream, never bytes: feedparser opens a file or an address that bytes happen to name.
        return feedparser.parse(
            BytesIO(text), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except Exception as error:  # the boundary to feedparser: it raises whatever its own readers raise
        raise SourceError("ill-formed", f"feedparser failed with {type(error).__name__}: {error}") from error


def read_with_feedparser(text: bytes, *, feed_url: str) -> ParsedFeed:
    """Read a feed with feedparser.

    Args:
        text: the document in UTF-8.
        feed_url: address of the document after redirects.

    Raises:
        SourceError: ``too-large`` over one of the limits; ``ill-formed`` when feedparser fails or finds none.
    """
    if len(text) > MAX_BYTES or text.count(b"<") > MAX_TAGS:
        raise SourceError("too-large", f"over {MAX_BYTES} bytes or {MAX_TAGS} tags is too much for feedparser")
    parsed = _parse(text, feed_url)
    feed, raws = _get(parsed, "feed"), _list(parsed, "entries")
    caps = Caps()
    atom = _text(parsed, "version").startswith("atom")
    read = [_entry(raw, feed, feed_url, caps, atom=atom) for raw in caps.items(raws, MAX_ENTRIES)]
    entries = tuple(entry for entry in read if entry is not None)
    complaint = _get(parsed, "bozo_exception")
    if not entries and not _text(parsed, "version"):
        raise SourceError("ill-formed", f"feedparser found no feed either: {complaint}")
    links = _links(feed)
    return ParsedFeed(
        title=caps.title(_text(feed, "title")),
        site_url=caps.address(_text(feed, "link")),
        language=_text(feed, "language"),
        entries=entries,
        reader=READER,
        ill_formed=bool(_get(parsed, "bozo")),
        fault=" ".join(str(complaint or "").split())[:200],
        skipped=len(read) - len(entries),
        truncated=caps.truncated,
        update_period=_text(feed, "sy_updateperiod")[:40],
        update_frequency=_text(feed, "sy_updatefrequency")[:40],
        hub_url=first_of(links, "hub"),
        self_url=first_of(links, "self"),
        next_url=first_of(links, "next", "prev-archive"),
    )
