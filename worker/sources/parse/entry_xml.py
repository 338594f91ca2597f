"""One XML ``item`` or ``entry`` to an :class:`~worker.model.entry.Entry`.

Every value is as published, without the white space around it. Where several elements can give a value, the
order is that of the tuples here:

=============  ==================================================================================
guid           ``guid``, Atom ``id``, ``rdf:about``, ``dc:identifier``
link           ``link`` as text, the best ``link rel="alternate"``, the guid when it is an address that
               its source does not deny to be one, ``content src``, ``href`` of the item (CDF)
title          ``title``, ``dc:title``, ``itunes:title``, ``media:title``
summary        ``summary``, ``description``, ``abstract``, ``dc:description``, ``itunes:summary``,
               ``itunes:subtitle``, ``media:description``
content        ``content:encoded``, ``content``, ``fullitem``, XHTML ``body`` or ``div``
author         ``dc:creator``, ``author``, ``itunes:author``, that of an Atom source, that of an Atom feed
=============  ==================================================================================
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import urljoin

from lxml.etree import _Element
from msgspec import Struct
from msgspec.structs import replace

from worker.model.entry import Entry, Media, Source
from worker.sources.parse.caps import MAX_CATEGORIES, MAX_MEDIA, Caps
from worker.sources.parse.entry_parts import PUBLISHED, UPDATED, Parts
from worker.sources.parse.person import person_name
from worker.sources.parse.xml_links import first_of, page_address
from worker.sources.parse.xml_names import XML_LANG
from worker.sources.parse.xml_text import attribute, is_http_address

__all__ = ["Frame", "first_text", "read_entry"]

_FEED: Final = Source.FEED
_RDF_ABOUT: Final = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
_TITLES: Final = ("title", "dc:title", "itunes:title", "media:title")
_SUMMARIES: Final = (
    *("summary", "description", "abstract", "dc:description"),
    *("itunes:summary", "itunes:subtitle", "media:description"),
)
_CONTENTS: Final = ("content:encoded", "content", "fullitem", "xhtml:body", "body", "xhtml:div")
_AUTHORS: Final = ("dc:creator", "author", "itunes:author", "source author")


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


def first_text(texts: dict[str, str], names: Sequence[str]) -> str:
    """The first of these texts that is there."""
    for name in names:
        if name in texts:
            return texts[name]
    return ""


def _categories(labels: list[str], caps: Caps) -> tuple[str, ...]:
    if not labels:
        return ()
    names = [name for name in dict.fromkeys(labels) if name]
    return tuple(caps.titles(caps.items(names, MAX_CATEGORIES)))


def _media(declared: list[Media], caps: Caps) -> tuple[Media, ...]:
    if not declared:
        return ()
    unique = declared if len(declared) == 1 else list(dict.fromkeys(declared))
    return tuple([media for media in caps.items(unique, MAX_MEDIA) if caps.address(media.url)])


def _own_base(parts: Parts) -> str:
    """The base that the text with the links and pictures states for itself, "" when it states none."""
    for name in (*_CONTENTS, *_SUMMARIES):
        if name in parts.texts:
            return parts.bases.get(name, "")
    return ""


def _absolute(base: str, address: str) -> str:
    if not address or not base:
        return address
    try:
        return urljoin(base, address)
    except ValueError:
        return address


def _rebased(entry: Entry, base: str) -> Entry:
    """An entry has one base. Where its text has another than the rest, the rest is made absolute."""
    outer = entry.base_url
    return replace(
        entry,
        base_url=base,
        link=_absolute(outer, entry.link),
        page_url=_absolute(outer, entry.page_url),
        amp_url=_absolute(outer, entry.amp_url),
        provider_url=_absolute(outer, entry.provider_url),
        media=tuple(replace(media, url=_absolute(outer, media.url)) for media in entry.media),
    )


def _link(parts: Parts, guid: str, language: str, href: str) -> str:
    texts = parts.texts
    if "link" in texts:
        return texts["link"]
    address = page_address(parts.links, language) if parts.links else ""
    if address:
        return address
    is_address = parts.guid_is_permalink or ("guid" not in texts and is_http_address(guid))
    return guid if is_address else parts.content_source or href


def _other_date(texts: dict[str, str], published: str) -> str:
    """A ``dc:date`` beside the date of RSS: where that one cannot be read, this one may."""
    other = texts.get("dc:date", "")
    return "" if other == published else other


def read_entry(element: _Element, frame: Frame, caps: Caps) -> Entry | None:
    """Read one entry; None when it has neither guid, link, title nor text."""
    parts = Parts(element, atom=frame.atom, base_url=frame.base_url)
    texts = parts.texts
    about, language, href = "", "", ""
    if element.keys():
        about, language = attribute(element, _RDF_ABOUT), attribute(element, XML_LANG)
        href = attribute(element, "href")
    guid = texts.get("guid") or texts.get("id") or about or texts.get("dc:identifier") or ""
    language = language or texts.get("dc:language") or texts.get("language") or frame.language
    link = _link(parts, guid, language, href)
    title = texts.get("title") or first_text(texts, _TITLES)
    summary = texts.get("summary") or texts.get("description") or first_text(texts, _SUMMARIES)
    content = texts.get("content:encoded") or first_text(texts, _CONTENTS)
    if not (guid or link or title or summary or content):
        return None
    amp_url = first_of(parts.links, "amphtml") if parts.links else ""
    page_url = texts.get("feedburner:origlink", "")
    provider_name, provider_url = parts.provider
    guid, link, page_url, amp_url, provider_url = caps.addresses([guid, link, page_url, amp_url, provider_url])
    author = person_name(first_text(texts, _AUTHORS)) or frame.author
    published = texts.get("pubdate") or first_text(texts, PUBLISHED)
    updated = texts.get("updated") or first_text(texts, UPDATED) or _other_date(texts, published)
    title, author, published, updated, language, provider_name = caps.titles(
        [title, author, published, updated, language, provider_name]
    )
    entry = Entry(
        source=_FEED,
        feed_url=frame.feed_url,
        feed_title=frame.feed_title,
        site_url=frame.site_url,
        base_url=parts.base_url,
        guid=guid,
        guid_is_permalink=parts.guid_is_permalink and bool(guid),
        link=link,
        page_url=page_url,
        title=title,
        title_is_html=parts.title_is_html,
        summary=caps.text(summary),
        content=caps.text(content),
        published=published,
        updated=updated,
        categories=_categories(parts.labels, caps),
        author=author,
        language=language,
        media=_media(parts.media, caps),
        amp_url=amp_url,
        provider_name=provider_name,
        provider_url=provider_url,
    )
    base = _own_base(parts) if parts.bases else ""
    return _rebased(entry, base) if base else entry
