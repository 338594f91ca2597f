"""RSS 0.90 to 2.0, RSS 1.0 and Atom 0.3 and 1.0: the first reader of feed documents.

One pass over the tree that libxml2 makes. Why not a feed library: fastfeedparser 0.6.5 is about as fast as
this reader on 77 real XML feeds, but it turns dates into its own form, drops ``isPermaLink``,
``xml:base`` and Atom's text types, gives an id to 108 of 1,961 entries whose source states none, and finds
nothing in RSS 0.90. Setting that right takes the same tree and most of the same pass after it, and then two
readings of each entry have to be matched up. feedparser reads well, at some 25 times the time.

Not supported, on purpose: ``at:deleted-entry`` (RFC 6721) and ``fh:complete`` (RFC 5005) are ignored: an
entry that leaves the feed stays.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import Final

from lxml.etree import _Element

from storyfold.errors import SourceError
from worker.model.entry import Entry
from worker.sources.parse.caps import MAX_ENTRIES, Caps, Flag
from worker.sources.parse.entry_xml import Frame, read_entry
from worker.sources.parse.parsed_feed import ParsedFeed
from worker.sources.parse.person import read_person
from worker.sources.parse.xml_links import Link, first_of, page_address, read_link
from worker.sources.parse.xml_mend import MAX_SECTIONS
from worker.sources.parse.xml_names import XML_LANG, local_name, meaning, name_of
from worker.sources.parse.xml_text import attribute, base_of, is_name, plain
from worker.sources.parse.xml_tree import XmlTree

__all__ = ["READER", "entry_marks", "read_xml_feed"]

READER: Final = "lean"
_ROOTS: Final = frozenset(("rss", "rdf:rdf", "feed", "channel"))
_ENTRIES: Final = frozenset(("item", "entry"))
_MARK: Final = re.compile(rb"<(?:[A-Za-z][\w.-]{0,20}:)?(?:item|entry)(?=[\s/>])", re.IGNORECASE)
_MAX_MISPLACED: Final = 2 * MAX_ENTRIES
_MAX_TTL_MINUTES: Final = 60 * 24 * 366
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def entry_marks(text: bytes) -> int:
    """How many start tags of items or entries the raw document has, outside of CDATA sections.

    Zero for one with more sections than any feed has.
    """
    if text.count(b"<![CDATA[") > MAX_SECTIONS:
        return 0
    first, *rest = text.split(b"<![CDATA[")
    return len(_MARK.findall(first)) + sum(len(_MARK.findall(part.partition(b"]]>")[2])) for part in rest)


class _Head:
    """What the feed says of itself, and the elements of its entries."""

    def __init__(self, element: _Element, base_url: str) -> None:
        self.texts: dict[str, str] = {}
        self.links: list[Link] = []
        self.author = ""
        self.skip_hours: tuple[int, ...] = ()
        self.skip_days: tuple[str, ...] = ()
        self.entries: list[_Element] = []
        for child in element:
            name = name_of(child)
            if name in _ENTRIES:
                self.entries.append(child)
            elif name:
                self._take(child, name, base_url)

    def _take(self, child: _Element, name: str, base_url: str) -> None:
        if name == "link" and child.get("href") is not None:
            self.links.append(read_link(child, base_url))
        elif name == "author":
            self.author = self.author or read_person(child)
        elif name == "skiphours":
            self.skip_hours = _hours(child)
        elif name == "skipdays":
            self.skip_days = tuple(day for day in map(str.capitalize, _inside(child)) if day in _DAYS)
        elif not self.texts.get(name):
            self.texts[name] = plain(child)

    def text(self, name: str) -> str:
        return self.texts.get(name, "")


def _inside(element: _Element) -> list[str]:
    return [plain(child) for child in element]


def _hours(element: _Element) -> tuple[int, ...]:
    """RSS 0.91 counts to 24, RSS 2.0 from 0: 24 is midnight."""
    numbers = (int(text) for text in _inside(element) if text.isascii() and text.isdigit() and len(text) <= 2)
    return tuple(dict.fromkeys(number % 24 for number in numbers if number <= 24))


def _minutes(text: str) -> int | None:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        return None
    return min(int(text), _MAX_TTL_MINUTES)


def _channel(root: _Element) -> _Element:
    for child in root:
        if name_of(child) == "channel":
            return child
    return root


def _elements(tree: XmlTree, channel: _Element, head: _Head) -> list[_Element]:
    """The entries; of a document with torn tags also those that stand in the wrong place."""
    found = head.entries
    if channel is not tree.root:
        found += [child for child in tree.root if name_of(child) in _ENTRIES]
    if tree.torn and len(found) < entry_marks(tree.text):
        everywhere = (element for element in tree.root.iter("*") if name_of(element) in _ENTRIES)
        anywhere = list(islice(everywhere, _MAX_MISPLACED))
        if len(anywhere) > len(found):
            return anywhere
    return found


def _frame(tree: XmlTree, channel: _Element, head: _Head, base_url: str, feed_url: str, caps: Caps) -> Frame:
    language = head.text("language") or head.text("dc:language")
    language = language or attribute(channel, XML_LANG) or attribute(tree.root, XML_LANG)
    atom = name_of(tree.root) == "feed"
    return Frame(
        atom=atom,
        feed_url=feed_url,
        feed_title=caps.title(head.text("title")),
        site_url=caps.address(head.text("link") or page_address(head.links, language)),
        base_url=base_url,
        language=caps.title(language),
        author=head.author if atom else "",
    )


def _adopt(root: _Element) -> bool:
    """Take elements out of a namespace that no format has, when the root of a feed stands in it."""
    uri, _, name = root.tag.rpartition("}")
    if not uri or name.lower() not in _ROOTS:
        return False
    for element in root.iter(f"{uri}}}*"):
        plain_name = local_name(element.tag)
        if is_name(plain_name):  # recovery from ill-formed markup leaves names that lxml does not let one write
            element.tag = plain_name
    return True


def _check(tree: XmlTree, caps: Caps) -> None:
    if name_of(tree.root) in _ROOTS:
        return
    if not meaning(tree.root.tag) and _adopt(tree.root):
        caps.note(Flag.FOREIGN_NAMESPACE)
        return
    name = tree.root.tag.rpartition("}")[2][:60]
    raise SourceError("not-a-feed", f"the document's root is <{name}>, which is neither RSS nor Atom")


def read_xml_feed(tree: XmlTree, *, feed_url: str, base_url: str) -> ParsedFeed:
    """Read a feed from its tree.

    Args:
        tree: of the document; elements inside of entries may be renamed by the reading.
        feed_url: address of the document after redirects.
        base_url: the outermost base for relative addresses.

    Raises:
        SourceError: ``not-a-feed`` for another kind of document, ``too-deep`` or ``too-large`` when the tree
            ended at a limit before the first entry.
    """
    caps = Caps()
    _check(tree, caps)
    channel = _channel(tree.root)
    base_url = base_of(tree.root, base_url)
    if channel is not tree.root:
        base_url = base_of(channel, base_url)
    head = _Head(channel, base_url)
    frame = _frame(tree, channel, head, base_url, feed_url, caps)
    entries = caps.entries(_elements(tree, channel, head), lambda element: read_entry(element, frame, caps))
    if tree.limit:
        caps.truncated += 1
        if not entries:
            raise SourceError(tree.limit, f"the reader stopped before the first entry: {_why(tree)}")
    return _parsed(tree, head, frame, entries, caps)


def _why(tree: XmlTree) -> str:
    return tree.fault or "the document has more elements and attributes than any feed"


def _parsed(tree: XmlTree, head: _Head, frame: Frame, entries: tuple[Entry, ...], caps: Caps) -> ParsedFeed:
    return ParsedFeed(
        title=frame.feed_title,
        site_url=frame.site_url,
        language=frame.language,
        entries=entries,
        reader=READER,
        ill_formed=tree.ill_formed,
        flags=caps.flags(),
        fault=tree.fault or caps.fault,
        skipped=caps.skipped,
        truncated=caps.truncated,
        ttl_minutes=_minutes(head.text("ttl")),
        skip_hours=head.skip_hours,
        skip_days=head.skip_days,
        update_period=head.text("sy:updateperiod")[:40],
        update_frequency=head.text("sy:updatefrequency")[:40],
        hub_url=first_of(head.links, "hub"),
        self_url=first_of(head.links, "self"),
        next_url=first_of(head.links, "next", "prev-archive"),
    )
