"""Bytes of a feed document to a :class:`~worker.sources.parse.parsed_feed.ParsedFeed`.

Which reader, and what :attr:`ParsedFeed.reader` calls it:

1. ``json-feed`` (:mod:`worker.sources.parse.json_feed`): a document that begins with ``{`` or ``[``, whatever its
   name or header says.
2. ``lean`` (:mod:`worker.sources.parse.feed_xml`): any other. It mends and reads around most faults.
3. ``feedparser`` (:mod:`worker.sources.parse.feed_fallback`): a document that the lean reader refuses, in which it
   finds no entries though the raw text has some, or that is ill-formed and has more of them in its raw text than
   were found (:func:`choose`). It is believed when it gives more entries.

What was mended, read around or cut is told by :attr:`ParsedFeed.flags`, by the same names for all three.

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
from worker.sources.parse.caps import MAX_ENTRIES, Flag
from worker.sources.parse.encoding import Decoded, decode
from worker.sources.parse.feed_fallback import MAX_BYTES, read_with_feedparser
from worker.sources.parse.feed_xml import entry_marks, read_xml_feed
from worker.sources.parse.json_feed import read_json_feed
from worker.sources.parse.long_texts import without_long_texts
from worker.sources.parse.parsed_feed import ParsedFeed
from worker.sources.parse.xml_mend import mend
from worker.sources.parse.xml_text import join
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


def _read_xml(text: bytes, feed_url: str, base_url: str) -> tuple[ParsedFeed | SourceError, bool]:
    """The lean reader's answer, and whether it is sure to have seen all entries."""
    try:
        tree = parse_xml(text)
        feed = read_xml_feed(tree, feed_url=feed_url, base_url=base_url)
    except SourceError as error:
        return error, False
    return feed, bool(feed.entries) and not tree.torn


def _read_again(
    first: ParsedFeed | SourceError, text: bytes, feed_url: str, base_url: str
) -> ParsedFeed | SourceError:
    """The better of both readings. A refusal by feedparser leaves the first with its own complaint."""
    if len(text) > MAX_BYTES:
        return first
    try:
        second = read_with_feedparser(mend(text), feed_url=feed_url, base_url=base_url)
    except SourceError:
        return first
    if isinstance(first, SourceError):
        return replace(second, ill_formed=True, fault=second.fault or first.detail) if second.entries else first
    if len(second.entries) <= len(first.entries):
        return first
    return replace(second, ill_formed=True, fault=first.fault or second.fault)


def _read_markup(text: bytes, *, feed_url: str, base_url: str) -> ParsedFeed:
    first, is_whole = _read_xml(text, feed_url, base_url)
    if isinstance(first, SourceError) and looks_like_html(text):
        raise _page_error(text, feed_url)
    if not is_whole and choose(first, entry_marks(text)) is not Reason.NONE:
        first = _read_again(first, text, feed_url, base_url)
    if isinstance(first, SourceError):
        raise first
    return first


def _flagged(feed: ParsedFeed, decoded: Decoded) -> ParsedFeed:
    """The feed with what was wrong with its bytes."""
    ill_formed = feed.ill_formed or decoded.repaired
    flags = set(feed.flags)
    if ill_formed:
        flags.add(Flag.ILL_FORMED)
    if decoded.repaired:
        flags.add(Flag.ENCODING_REPAIRED)
    if decoded.conflict:
        flags.add(Flag.ENCODING_CONFLICT)
    if len(flags) == len(feed.flags) and not decoded.fault:
        return feed
    return replace(feed, ill_formed=ill_formed, fault=feed.fault or decoded.fault, flags=tuple(sorted(flags)))


def parse_feed(body: bytes, *, feed_url: str, content_type: str = "", content_location: str = "") -> ParsedFeed:
    """Read a feed document of any supported format.

    Args:
        body: decoded of any content coding, at most as large as a fetch allows.
        feed_url: address of the document after redirects: base for relative addresses. "" for a file.
        content_type: the HTTP header's value, for its charset; "" when there was none.
        content_location: the HTTP header's value (RFC 9110 section 8.7): resolved against ``feed_url`` it
            is the base in its place, and ``xml:base`` goes on from there. "" when there was none.

    Raises:
        SourceError: ``empty``; ``not-a-feed`` (an HTML page, other JSON, other XML); ``ill-formed`` when
            nothing could be saved; ``too-deep`` or ``too-large`` for documents made to hurt.
    """
    decoded = decode(body, content_type)
    start = decoded.utf8.lstrip()[:1]
    if not start:
        raise SourceError("empty", "the document has no content")
    base_url = join(feed_url, content_location)
    if start in (b"{", b"["):
        return _flagged(read_json_feed(decoded.utf8, feed_url=feed_url, base_url=base_url), decoded)
    text = without_long_texts(decoded.utf8)
    if text is decoded.utf8:
        return _flagged(_read_markup(text, feed_url=feed_url, base_url=base_url), decoded)
    decoded = replace(decoded, utf8=b"")  # the tree shall not stand beside the whole document
    feed = _flagged(_read_markup(text, feed_url=feed_url, base_url=base_url), decoded)
    return replace(feed, truncated=feed.truncated + 1, flags=tuple(sorted({*feed.flags, Flag.TRUNCATED})))
