"""JSON as pages hold it: strict first, then with the defects of templates mended.

Mended are: CDATA and comment wrappers, a byte order mark, a semicolon at the end, entities in place of quotation
marks, comments, commas before a closing bracket, line ends and tabs in strings, escapes that JSON does not
know, several values one after the other.
"""

from __future__ import annotations

import json
import re
from typing import Any

MAX_SCRIPT_CHARS = 512_000
MAX_VALUES = 20  # one after the other in a script
MAX_NUMBER_CHARS = 40

_OPENING = re.compile(r"(?:\s|\ufeff|<!--|//\s*<!\[CDATA\[|/\*\s*<!\[CDATA\[\s*\*/|<!\[CDATA\[)*+")
_CLOSING = re.compile(r"(?://\s*+|/\*\s*+)?(?:\]\]>|-->)\s*+(?:\*/)?\Z")
# A string, or what stands between strings and is none of JSON's. Possessive: one pass.
_PIECE = re.compile(
    r'("(?:[^"\\]++|\\.)*+"?)|(/\*(?:[^*]++|\*(?!/))*+(?:\*/|\Z)|//[^\n]*+)|,(?=\s*+[\]}])', re.DOTALL
)
_ESCAPE = re.compile(r'\\(["\\/bfnrt]|u[0-9a-fA-F]{4})?')


def _number(digits: str) -> int | None:
    return int(digits) if len(digits) <= MAX_NUMBER_CHARS else None


# strict=False takes line ends and tabs in strings as they are.
_DECODER = json.JSONDecoder(
    strict=False, parse_int=_number, parse_float=lambda _: None, parse_constant=lambda _: None
)


def read_json(script: str) -> list[Any]:
    """The JSON values of a script, [] when there is none that can be read. Only whole numbers are kept, as int.

    Too long a script, too deep a nesting or a text that is no JSON even when mended gives [].
    """
    if len(script) > MAX_SCRIPT_CHARS:
        return []
    text = _CLOSING.sub("", script[_match_end(script) :].rstrip()[:MAX_SCRIPT_CHARS]) if script.strip() else ""
    for attempt in (text, _mended(text)):
        values = _values(attempt)
        if values:
            return values
    return _values(_mended(_with_quotes(text)))


def _match_end(script: str) -> int:
    found = _OPENING.match(script)
    return found.end() if found else 0


def _with_quotes(text: str) -> str:
    """JSON whose quotation marks were escaped as in HTML; entities of other kinds stay for their strings."""
    for entity in ("&quot;", "&#34;", "&#x22;"):
        text = text.replace(entity, '"')
    return text


def _values(text: str) -> list[Any]:
    values: list[Any] = []
    position = 0
    while position < len(text) and len(values) < MAX_VALUES:
        try:
            value, position = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError):
            return values if values and not text[position:].strip(" \t\r\n;,") else []
        values.append(value)
        while position < len(text) and text[position] in " \t\r\n;,":
            position += 1
    return values


def _mended(text: str) -> str:
    return _PIECE.sub(_mend_piece, text).strip().rstrip(";")


def _mend_piece(piece: re.Match[str]) -> str:
    string = piece[1]
    if string is None:  # a comment, or a comma too many
        return ""
    return _ESCAPE.sub(lambda escape: escape[0] if escape[1] else "", string) if "\\" in string else string
