"""Mends the faults that real feeds have, on the bytes, before a second try of the XML parser.

Each step is linear in the size of the document and works on UTF-8.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from html.entities import html5
from io import BytesIO
from itertools import islice
from typing import Final

__all__ = ["MAX_SECTIONS", "may_be_markup", "mend", "without_doctype", "without_surrogates"]

_HEAD_BYTES: Final = 8_192
_SECTION: Final = b"<![CDATA["
_START: Final = re.compile(rb"<\?xml\b|<(?:[A-Za-z]{1,10}:)?(?:rss|rdf|feed|opml)[\s>]", re.IGNORECASE)
_DECLARATION: Final = re.compile(rb"<\?xml(?![\w:.-]*-)[^<>]*>+", re.IGNORECASE)
_PROLOG: Final = re.compile(rb"(?>\s|<\?(?>[^?]|\?(?!>))*+\?>|<!--(?>[^-]|-(?!->))*+-->)*+<!DOCTYPE\b", re.IGNORECASE)
_SUBSET_END: Final = re.compile(rb"\]\s*+>")
_CONTROLS: Final = bytes(b for b in range(32) if b not in (9, 10, 13))
_TAG_FIRST: Final = re.compile(rb"[\0- ]*+<")
_REFERENCE: Final = re.compile(
    rb"&(?!(?:amp|lt|gt|quot|apos);)(?:#([0-9]{1,7});|#[xX]([0-9a-fA-F]{1,6});|([A-Za-z][A-Za-z0-9]{0,31});)?"
)
# Half of a character beyond the 16 bits. libxml2 takes it in when told to go on, and then cannot give it back.
_SURROGATE: Final = re.compile(rb"&#(?:0*+(5[5-7][0-9]{3})|[xX]0*+[dD][89a-fA-F][0-9a-fA-F]{2})(?![0-9a-fA-F]);?")
_START_TAG: Final = re.compile(rb"<[A-Za-z][^<>=]*+=[^<>]*+>")
_VALUE: Final = re.compile(rb"""("[^"]*"|'[^']*')|=\s*([^\s"'<>=]+?)(?=/?>|\s)""")
_MAX_REPAIRS: Final = 500_000
"""Repairs of one kind in one document, half a second of work. libxml2 gets the rest as it is."""
_MAX_TAG_REPAIRS: Final = 100
MAX_SECTIONS: Final = 100_000
"""CDATA sections: a document with more is no feed, and is not mended."""
_STRAY: Final = re.compile(rb"<(?=[\s0-9=])")
_MAX_DOCTYPES: Final = 4  # sound documents have one


def _doctype_end(text: bytes, start: int) -> int:
    """Where the ``>`` of the declaration stands, -1 when it does not end."""
    close, subset = text.find(b">", start), text.find(b"[", start)
    if not 0 <= subset < close:
        return close
    end = _SUBSET_END.search(text, subset)
    return end.end() - 1 if end else -1


def without_doctype(text: bytes) -> bytes:
    """Cut the document type declaration out, internal subset and all.

    No reader of ours needs what it says, and without it there is no entity that could grow, no file and no
    address to load: entities that it declared stay in the text as they are written.
    """
    for _ in range(_MAX_DOCTYPES):
        head = _PROLOG.match(text)
        close = _doctype_end(text, head.end()) if head else -1
        if head is None or close < 0:
            break
        text = text[: head.end() - len(b"<!DOCTYPE")] + text[close + 1 :]
    return text


def _legal(code: int) -> bool:
    """Whether XML 1.0 section 2.2 allows the character."""
    return code in (9, 10, 13) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or 0x10000 <= code <= 0x10FFFF


def _mend_reference(found: re.Match[bytes]) -> bytes:
    decimal, hexadecimal, name = found.groups()
    if name is not None:
        known = html5.get(name.decode() + ";")
        return known.encode() if known and known not in "<&" else b"&amp;" + found.group()[1:]
    if decimal is None and hexadecimal is None:
        return b"&amp;"
    code = int(decimal) if decimal else int(hexadecimal, 16)
    if not _legal(code):
        return b""
    # HTML reads 128-159 as Windows-1252; that is what whoever wrote them meant.
    return html.unescape(f"&#{code};").encode() if 0x80 <= code <= 0x9F else found.group()


def without_surrogates(text: bytes) -> bytes:
    """Drop the numbers of half characters, in all of the text: the parser may see a section end where we do not."""
    if _SURROGATE.search(text) is None:
        return text
    mended = BytesIO()
    _write_mended(mended, text, _SURROGATE, _drop_surrogate, len(text))
    return mended.getvalue()


def _drop_surrogate(found: re.Match[bytes]) -> bytes:
    return b"" if found.group(1) is None or 0xD800 <= int(found.group(1)) <= 0xDFFF else found.group()


def _quote(found: re.Match[bytes]) -> bytes:
    return found.group(1) or b'="' + found.group(2) + b'"'


def _mend_tag(found: re.Match[bytes]) -> bytes:
    """Put the values of attributes in quotes."""
    return _VALUE.sub(_quote, found.group(), count=_MAX_TAG_REPAIRS)


def _write_mended(
    mended: BytesIO, text: bytes, pattern: re.Pattern[bytes], repair: Callable[[re.Match[bytes]], bytes], most: int
) -> int:
    """Write the text with its first ``most`` matches repaired; returns how many there were.

    ``re.sub`` joins its pieces, and joining bytes takes 80 bytes a piece: 74 MB for 9 MB of ampersands.
    """
    position = number = 0
    for found in islice(pattern.finditer(text), most):
        mended.write(text[position : found.start()])
        mended.write(repair(found))
        position = found.end()
        number += 1
    mended.write(memoryview(text)[position:])
    return number


def _outside_cdata(text: bytes, pattern: re.Pattern[bytes], repair: Callable[[re.Match[bytes]], bytes]) -> bytes:
    """Substitute everywhere but in CDATA sections, ``_MAX_REPAIRS`` times at most."""
    if text.count(_SECTION) > MAX_SECTIONS or pattern.search(text) is None:
        return text
    mended, left, position = BytesIO(), _MAX_REPAIRS, 0
    while position < len(text):
        section = text.find(_SECTION, position)
        markup = text[position:section] if section >= 0 else text[position:]
        left -= _write_mended(mended, markup, pattern, repair, left)
        if section < 0:
            break
        close = text.find(b"]]>", section)
        position = close + len(b"]]>") if close >= 0 else len(text)
        mended.write(memoryview(text)[section:position])
    return mended.getvalue()


def may_be_markup(text: bytes) -> bool:
    """Whether mending can find a root element: the text begins with a tag, or a feed's root follows soon."""
    return _TAG_FIRST.match(text) is not None or _START.search(text, 0, _HEAD_BYTES) is not None


def mend(text: bytes) -> bytes:
    """Cut junk before the root, declarations and control characters; mend attributes and references.

    Values of attributes are put in quotes, HTML's named characters are put in place, a bare ampersand and a
    ``<`` that begins no tag are escaped, and the number of an impossible character is dropped.
    """
    start = _START.search(text, 0, _HEAD_BYTES)
    if start is not None:
        text = text[start.start() :]
    head = text[:_HEAD_BYTES]
    if _DECLARATION.search(head):
        text = _DECLARATION.sub(b"", head) + text[_HEAD_BYTES:]
    text = without_doctype(text.lstrip()).translate(None, _CONTROLS)
    text = _outside_cdata(text, _START_TAG, _mend_tag)
    text = _outside_cdata(text, _STRAY, lambda _: b"&lt;")
    text = _outside_cdata(text, _REFERENCE, _mend_reference)
    return without_surrogates(text)
