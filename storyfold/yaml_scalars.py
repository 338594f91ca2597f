"""Scalars of YAML: when a plain one is safe, how one is quoted, what one means.

A plain scalar is safe when YAML 1.1 (PyYAML, Ruby's Psych) and YAML 1.2 readers both give back the
same string. Double quotes are written such that the scalar is a JSON string, too.
"""

from __future__ import annotations

import re
from math import isfinite

Value = None | bool | int | float | str | list["Value"] | dict[str, "Value"]
"""What JSON can hold."""

NULL_WORDS = frozenset({"", "~", "null", "Null", "NULL"})
"""Plain scalars that are null: YAML 1.2 section 10.3.2."""

_WORDS = {None: "null", True: "true", False: "false"}
_TRUE_WORDS = frozenset({"true", "yes", "on"})
_FALSE_WORDS = frozenset({"false", "no", "off"})

# Characters that a double-quoted scalar cannot hold as they are: the quote and the backslash, what
# YAML 1.1 section 5.1 calls not printable, its line breaks (NEL, LS, PS), the byte order mark.
_UNPRINTABLE = r"\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff"
_ESCAPED = re.compile(rf'["\\{_UNPRINTABLE}]')
_SHORT_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}

# Breaks plain syntax: YAML 1.2 section 7.3.3, for a scalar in block context that is a value or a key.
# A leading colon is a symbol to Psych.
_NOT_PLAIN = re.compile(
    r"""\A(?:\Z|[\s,\[\]{}\#&*!|>'"%@`]|[-?](?:\s|\Z)|:|---|\.\.\.)"""
    rf"""|:(?:\s|\Z)|\s\#|[ \t]\Z|[{_UNPRINTABLE}]"""
)

_OTHER_TYPE = re.compile(
    r"""
      ~ | null | Null | NULL                                             # null, both versions
    | [yYnN] | yes | Yes | YES | no | No | NO | on | On | ON | off | Off | OFF    # bool, 1.1
    | true | True | TRUE | false | False | FALSE                         # bool, both
    | [-+]? 0b [01_]+ | [-+]? 0o? [0-7_]+ | [-+]? 0x [0-9a-fA-F_]+       # int: binary, octal, hexadecimal
    | [-+]? [0-9][0-9_,]*                                                # int; the commas are Psych's
    | [-+]? [0-9][0-9_]* (?: :[0-5]?[0-9] )+ (?: \.[0-9_]* )?            # base 60, 1.1
    | [-+]? [0-9][0-9_,]* (?: \.[0-9_]* )? (?: [eE][-+]?[0-9]+ )?         # float, both
    | [-+]? \. [0-9_]* (?: [eE][-+]?[0-9]+ )?                            # float, both
    | [-+]? \. (?: inf | Inf | INF ) | \. (?: nan | NaN | NAN )          # float, both
    | [0-9]{4}-[0-9]{1,2}-[0-9]{1,2} (?: (?: [Tt] | [ \t]+ ) [0-9]{1,2}: .* )?  # timestamp, 1.1
    | = | <<                                                             # value and merge, 1.1
    """,
    re.VERBOSE,
)

_CANONICAL_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:e[-+][0-9]+)?")
_UNFIT_NUMBER = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_LONG_INTEGER = re.compile(r"[-+]?[0-9_]{101,}")


def quote(text: str) -> str:
    """Write a double-quoted scalar with only the escapes that are needed; the rest stays UTF-8."""
    if _ESCAPED.search(text) is None:
        return f'"{text}"'
    return f'"{_ESCAPED.sub(_escape, text)}"'


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    return _SHORT_ESCAPES.get(character) or f"\\u{ord(character):04x}"


def is_plain_safe(text: str) -> bool:
    """Tell whether every YAML reader takes the text, written plain, for this very string."""
    return is_plain_syntax(text) and _OTHER_TYPE.fullmatch(text) is None


def is_plain_syntax(text: str) -> bool:
    """Tell whether the text, written plain, is one scalar, be it text or another type."""
    return _NOT_PLAIN.search(text) is None


def plain_or_quoted(text: str) -> str:
    """Write the text plain where that is safe, else in double quotes."""
    return text if is_plain_safe(text) else quote(text)


def scalar_text(value: bool | float | str | None) -> str:
    """Write a JSON scalar as a YAML scalar that both versions of YAML read as the same value."""
    if isinstance(value, str):
        return plain_or_quoted(value)
    if value is None or isinstance(value, bool):
        return _WORDS[value]
    return str(value) if isinstance(value, int) else _float_text(value)


def _float_text(value: float) -> str:
    text = repr(value)
    # YAML 1.1 wants a dot in a float: 1e+16 would be text.
    return text if "." in text or "e" not in text else text.replace("e", ".0e")


def scalar_value(text: str, *, plain: bool) -> bool | float | str | None:
    """Give the value of a scalar whose type no schema fixes.

    A plain scalar is a number or a boolean only when Storyfold would write that value as this very
    text: ``7`` and ``true`` are, ``0123``, ``1.10``, ``no`` and ``2024-01-01`` stay text.
    """
    if not plain:
        return text
    if text in NULL_WORDS:
        return None
    if text in {"true", "false"}:
        return text == "true"
    if _CANONICAL_NUMBER.fullmatch(text) is None or len(text) > 100:
        return text
    number = int(text) if text.lstrip("-").isdigit() else float(text)
    return number if isfinite(number) and scalar_text(number) == text else text


def boolean_value(text: str) -> bool | None:
    """Read a boolean in the words of YAML 1.1; None when it is none."""
    word = text.lower()
    return True if word in _TRUE_WORDS else False if word in _FALSE_WORDS else None


def integer_value(text: str) -> int | None:
    """Read a decimal integer of at most 18 digits; None when it is none."""
    digits = text.removeprefix("-").removeprefix("+")
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) <= 18 else None


def unfit_number(text: str) -> str | None:
    """Say why a plain scalar is a number that JSON readers cannot hold; None when it is not."""
    if _UNFIT_NUMBER.fullmatch(text):
        return f"{text} is a number that JSON does not have; write another value, or quote it"
    if _LONG_INTEGER.fullmatch(text):
        return f"a number of {len(text):,} characters, more than the 100 that readers bear; quote it"
    return None
