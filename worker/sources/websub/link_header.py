"""The Link header field (RFC 8288 section 3), taken apart as far as discovery needs it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

__all__ = ["MAX_LINKS", "parse_link_header"]

MAX_LINKS: Final = 100
_MAX_CHARACTERS: Final = 65_536

_TARGET: Final = re.compile(r"[\s,]*+<(?P<target>[^<>]*+)>")
# The value of a parameter may be a token or a quoted string; a comma or a semicolon inside quotes parts nothing.
_PARAMETER: Final = re.compile(
    r"\s*+;\s*+(?:(?P<name>[^\s;,=\"<>]++)\s*+(?:=\s*+(?:\"(?P<quoted>(?:[^\"\\]|\\.)*+)\"|(?P<token>[^\s;,\"]*+)))?)?+",
    re.DOTALL,
)
_REST: Final = re.compile(r"(?:[^,\"]|\"(?:[^\"\\]|\\.)*+\"?)*+", re.DOTALL)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)


def parse_link_header(value: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The links that speak of the fetched resource itself, in their order.

    A link with an ``anchor`` speaks of another resource (section 3.2) and is left out. Of several ``rel``
    parameters the first counts (section 3.3). What is ill-formed is passed over up to the next comma.

    Args:
        value: the field's value, all lines joined by commas.

    Yields:
        The target as published, and its relation types in lower case.
    """
    value, position = value[:_MAX_CHARACTERS], 0
    for _ in range(MAX_LINKS):
        found = _TARGET.match(value, position)
        if found is None:
            position = _next_comma(value, position)
            if position >= len(value):
                return
            continue
        parameters, position = _parameters(value, found.end())
        if "anchor" not in parameters:
            yield found["target"].strip(), tuple(parameters.get("rel", "").lower().split())
        position = _next_comma(value, position)


def _parameters(value: str, position: int) -> tuple[dict[str, str], int]:
    parameters: dict[str, str] = {}
    while found := _PARAMETER.match(value, position):
        position = found.end()
        if found["name"]:
            quoted = found["quoted"]
            text = (found["token"] or "") if quoted is None else _ESCAPED.sub(r"\1", quoted)
            parameters.setdefault(found["name"].lower(), text)
    return parameters, position


def _next_comma(value: str, position: int) -> int:
    found = _REST.match(value, position)
    return (found.end() if found else len(value)) + 1
