"""Bytes of a feed document to a :class:`~worker.sources.parse.parsed_feed.ParsedFeed`.

Which reader:

1. A document that begins with ``{`` or ``[`` goes to the JSON Feed reader, whatever its name or header says.
2. Any other goes to the XML reader (:mod:`worker.sources.parse.feed_xml`), which mends and reads around most
   faults.
3. feedparser reads it again when :func:`choose` finds a reason; it is believed when it gives more
   entries.

An HTML page is never read as a feed; the error names the feed that the page advertises.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final
from urllib.parse import urljoin

from msgspec.structs import replace
from selectolax.lexbor import LexborHTMLParser

from storyfold.errors import SourceError
from worker.sources.parse.encoding import decode
from worker.sources.parse.feed_fallback import MAX_BYTES, read_with_feedparser
from worker.sources.parse.feed_xml import entry_marks, read_xml_feed
from worker.sources.parse.json_feed import read_json_feed
from worker.sources.parse.parsed_feed import MAX_ENTRIES, ParsedFeed
from worker.sources.parse.xml_mend import mend
from worker.sources.parse.xml_tree import parse_xml

__all__ = ["Reason", "advertised_feed", "choose", "looks_like_html", "parse_feed"]

_HTML: Final = re.compile(
    rb"(?>\s|<\?(?>[^>])*+>|<!--(?>[^-]|-(?!->))*+-->)*+<(?:!DOCTYPE\s+html\b|html[\s>]|head[\s>]|body[\s>])",
    re.IGNORECASE,
)
_HTML_HEAD_BYTES: Final = 256 * 1024
_ADVERTISED: Final = (
    "application/rss+xml",
    "application/atom+xml",
    "application/feed+json",
    "application/rdf+xml",
    "application/json",
)


class Reason(StrEnum):
    """Why the second reader is asked."""

    NONE = ""
    REFUSED = "the first reader finds no feed in a document that has items or entries"
    NO_ENTRIES = "the first reader finds no entries in a document that has some"
    FEWER_ENTRIES = "the document is ill-formed and the first reader finds fewer entries than it has"


def choose(first: ParsedFeed | SourceError, marks: int) -> Reason:
    """Decide whether feedparser shall read the document again.

    Args:
        first: what the XML reader gave or raised.
        marks: start tags of items or entries in the raw document.

    A document that hit a limit (``too-deep``, ``too-large``) is not tried again: it is no feed but an attack.
    """
    if isinstance(first, SourceError):
        return Reason.REFUSED if marks and first.failure in ("not-a-feed", "ill-formed") else Reason.NONE
    found = len(first.entries) + first.skipped
    if marks and not found:
        return Reason.NO_ENTRIES
    if first.ill_formed and found < min(marks, MAX_ENTRIES) and not first.truncated:
        return Reason.FEWER_ENTRIES
    return Reason.NONE


def looks_like_html(text: bytes) -> bool:
    """Whether the document begins as an HTML page does."""
    return _HTML.match(text, 0, _HTML_HEAD_BYTES) is not None


def advertised_feed(text: bytes, page_url: str) -> str:
    """The first feed that an HTML page names by ``<link rel="alternate">``, made absolute; "" when none."""
    page = LexborHTMLParser(text[:_HTML_HEAD_BYTES].decode("utf-8", "replace"))
    for link in page.css("link[rel~='alternate' i][href]"):
        media_type = (link.attributes.get("type") or "").lower().partition(";")[0].strip()
        if media_type in _ADVERTISED:
            href = (link.attributes.get("href") or "").strip()
            try:
                return urljoin(page_url, href)
            except ValueError:
                continue
    return ""


def _page_error(text: bytes, feed_url: str) -> SourceError:
    advertised = advertised_feed(text, feed_url)
    hint = f"; the page names its feed: {advertised}" if advertised else ", and it names no feed"
    return SourceError("not-a-feed", f"the address gives an HTML page{hint}")


def _read_xml(text: bytes, feed_url: str) -> ParsedFeed | SourceError:
    try:
        return read_xml_feed(parse_xml(text), feed_url=feed_url)
    except SourceError as error:
        return error


def _read_again(first: ParsedFeed | SourceError, text: bytes, feed_url: str) -> ParsedFeed | SourceError:
    """The better of both readings. A refusal by feedparser leaves the first with its own complaint."""
    if len(text) > MAX_BYTES:
        return first
    try:
        second = read_with_feedparser(mend(text), feed_url=feed_url)
    except SourceError:
        return first
    if isinstance(first, SourceError):
        return replace(second, ill_formed=True, fault=second.fault or first.detail) if second.entries else first
    if len(second.entries) <= len(first.entries):
        return first
    return replace(second, ill_formed=True, fault=first.fault or second.fault)


def parse_feed(body: bytes, *, feed_url: str, content_type: str = "") -> ParsedFeed:
    """Read a feed document of any supported format.

    Args:
        body: decoded of any content coding, at most as large as a fetch allows.
        feed_url: address of the document after redirects: base for relative addresses. "" for a file.
        content_type: the HTTP header's value, for its charset; "" when there was none.

    Raises:
        SourceError: ``empty``; ``not-a-feed`` (an HTML page, other JSON, other XML); ``ill-formed`` when
            nothing could be saved; ``too-deep`` or ``too-large`` for documents made to hurt.
    """
    decoded = decode(body, content_type)
    text = decoded.utf8
    start = text.lstrip()[:1]
    if not start:
        raise SourceError("empty", "the document has no content")
    read = read_json_feed if start in (b"{", b"[") else _read_markup
    feed = read(text, feed_url=feed_url)
    if not decoded.fault:
        return feed
    return replace(feed, ill_formed=feed.ill_formed or decoded.repaired, fault=feed.fault or decoded.fault)


def _read_markup(text: bytes, *, feed_url: str) -> ParsedFeed:
    first = _read_xml(text, feed_url)
    if isinstance(first, SourceError) and looks_like_html(text):
        raise _page_error(text, feed_url)
    sound = isinstance(first, ParsedFeed) and first.entries and not first.ill_formed
    if not sound and choose(first, entry_marks(text)) is not Reason.NONE:
        first = _read_again(first, text, feed_url)
    if isinstance(first, SourceError):
        raise first
    return first
