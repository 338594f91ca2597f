"""Plain lists of feed addresses: one a line, an optional title after white space, ``#`` for remarks."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

from storyfold.errors import SourceError
from worker.sources.parse.encoding import decode
from worker.sources.parse.opml import Outline, feed_address, unique

__all__ = ["UrlList", "read_url_list"]

_SHOWN_CHARS: Final = 80


class UrlList(Struct, frozen=True, kw_only=True):
    """What a list holds.

    Attributes:
        outlines: the subscriptions in order, each address once.
        faults: one sentence a bad line: ``line 3: not an http or https address: 'ftp://a.example'``.
    """

    outlines: tuple[Outline, ...]
    faults: tuple[str, ...] = ()


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def read_url_list(body: bytes) -> UrlList:
    """Read a list. Bad lines are named and the others taken.

    Raises:
        SourceError: ``empty`` when no line holds anything, ``no-addresses`` when all lines are bad.
    """
    outlines: list[Outline] = []
    faults: list[str] = []
    for number, line in enumerate(decode(body).utf8.decode("utf-8").splitlines(), start=1):
        address, *title = line.split(None, 1)[:2] or [""]
        if not address or address.startswith("#"):
            continue
        url = feed_address(address)
        if _is_address(url):
            outlines.append(Outline(url=url, title=title[0].strip() if title else ""))
        else:
            faults.append(f"line {number}: not an http or https address: {address[:_SHOWN_CHARS]!r}")
    if not outlines:
        if faults:
            raise SourceError("no-addresses", faults[0])
        raise SourceError("empty", "the list holds no addresses")
    return UrlList(outlines=tuple(unique(outlines)), faults=tuple(faults))
