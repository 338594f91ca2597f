"""Texts of a document that are longer than any reader takes, cut before a tree is made of them.

A text goes through a document's memory several times: its bytes, libxml2's buffer, which is doubled until it fits,
and a ``str``. And libxml2 ends the whole document at a text of 10 MB, with all entries after it. Cut first, a text
costs what it may be long, and what stands after it is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from worker.sources.parse.caps import MAX_TEXT_CHARS

__all__ = ["MAX_TEXT_BYTES", "without_long_texts"]

MAX_TEXT_BYTES: Final = 4 * MAX_TEXT_CHARS
"""Of one text in UTF-8, in which a character has four bytes at most."""

_SECTION: Final = b"<![CDATA["
_LONGEST_REFERENCE: Final = 40


def without_long_texts(utf8: bytes) -> bytes:
    """The document with texts and CDATA sections of at most ``MAX_TEXT_BYTES``; the same object when all are so."""
    if len(utf8) <= MAX_TEXT_BYTES:
        return utf8
    kept, position, view = [], 0, memoryview(utf8)
    for start, end in _long_texts(utf8):
        kept.append(view[position : _whole(utf8, start, start + MAX_TEXT_BYTES)])
        position = end
    return b"".join((*kept, view[position:])) if kept else utf8


def _long_texts(utf8: bytes) -> Iterator[tuple[int, int]]:
    """Where they begin and end. In each of them stands a multiple of the limit, so nothing else is looked at."""
    end = 0
    for inside in range(MAX_TEXT_BYTES, len(utf8), MAX_TEXT_BYTES):
        if inside < end:
            continue
        start, end = _text_around(utf8, inside)
        if end - start > MAX_TEXT_BYTES:
            yield start, end


def _text_around(utf8: bytes, inside: int) -> tuple[int, int]:
    section = utf8.find(_SECTION, max(utf8.rfind(b"]]>", 0, inside), 0), inside)
    if section >= 0:
        start, end = section + len(_SECTION), utf8.find(b"]]>", inside)
    else:
        tag_end = utf8.find(b">", max(utf8.rfind(b"<", 0, inside), 0), inside)
        if tag_end < 0:
            return inside, inside  # in a tag
        start, end = tag_end + 1, utf8.find(b"<", inside)
    return start, end if end >= 0 else len(utf8)


def _whole(utf8: bytes, start: int, end: int) -> int:
    """A place to cut at, before ``end``: no character and no reference is parted."""
    while end > start and utf8[end] & 0xC0 == 0x80:
        end -= 1
    begun = utf8.rfind(b"&", max(start, end - _LONGEST_REFERENCE), end)
    return begun if begun >= 0 and utf8.find(b";", begun, end) < 0 else end
