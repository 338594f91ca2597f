"""The children of one XML entry, sorted by what they are for.

Where an element is repeated, the first one that is not empty counts. Atom text that is stated to be plain
becomes HTML by escaping in summary and content, so that markup in it stays text.

This is where most of the reader's time goes: some eight children an entry. So a child costs one look-up by
its tag and one call; attributes are asked for only where there are any.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from html import escape
from typing import Final

from lxml.etree import _Element

from worker.model.entry import Media
from worker.sources.parse.person import read_person
from worker.sources.parse.xml_links import Link, first_of, page_address, read_link
from worker.sources.parse.xml_media import MEDIA_NAMES, kind_of, take_media
from worker.sources.parse.xml_names import XML_BASE, meaning, meaning_by_prefix, name_of
from worker.sources.parse.xml_text import attribute, base_of, construct, inner_html, is_http_address, plain

__all__ = ["PUBLISHED", "UPDATED", "Parts"]

PUBLISHED: Final = (
    "pubdate",
    "published",
    "issued",
    "dcterms:issued",
    "dc:date",
    "date",
    "created",
    "dcterms:created",
)
UPDATED: Final = ("updated", "modified", "dcterms:modified")
_PLAIN: Final = (
    *("id", "dc:identifier", "dc:language", "language", "dc:title", "feedburner:origlink"),
    *("itunes:summary", "itunes:subtitle", "itunes:title", "media:title"),
)
_LABELS: Final = (
    "category",
    "keywords",
    "dc:subject",
    "itunes:category",
    "itunes:keywords",
    "media:category",
    "media:keywords",
)
_CONTENTS: Final = ("content", "content:encoded", "summary", "description", "dc:description", "abstract", "fullitem")


class Parts:
    """What one entry, or the Atom source in it, holds.

    Attributes:
        atom: the text of titles and contents is typed (RFC 4287 section 3.1).
        is_source: this is an Atom source, in which no other is looked for.
        base_url: base of the element.
        bases: name of a text -> the base that it states for itself.
        content_source: address of content that is elsewhere (RFC 4287 section 4.1.3.2).
        texts: name -> text, not empty.
        title_is_html: how the title is to be read.
        guid_is_permalink: of an RSS guid.
        provider: name and address of the publisher that the entry names.
        links: those with an address.
        labels: categories.
        media: declared files.
    """

    __slots__ = (
        "atom",
        "base_url",
        "bases",
        "content_source",
        "guid_is_permalink",
        "is_source",
        "labels",
        "links",
        "media",
        "provider",
        "texts",
        "title_is_html",
    )

    def __init__(self, element: _Element, *, atom: bool, base_url: str, is_source: bool = False) -> None:
        self.atom = atom
        self.is_source = is_source
        self.base_url = base_of(element, base_url) if element.keys() else base_url
        self.bases: dict[str, str] = {}
        self.content_source = ""
        texts: dict[str, str] = {}
        self.texts = texts
        self.title_is_html = True
        self.guid_is_permalink = False
        self.provider = ("", "")
        self.links: list[Link] = []
        self.labels: list[str] = []
        self.media: list[Media] = []
        for child in element:
            taker = _taker(child.tag)
            if taker is None:
                taker = _taker_by_prefix(child.prefix, child.tag) if child.prefix else None
                if taker is None:
                    continue
            take, name, bare = taker
            if not bare or len(child) or (bare == _RSS and (atom or child.keys())):
                take(self, child, name)
            elif name not in texts:
                text = (child.text or "").strip()
                if text:
                    texts[name] = text


_Take = Callable[[Parts, _Element, str], None]


# When an element without elements in it is nothing but its text, for which no call is needed: never; in RSS, if it
# has no attributes; always. (Not an Enum: the look-up of a member costs as much as the call that it saves.)
_NEVER: Final = 0
_RSS: Final = 1
_ALWAYS: Final = 2


def _take_text(parts: Parts, child: _Element, name: str) -> None:
    if name not in parts.texts:
        text = plain(child)
        if text:
            parts.texts[name] = text


def _take_title(parts: Parts, child: _Element, name: str) -> None:
    if name not in parts.texts:
        text, is_html = construct(child) if parts.atom else (inner_html(child), True)
        if text:
            parts.texts[name], parts.title_is_html = text, is_html


def _take_content(parts: Parts, child: _Element, name: str) -> None:
    if name in parts.texts:
        return
    base = ""
    # In RSS, Atom's own elements are typed when they say so; RSS has no such attribute.
    typed = parts.atom
    if child.keys():
        base = child.get(XML_BASE) or ""
        parts.content_source = parts.content_source or attribute(child, "src")
        typed = typed or (name in ("content", "summary") and child.get("type") is not None)
    text, is_html = construct(child) if typed else (inner_html(child), True)
    if text:
        parts.texts[name] = text if is_html else escape(text, quote=False)
        if base:
            parts.bases[name] = base_of(child, parts.base_url)


def _take_body(parts: Parts, child: _Element, name: str) -> None:
    if name not in parts.texts:
        text = inner_html(child)
        if text:
            parts.texts[name] = text


def _take_media_description(parts: Parts, child: _Element, name: str) -> None:
    """Plain unless it says HTML (Media RSS 1.5.1), which RSS feeds forget to say."""
    if name in parts.texts:
        return
    stated = (child.get("type") or "").lower()
    is_plain = stated == "plain" or (parts.atom and stated != "html")
    text = escape(plain(child), quote=False) if is_plain else inner_html(child)
    if text:
        parts.texts[name] = text


def _take_media(parts: Parts, child: _Element, name: str) -> None:
    """Titles and descriptions stand inside the group or the content (YouTube has them only there)."""
    take_media(parts.media, child, name)
    if len(child):
        for inside in child.iter():
            named = name_of(inside)
            if named == "media:title":
                _take_text(parts, inside, named)
            elif named == "media:description":
                _take_media_description(parts, inside, named)


def _take_labels(parts: Parts, child: _Element, name: str) -> None:
    text = (child.get("label") or child.get("term") or child.get("text") or "").strip() if child.keys() else ""
    text = text or plain(child)
    if name.endswith("keywords"):
        parts.labels.extend(map(str.strip, text.split(",")))
    elif text:
        parts.labels.append(text)


def _take_link(parts: Parts, child: _Element, name: str) -> None:
    if not child.keys() or child.get("href") is None:
        _take_text(parts, child, name)
        return
    link = read_link(child, parts.base_url)
    if link.relation == "enclosure":
        if link.address:
            kind = kind_of(link.media_type, link.address)
            parts.media.append(Media(url=link.address, kind=kind, media_type=link.media_type))
    else:
        parts.links.append(link)


def _take_guid(parts: Parts, child: _Element, name: str) -> None:
    if name in parts.texts:
        return
    text = plain(child)
    if text:
        parts.texts[name] = text
        stated = attribute(child, "isPermaLink") or attribute(child, "ispermalink") if child.keys() else ""
        parts.guid_is_permalink = stated.lower() in ("", "true") and is_http_address(text)


def _take_author(parts: Parts, child: _Element, name: str) -> None:
    if name not in parts.texts:
        text = read_person(child)
        if text:
            parts.texts[name] = text


def _take_source(parts: Parts, child: _Element, _: str) -> None:
    if not len(child) or parts.is_source:
        parts.provider = (plain(child), attribute(child, "url"))
        return
    inside = Parts(child, atom=parts.atom, base_url=parts.base_url, is_source=True)
    address = page_address(inside.links) or inside.texts.get("link", "") or first_of(inside.links, "self")
    parts.provider = (inside.texts.get("title", ""), address)
    author = inside.texts.get("author", "")
    if author:
        parts.texts.setdefault("source author", author)


_AUTHORS: Final = ("author", "dc:creator", "dc:author", "dcterms:creator", "itunes:author")
_TAKERS: Final[dict[str, tuple[_Take, int]]] = {
    **dict.fromkeys(_PLAIN + PUBLISHED + UPDATED, (_take_text, _ALWAYS)),
    **dict.fromkeys(_CONTENTS, (_take_content, _RSS)),
    **dict.fromkeys(("body", "xhtml:body", "xhtml:div"), (_take_body, _NEVER)),
    **dict.fromkeys(MEDIA_NAMES, (_take_media, _NEVER)),
    **dict.fromkeys(_LABELS, (_take_labels, _NEVER)),
    **dict.fromkeys(_AUTHORS, (_take_author, _ALWAYS)),
    "media:description": (_take_media_description, _RSS),
    "title": (_take_title, _RSS),
    "link": (_take_link, _RSS),
    "guid": (_take_guid, _NEVER),
    "source": (_take_source, _NEVER),
}
_ALIASES: Final = {"dcterms:creator": "dc:creator", "dc:author": "dc:creator"}
_Taker = tuple[_Take, str, int]


@lru_cache(maxsize=4_096)
def _taker(tag: object) -> _Taker | None:
    return _taker_of(meaning(tag))


@lru_cache(maxsize=4_096)
def _taker_by_prefix(prefix: str, tag: str) -> _Taker | None:
    return _taker_of(meaning_by_prefix(prefix, tag))


def _taker_of(name: str) -> _Taker | None:
    take, bare = _TAKERS.get(name, (None, _NEVER))
    return None if take is None else (take, _ALIASES.get(name, name), bare)
