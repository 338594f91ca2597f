"""Text that was encoded twice: UTF-8 taken for Windows-1252 or ISO-8859-1 (``Ã©`` for ``é``)."""

from __future__ import annotations

import codecs
import re
from typing import Final

__all__ = ["undouble"]

# What follows ASCII has to be the lead byte of a UTF-8 sequence, as a character, and another byte after it. Most
# text fails that at its first character outside of ASCII.
_DOUBLED: Final = re.compile("[\u0000-\u007f]*+[\u00c2-\u00f4][^\u0000-\u007f]")
# Windows-1252 with the control codes of ISO-8859-1 in its five gaps, as browsers have it.
_CP1252: Final = codecs.charmap_build(
    "".join(bytes((byte,)).decode("cp1252", "ignore") or chr(byte) for byte in range(256))
)


def _bytes_of(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return codecs.charmap_encode(text, "strict", _CP1252)[0]


def undouble(text: str) -> str:
    """Take one needless encoding off; text that was encoded once, as it should be, comes back as it is.

    All of the text has to read as UTF-8 once more. Text that a person wrote does so by chance only where each
    accented letter is followed by a fitting sign, ``Ã©`` itself for instance.
    """
    if text.isascii() or _DOUBLED.match(text) is None:
        return text
    try:
        return _bytes_of(text).decode("utf-8")
    except UnicodeError:
        return text
