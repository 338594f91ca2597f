"""The files that an XML entry declares: enclosures, Media RSS, podcast and item images.

Sources: RSS 2.0 ``enclosure``, Media RSS 1.5.1, the iTunes podcast elements, RFC 4287 section 4.2.7.2.

What kind of file it is, first that fits: a Media RSS ``medium``; the family of the MIME type; the ending of the
address. Where the type says sound or film and the ending says picture, or the other way round, the ending
counts: feeds write one type for all their enclosures, but servers do not name pictures ``.mp3``.
"""

from __future__ import annotations

import re
from typing import Final

from lxml.etree import _Element

from worker.model.entry import Media
from worker.sources.parse.xml_names import name_of
from worker.sources.parse.xml_text import attribute, is_http_address, plain

__all__ = ["MEDIA_NAMES", "kind_of", "pixels", "take_media"]

_KINDS: Final = ("image", "video", "audio")
MEDIA_NAMES: Final = frozenset(
    ("enclosure", "image", "itunes:image", "media:content", "media:group", "media:player", "media:thumbnail")
)
_ENDINGS: Final = {
    "image": ("jpg", "jpeg", "jpe", "png", "gif", "webp", "avif", "svg", "bmp", "heic", "tif", "tiff"),
    "video": ("mp4", "m4v", "mov", "webm", "mkv", "ogv", "avi", "wmv", "flv", "mpg", "mpeg", "3gp", "m3u8"),
    "audio": ("mp3", "m4a", "m4b", "aac", "ogg", "oga", "opus", "wav", "flac", "wma"),
}
_KIND_OF_ENDING: Final = {ending: kind for kind, endings in _ENDINGS.items() for ending in endings}
_ENDING: Final = re.compile(r"\.([A-Za-z0-9]{2,5})(?=[?#]|\Z)")
_MAX_LEVELS: Final = 3
"""How deep files stand in each other: a thumbnail in a content in a group is the third."""


def _ending_kind(url: str) -> str:
    found = _ENDING.search(url, max(0, url.find("://") + 3))
    return _KIND_OF_ENDING.get(found.group(1).lower(), "") if found else ""


def kind_of(media_type: str, url: str = "", medium: str = "") -> str:
    """``image``, ``video`` or ``audio`` by the rule of this module, else ""."""
    stated = medium.strip().lower()
    if stated in _KINDS:
        return stated
    family = media_type.strip().lower().partition("/")[0]
    ending = _ending_kind(url)
    if family not in _KINDS or (ending and (family == "image") != (ending == "image")):
        return ending
    return family


def pixels(text: str) -> int | None:
    """A width or height as stated: ``640``, ``640px`` or ``640.0``; None for anything else or nothing."""
    if not text:
        return None
    digits = text.strip().removesuffix("px").partition(".")[0].strip()
    if not digits.isascii() or not digits.isdigit() or len(digits) > 6:
        return None
    return int(digits)


def _image_address(element: _Element) -> str:
    """``itunes:image`` has href; an ``image`` in an item has a url inside, or the bare address."""
    if len(element):
        for child in element:
            if name_of(child) == "url":
                return plain(child)
    return attribute(element, "href") or attribute(element, "url") or plain(element)


def _address(element: _Element, name: str) -> str:
    if name in ("image", "itunes:image"):
        return _image_address(element)
    url = attribute(element, "url")
    if url or name == "media:content":
        return url
    if name == "enclosure":
        return attribute(element, "href")
    text = plain(element)  # a thumbnail of Media RSS 1.0 has its address as text
    return text if is_http_address(text) else ""


def _kind(element: _Element, name: str, media_type: str, url: str) -> str:
    if name == "enclosure":
        return kind_of(media_type, url)
    if name == "media:content":
        return kind_of(media_type, url, element.get("medium") or "")
    return name.removeprefix("media:") if name.startswith("media:") else "image"


def _take_inside(found: list[Media], element: _Element, levels: int) -> None:
    """Of several contents the one that is marked as default goes first (Media RSS 1.5.1, ``isDefault``)."""
    start = len(found)
    default: tuple[int, int] | None = None
    for child in element:
        name = name_of(child)
        if name in MEDIA_NAMES and name.startswith("media:"):
            before = len(found)
            take_media(found, child, name, levels)
            if default is None and (child.get("isDefault") or "").lower() == "true":
                default = (before, len(found))
    if default is not None:
        first, last = default
        found[start:] = found[first:last] + found[start:first] + found[last:]


def take_media(found: list[Media], element: _Element, name: str, levels: int = _MAX_LEVELS) -> None:
    """Add the files that one element declares, itself first, then those inside it.

    Args:
        found: files of the entry so far.
        element: one of those in ``MEDIA_NAMES``.
        name: its name by :func:`worker.sources.parse.xml_names.name_of`.
        levels: how deep to look.
    """
    if name != "media:group":
        url = _address(element, name)
        if url:
            media_type = (element.get("type") or "").strip()
            found.append(
                Media(
                    url=url,
                    kind=_kind(element, name, media_type, url),
                    media_type=media_type,
                    width=pixels(element.get("width") or ""),
                    height=pixels(element.get("height") or ""),
                )
            )
    if levels > 1 and len(element) and name in ("media:group", "media:content"):
        _take_inside(found, element, levels - 1)
