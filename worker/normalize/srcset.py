"""The candidates of a ``srcset`` attribute (HTML, section "parse a srcset attribute")."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

MAX_CANDIDATES = 30

_URL = re.compile(r"[\s,]*+(\S++)")
# Up to the next comma that stands outside of parentheses.
_DESCRIPTORS = re.compile(r"(?:[^,(]++|\([^)]*+\)?+)*+")
_DESCRIPTOR = re.compile(r"(?:([1-9][0-9]{0,5})w|([0-9]{1,3}(?:\.[0-9]{1,3})?)x|[0-9]{1,6}h)")


class Alternative(NamedTuple):
    """One file of a picture.

    Attributes:
        url: as published.
        width: in pixels, None when it is told by density or not at all.
        density: pixels of the file to one of the page; 1 where nothing is said.
    """

    url: str
    width: int | None
    density: float


def parse_srcset(text: str) -> Iterator[Alternative]:
    """The files in the order of the attribute, without those whose descriptors are at fault.

    Commas may be part of an address: only white space ends it.
    """
    at = 0
    for _ in range(MAX_CANDIDATES):
        found = _URL.match(text, at)
        if found is None:
            return
        url, at = found[1], found.end()
        descriptors = ""
        if url.endswith(","):
            url = url.rstrip(",")
        else:
            rest = _DESCRIPTORS.match(text, at)
            if rest is not None:
                descriptors, at = rest[0], rest.end()
        one = _alternative(url, descriptors.split())
        if one is not None:
            yield one


def _alternative(url: str, descriptors: list[str]) -> Alternative | None:
    width, density = None, None
    for descriptor in descriptors:
        match = _DESCRIPTOR.fullmatch(descriptor)
        if match is None or (match[1] and width) or (match[2] and density):
            return None
        width = int(match[1]) if match[1] else width
        density = float(match[2]) if match[2] else density
    return None if width and density else Alternative(url, width, density or 1.0)
