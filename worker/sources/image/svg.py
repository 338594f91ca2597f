"""The size of an SVG: attributes of its root, read without an XML parser.

A parser would have to be kept from entities, outside files and depth; the root's start tag needs none. Nothing is
expanded: a size written as an entity is no size. Width and height in absolute units count; where one of them is
missing or a percentage, the viewBox gives it by its proportion; where both are, the viewBox is the size.
"""

from __future__ import annotations

import re

from worker.sources.image.header import Header, ImageSize, ShortHeaderError

SVG = "image/svg+xml"

_MOST_BYTES = 64 * 1024
_PROLOG = re.compile(
    r"(?:\s++|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*+(?:\[.*?\]\s*+)?+>)*+", re.DOTALL | re.IGNORECASE
)
_ROOT = re.compile(r"<(?:[A-Za-z_][A-Za-z0-9_.-]*+:)?svg(?=[\s>/])")
_ATTRIBUTE = re.compile(r"""\s++([^\s=>/"'<]++)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)')""")
_TAG_END = re.compile(r"\s*+/?+>")
# A start tag that ends inside an attribute, and a name that may still become that of the root.
_UNFINISHED_TAG = re.compile(r"""\s*+(?:[^\s=>/"'<]*+\s*+(?:=\s*+(?:"[^"]*+|'[^']*+)?+)?+|/)""")
_UNFINISHED_NAME = re.compile(r"(?:<(?:[A-Za-z_][A-Za-z0-9_.-]*+:?+(?:s(?:vg?)?)?)?)?")
_LENGTH = re.compile(r"\s*+\+?+([0-9]{1,9}+(?:\.[0-9]{1,20}+)?+|\.[0-9]{1,20}+)\s*+([A-Za-z]{0,3}+)\s*+", re.ASCII)
# CSS Values 4, section 6.2; em and ex at the size that browsers begin with.
_PIXELS = {
    "": 1.0,
    "px": 1.0,
    "pt": 4 / 3,
    "pc": 16.0,
    "in": 96.0,
    "cm": 96 / 2.54,
    "mm": 9.6 / 2.54,
    "q": 2.4 / 2.54,
    "em": 16.0,
    "rem": 16.0,
    "ex": 8.0,
}

Sides = tuple[float, float]


def read_svg(header: Header) -> ImageSize | None:
    """The size in CSS pixels, rounded. None when the root is not ``svg``: a page that holds one is no image."""
    text = _text(header.data[:_MOST_BYTES])
    at = _PROLOG.match(text).end()  # type: ignore[union-attr]  # it matches the empty text as well
    root = _ROOT.match(text, at)
    if root is not None:
        attributes, at = _attributes(text, root.end())
        if _TAG_END.match(text, at):
            return _size(attributes)
    if _may_go_on(text, at, is_root=root is not None) and len(header.data) < _MOST_BYTES:
        raise ShortHeaderError(min(_MOST_BYTES, 4 * len(header.data) + 256))
    return None


def _text(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    return data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")


def _may_go_on(text: str, at: int, *, is_root: bool) -> bool:
    """Whether the text breaks off where it may still become the root's start tag."""
    if is_root:
        return _UNFINISHED_TAG.fullmatch(text, at) is not None
    return text.startswith(("<!", "<?"), at) or _UNFINISHED_NAME.fullmatch(text, at) is not None


def _attributes(text: str, at: int) -> tuple[dict[str, str], int]:
    attributes: dict[str, str] = {}
    while match := _ATTRIBUTE.match(text, at):
        attributes.setdefault(match[1], match[2] if match[2] is not None else match[3])
        at = match.end()
    return attributes, at


def _size(attributes: dict[str, str]) -> ImageSize:
    width, height = _pixels(attributes.get("width", "")), _pixels(attributes.get("height", ""))
    box = _box_sides(attributes.get("viewBox", ""))
    if box is not None:
        if width is not None and height is None:
            height = width * box[1] / box[0]
        elif height is not None and width is None:
            width = height * box[0] / box[1]
        elif width is None:
            width, height = box
    if width is None or height is None:
        return ImageSize(None, None, SVG)
    return ImageSize(round(width), round(height), SVG)


def _pixels(text: str) -> float | None:
    """A length in CSS pixels; None for a percentage, another unit and for what is no length."""
    match = _LENGTH.fullmatch(text)
    unit = _PIXELS.get(match[2].lower()) if match else None
    return float(match[1]) * unit if match and unit is not None else None


def _box_sides(text: str) -> Sides | None:
    numbers = text.replace(",", " ").split()
    if len(numbers) != 4:
        return None
    width, height = _pixels(numbers[2]), _pixels(numbers[3])
    return (width, height) if width and height else None
