"""One pass over the tags of a page: every tag that may tell something goes to whom it concerns."""

from __future__ import annotations

from collections.abc import Callable

from worker.model.entry import Media
from worker.sources.page.address import absolute
from worker.sources.page.facts import Found, Offer, language_tag
from worker.sources.page.markup import Tag, decode_entities, names, one_line, read_attributes, scan
from worker.sources.page.microdata import Microdata
from worker.sources.page.page_links import PageLinks
from worker.sources.page.page_meta import PageMeta
from worker.sources.page.page_text import PageText

MAX_LINE_CHARS = 4_096
MAX_SCRIPTS = 40

# WHATWG HTML section 13.2.6.4.4: any other tag ends the head, whatever the page says.
_HEAD = names("html head base basefont bgsound link meta title noscript script style template noframes !")


class PageReader:
    """What stands in the tags of a page.

    Attributes:
        links: canonical and AMP address.
        meta: values of ``meta``.
        text: paragraphs of the article.
        scripts: sources of JSON-LD.
        title: of the document.
        headings: texts of its ``<h1>``.
        is_amp: the page is an AMP page.
        found: what was offered on the way.
    """

    def __init__(self, url: str) -> None:
        self.links = PageLinks(url)
        self.meta = PageMeta()
        self.text = PageText()
        self.scripts: list[str] = []
        self.title = ""
        self.headings: list[str] = []
        self.is_amp = False
        self.found = Found()
        self._microdata = Microdata(self.found)
        self._link_images: list[str] = []
        self._published_time = ""
        self._in_head = True
        self._templates = 0
        self._heading: list[str] | None = None
        self._handlers: dict[str, Callable[[Tag, dict[str, str]], None]] = {
            "html": self._read_html,
            "base": self._read_base,
            "link": self._read_link,
            "meta": self._read_meta,
            "script": self._read_script,
            "time": self._read_time,
        }

    def read(self, page: str) -> PageReader:
        """Read a page."""
        for tag in scan(page):
            if self._in_head:
                self._leave_head(tag)
            self._take_text(tag)
            self._take_tag(tag)
        self._settle()
        return self

    def _leave_head(self, tag: Tag) -> None:
        ends = tag.name in ("body", "html", "br") if tag.is_end else tag.name not in _HEAD
        if ends or tag.text.strip(" \t\n\r\f"):
            self._in_head = False

    def _take_text(self, tag: Tag) -> None:
        if not tag.text or self._templates:
            return
        self.text.take_text(tag.text)
        if self._heading is not None:
            self._heading.append(tag.text)
        self._microdata.take_text(tag.text)

    def _take_tag(self, tag: Tag) -> None:
        name = tag.name
        if name == "template":
            self._templates = max(0, self._templates + (-1 if tag.is_end else 1))
        if self._templates:
            return
        if name == "title" and not tag.is_end and self._in_head and not self.title:
            self.title = one_line(decode_entities(tag.raw[:MAX_LINE_CHARS]), MAX_LINE_CHARS)
        elif name == "h1":
            self._turn_heading(tag.is_end)
        self.text.take_tag(name, tag.is_end)
        if tag.is_end:
            self._microdata.take_end(name)
            return
        handler = self._handlers.get(name)
        has_microdata = "item" in tag.source
        if handler is not None or has_microdata:
            attributes = read_attributes(tag.source)
            if handler is not None:
                handler(tag, attributes)
            if has_microdata:
                self._microdata.take(name, attributes, self.links.base)

    def _turn_heading(self, is_end: bool) -> None:
        if self._heading is not None and len(self.headings) < 3:
            heading = one_line(decode_entities("".join(self._heading)[:MAX_LINE_CHARS]), MAX_LINE_CHARS)
            self.headings += [heading] if heading else []
        self._heading = None if is_end else []

    def _read_html(self, _: Tag, attributes: dict[str, str]) -> None:
        self.is_amp = self.is_amp or "amp" in attributes or "\u26a1" in attributes or "\u26a1\ufe0f" in attributes
        self.found.offer(
            "language", Offer.HTML, language_tag(attributes.get("lang") or attributes.get("xml:lang", ""))
        )

    def _read_base(self, _: Tag, attributes: dict[str, str]) -> None:
        if self._in_head:
            self.links.set_base(attributes.get("href", ""))

    def _read_link(self, _: Tag, attributes: dict[str, str]) -> None:
        rels = set(attributes.get("rel", "").lower().split())
        if self._in_head and rels & {"canonical", "amphtml"}:
            self.links.add(rels, attributes.get("href", ""))
        if "image_src" in rels and len(self._link_images) < 5:
            self._link_images.append(attributes.get("href", ""))

    def _read_meta(self, _: Tag, attributes: dict[str, str]) -> None:
        content = attributes.get("content", "")
        for key in ("property", "name", "http-equiv"):
            if key in attributes:
                self.meta.add(attributes[key], content, is_named=key != "http-equiv")

    def _read_script(self, tag: Tag, attributes: dict[str, str]) -> None:
        if "ld+json" in attributes.get("type", "").lower() and len(self.scripts) < MAX_SCRIPTS:
            self.scripts.append(tag.raw)

    def _read_time(self, _: Tag, attributes: dict[str, str]) -> None:
        date = one_line(attributes.get("datetime", ""), 100)
        if date and "pubdate" in attributes:
            self._published_time = self._published_time or date
        elif date:
            self.text.take_date(date)

    def _settle(self) -> None:
        """What can be told only at the end of the page."""
        found = self.found
        excerpt, chars, date = self.text.result()
        found.text_chars = max(found.text_chars, chars)
        found.offer("published", Offer.HTML, self._published_time or date)
        found.offer("excerpt", Offer.HTML, excerpt)
        found.offer("title", Offer.HTML, self._own_title())
        self.meta.offer_all(found, self.links.base)
        images = (absolute(self.links.base, href) for href in self._link_images)
        found.offer_images(Offer.LINK, [Media(url=url, kind="image") for url in images if url])

    def _own_title(self) -> str:
        """The heading that the document's title repeats, without what the site adds to it; else that title."""
        repeated = (heading for heading in self.headings if heading in self.title)
        return next(repeated, "") or self.title or next(iter(self.headings), "")
