"""What a dropped file is, by its content; its name only decides where the content fits several kinds."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import PurePath
from typing import Final

import msgspec

from storyfold.errors import SourceError
from worker.sources.parse.encoding import decode
from worker.sources.parse.json_feed import decode_json, is_bearable, is_json_feed

__all__ = ["Kind", "sniff"]

_HEAD_BYTES: Final = 64 * 1024
_CONTENT: Final = re.compile(rb"[^\0 \t\r\n]")
_FEED_VERSION: Final = re.compile(rb'"version"\s*+:\s*+"https?://jsonfeed\.org/version/1')
_FENCE: Final = re.compile(rb"(?:---|\+\+\+)[ \t]*\r?(?:\n|\Z)")
# What may stand before the root element; possessive, so that hostile input costs one pass.
_ROOT: Final = re.compile(
    rb"(?>\s|<\?(?>[^>])*+>|<!--(?>[^-]|-(?!->))*+-->|<![A-Za-z](?>[^>\[]|\[(?>[^\]])*+\])*+>)*+"
    rb"<(?:[A-Za-z_][\w.-]{0,40}:)?([A-Za-z_][\w.-]{0,40})[\s>/]"
)
_HTML_DOCTYPE: Final = re.compile(rb"<!DOCTYPE\s+html\b", re.IGNORECASE)
_LATE_ROOT: Final = re.compile(rb"<(?:[A-Za-z]{1,10}:)?(rss|rdf|feed|opml)[\s>]", re.IGNORECASE)
_ADDRESS: Final = re.compile(rb"(?:feed:(?://)?)?https?://[^\s/]|feed://[^\s/]", re.IGNORECASE)
_MARKDOWN: Final = frozenset((".md", ".markdown"))


class Kind(StrEnum):
    """The kinds of file that the drop folder can tell apart."""

    DOCUMENT = "document"
    """Markdown with front matter: a story document, or any with title and url."""
    XML_FEED = "xml-feed"
    """RSS, RDF or Atom."""
    JSON_FEED = "json-feed"
    """JSON Feed."""
    JSON_DOCUMENTS = "json-documents"
    """One JSON value: a document, or a list of them."""
    JSON_LINES = "json-lines"
    """A JSON object on each line."""
    OPML = "opml"
    """A list of subscriptions."""
    URL_LIST = "url-list"
    """Feed addresses, one a line."""
    HTML = "html"
    """A web page, which is no feed."""
    EMPTY = "empty"
    """Nothing but white space."""
    UNKNOWN = "unknown"
    """None of these."""


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(msgspec.json.decode(line), dict)
    except (msgspec.DecodeError, RecursionError):
        return False


def _head(body: bytes, start: int) -> bytes:
    """The first bytes, not cut inside of a character; after white space that is longer than that, what follows it."""
    begin = 0 if start < _HEAD_BYTES // 2 else start & ~3
    end = begin + _HEAD_BYTES
    while begin < end < len(body) and body[end - 1] >= 0x80:
        end -= 1
    return body[begin : end if end > begin else begin + _HEAD_BYTES]


def _json_kind(head: bytes, body: bytes, suffix: str) -> Kind:
    lines = [line for line in head.splitlines() if line.strip()]
    several = len(lines) > 1 and _is_object(lines[0])
    if several or (suffix in (".jsonl", ".ndjson") and not head.startswith(b"[")):
        return Kind.JSON_LINES
    text = decode(body).utf8
    if not is_bearable(text):  # whoever reads it cuts or refuses it; here only the beginning is asked
        return Kind.JSON_FEED if _FEED_VERSION.search(head) else Kind.JSON_DOCUMENTS
    try:
        document, _ = decode_json(text.lstrip())
    except SourceError:
        return Kind.JSON_DOCUMENTS if suffix in (".json", ".jsonl", ".ndjson") else Kind.UNKNOWN
    return Kind.JSON_FEED if is_json_feed(document) else Kind.JSON_DOCUMENTS


def _markup_kind(head: bytes) -> Kind:
    root = _ROOT.match(head)
    name = root.group(1).lower() if root else b""
    if name not in (b"rss", b"rdf", b"feed", b"opml", b"channel"):
        if name in (b"html", b"head", b"body") or _HTML_DOCTYPE.search(head, 0, 1_024):
            return Kind.HTML
        late = _LATE_ROOT.search(head, 0, 8_192)
        name = late.group(1).lower() if late else b""
    if not name:
        return Kind.UNKNOWN
    return Kind.OPML if name == b"opml" else Kind.XML_FEED


def _text_kind(head: bytes, suffix: str) -> Kind:
    lines = (line.strip() for line in head.splitlines())
    first = next((line for line in lines if line and not line.startswith(b"#")), b"")
    if suffix not in _MARKDOWN and (_ADDRESS.match(first) or (suffix == ".urls" and b"\0" not in head)):
        return Kind.URL_LIST
    late = _LATE_ROOT.search(head, 0, 8_192)
    if late:
        return Kind.OPML if late.group(1).lower() == b"opml" else Kind.XML_FEED
    return Kind.DOCUMENT if suffix in _MARKDOWN and b"\0" not in head else Kind.UNKNOWN


def sniff(body: bytes, name: str) -> Kind:
    """Tell what a file is.

    Args:
        body: all of the file.
        name: the file's name; only its suffix is looked at, and only where the content leaves a choice: a
            lone JSON object is JSON Lines when called ``.jsonl``, text without front matter is a (faulty)
            document when called ``.md``, broken JSON is still JSON when called so.
    """
    suffix = PurePath(name).suffix.lower()
    start = _CONTENT.search(body)
    if start is None:
        return Kind.EMPTY
    # Decoding all of a file that may be nothing at all took seven times its size: 217 MB for 60 MB of garbage.
    text = decode(_head(body, start.start())).utf8.lstrip()
    if not text.strip(b"\0 \t\r\n"):
        return Kind.EMPTY
    if _FENCE.match(text):
        return Kind.DOCUMENT
    if text[:1] in (b"{", b"["):
        kind = _json_kind(text, body, suffix)
        return kind if kind is not Kind.UNKNOWN else _text_kind(text[:_HEAD_BYTES], suffix)
    if text[:1] == b"<":
        kind = _markup_kind(text[:_HEAD_BYTES])
        return Kind.DOCUMENT if kind is Kind.UNKNOWN and suffix in _MARKDOWN else kind
    return _text_kind(text[:_HEAD_BYTES], suffix)
