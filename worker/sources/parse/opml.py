"""Subscription lists in OPML 1.0 and 2.0 (opml.org/spec2): reads those that exist, writes sound ones.

What OPML has no word for stands in attributes of a namespace of ours, :data:`NAMESPACE`: ``collection``, ``interval``
in seconds, ``credential`` (its name; a secret is in no list) and ``rules`` (names, parted by commas).

A sound list is read tag by tag, without a tree: for 100,000 feeds a tree takes 100 MB. One that is ill-formed is
mended as feeds are, which needs the tree.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from lxml import etree
from lxml.etree import _Element
from msgspec import Struct

from storyfold.errors import SourceError
from worker.sources.parse.encoding import decode
from worker.sources.parse.xml_mend import without_doctype
from worker.sources.parse.xml_names import local_name
from worker.sources.parse.xml_tree import parse_xml

__all__ = ["Outline", "feed_address", "read_opml", "unique", "write_opml"]

_CHUNK_BYTES: Final = 1 << 16
_ILLEGAL: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPACES: Final = re.compile(r"\s+")

NAMESPACE: Final = "https://storyfold.example/ns/opml/1"
_OURS: Final = f"{{{NAMESPACE}}}"

MAX_SETTING_CHARS: Final = 80  # of a name in an attribute of ours
MAX_RULES: Final = 50
MAX_INTERVAL_SECONDS: Final = 366 * 86_400
MAX_TITLE_CHARS: Final = 500
MAX_CATEGORY_CHARS: Final = 1_000


class Outline(Struct, frozen=True, kw_only=True, gc=False):
    """One subscription of a list.

    Attributes:
        url: address of the feed.
        title: "" when the list gives none.
        category: names of the folders around it, joined by ``/``; of a list without folders, the first path
            of the ``category`` attribute; "" when there is neither.
        site_url: the page that the feed belongs to, "" when not stated.
        collection: where its items go, "" when not stated.
        interval_seconds: its usual gap between polls, 0 when not stated.
        credential: name of the credential that it is asked with, "" when not stated.
        rules: names of the rules that hold for it.
    """

    url: str
    title: str = ""
    category: str = ""
    site_url: str = ""
    collection: str = ""
    interval_seconds: int = 0
    credential: str = ""
    rules: tuple[str, ...] = ()


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


def _attributes(attributes: Iterable[tuple[str, str]]) -> dict[str, str]:
    """By name in lower case: ``xmlUrl`` is spelled in several ways. White space is made single spaces.

    Those of our namespace keep its name before theirs.
    """
    stated: dict[str, str] = {}
    for name, value in attributes:
        key = name if name.startswith(_OURS) else local_name(name).lower()
        stated[key] = _SPACES.sub(" ", value).strip()
    return stated


def _own_category(stated: str) -> str:
    return "/".join(part.strip() for part in stated.partition(",")[0].split("/") if part.strip())


class _Reader:
    """Takes the tags of a list one by one, as lxml's parser gives them to a target."""

    def __init__(self) -> None:
        self.root = ""
        self.found: dict[str, Outline] = {}
        # One for each open element: outlines of one folder share its name.
        self._folders: list[str] = []

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        name = local_name(tag).lower()
        self.root = self.root or name
        folder = self._folders[-1] if self._folders else ""
        self._folders.append(self._take(folder, attributes) if name == "outline" else folder)

    def end(self, tag: str) -> None:  # noqa: ARG002 - so the parser calls it
        self._folders.pop()

    def close(self) -> None:
        pass

    def _take(self, folder: str, attributes: Mapping[str, str]) -> str:
        """Keep a subscription; gives the folder in which what stands inside is."""
        stated = _attributes((str(name), str(value)) for name, value in attributes.items())
        title = (stated.get("title") or stated.get("text", ""))[:MAX_TITLE_CHARS]
        url = feed_address(stated.get("xmlurl", ""))
        if not url:
            return _below(folder, title) if title else folder
        if url not in self.found:
            category = folder or _own_category(stated.get("category", ""))[:MAX_CATEGORY_CHARS]
            self.found[url] = Outline(
                url=url,
                title=title,
                category=category,
                site_url=stated.get("htmlurl", ""),
                collection=stated.get(f"{_OURS}collection", "")[:MAX_SETTING_CHARS],
                interval_seconds=_interval(stated.get(f"{_OURS}interval", "")),
                credential=stated.get(f"{_OURS}credential", "")[:MAX_SETTING_CHARS],
                rules=_rules(stated.get(f"{_OURS}rules", "")),
            )
        return folder


def _interval(stated: str) -> int:
    """Seconds; 0 for what is no such number."""
    is_number = stated.isascii() and stated.isdigit() and len(stated) < 12
    return min(int(stated), MAX_INTERVAL_SECONDS) if is_number else 0


def _rules(stated: str) -> tuple[str, ...]:
    named = (name.strip()[:MAX_SETTING_CHARS] for name in stated.split(",", MAX_RULES)[:MAX_RULES])
    return tuple(dict.fromkeys(name for name in named if name))


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
    text = decode(body).utf8
    return _read_sound(text) or _read_any(text)


def _read_sound(utf8: bytes) -> list[Outline]:
    """The subscriptions of a well-formed list; [] of any other document, and of a list that holds none."""
    reader = _Reader()
    parser = etree.XMLParser(
        target=reader,
        encoding="utf-8",
        # Without a document type there are but the five of XML; unresolved, &amp; comes as &#38; in attributes.
        resolve_entities="internal",
        load_dtd=False,
        no_network=True,
        huge_tree=False,
    )
    view = memoryview(without_doctype(utf8).lstrip())
    try:
        for start in range(0, len(view), _CHUNK_BYTES):
            parser.feed(bytes(view[start : start + _CHUNK_BYTES]))
        parser.close()
    except etree.XMLSyntaxError:
        return []
    return list(reader.found.values()) if reader.root == "opml" else []


def _read_any(utf8: bytes) -> list[Outline]:
    tree = parse_xml(utf8)
    if local_name(tree.root.tag).lower() != "opml":
        raise SourceError("not-opml", f"the document's root is <{local_name(tree.root.tag)[:60]}>, not <opml>")
    reader = _Reader()
    for event, element in etree.iterwalk(tree.root, events=("start", "end")):
        if event == "start":
            reader.start(element.tag, element.attrib)
        else:
            reader.end(element.tag)
    if tree.limit and not reader.found:
        raise SourceError(tree.limit, f"the XML parser stopped before the first subscription: {tree.fault}")
    return list(reader.found.values())


def _clean(text: str) -> str:
    """Without what XML 1.0 section 2.2 forbids, and as it would be read again."""
    return _SPACES.sub(" ", _ILLEGAL.sub("", text)).strip()


def _settings(outline: Outline) -> Iterator[tuple[str, str]]:
    """What has attributes of ours, as far as it is set."""
    pairs = (
        ("collection", outline.collection),
        ("interval", str(outline.interval_seconds or "")),
        ("credential", outline.credential),
        ("rules", ",".join(outline.rules)),
    )
    return ((name, value) for name, value in pairs if value)


def _folder(parent: _Element, name: str) -> _Element:
    for child in parent:
        if child.get("xmlUrl") is None and child.get("text") == name:
            return child
    return etree.SubElement(parent, "outline", text=name, title=name)


def write_opml(outlines: Iterable[Outline], *, title: str = "Subscriptions") -> bytes:
    """Write an OPML 2.0 list: a folder for each part of a category, each address once, UTF-8.

    The order is that of the outlines; folders stand where their first outline does.
    """
    root = etree.Element("opml", {"version": "2.0"}, nsmap={"storyfold": NAMESPACE})
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
        for name, value in _settings(outline):
            element.set(_OURS + name, _clean(value))
    etree.indent(root)
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return written + b"\n"
