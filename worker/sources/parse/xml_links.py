"""Atom links of a feed or an entry, and which of them is the address of the page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lxml.etree import _Element
from msgspec import Struct

from worker.sources.parse.xml_names import XML_BASE
from worker.sources.parse.xml_text import attribute, base_of, join

__all__ = ["Link", "first_of", "page_address", "read_link"]

# RFC 4287 section 4.2.7.2: a registered relation may be written out as an address, too.
_RELATION_REGISTRY: Final = "http://www.iana.org/assignments/relation/"
_PAGE_TYPES: Final = frozenset(("", "text/html", "application/xhtml+xml"))


class Link(Struct, frozen=True):
    """One ``link`` with an ``href``. ``relation`` is in lower case, ``alternate`` when none is stated."""

    relation: str
    address: str
    media_type: str = ""
    language: str = ""


def read_link(element: _Element, base_url: str) -> Link:
    """Read a link. Its address stays as published, unless the link has an ``xml:base`` of its own."""
    address = attribute(element, "href")
    if element.get(XML_BASE):
        address = join(base_of(element, base_url), address)
    relation = attribute(element, "rel").lower().removeprefix(_RELATION_REGISTRY) or "alternate"
    media_type = attribute(element, "type").lower().partition(";")[0].strip()
    return Link(relation, address, media_type, attribute(element, "hreflang").lower())


def first_of(links: Sequence[Link], *relations: str) -> str:
    """Address of the first link of the first relation that has one, "" when none has."""
    for relation in relations:
        for link in links:
            if link.relation == relation and link.address:
                return link.address
    return ""


def page_address(links: Sequence[Link], language: str = "") -> str:
    """The address of the page among the alternates, "" when there is none.

    A web page goes before another format, the feed's own language before another, then the order counts.
    """
    alternates = [link for link in links if link.relation == "alternate" and link.address]
    if not alternates:
        return ""
    wanted = language.lower().partition("-")[0]

    def rank(link: Link) -> tuple[bool, bool]:
        foreign = bool(link.language and wanted) and link.language.partition("-")[0] != wanted
        return link.media_type not in _PAGE_TYPES, foreign

    return min(alternates, key=rank).address
