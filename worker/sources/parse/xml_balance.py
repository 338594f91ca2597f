"""Makes start and end tags match, as a reader of HTML would, for documents with unescaped HTML in them.

libxml2 lets any end tag close the innermost element, so that one ``<br>`` in a description shifts all that
follows it. Here an end tag closes the element of its own name and what is open inside it; an end tag without
a start goes.
"""

from __future__ import annotations

import re
from collections import Counter
from io import BytesIO
from typing import Final

__all__ = ["balance"]

_TOKEN: Final = re.compile(
    rb"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)"
    # The name is possessive: given back letter by letter, a name of 50 kB without an end took 20 s.
    rb"""|<(/?)([A-Za-z_][\w:.-]*+)((?:[^<>"']|"[^"<]*"|'[^'<]*')*+)>""",
    re.DOTALL,
)
_VOID: Final = frozenset((b"br", b"hr", b"img", b"input", b"meta", b"wbr", b"area", b"col", b"enclosure"))
_ENTRIES: Final = frozenset((b"item", b"entry"))
_MAX_TOKENS: Final = 200_000
_MAX_DEPTH: Final = 256


class _Open:
    """The elements that are open, outermost first."""

    def __init__(self) -> None:
        self.names: list[bytes] = []
        self.count: Counter[bytes] = Counter()

    def push(self, name: bytes) -> None:
        self.names.append(name)
        self.count[name] += 1

    def close(self, name: bytes) -> bytes:
        """End tags down to the innermost element of that name, none when it is not open."""
        if not self.count[name]:
            return b""
        ends = []
        while True:
            last = self.names.pop()
            self.count[last] -= 1
            ends.append(b"</" + last + b">")
            if last == name:
                return b"".join(ends)


def _is_void(name: bytes, attributes: bytes) -> bool:
    """HTML's elements without content; a ``link`` with an address is Atom's, and has none either."""
    lower = name.lower()
    return lower in _VOID or (lower == b"link" and b"href" in attributes)


def _written(token: re.Match[bytes], is_open: _Open) -> bytes:
    end, name, attributes = token.groups()
    if end:
        return is_open.close(name)
    if attributes.endswith(b"/"):
        return token.group()
    if _is_void(name, attributes):
        return b"<" + name + attributes + b"/>"
    before = is_open.close(name) if name.lower() in _ENTRIES else b""  # entries never stand inside each other
    is_open.push(name)
    return before + token.group()


def balance(text: bytes) -> bytes:
    """Give the document with matching tags; one with over 200,000 tags or 256 levels comes back as it is."""
    is_open = _Open()
    balanced = BytesIO()
    position = 0
    for number, token in enumerate(_TOKEN.finditer(text)):
        if number > _MAX_TOKENS or len(is_open.names) > _MAX_DEPTH:
            return text
        if token.group(2) is None:
            continue  # a section or comment stays as it is
        balanced.write(text[position : token.start()])
        balanced.write(_written(token, is_open))
        position = token.end()
    balanced.write(memoryview(text)[position:])
    return balanced.getvalue()
