"""One XML ``item`` or ``entry`` to an :class:`~worker.model.entry.Entry`.

Every value is as published, without the white space around it. Where an element is repeated, the first one
that is not empty counts. Atom text that is stated to be plain becomes HTML by escaping in summary and
content, so that markup in it stays text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from html import escape
from typing import Final

from lxml.etree import _Element
from msgspec import Struct

from worker.model.entry import Entry, Media, Source
from worker.sources.parse.mojibake import undouble
from worker.sources.parse.parsed_feed import MAX_CATEGORIES, MAX_MEDIA, Caps
from worker.sources.parse.xml_links import Link, first_of, page_address, read_link
from worker.sources.parse.xml_media import MEDIA_NAMES, kind_of, media_of
from worker.sources.parse.xml_names import XML_BASE, XML_LANG, meaning
from worker.sources.parse.xml_text import attribute, base_of, construct, inner_html, is_http_address, plain

__all__ = ["Frame", "person_name", "read_entry", "read_person"]

_PLAIN: Final = (
    *("id", "dc:creator", "dc:language", "dc:title"),
    *("itunes:author", "itunes:summary", "itunes:title", "media:title"),
)
_LABELS: Final = ("category", "dc:subject", "itunes:keywords", "media:category", "media:keywords")
_PUBLISHED: Final = (
    "pubdate",
    "published",
    "issued",
    "dcterms:issued",
    "dc:date",
    "date",
    "created",
    "dcterms:created",
)
_UPDATED: Final = ("updated", "modified", "dcterms:modified")
_RDF_ABOUT: Final = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
_NAME_AFTER_MAIL: Final = re.compile(r"\S{1,200}@\S{1,200} \(([^()]{1,200})\)")


class Frame(Struct, frozen=True, kw_only=True):
    """What the entries of one feed have in common.

    Attributes:
        atom: the text of titles and contents is typed (RFC 4287 section 3.1).
        feed_url: address of the feed.
        feed_title: the feed's own name.
        site_url: the page that the feed belongs to.
        base_url: base of the element that holds the entries, "" when there is none.
        language: of the feed.
        author: of the feed, for entries that name none (RFC 4287 section 4.2.1).
    """

    atom: bool
    feed_url: str
    feed_title: str = ""
    site_url: str = ""
    base_url: str = ""
    language: str = ""
    author: str = ""


def person_name(text: str) -> str:
    """RSS wants ``mail@host (Name)`` for a person: the name, if that is the form; else the text."""
    found = _NAME_AFTER_MAIL.fullmatch(text)
    return found.group(1).strip() if found else text


def read_person(element: _Element) -> str:
    """The name in an Atom person construct (RFC 4287 section 3.2), or in the RSS element, which is text."""
    for child in element:
        if meaning(child.tag) == "name":
            return plain(child)
    return "" if len(element) else person_name(plain(element))


class _Parts:
    """The children of one entry, or of the Atom source in it, sorted by what they are for."""

    def __init__(self, element: _Element, *, atom: bool, base_url: str, is_source: bool = False) -> None:
        self.atom = atom
        self.is_source = is_source
        self.base_url = base_of(element, base_url)
        self.content_base = ""
        self.content_source = ""
        self.texts: dict[str, str] = {}
        self.title_is_html = True
        self.guid_is_permalink = False
        self.provider = ("", "")
        self.links: list[Link] = []
        self.labels: list[str] = []
        self.media: list[Media] = []
        for child in element:
            name = meaning(child.tag)
            take = _TAKERS.get(name)
            if take is not None:
                take(self, child, name)

    def first(self, names: Sequence[str]) -> str:
        """The first of these texts that is not empty."""
        get = self.texts.get
        for name in names:
            text = get(name)
            if text:
                return text
        return ""


def _take_text(parts: _Parts, child: _Element, name: str) -> None:
    if not parts.texts.get(name):
        parts.texts[name] = plain(child)


def _take_markup(parts: _Parts, child: _Element, name: str) -> None:
    if parts.texts.get(name):
        return
    text, is_html = construct(child) if parts.atom else (inner_html(child), True)
    parts.texts[name] = text if is_html else escape(text, quote=False)


def _take_title(parts: _Parts, child: _Element, name: str) -> None:
    if not parts.texts.get(name):
        title = construct(child) if parts.atom else (inner_html(child), True)
        parts.texts[name], parts.title_is_html = title


def _take_content(parts: _Parts, child: _Element, name: str) -> None:
    parts.content_source = parts.content_source or attribute(child, "src")
    if child.get(XML_BASE):
        parts.content_base = base_of(child, parts.base_url)
    _take_markup(parts, child, name)


def _take_media(parts: _Parts, child: _Element, name: str) -> None:
    """Titles and descriptions stand inside the group or the content (YouTube has them only there)."""
    parts.media.extend(media_of(child, name))
    for inside in child:
        named = meaning(inside.tag)
        if named in ("media:title", "media:description"):
            _take_text(parts, inside, named)


def _take_labels(parts: _Parts, child: _Element, name: str) -> None:
    text = child.get("label") or child.get("term") or plain(child)
    parts.labels.extend(text.split(",") if name.endswith(":keywords") else (text,))


def _take_link(parts: _Parts, child: _Element, name: str) -> None:
    if child.get("href") is None:
        _take_text(parts, child, name)
        return
    link = read_link(child, parts.base_url)
    if link.relation == "enclosure":
        kind = kind_of(link.media_type)
        parts.media.append(Media(url=link.address, kind=kind, media_type=link.media_type))
    else:
        parts.links.append(link)


def _take_guid(parts: _Parts, child: _Element, name: str) -> None:
    text = plain(child)
    if text and name not in parts.texts:
        parts.texts[name] = text
        stated = attribute(child, "isPermaLink") or attribute(child, "ispermalink")
        parts.guid_is_permalink = stated.lower() != "false" and is_http_address(text)


def _take_author(parts: _Parts, child: _Element, name: str) -> None:
    parts.texts[name] = parts.texts.get(name) or read_person(child)


def _take_source(parts: _Parts, child: _Element, _: str) -> None:
    if not len(child) or parts.is_source:
        parts.provider = (plain(child), attribute(child, "url"))
        return
    inside = _Parts(child, atom=parts.atom, base_url=parts.base_url, is_source=True)
    address = page_address(inside.links) or inside.texts.get("link", "") or first_of(inside.links, "self")
    parts.provider = (inside.texts.get("title", ""), address)
    parts.texts.setdefault("source author", inside.texts.get("author", ""))


_TAKERS: Final[dict[str, Callable[[_Parts, _Element, str], None]]] = {
    **dict.fromkeys(_PLAIN + _PUBLISHED + _UPDATED, _take_text),
    **dict.fromkeys(("xhtml:body", "xhtml:div", "media:description"), _take_markup),
    **dict.fromkeys(("content", "content:encoded", "summary", "description"), _take_content),
    **dict.fromkeys(MEDIA_NAMES, _take_media),
    **dict.fromkeys(_LABELS, _take_labels),
    "title": _take_title,
    "link": _take_link,
    "guid": _take_guid,
    "author": _take_author,
    "source": _take_source,
}


def _categories(labels: list[str], caps: Caps) -> tuple[str, ...]:
    if not labels:
        return ()
    names = [name for name in dict.fromkeys(label.strip() for label in labels) if name]
    return tuple(caps.title(undouble(name)) for name in caps.items(names, MAX_CATEGORIES))


def _media(declared: list[Media], caps: Caps) -> tuple[Media, ...]:
    if not declared:
        return ()
    return tuple(m for m in caps.items(list(dict.fromkeys(declared)), MAX_MEDIA) if caps.address(m.url))


def _base(parts: _Parts, link: str) -> str:
    """The base of the content, if it has one of its own and the link does not need that of the entry."""
    return parts.content_base if parts.content_base and is_http_address(link) else parts.base_url


def read_entry(element: _Element, frame: Frame, caps: Caps) -> Entry | None:
    """Read one entry; None when it has neither guid, link, title nor text."""
    parts = _Parts(element, atom=frame.atom, base_url=frame.base_url)
    guid = caps.address(parts.texts.get("guid") or parts.texts.get("id") or attribute(element, _RDF_ABOUT))
    language = attribute(element, XML_LANG) or parts.texts.get("dc:language", "") or frame.language
    link = parts.texts.get("link") or page_address(parts.links, language)
    link = caps.address(link or (guid if parts.guid_is_permalink else parts.content_source))
    title = parts.first(("title", "dc:title", "itunes:title", "media:title"))
    summary = parts.first(("summary", "description", "itunes:summary", "media:description"))
    content = parts.first(("content:encoded", "content", "xhtml:body", "xhtml:div"))
    if not (guid or link or title or summary or content):
        return None
    provider_name, provider_url = parts.provider
    author = parts.first(("dc:creator", "author", "itunes:author", "source author")) or frame.author
    return Entry(
        source=Source.FEED,
        feed_url=frame.feed_url,
        feed_title=frame.feed_title,
        site_url=frame.site_url,
        base_url=_base(parts, link),
        guid=guid,
        guid_is_permalink=parts.guid_is_permalink and bool(guid),
        link=link,
        title=caps.title(undouble(title)),
        title_is_html=parts.title_is_html,
        summary=caps.text(undouble(summary)),
        content=caps.text(undouble(content)),
        published=caps.title(parts.first(_PUBLISHED)),
        updated=caps.title(parts.first(_UPDATED)),
        categories=_categories(parts.labels, caps),
        author=caps.title(undouble(person_name(author))),
        language=language,
        media=_media(parts.media, caps),
        amp_url=caps.address(first_of(parts.links, "amphtml")) if parts.links else "",
        provider_name=caps.title(provider_name),
        provider_url=caps.address(provider_url),
    )
