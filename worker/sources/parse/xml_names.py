"""Element names by meaning, whatever namespace URI or prefix a feed spells them with.

Core RSS and Atom elements have their bare local name in lower case; those of an extension have the prefix by
which the field calls it: ``media:content``, ``dc:creator``. Names that no reader asks for are "".
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from lxml.etree import _Element

__all__ = ["XML_BASE", "XML_LANG", "local_name", "meaning", "meaning_by_prefix", "name_of"]

XML_BASE: Final = "{http://www.w3.org/XML/1998/namespace}base"
XML_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"

# Keys are without scheme, "www.", final slash and hash, since feeds vary in those.
_PREFIXES: Final = {
    "": "",
    "purl.org/rss/1.0": "",
    "purl.org/net/rss1.1": "",
    "my.netscape.com/rdf/simple/0.9": "",
    "my.netscape.com/publish/formats/rss-0.91.dtd": "",
    "channel.netscape.com/rdf/simple/0.9": "",
    "backend.userland.com/rss": "",
    "backend.userland.com/rss2": "",
    "backend.userland.com/rss091": "",
    "backend.userland.com/rss092": "",
    "blogs.law.harvard.edu/tech/rss": "",
    "rssboard.org/rss-specification": "",
    "purl.org/rss/1.0/modules/rss091": "",
    "w3.org/2005/atom": "",
    "purl.org/atom/ns": "",
    "purl.org/atom": "",
    "purl.org/pie": "",
    "purl.org/echo": "",
    "example.com/necho": "",
    "example.com/newformat": "",
    "w3.org/1999/02/22-rdf-syntax-ns": "rdf:",
    "w3.org/1999/xhtml": "xhtml:",
    "purl.org/rss/1.0/modules/content": "content:",
    "purl.org/rss/1.0/modules/syndication": "sy:",
    "purl.org/dc/elements/1.0": "dc:",
    "purl.org/dc/elements/1.1": "dc:",
    "purl.org/dc/elements": "dc:",
    "purl.org/dc/terms": "dcterms:",
    "search.yahoo.com/mrss": "media:",
    "video.search.yahoo.com/mrss": "media:",
    "tools.search.yahoo.com/mrss": "media:",
    "search.yahoo.com/rss": "media:",
    "rssboard.org/media-rss": "media:",
    "itunes.com/dtds/podcast-1.0.dtd": "itunes:",
    "itunes.com/dtds/podcast-1.0": "itunes:",
    "itunes.apple.com/dtds/podcast-1.0.dtd": "itunes:",
    "example.com/dtds/podcast-1.0.dtd": "itunes:",
    "rssnamespace.org/feedburner/ext/1.0": "feedburner:",
    "pheedo.com/namespace/pheedo": "feedburner:",
    "opml.org/spec2": "",
}
# Prefixes that feeds use without declaring them, or declare for an address that is not the module's.
_BY_PREFIX: Final = {
    "rss": "",
    "atom": "",
    "atom10": "",
    "a10": "",
    "rdf": "rdf:",
    "content": "content:",
    "sy": "sy:",
    "dc": "dc:",
    "dcterms": "dcterms:",
    "media": "media:",
    "itunes": "itunes:",
    "xhtml": "xhtml:",
    "feedburner": "feedburner:",
    "pheedo": "feedburner:",
}


def local_name(tag: str) -> str:
    """The name without namespace and prefix, in its own case."""
    return tag.rpartition("}")[2].rpartition(":")[2]


def _prefix_of(uri: str) -> str | None:
    key = uri.strip().lower().partition("://")[2] or uri.strip().lower()
    return _PREFIXES.get(key.removeprefix("www.").rstrip("/#"))


@lru_cache(maxsize=4_096)
def meaning(tag: object) -> str:
    """The name that readers know an element by, "" for one of a foreign namespace.

    Args:
        tag: as lxml gives it: ``{uri}name``, or ``prefix:name`` where the prefix is not declared. Nodes that
            are no elements have a function there, and the name "".
    """
    if not isinstance(tag, str):
        return ""
    if tag.startswith("{"):
        uri, _, name = tag[1:].partition("}")
        prefix = _prefix_of(uri)
    else:
        stated, _, name = tag.rpartition(":")
        prefix = _BY_PREFIX.get(stated.lower()) if stated else ""
    return "" if prefix is None else prefix + name.lower()


@lru_cache(maxsize=4_096)
def meaning_by_prefix(prefix: str, tag: str) -> str:
    """The name of an element whose namespace says nothing, by the usual sense of its prefix; "" without one."""
    known = _BY_PREFIX.get(prefix.lower())
    return "" if known is None else known + local_name(tag).lower()


def name_of(element: _Element) -> str:
    """The name by namespace, else by prefix."""
    name = meaning(element.tag)
    if not name and element.prefix:
        return meaning_by_prefix(element.prefix, element.tag)
    return name
