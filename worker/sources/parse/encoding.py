"""Which characters do these bytes stand for?

The rule, first that fits:

1. a byte order mark (RFC 7303 section 3.3), or the pattern of zero bytes that only UTF-16 has;
2. UTF-8, when the bytes are valid UTF-8 and the header or the document says so, or the document says nothing,
   which means the same (XML 1.0 section 4.3.3, RFC 8259 section 8.1): servers add a charset to every text that
   they send. But ISO-2022 when one of them says that and there are escape sequences, which are valid UTF-8, too;
3. the charset of the HTTP header, when the bytes are valid in it (RFC 7303 section 3.2 ranks it first);
4. the encoding that the XML declaration names, when they are valid in it;
5. UTF-8 with each invalid byte read as Windows-1252, which is where such bytes come from in practice.

Labels are taken as browsers take them (WHATWG): ISO-8859-1 is read as Windows-1252, GB2312 as GB18030.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from io import BytesIO
from typing import Final

from msgspec import Struct

__all__ = ["Decoded", "declared_encoding", "decode", "header_charset"]

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDER: Final = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
}
_TEXT_CODECS: Final = re.compile(r"(utf|iso|cp|koi8|gb|big5|euc|shift|mac|windows|latin|hz|tis|ascii)", re.IGNORECASE)
_DECLARED: Final = re.compile(rb"""<\?xml\b[^>]{0,200}?\bencoding\s*=\s*["']\s*([A-Za-z0-9._:-]{1,40})""")
_CHARSET: Final = re.compile(r"""charset\s*=\s*["']?\s*([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE)
_HEAD_BYTES: Final = 4_096
_DECLARATION_BYTES: Final = 300
_PIECE_BYTES: Final = 64 * 1024
_MOSTLY_FOREIGN: Final = 10_000
"""So many invalid bytes are no slips in UTF-8: all is read as Windows-1252, which is also quicker."""


class Decoded(Struct, frozen=True, kw_only=True):
    """Text and how it was come by.

    Attributes:
        utf8: the text as UTF-8 without byte order mark.
        encoding: Python's name of the encoding that was used.
        fault: "" or one sentence on why the text may be wrong.
        repaired: some bytes were invalid and were guessed.
        conflict: header and document name different encodings.
    """

    utf8: bytes
    encoding: str
    fault: str = ""
    repaired: bool = False
    conflict: bool = False


def header_charset(content_type: str) -> str:
    """The charset parameter of a Content-Type header, "" when it has none."""
    found = _CHARSET.search(content_type[:500])
    return found.group(1) if found else ""


def declared_encoding(body: bytes) -> str:
    """The encoding that the XML declaration names, "" when there is none."""
    start = body.find(b"<?xml", 0, _HEAD_BYTES)
    found = _DECLARED.match(body, start, start + _DECLARATION_BYTES) if start >= 0 else None
    return found.group(1).decode("ascii") if found else ""


def _codec(label: str) -> str:
    """Python's name for a label, "" for one that is unknown, or no encoding of feeds (``zip``, ``utf-7``)."""
    if not label or not _TEXT_CODECS.match(label):
        return ""
    try:
        name = codecs.lookup(label).name
    except (LookupError, ValueError):
        return ""
    return "" if name == "utf-7" else _WIDER.get(name, name)  # which no browser reads, and every ASCII text is


def _narrow_codec(label: str) -> str:
    """Of a document whose bytes show that it is neither UTF-16 nor UTF-32."""
    codec = _codec(label)
    return "" if codec.startswith(("utf-16", "utf-32")) else codec


def _wide_encoding(body: bytes) -> str:
    """UTF-16 without a mark: the first character is ASCII, so that every other byte is zero."""
    head = body[:4]
    if len(head) == 4 and head[1] == head[3] == 0 and head[0] and head[2]:
        return "utf-16-le"
    if len(head) == 4 and head[0] == head[2] == 0 and head[1] and head[3]:
        return "utf-16-be"
    return ""


def _pieces(body: bytes, start: int) -> Iterator[tuple[bytes, bool]]:
    """The bytes a piece at a time, and whether it is the last one."""
    for position in range(start, max(len(body), start + 1), _PIECE_BYTES):
        yield body[position : position + _PIECE_BYTES], position + _PIECE_BYTES >= len(body)


def _recode(body: bytes, codec: str, errors: str = "strict", start: int = 0, without: bytes = b"") -> bytes:
    """The text as UTF-8. All of it as one ``str`` in between would take up to four times the memory of the bytes."""
    decoder = codecs.getincrementaldecoder(codec)(errors)
    utf8 = BytesIO()
    for piece, is_last in _pieces(body, start):
        text = decoder.decode(piece.translate(None, without) if without else piece, is_last)
        utf8.write(text.encode("utf-8", "strict" if errors == "strict" else "replace"))
    return utf8.getvalue()


def _try(body: bytes, codec: str, start: int = 0) -> bytes | None:
    try:
        return _recode(body, codec, start=start)
    except (UnicodeError, LookupError):
        return None


def _read_invalid(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    invalid = error.object[error.start : error.end]
    # Five bytes have no character in Windows-1252; they are control codes in ISO-8859-1.
    return "".join(bytes((b,)).decode("cp1252", "ignore") or chr(b) for b in invalid), error.end


codecs.register_error("storyfold-cp1252", _read_invalid)


def _is_mostly_foreign(body: bytes, start: int) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    invalid = 0
    for piece, is_last in _pieces(body, start):
        invalid += decoder.decode(piece, is_last).count("\ufffd")
        if invalid > _MOSTLY_FOREIGN:
            return True
    return False


def _repair(body: bytes, start: int = 0) -> bytes:
    if _is_mostly_foreign(body, start):
        return _recode(body, "cp1252", start=start, without=b"\x81\x8d\x8f\x90\x9d")
    return _recode(body, "utf-8", "storyfold-cp1252", start)


def _marked(body: bytes) -> Decoded | None:
    mark, codec = next((pair for pair in _MARKS if body.startswith(pair[0])), (b"", _wide_encoding(body)))
    if not codec:
        return None
    start = len(mark)
    text = _valid(body, codec, start)
    if text is not None:
        return Decoded(utf8=text, encoding=codec)
    fault = f"some bytes are not valid {codec}, although the document begins as such"
    if codec == "utf-8":
        return Decoded(utf8=_repair(body, start), encoding=codec, fault=fault, repaired=True)
    return Decoded(utf8=_recode(body, codec, "replace", start), encoding=codec, fault=fault, repaired=True)


def _valid(body: bytes, codec: str, start: int) -> bytes | None:
    """The text after its mark, None when some bytes of it are invalid."""
    if codec != "utf-8":
        return _try(body, codec, start)
    return body[start:] if _is_utf8(body) else None


def _is_utf8(body: bytes) -> bool:
    """Looked at a piece at a time: the text itself is not wanted, and pieces stay in the processor's cache."""
    if body.isascii():
        return True
    pieces, position = memoryview(body), 0
    while position < len(body):
        end = position + _PIECE_BYTES
        try:
            position += codecs.utf_8_decode(pieces[position:end], "strict", end >= len(body))[1]
        except UnicodeDecodeError:
            return False
    return True


def decode(body: bytes, content_type: str = "") -> Decoded:
    """Give the text of a document as UTF-8, by the rule of this module. Any bytes have an answer."""
    marked = _marked(body)
    if marked is not None:
        return marked
    header, declared = header_charset(content_type), declared_encoding(body)
    own = _narrow_codec(declared) or "utf-8"
    said = list(dict.fromkeys(codec for codec in (_narrow_codec(header), own) if codec))
    labels = [label for label in (header, declared or own) if label]
    escaped = [codec for codec in said if codec.startswith("iso2022") and b"\x1b" in body]
    if not escaped and "utf-8" in said and _is_utf8(body):
        return _checked(body, "utf-8", labels, said)
    for codec in escaped + said:
        text = None if codec == "utf-8" else _try(body, codec)
        if text is not None:
            return _checked(text, codec, labels, said if declared else [codec])
    fault = f"some bytes are not valid {said[0]}"
    return Decoded(
        utf8=_repair(body), encoding="utf-8", fault=fault, repaired=True, conflict=bool(declared) and len(said) > 1
    )


def _checked(utf8: bytes, encoding: str, labels: list[str], said: list[str]) -> Decoded:
    """The text, and whether header and document were of one mind; in ASCII it makes no difference."""
    conflict = len(said) > 1 and not utf8.isascii()
    fault = f"header and document disagree on the encoding: {', '.join(labels)}" if conflict else ""
    return Decoded(utf8=utf8, encoding=encoding, fault=fault, conflict=conflict)
