"""JSON Feed 1 and 1.1 (jsonfeed.org/version/1.1), read from a decoded object.

An item without id is skipped and counted, as the specification wants; a number as id becomes its text.
Titles, summaries and ``content_text`` are plain text: the title is marked so, the others become HTML by
escaping. A document that breaks off gives the items before the break.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import escape
from typing import Any, Final

import msgspec

from storyfold.errors import SourceError
from worker.model.entry import Entry, Media, Source
from worker.sources.parse.caps import MAX_CATEGORIES, MAX_ENTRIES, MAX_MEDIA, Caps
from worker.sources.parse.parsed_feed import ParsedFeed
from worker.sources.parse.xml_media import kind_of

__all__ = ["READER", "decode_json", "is_bearable", "is_json_feed", "read_json_feed"]

READER: Final = "json-feed"
_VERSION: Final = ("https://jsonfeed.org/version/1", "http://jsonfeed.org/version/1")


def decode_json(utf8: bytes) -> tuple[object, str]:
    """Decode any JSON document that is UTF-8.

    Lone surrogates and NaN, which strict JSON has not, are read around: a cut emoji in one item is no
    reason to lose a feed.

    Returns:
        The value and the first complaint, "" for strict JSON.

    Raises:
        SourceError: ``empty``, ``too-deep`` or ``ill-formed``.
    """
    if not utf8.strip():
        raise SourceError("empty", "the document has no content")
    try:
        return msgspec.json.decode(utf8), ""
    except RecursionError as error:
        raise SourceError("too-deep", "the JSON document is nested deeper than any feed") from error
    except msgspec.DecodeError as strict:
        return _decode_leniently(utf8, str(strict)), str(strict)


def _decode_leniently(text: bytes, complaint: str) -> object:
    try:
        return json.loads(text, strict=False, parse_constant=lambda _: None)
    except RecursionError as error:
        raise SourceError("too-deep", "the JSON document is nested deeper than any feed") from error
    except ValueError as error:
        raise SourceError("ill-formed", f"the document is no JSON: {complaint}") from error


MAX_MARKS: Final = 250_000
"""Commas and opening brackets outside of texts: a mark is a value or two, of up to 100 bytes. Of a feed with more the
items are read as far as this goes."""

_MARK: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\Z)|[,\[{]', re.DOTALL)


def _room(utf8: bytes) -> int:
    """Where the mark stands with which the budget is spent; the length when it suffices."""
    if sum(map(utf8.count, (b",", b"[", b"{"))) <= MAX_MARKS:
        return len(utf8)
    left = MAX_MARKS
    for found in _MARK.finditer(utf8):
        left -= utf8[found.start()] != _QUOTE
        if left < 0:
            return found.start()
    return len(utf8)


def is_bearable(utf8: bytes) -> bool:
    """Whether a document has no more values than may be taken apart at a time."""
    return _room(utf8) == len(utf8)


_QUOTE: Final = ord('"')
_ITEMS: Final = re.compile(rb'"items"\s*+:\s*+\[')
_BETWEEN: Final = re.compile(r"[\s,]*+")


def _salvage(utf8: bytes) -> dict[str, Any] | None:
    """A document that breaks off or breaks its format among the items: what stands before, and the whole items."""
    start = _ITEMS.search(utf8)
    if start is None:
        return None
    try:
        document = json.loads(utf8[: start.start()].rstrip(b" \t\r\n,") + b"}", strict=False)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict):
        return None
    text = utf8[start.end() :].decode("utf-8", "replace")
    items: list[object] = []
    decoder = json.JSONDecoder(strict=False)
    position = _end_of(_BETWEEN, text, 0)
    while position < len(text) and len(items) <= MAX_ENTRIES:
        try:
            item, position = decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            break
        items.append(item)
        position = _end_of(_BETWEEN, text, position)
    return {**document, "items": items}


def _end_of(pattern: re.Pattern[str], text: str, position: int) -> int:
    found = pattern.match(text, position)
    return found.end() if found else position


def is_json_feed(document: object) -> bool:
    """Whether a decoded document says that it is a JSON Feed."""
    if not isinstance(document, dict):
        return False
    version = document.get("version")
    return isinstance(version, str) and version.startswith(_VERSION)


def _text(holder: dict[str, Any], key: str) -> str:
    """A string member without white space around it, "" for any other type."""
    value = holder.get(key)
    if not isinstance(value, str):
        return ""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        value = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value.strip()


def _objects(value: object) -> Iterator[dict[str, Any]]:
    return (part for part in value if isinstance(part, dict)) if isinstance(value, list) else iter(())


def _guid(item: dict[str, Any]) -> str:
    value = item.get("id")
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return _text(item, "id")


def _author(holder: dict[str, Any]) -> str:
    """JSON Feed 1.1 has a list ``authors``, 1 had one ``author``."""
    names = [_text(author, "name") for author in _objects(holder.get("authors"))]
    old = holder.get("author")
    if isinstance(old, dict):
        names.append(_text(old, "name"))
    return next((name for name in names if name), "")


def _pixels(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1_000_000 else None


def _media(item: dict[str, Any], caps: Caps) -> tuple[Media, ...]:
    found = [Media(url=_text(item, key), kind="image") for key in ("image", "banner_image") if _text(item, key)]
    for attachment in _objects(item.get("attachments")):
        url, media_type = _text(attachment, "url"), _text(attachment, "mime_type")
        if url:
            size = {key: _pixels(attachment.get(key)) for key in ("width", "height")}
            found.append(Media(url=url, kind=kind_of(media_type, url), media_type=media_type, **size))
    return tuple(media for media in caps.items(found, MAX_MEDIA) if caps.address(media.url))


def _tags(item: dict[str, Any], caps: Caps) -> tuple[str, ...]:
    tags = item.get("tags")
    names = [tag.strip() for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
    names = [_text({"": name}, "") for name in dict.fromkeys(names) if name]
    return tuple(caps.title(name) for name in caps.items(names, MAX_CATEGORIES))


def _entry(item: Any, feed: dict[str, Any], feed_url: str, base_url: str, caps: Caps) -> Entry | None:
    guid = caps.address(_guid(item)) if isinstance(item, dict) else ""
    if not guid:
        return None
    content = _text(item, "content_html") or escape(_text(item, "content_text"), quote=False)
    return Entry(
        source=Source.FEED,
        feed_url=feed_url,
        feed_title=caps.title(_text(feed, "title")),
        site_url=caps.address(_text(feed, "home_page_url")),
        base_url=base_url,
        guid=guid,
        link=caps.address(_text(item, "url") or _text(item, "external_url")),
        title=caps.title(_text(item, "title")),
        title_is_html=False,
        summary=caps.text(escape(_text(item, "summary"), quote=False)),
        content=caps.text(content),
        published=caps.title(_text(item, "date_published")),
        updated=caps.title(_text(item, "date_modified")),
        categories=_tags(item, caps),
        author=caps.title(_author(item) or _author(feed)),
        language=caps.title(_text(item, "language") or _text(feed, "language")),
        media=_media(item, caps),
    )


def _read(utf8: bytes, caps: Caps) -> tuple[object, str]:
    room = _room(utf8)
    if room < len(utf8):
        caps.truncated += 1
        kept = _salvage(utf8[:room])
        if kept is None or not kept["items"]:
            raise SourceError("too-large", f"the document has more than {MAX_MARKS:,} values before its first item")
        return kept, ""
    try:
        return decode_json(utf8)
    except SourceError as error:
        salvaged = _salvage(utf8) if error.failure == "ill-formed" else None
        if salvaged is None or not salvaged["items"]:
            raise
        return salvaged, error.detail


def _hub(feed: dict[str, Any]) -> str:
    hubs = [hub for hub in _objects(feed.get("hubs")) if _text(hub, "type").lower() == "websub"]
    return next((_text(hub, "url") for hub in hubs if _text(hub, "url")), "")


def read_json_feed(utf8: bytes, *, feed_url: str, base_url: str) -> ParsedFeed:
    """Read a JSON Feed that is UTF-8.

    Raises:
        SourceError: ``not-a-feed`` for other JSON; ``empty``, ``too-deep`` or ``ill-formed`` as
            :func:`decode_json`.
    """
    caps = Caps()
    document, fault = _read(utf8, caps)
    if not isinstance(document, dict) or not is_json_feed(document):
        raise SourceError("not-a-feed", "the document is JSON, but its version member names no JSON Feed")
    items = document.get("items")
    entries = caps.entries(
        items if isinstance(items, list) else [], lambda item: _entry(item, document, feed_url, base_url, caps)
    )
    return ParsedFeed(
        title=caps.title(_text(document, "title")),
        site_url=caps.address(_text(document, "home_page_url")),
        language=caps.title(_text(document, "language")),
        entries=entries,
        reader=READER,
        ill_formed=bool(fault),
        flags=caps.flags(),
        fault=fault or caps.fault,
        skipped=caps.skipped,
        truncated=caps.truncated,
        hub_url=_hub(document),
        self_url=_text(document, "feed_url"),
        next_url=_text(document, "next_url"),
        expired=document.get("expired") is True,
    )
