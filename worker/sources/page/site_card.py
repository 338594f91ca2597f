"""What the home page of a site says of the site: its name and its logos.

The name comes from Open Graph (``og:site_name``), else ``application-name``, else JSON-LD. A title is no name: it
holds a slogan as often as not.

Logos stand beside a headline, so square icons come before wide banners:

1. ``rel=apple-touch-icon``: 180 pixels unless it says otherwise (Apple's web application guide);
2. ``rel=icon`` that declares a size, or that it fits any;
3. ``og:logo``;
4. ``logo`` of the organization in JSON-LD;
5. ``rel=icon`` without a size.

Within one of these the largest comes first. Sizes are as declared; only the bytes can tell whether they are true.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from worker.model.entry import Media
from worker.sources.page.address import absolute
from worker.sources.page.charset import decode_page
from worker.sources.page.json_text import read_json
from worker.sources.page.markup import Tag, one_line, read_attributes, scan

MAX_PAGE_CHARS = 2_097_152
MAX_NAME_CHARS = 100
MAX_LOGOS = 10
MAX_SCRIPTS = 20
MAX_NODES = 1_000
APPLE_PIXELS = 180

_SIZE = re.compile(r"(\d{1,4})x(\d{1,4})", re.IGNORECASE)
_APPLE = ("apple-touch-icon", "apple-touch-icon-precomposed")
_NAME_PLACES = ("og:site_name", "application-name", "jsonld")


class SiteCard(Struct, frozen=True, kw_only=True):
    """A site in its own words.

    Attributes:
        name: in one line, "" when the page gives none.
        logos: best first, addresses absolute, sizes as declared.
    """

    name: str
    logos: tuple[Media, ...]


def read_site_card(body: bytes, *, url: str, content_type: str = "") -> SiteCard:
    """The card of a site. Any bytes have one.

    Args:
        body: the home page as it came, content coding undone.
        url: absolute address where it lies, after redirects.
        content_type: header of that name.
    """
    reader = _CardReader(url)
    for tag in scan(decode_page(body[: 4 * MAX_PAGE_CHARS], content_type)[:MAX_PAGE_CHARS]):
        reader.take(tag)
    return reader.card()


class _CardReader:
    def __init__(self, url: str) -> None:
        self._base = url
        self._names: dict[str, str] = {}
        self._logos: list[tuple[int, Media]] = []
        self._scripts = 0

    def take(self, tag: Tag) -> None:
        if tag.is_end or tag.name not in ("link", "meta", "script"):
            return
        attributes = read_attributes(tag.source)
        if tag.name == "link":
            self._take_link(set(attributes.get("rel", "").lower().split()), attributes)
        elif tag.name == "meta":
            self._take_meta(attributes)
        elif "ld+json" in attributes.get("type", "").lower() and self._scripts < MAX_SCRIPTS:
            self._scripts += 1
            for node in _organizations(read_json(tag.raw)):
                self._take_organization(node)

    def card(self) -> SiteCard:
        name = next((self._names[place] for place in _NAME_PLACES if place in self._names), "")
        ranked = sorted(self._logos, key=lambda one: (one[0], -(one[1].width or 0)))
        logos = {media.url: media for _, media in reversed(ranked)}
        return SiteCard(name=name, logos=tuple(reversed(logos.values()))[:MAX_LOGOS])

    def _take_link(self, rels: set[str], attributes: dict[str, str]) -> None:
        width, height = _largest(attributes.get("sizes", ""))
        if not rels.isdisjoint(_APPLE):
            self._add_logo(1, attributes.get("href", ""), width or APPLE_PIXELS, height or APPLE_PIXELS)
        elif "icon" in rels:
            is_sized = width is not None or "any" in attributes.get("sizes", "").lower()
            self._add_logo(2 if is_sized else 5, attributes.get("href", ""), width, height)

    def _take_meta(self, attributes: dict[str, str]) -> None:
        field = (attributes.get("property") or attributes.get("name", "")).lower()
        if field == "og:logo":
            self._add_logo(3, attributes.get("content", ""))
        elif field in _NAME_PLACES:
            self._add_name(field, attributes.get("content", ""))

    def _take_organization(self, node: dict[str, Any]) -> None:
        self._add_name("jsonld", node.get("name"))
        logo = node.get("logo")
        logo = logo[0] if isinstance(logo, list) and logo else logo
        if isinstance(logo, str):
            self._add_logo(4, logo)
        elif isinstance(logo, dict):
            url = logo.get("url") or logo.get("contentUrl") or logo.get("@id")
            self._add_logo(4, url, _pixels(logo.get("width")), _pixels(logo.get("height")))

    def _add_name(self, place: str, name: Any) -> None:
        line = one_line(name, MAX_NAME_CHARS + 1) if isinstance(name, str) else ""
        if 0 < len(line) <= MAX_NAME_CHARS:
            self._names.setdefault(place, line)

    def _add_logo(self, rank: int, reference: Any, width: int | None = None, height: int | None = None) -> None:
        url = absolute(self._base, reference) if isinstance(reference, str) else ""
        if url and len(self._logos) < 10 * MAX_LOGOS:
            self._logos.append((rank, Media(url=url, kind="image", width=width, height=height)))


def _largest(sizes: str) -> tuple[int | None, int | None]:
    found = [(int(width), int(height)) for width, height in _SIZE.findall(sizes[:1_000])]
    return max(found, default=(None, None))


def _pixels(value: Any) -> int | None:
    text = str(value).removesuffix("px").strip() if isinstance(value, int | str) else ""
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) <= 5 else None


def _organizations(values: list[Any]) -> Iterator[dict[str, Any]]:
    """The organizations that JSON-LD tells of, publishers of the page among them, breadth first."""
    queue = list(values)
    for count, value in enumerate(queue):
        if count >= MAX_NODES:
            return
        if isinstance(value, list):
            queue.extend(value[:MAX_NODES])
        elif isinstance(value, dict):
            if _is_organization(value.get("@type")):
                yield value
            queue.extend(value[name] for name in ("@graph", "publisher", "mainEntity") if name in value)


def _is_organization(kind: Any) -> bool:
    kinds = kind if isinstance(kind, list) else [kind]
    return any(isinstance(one, str) and one.endswith(("Organization", "Corporation")) for one in kinds)
