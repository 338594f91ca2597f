"""Where the images of an item may stand: files that the source declares, and pictures in its text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from worker.model.entry import Media
from worker.normalize.srcset import Alternative, parse_srcset
from worker.normalize.text import decode_references

MAX_SEARCHED_CHARS = 50_000
MAX_PICTURES_IN_TEXT = 10
MAX_SIDE_PIXELS = 65_535  # more is a typing error of the feed: no JPEG can be larger
MAX_USEFUL_WIDTH = 2_048
"""Of a picture that comes in several widths, none wider than this is taken while there is a narrower one."""

# Quotes first: alternative texts hold angle brackets. The bound keeps an open quote from costing the whole text.
_TAG = re.compile(
    r"""<(?:(amp-img|img|source|video)\b((?:[^<>"']++|"[^"]{0,10000}"|'[^']{0,10000}')*+)|/?picture\b)[^<>]*+>""",
    re.IGNORECASE,
)
_ATTRIBUTE = re.compile(r"""([a-zA-Z-]++)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++))""")
_PIXELS = re.compile(r"\s*(\d{1,6})(?:\.\d+)?(?:px)?\s*", re.IGNORECASE)
_OTHER_SCHEME = re.compile(r"(?!https?:)[a-z][a-z0-9+.-]*+:", re.IGNORECASE)  # data: holds a place, no picture
_DECORATION = re.compile(r"(?<![a-z])(?:emoji|wp-smiley|avatar|gravatar|icon|logo|share|sharing)(?![a-z])")
# Scripts that load pictures late read one of these; src then holds a grey box or a thumb.
_LATE = ("data-src", "data-lazy-src", "data-original", "data-original-src", "data-lazy", "data-hi-res-src")
_LATE_SETS = ("data-srcset", "data-lazy-srcset", "srcset")


class Candidate(NamedTuple):
    """An image that may be published.

    Attributes:
        url: as the source gave it, possibly relative.
        width: in pixels as declared, None when not.
        height: likewise.
        kind: ``image``, ``thumbnail`` or ``text``.
        known_width: in pixels, by the source's own choice of files, where it declares no width of this file.
    """

    url: str
    width: int | None
    height: int | None
    kind: str
    known_width: int | None = None


def declared_images(media: Sequence[Media]) -> Iterator[Candidate]:
    """The images among the files that a source declares."""
    for one in media:
        if one.kind in ("image", "thumbnail") or one.media_type.startswith("image/"):
            kind = "thumbnail" if one.kind == "thumbnail" else "image"
            yield Candidate(one.url, _side(one.width), _side(one.height), kind)


def images_in_text(markup: str) -> Iterator[Candidate]:
    """The pictures of HTML in their order: ``img``, ``picture``, ``amp-img``, the poster of a ``video``."""
    sources: list[str] = []
    count = 0
    for tag in _TAG.finditer(markup[:MAX_SEARCHED_CHARS]):
        name = (tag[1] or "picture").lower()
        if name == "picture":
            sources = []
            continue
        values = {key.lower(): decode_references(a or b or c) for key, a, b, c in _ATTRIBUTE.findall(tag[2])}
        if name == "source":
            sources.append(_first(values, _LATE_SETS))
            continue
        count += 1
        if count > MAX_PICTURES_IN_TEXT:
            return
        one = _video_poster(values) if name == "video" else _picture(values, sources)
        if one is not None:
            yield one


def _picture(values: dict[str, str], sources: Sequence[str]) -> Candidate | None:
    if _DECORATION.search(values.get("class", "").lower()):
        return None
    width, height = _pixels(values.get("width")), _pixels(values.get("height"))
    late = _first(values, _LATE)
    src = late or values.get("src", "").strip()
    sets = (_first(values, _LATE_SETS), *sources)
    alternatives = [one for text in sets if text for one in parse_srcset(text)]
    best = _widest(alternatives, width) if alternatives else None
    if best is None or best[0] == src:
        return Candidate(src, width, height, "text", best[1] if best else None) if src else None
    # The declared size is that of the file in src.
    return Candidate(best[0], None, None, "text", best[1])


def _widest(alternatives: Sequence[Alternative], shown_width: int | None) -> tuple[str, int | None] | None:
    """Address and width of the best file: the widest of those that are not too wide, else the narrowest."""
    known = [
        (one.url, one.width or round(one.density * (shown_width or 0)) or None, one.density)
        for one in alternatives
        if not _OTHER_SCHEME.match(one.url)
    ]
    if not known:
        return None
    fitting = [one for one in known if (one[1] or 0) <= MAX_USEFUL_WIDTH]
    best = max(fitting, key=_extent) if fitting else min(known, key=_extent)
    return best[0], best[1]


def _extent(one: tuple[str, int | None, float]) -> tuple[int, float]:
    return one[1] or 0, one[2]


def _video_poster(values: dict[str, str]) -> Candidate | None:
    poster = values.get("poster", "")
    return Candidate(poster, None, None, "text") if poster else None


def _first(values: dict[str, str], names: Sequence[str]) -> str:
    return next((values[name].strip() for name in names if values.get(name)), "")


def _side(pixels: int | None) -> int | None:
    return pixels if pixels is not None and 0 <= pixels <= MAX_SIDE_PIXELS else None


def _pixels(text: str | None) -> int | None:
    match = _PIXELS.fullmatch(text) if text else None
    return _side(int(match[1])) if match else None
