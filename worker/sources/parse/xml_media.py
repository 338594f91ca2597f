"""The files that an XML entry declares: enclosures, Media RSS, podcast and item images.

Sources: RSS 2.0 ``enclosure``, Media RSS 1.5.1, the iTunes podcast elements, RFC 4287 section 4.2.7.2.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lxml.etree import _Element

from worker.model.entry import Media
from worker.sources.parse.xml_names import meaning
from worker.sources.parse.xml_text import attribute, plain

__all__ = ["MEDIA_NAMES", "kind_of", "media_of", "pixels"]

_KINDS: Final = ("image", "video", "audio")
MEDIA_NAMES: Final = frozenset(
    ("enclosure", "image", "itunes:image", "media:content", "media:group", "media:player", "media:thumbnail")
)


def kind_of(media_type: str, medium: str = "") -> str:
    """``image``, ``video`` or ``audio`` as stated by a MIME type or a Media RSS medium, else ""."""
    stated = medium.strip().lower()
    if stated in _KINDS:
        return stated
    family = media_type.strip().lower().partition("/")[0]
    return family if family in _KINDS else ""


def pixels(text: str) -> int | None:
    """A width or height as stated: ``640``, ``640px`` or ``640.0``; None for anything else or nothing."""
    digits = text.strip().removesuffix("px").partition(".")[0].strip()
    if not digits.isascii() or not digits.isdigit() or len(digits) > 6:
        return None
    return int(digits)


def _declared(element: _Element, url: str, kind: str) -> Media:
    return Media(
        url=url,
        kind=kind,
        media_type=attribute(element, "type"),
        width=pixels(element.get("width") or ""),
        height=pixels(element.get("height") or ""),
    )


def _image_address(element: _Element) -> str:
    """``itunes:image`` has href; an ``image`` in an item has a url inside, or the bare address."""
    for child in element:
        if meaning(child.tag) == "url":
            return plain(child)
    return attribute(element, "href") or attribute(element, "url") or plain(element)


def media_of(element: _Element, name: str, levels: int = 3) -> Iterator[Media]:
    """The files that one element declares, itself first, then those inside it.

    Args:
        element: one of those in ``MEDIA_NAMES``.
        name: its name by :func:`worker.sources.parse.xml_names.meaning`.
        levels: how deep to look: a thumbnail in a content in a group is the third.
    """
    if name == "enclosure":
        kind = kind_of(attribute(element, "type"))
        url = attribute(element, "url") or attribute(element, "href")
    elif name == "media:content":
        kind = kind_of(attribute(element, "type"), attribute(element, "medium"))
        url = attribute(element, "url")
    elif name in ("image", "itunes:image"):
        kind, url = "image", _image_address(element)
    else:
        kind, url = name.removeprefix("media:"), attribute(element, "url")
    if url and name != "media:group":
        yield _declared(element, url, kind)
    if levels > 1 and name in ("media:group", "media:content"):
        for child in element:
            inner = meaning(child.tag)
            if inner.startswith("media:") and inner in MEDIA_NAMES:
                yield from media_of(child, inner, levels - 1)
