"""The lead image of an item: what the source declares for it, else the first picture in its text.

The rule: what cannot be a lead image goes (no http(s) address, a side declared under 32 pixels, a counter's
pixel, an emoji or portrait service). Of the rest the one with the largest declared area comes first; where
none is declared, a picture counts as 640 x 360, one found in the text as 320 x 180, a thumbnail as
160 x 90. Equals keep the order of the source.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from storyfold.document import Image
from worker.model.entry import Media
from worker.normalize.address import resolve

MAX_IMAGES = 1
MIN_SIDE_PIXELS = 32
MAX_SIDE_PIXELS = 65_535  # more is a typing error of the feed: no JPEG can be larger
MAX_SEARCHED_CHARS = 50_000
MAX_PICTURES_IN_TEXT = 10

_IMG = re.compile(r"<(?:img|IMG)\s([^<>]*)>")
_ATTRIBUTE = re.compile(r"""([a-zA-Z-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_PIXELS = re.compile(r"\s*(\d{1,6})(?:px)?\s*", re.IGNORECASE)
# Counters and decorations as they occur in real feeds; each names its service. Matched in lower case.
_NOT_A_PICTURE = re.compile(
    r"/(?:/(?:feeds\.feedburner\.com/|feedads\.|pixel\.|stats\.wordpress\.com|feeds\.wordpress\.com/1\.0/"
    r"|(?:pi|da|rss)\.feedsportal\.com|(?:www\.)?google-analytics\.com|[a-z0-9.]*doubleclick\.net"
    r"|s\.w\.org/images/core/emoji|(?:[a-z0-9]+\.)?gravatar\.com)"
    r"|(?:spacer|blank|pixel|transparent|1x1|tracking)\.(?:gif|png))"
)
_DEFAULT_AREAS = {"image": 640 * 360, "text": 320 * 180, "thumbnail": 160 * 90}


class _Candidate(NamedTuple):
    url: str
    width: int | None
    height: int | None
    kind: str


def choose_images(media: Sequence[Media], markup: str, base_url: str, limit: int = MAX_IMAGES) -> tuple[Image, ...]:
    """The images of an item, the lead image first.

    Args:
        media: files that the source declares.
        markup: HTML of content or summary; searched only when the declared files give no image.
        base_url: address against which relative ones are resolved, "" for none.
        limit: at most so many.
    """
    chosen = _usable(_declared(media), base_url) if media else []
    if not chosen and ("<img" in markup or "<IMG" in markup):
        chosen = _usable(_in_text(markup[:MAX_SEARCHED_CHARS]), base_url)
    if not chosen:
        return ()
    chosen.sort(key=_area, reverse=True)
    unique = {candidate.url: candidate for candidate in reversed(chosen)}
    ordered = [candidate for candidate in chosen if unique[candidate.url] is candidate]
    return tuple(Image(url=one.url, width=one.width, height=one.height, is_cached=False) for one in ordered[:limit])


def _declared(media: Sequence[Media]) -> Iterator[_Candidate]:
    for one in media:
        if one.kind in ("image", "thumbnail") or one.media_type.startswith("image/"):
            kind = "thumbnail" if one.kind == "thumbnail" else "image"
            yield _Candidate(one.url, _side(one.width), _side(one.height), kind)


def _in_text(markup: str) -> Iterator[_Candidate]:
    for count, tag in enumerate(_IMG.finditer(markup)):
        if count >= MAX_PICTURES_IN_TEXT:
            return
        values = {name.lower(): a or b or c for name, a, b, c in _ATTRIBUTE.findall(tag[1])}
        source = values.get("src", "")
        if not source or source.startswith("data:"):  # loaded late by a script, which reads data-src
            source = values.get("data-src", "")
        if source:
            width, height = _pixels(values.get("width")), _pixels(values.get("height"))
            yield _Candidate(html.unescape(source), width, height, "text")


def _usable(candidates: Iterator[_Candidate], base_url: str) -> list[_Candidate]:
    usable = []
    for one in candidates:
        if any(side is not None and side < MIN_SIDE_PIXELS for side in (one.width, one.height)):
            continue
        url = resolve(base_url, one.url)
        if url is not None and _NOT_A_PICTURE.search(url.lower()) is None:
            usable.append(one._replace(url=url))
    return usable


def _area(candidate: _Candidate) -> int:
    if candidate.width and candidate.height:
        return candidate.width * candidate.height
    if candidate.width:
        return candidate.width * candidate.width * 9 // 16
    return _DEFAULT_AREAS[candidate.kind]


def _side(pixels: int | None) -> int | None:
    return pixels if pixels is not None and 0 <= pixels <= MAX_SIDE_PIXELS else None


def _pixels(text: str | None) -> int | None:
    match = _PIXELS.fullmatch(text) if text else None
    return _side(int(match[1])) if match else None
