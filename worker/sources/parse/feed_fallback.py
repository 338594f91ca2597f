"""feedparser as the second reader, for what the first one cannot make out.

feedparser's sanitizing is off: what comes out is as published, and is cleaned where all HTML is cleaned.

What it does otherwise than the first reader is undone, so that both give the same entry:

* it copies the content into an entry without summary; such a summary is left out;
* it files a second short text (``itunes:summary`` beside ``description``) as content; plain text beside a summary
  is no content of RSS;
* it keeps ``dc:date`` and ``dcterms:modified`` as one and the same ``updated``; in RSS without another date this is
  when the entry was published;
* of several page links it takes the last; the links are looked through again;
* without a link it takes the guid for one, be it an address or not.

What it does not tell stays different: the order of files among each other, and which of the texts of a
``media:group`` is whose.
"""

from __future__ import annotations

from html import escape
from io import BytesIO
from typing import Any, Final

import feedparser

from storyfold.errors import SourceError
from worker.model.entry import Entry, Media, Source
from worker.sources.parse.caps import MAX_CATEGORIES, MAX_MEDIA, Caps
from worker.sources.parse.entry_xml import Frame
from worker.sources.parse.parsed_feed import ParsedFeed
from worker.sources.parse.person import person_name
from worker.sources.parse.xml_links import Link, first_of, page_address
from worker.sources.parse.xml_media import kind_of, pixels
from worker.sources.parse.xml_text import is_http_address, join

__all__ = ["MAX_BYTES", "READER", "read_with_feedparser"]

READER: Final = "feedparser"

MAX_BYTES: Final = 512 * 1024
"""A larger document is not given to feedparser, which reads about 3 MB a second."""

MAX_TAGS: Final = 20_000
"""Nor one with more tags: at 25 microseconds each, 500 kB of nothing else would take it four seconds."""


# feedparser looks for an encoding in the first line with a pattern that takes cubic time there: 21 s for 49 kB. With
# this line before the document, which has no declaration of its own any more, it looks no further.
_DECLARATION: Final = b'<?xml version="1.0" encoding="utf-8"?>\n'


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
        Link(
            _text(link, "rel").lower(),
            _text(link, "href"),
            _text(link, "type").lower().partition(";")[0].strip(),
            _text(link, "hreflang").lower(),
        )
        for link in _list(holder, "links")
    ]


def _enclosures(links: list[Link]) -> list[Media]:
    return [
        Media(url=link.address, kind=kind_of(link.media_type, link.address), media_type=link.media_type)
        for link in links
        if link.relation == "enclosure" and link.address
    ]


def _media(raw: Any, links: list[Link], caps: Caps) -> tuple[Media, ...]:
    found = _enclosures(links)
    for key, kind in (("media_content", ""), ("media_thumbnail", "thumbnail")):
        found += [_declared(part, kind) for part in _list(raw, key) if _text(part, "url")]
    player = _get(raw, "media_player")
    if _text(player, "url"):
        found.append(_declared(player, "player"))
    image = _text(_get(raw, "image"), "href")
    if image:
        found.append(Media(url=image, kind="image"))
    return tuple(media for media in caps.items(list(dict.fromkeys(found)), MAX_MEDIA) if caps.address(media.url))


def _declared(part: Any, kind: str) -> Media:
    return Media(
        url=_text(part, "url"),
        kind=kind or kind_of(_text(part, "type"), _text(part, "url"), _text(part, "medium")),
        media_type=_text(part, "type"),
        width=pixels(_text(part, "width")),
        height=pixels(_text(part, "height")),
    )


def _categories(raw: Any, caps: Caps) -> tuple[str, ...]:
    names = [_text(tag, "label") or _text(tag, "term") for tag in _list(raw, "tags")]
    names = [name for name in dict.fromkeys(names) if name]
    return tuple(caps.title(name) for name in caps.items(names, MAX_CATEGORIES))


def _author(raw: Any) -> str:
    detail = _get(raw, "author_detail")
    name = _text(detail, "name")
    if name or _text(detail, "email"):
        return name
    return person_name(_text(raw, "author"))


def _texts(raw: Any, *, atom: bool) -> tuple[str, str]:
    """Summary and content."""
    summary = _markup(_get(raw, "summary_detail"), atom=atom)
    parts = _list(raw, "content")
    if not atom and summary:
        parts = [part for part in parts if _text(part, "type") != "text/plain"]
    content = next(filter(None, (_markup(part, atom=atom) for part in parts)), "")
    return ("" if summary == content else summary), content


def _dates(raw: Any, *, atom: bool) -> tuple[str, str]:
    """When the entry was published and updated."""
    published, updated = _text(raw, "published") or _text(raw, "created"), _text(raw, "updated")
    return (published, updated) if published or atom else (updated, "")


def _base(raw: Any, outer: str) -> str:
    details = (_get(raw, key) for key in ("title_detail", "summary_detail"))
    stated = next((base for base in (_text(detail, "base") for detail in details) if base), "")
    return join(outer, stated)


def _provider(raw: Any) -> tuple[str, str]:
    origin = _get(raw, "source")
    links = _links(origin)
    address = _text(origin, "href") or page_address(links) or _text(origin, "link") or first_of(links, "self")
    return _text(origin, "title"), address


def _entry(raw: Any, feed: Any, frame: Frame, caps: Caps) -> Entry | None:
    title, links = _get(raw, "title_detail"), _links(raw)
    guid = _text(raw, "id") or _text(raw, "dc_identifier")
    language = _text(raw, "language") or _text(title, "language") or _text(feed, "language")
    link = page_address(links, language) or _text(raw, "link")
    if link == guid and not is_http_address(guid):
        link = ""
    summary, content = _texts(raw, atom=frame.atom)
    if not (guid or link or _text(title, "value") or summary or content):
        return None
    guid = caps.address(guid)
    published, updated = _dates(raw, atom=frame.atom)
    provider_name, provider_url = _provider(raw)
    return Entry(
        source=Source.FEED,
        feed_url=frame.feed_url,
        feed_title=frame.feed_title,
        site_url=frame.site_url,
        base_url=_base(raw, frame.base_url),
        guid=guid,
        guid_is_permalink=not frame.atom and bool(_get(raw, "guidislink")) and is_http_address(guid),
        link=caps.address(link),
        page_url=caps.address(_text(raw, "feedburner_origlink") or _text(raw, "pheedo_origlink")),
        title=caps.title(_text(title, "value")),
        title_is_html=_is_html(title, atom=frame.atom),
        summary=caps.text(summary),
        content=caps.text(content),
        published=caps.title(published),
        updated=caps.title(updated),
        categories=_categories(raw, caps),
        author=caps.title(_author(raw) or (_author(feed) if frame.atom else "")),
        language=caps.title(language),
        media=_media(raw, links, caps),
        amp_url=caps.address(first_of(links, "amphtml")),
        provider_name=caps.title(provider_name),
        provider_url=caps.address(provider_url),
    )


def _parse(text: bytes) -> Any:
    # Without an address: feedparser would resolve ids against it, too.
    declared = text if text.startswith(b"<?xml ") else _DECLARATION + text
    headers = {"content-type": "application/xml; charset=utf-8"}
    try:
        # A stream, never bytes: feedparser opens a file or an address that bytes happen to name.
        return feedparser.parse(
            BytesIO(declared), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except Exception as error:  # the boundary to feedparser: it raises whatever its own readers raise
        raise SourceError("ill-formed", f"feedparser failed with {type(error).__name__}: {error}") from error


def read_with_feedparser(text: bytes, *, feed_url: str, base_url: str) -> ParsedFeed:
    """Read a feed with feedparser.

    Args:
        text: the document in UTF-8.
        feed_url: address of the document after redirects.
        base_url: the outermost base for relative addresses.

    Raises:
        SourceError: ``too-large`` over one of the limits; ``ill-formed`` when feedparser fails or finds none.
    """
    if len(text) > MAX_BYTES or text.count(b"<") > MAX_TAGS:
        raise SourceError("too-large", f"over {MAX_BYTES} bytes or {MAX_TAGS} tags is too much for feedparser")
    parsed = _parse(text)
    feed = _get(parsed, "feed")
    caps = Caps()
    frame = Frame(
        atom=_text(parsed, "version").startswith("atom"),
        feed_url=feed_url,
        feed_title=caps.title(_text(feed, "title")),
        site_url=caps.address(_text(feed, "link")),
        base_url=base_url,
    )
    entries = caps.entries(_list(parsed, "entries"), lambda raw: _entry(raw, feed, frame, caps))
    complaint = _get(parsed, "bozo_exception")
    if not entries and not _text(parsed, "version"):
        raise SourceError("ill-formed", f"feedparser found no feed either: {complaint}")
    links = _links(feed)
    return ParsedFeed(
        title=frame.feed_title,
        site_url=frame.site_url,
        language=_text(feed, "language"),
        entries=entries,
        reader=READER,
        flags=caps.flags(),
        ill_formed=bool(_get(parsed, "bozo")),
        fault=" ".join(str(complaint or "").split())[:200] or caps.fault,
        skipped=caps.skipped,
        truncated=caps.truncated,
        update_period=_text(feed, "sy_updateperiod")[:40],
        update_frequency=_text(feed, "sy_updatefrequency")[:40],
        hub_url=first_of(links, "hub"),
        self_url=first_of(links, "self"),
        next_url=first_of(links, "next", "prev-archive"),
    )
