"""The characters of a page (WHATWG HTML section 13.2.3.2).

First that fits: a byte order mark; UTF-8, when header or ``meta`` say so and the bytes are valid; the charset of
the header; the one that ``meta`` names in the first 1,024 bytes; UTF-8, when the bytes are valid; UTF-8 with its
invalid bytes read as Windows-1252.
"""

from __future__ import annotations

import re

from worker.sources.parse.encoding import decode, header_charset

META_BYTES = 1_024  # section 4.2.5.4: the declaration must lie within them

_META = re.compile(rb"""<meta\b[^>]{0,500}?\bcharset\s*+=\s*+["']?\s*+([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE)


def meta_charset(body: bytes) -> str:
    """The charset that a ``meta`` in the first 1,024 bytes names, "" for none."""
    found = _META.search(body[:META_BYTES])
    return found[1].decode("ascii") if found else ""


def decode_page(body: bytes, content_type: str) -> str:
    """The text of a page. Any bytes have one."""
    labels = [label for label in (header_charset(content_type), meta_charset(body)) if label]
    if any(label.lower() in ("utf-8", "utf8") for label in labels):
        labels.insert(0, "utf-8")
    for label in labels:
        decoded = decode(body, f"text/html; charset={label}")
        if not decoded.repaired:
            break
    else:
        decoded = decode(body)
    return decoded.utf8.decode("utf-8")
