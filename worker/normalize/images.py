"""The images of an item: which of those that a source names are shown, and which one leads.

What cannot lead goes: no http(s) address, a side declared under 32 pixels, what
:mod:`worker.normalize.image_refusals` lists. The rest is ordered by

| rule | because |
| --- | --- |
| the better class first: 3 from 800 pixels of width, 2 from 400, 1 from 150, 0 below | it is shown large |
| a strip (over 3 times as wide as high, or over 2.5 times as high as wide) is one class lower | it is a banner |
| a picture in the text is of class 2 at most | the first one of an article means more than a larger one below |
| an SVG is of class 0, as is a declared file whose name says that it is a logo or the like | it adorns pages |
| of one class, declared files before the text, then the order of the source | the editor chose it |

The width is the declared one, else the one that the address speaks of, else 800 for a declared picture, 320 for one
in the text, 160 for a thumbnail. Of one picture in several sizes the widest up to 2,048 pixels counts, at the place
of the first. The text is searched only when no declared file is of class 2.

Width and height are published as declared, when both are and can be; everything guessed stays unpublished.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from storyfold.document import Image
from worker.model.entry import Entry, Media
from worker.normalize.address import resolve
from worker.normalize.image_candidates import MAX_USEFUL_WIDTH, Candidate, declared_images, images_in_text
from worker.normalize.image_hints import guess_width, picture_key
from worker.normalize.image_refusals import is_decoration, is_refused

MAX_IMAGES = 1
MIN_SIDE_PIXELS = 32

_GOOD = 2
_CLASSES = ((800, 3), (400, _GOOD), (150, 1))
_USUAL_WIDTHS = {"image": 800, "text": 320, "thumbnail": 160}
_MOST_TIMES_WIDER = 3.0
_MOST_TIMES_HIGHER = 2.5
_MOST_TIMES_BELIEVED = 20


class _Picture(NamedTuple):
    image: Image
    width: int
    rank: int


def read_images(entry: Entry, still_url: str = "") -> tuple[Image, ...]:
    """The images of an entry, the lead image first; else the still of its video, if it has one."""
    markup = entry.content if _has_picture(entry.content) else entry.summary
    images = choose_images(entry.media, markup, entry.base_url or entry.feed_url)
    if not images and still_url:
        return (Image(url=still_url, is_cached=False),)
    return images


def choose_images(media: Sequence[Media], markup: str, base_url: str, limit: int = MAX_IMAGES) -> tuple[Image, ...]:
    """The images of an item, the lead image first.

    Args:
        media: files that the source declares.
        markup: HTML of content or summary; searched only when no declared file is a good lead image.
        base_url: address against which relative ones are resolved, "" for none.
        limit: at most so many.
    """
    pictures = _usable(declared_images(media), base_url, enough=len(media)) if media else []
    if not any(one.rank >= _GOOD for one in pictures) and _has_picture(markup):
        pictures += _usable(images_in_text(markup), base_url, enough=limit)
    if not pictures:
        return ()
    if len(pictures) > 1:
        # A stable sort: equals keep the order of the source.
        pictures = sorted(_one_of_each(pictures), key=lambda one: one.rank, reverse=True)
    return tuple(one.image for one in pictures[:limit])


def _has_picture(markup: str) -> bool:
    return "<img" in markup or "<IMG" in markup or "<video" in markup


def _usable(candidates: Iterable[Candidate], base_url: str, *, enough: int) -> list[_Picture]:
    """The candidates that may be shown, up to so many good ones: in a text none can come before the first of them."""
    usable: list[_Picture] = []
    for one in candidates:
        if _is_tiny(one.width) or _is_tiny(one.height):
            continue
        url = resolve(base_url, one.url) if one.url else None
        if url is None:
            continue
        known = one.width or one.known_width or guess_width(url)
        is_adornment = is_decoration(url, known)
        if is_refused(url) or (is_adornment and one.kind == "text"):
            continue
        width = known or _USUAL_WIDTHS[one.kind]
        rank = 0 if is_adornment else _rank(one, url, width)
        usable.append(_Picture(_image(one, url), width, rank))
        enough -= usable[-1].rank >= _GOOD
        if enough <= 0:
            break
    return usable


def _is_tiny(side: int | None) -> bool:
    return side is not None and side < MIN_SIDE_PIXELS


def _image(one: Candidate, url: str) -> Image:
    is_believed = one.width and one.height and _proportion(one.width, one.height) <= _MOST_TIMES_BELIEVED
    width, height = (one.width, one.height) if is_believed else (None, None)
    return Image(url=url, width=width, height=height, is_cached=False)


def _rank(one: Candidate, url: str, width: int) -> int:
    if url.lower().partition("?")[0].endswith(".svg"):
        return 0
    rank = next((rank for least, rank in _CLASSES if width >= least), 0)
    if one.kind == "text":
        rank = min(rank, _GOOD)
    is_strip = (
        one.width and one.height and not (1 / _MOST_TIMES_HIGHER <= one.width / one.height <= _MOST_TIMES_WIDER)
    )
    return max(0, rank - 1) if is_strip else rank


def _proportion(width: int, height: int) -> float:
    return max(width, height) / min(width, height)


def _one_of_each(pictures: Iterable[_Picture]) -> Iterable[_Picture]:
    """The best size of each picture, at the place of its first."""
    best: dict[str, _Picture] = {}
    for one in pictures:
        key = picture_key(one.image.url)
        best[key] = max(best[key], one, key=_fitness) if key in best else one
    return best.values()


def _fitness(one: _Picture) -> tuple[int, bool]:
    width = one.width if one.width <= MAX_USEFUL_WIDTH else MAX_USEFUL_WIDTH**2 // one.width
    return width, one.image.width is not None
