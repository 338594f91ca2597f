"""Subscription lists in OPML 1.0 and 2.0 (opml.org/spec2): reads those that exist, writes sound ones."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from lxml import etree
from lxml.etree import _Element
from msgspec import Struct

from storyfold.errors import SourceError
from worker.sources.parse.encoding import decode
from worker.sources.parse.xml_names import local_name
from worker.sources.parse.xml_tree import parse_xml

__all__ = ["Outline", "feed_address", "read_opml", "unique", "write_opml"]

_ILLEGAL: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPACES: Final = re.compile(r"\s+")

MAX_TITLE_CHARS: Final = 500
MAX_CATEGORY_CHARS: Final = 1_000


class Outline(Struct, frozen=True, kw_only=True):
    """One subscription of a list.

    Attributes:
        url: address of the feed.
        title: "" when the list gives none.
        category: names of the folders around it, joined by ``/``; of a list without folders, the first path
            of the ``category`` attribute; "" when there is neither.
        site_url: the page that the feed belongs to, "" when not stated.
    """

    url: str
    title: str = ""
    category: str = ""
    site_url: str = ""


def feed_address(text: str) -> str:
    """The http address that a ``feed:`` address stands for; any other as it is.

    ``feed://host/path`` is ``http://host/path``, and ``feed:https://host/path`` what follows the colon.
    """
    address = text.strip()
    if address[:5].lower() != "feed:":
        return address
    rest = address[5:]
    bare = rest.removeprefix("//")
    return bare if bare[:8].lower().startswith(("http://", "https://")) else "http://" + bare


def unique(outlines: Iterable[Outline]) -> list[Outline]:
    """The outlines without those whose address came before."""
    first: dict[str, Outline] = {}
    for outline in outlines:
        first.setdefault(outline.url, outline)
    return list(first.values())


def _attributes(element: _Element) -> dict[str, str]:
    """By name in lower case: ``xmlUrl`` is spelled in several ways. White space is made single spaces."""
    return {
        local_name(str(name)).lower(): _SPACES.sub(" ", str(value)).strip() for name, value in element.attrib.items()
    }


def _own_category(stated: str) -> str:
    return "/".join(part.strip() for part in stated.partition(",")[0].split("/") if part.strip())


def _collect(root: _Element) -> list[Outline]:
    found: list[Outline] = []
    # A stack in place of recursion: depth is up to the document. Outlines of one folder share its name.
    waiting: list[tuple[_Element, str]] = [(root, "")]
    while waiting:
        element, folder = waiting.pop()
        inner = folder
        if local_name(element.tag).lower() == "outline":
            stated = _attributes(element)
            title = (stated.get("title") or stated.get("text", ""))[:MAX_TITLE_CHARS]
            url = feed_address(stated.get("xmlurl", ""))
            if url:
                category = folder or _own_category(stated.get("category", ""))[:MAX_CATEGORY_CHARS]
                found.append(Outline(url=url, title=title, category=category, site_url=stated.get("htmlurl", "")))
            elif title:
                inner = _below(folder, title)
        waiting.extend((child, inner) for child in element.iterchildren("*", reversed=True))
    return found


def _below(folder: str, title: str) -> str:
    """The path of a folder within another; of one that is too deep or too long, the path of the other."""
    path = f"{folder}/{title}" if folder else title
    return path if len(path) <= MAX_CATEGORY_CHARS else folder or path[:MAX_CATEGORY_CHARS]


def read_opml(body: bytes) -> list[Outline]:
    """Read the subscriptions of a list, in document order, each address once.

    Byte order mark, instructions before the XML declaration, bare ampersands and a default namespace do no
    harm. Addresses are not judged here; an outline without ``xmlUrl`` is a folder or a bookmark.

    Raises:
        SourceError: ``empty``; ``not-opml`` for any other document; ``ill-formed`` or ``too-deep`` when
            nothing could be read.
    """
    tree = parse_xml(decode(body).utf8)
    if local_name(tree.root.tag).lower() != "opml":
        raise SourceError("not-opml", f"the document's root is <{local_name(tree.root.tag)[:60]}>, not <opml>")
    found = unique(_collect(tree.root))
    if tree.limit and not found:
        raise SourceError(tree.limit, f"the XML parser stopped before the first subscription: {tree.fault}")
    return found


def _clean(text: str) -> str:
    """Without what XML 1.0 section 2.2 forbids, and as it would be read again."""
    return _SPACES.sub(" ", _ILLEGAL.sub("", text)).strip()


def _folder(parent: _Element, name: str) -> _Element:
    for child in parent:
        if child.get("xmlUrl") is None and child.get("text") == name:
            return child
    return etree.SubElement(parent, "outline", text=name, title=name)


def write_opml(outlines: Iterable[Outline], *, title: str = "Subscriptions") -> bytes:
    """Write an OPML 2.0 list: a folder for each part of a category, each address once, UTF-8.

    The order is that of the outlines; folders stand where their first outline does.
    """
    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = _clean(title)
    body = etree.SubElement(root, "body")
    for outline in unique(outlines):
        parent = body
        for name in filter(None, map(_clean, outline.category.split("/"))):
            parent = _folder(parent, name)
        name = _clean(outline.title) or _clean(outline.url)
        element = etree.SubElement(parent, "outline", type="rss", text=name, title=name, xmlUrl=_clean(outline.url))
        if outline.site_url:
            element.set("htmlUrl", _clean(outline.site_url))
    etree.indent(root)
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return written + b"\n"
