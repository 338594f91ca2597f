"""How much of a document is made into a tree, so that no document fills the memory.

libxml2 bounds depth, texts and names, not the number of nodes: two million empty elements, 8 MB, took 254 MB. A node
takes some 130 bytes. An element has two tags and up to two texts, an attribute is two nodes. So the ``<`` outside of
CDATA sections and the ``=`` in tags tell what a tree may take, before there is one.

A document of more marks is cut at the end of the last whole entry that there is room for; :attr:`Budgeted.is_cut`
says so. Five plain elements in each of 9,000 entries are within the budget.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

__all__ = ["MAX_MARKS", "Budgeted", "within_budget"]

MAX_MARKS: Final = 120_000
"""A ``<`` is one mark, a ``=`` in a tag is two. A mark is a node or two."""

_SECTION: Final = b"<![CDATA["
_BLOCK_BYTES: Final = 32 * 1024
_LOOKED_BACK_BYTES: Final = 2 * 1024 * 1024
_ENTRY_END: Final = re.compile(rb"</(?:[A-Za-z][\w.-]{0,20}:)?(?:item|entry)\s*+>", re.IGNORECASE)
_TAG: Final = re.compile(rb"<[^<>]*+")
_TAG_REST: Final = re.compile(rb"[^<>]*+")


class Budgeted(NamedTuple):
    """As much of a document as there is room for."""

    text: bytes
    is_cut: bool


def _markup(text: bytes) -> Iterator[tuple[int, int]]:
    """Where the markup stands, in blocks; CDATA sections are left out."""
    position, section = 0, text.find(_SECTION)
    while position < len(text):
        end = min(position + _BLOCK_BYTES, len(text), section if section >= 0 else len(text))
        yield position, end
        position = end
        if position == section:
            close = text.find(b"]]>", section)
            position = close if close >= 0 else len(text)
            section = text.find(_SECTION, position)


def _equal_signs(block: bytes, *, in_tag: bool) -> int:
    """Those in tags; ``in_tag``: the block begins in one."""
    rest = _TAG_REST.match(block) if in_tag else None
    return (rest.group().count(b"=") if rest else 0) + b"".join(_TAG.findall(block)).count(b"=")


def _room(text: bytes, left: int) -> int:
    """Where the block ends with which the budget is spent; the length when it suffices."""
    in_tag = False
    for start, end in _markup(text):
        block = text[start:end]
        left -= block.count(b"<") + 2 * _equal_signs(block, in_tag=in_tag)
        if left < 0:
            return end
        opened = block.rfind(b"<")
        in_tag = block.find(b">", max(opened, 0)) < 0 and (in_tag or opened >= 0)
    return len(text)


def within_budget(text: bytes, max_marks: int = MAX_MARKS) -> Budgeted:
    """The document, cut if its tree would be too large."""
    if text.count(b"<") + 2 * text.count(b"=") <= max_marks:
        return Budgeted(text, is_cut=False)
    room = _room(text, max_marks)
    if room == len(text):
        return Budgeted(text, is_cut=False)
    last = 0
    for found in _ENTRY_END.finditer(text, max(0, room - _LOOKED_BACK_BYTES), room):
        last = found.end()
    return Budgeted(text[: last or room], is_cut=True)
