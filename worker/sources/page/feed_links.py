"""The feeds that a page names, the best first.

What counts, after the habit of browsers and of the WHATWG's section on ``rel=alternate``:

- ``<link rel="alternate" type=...>`` with a feed's type, and ``<link rel="feed">``, in the head or below it, as real
  pages have them there; not ``rel="alternate stylesheet"``, not another language's page (no feed's type);
- only when there is none: links (``<a href>``) to the page's own site, or to a known host of feeds, whose path or
  query looks like a feed's;
- ``feed:`` addresses stand for http ones; relative ones are resolved against the first ``<base href>``;
- an address that is a page's own comments, or the same content in another format, comes after the rest.

The order of the page decides between equals: sites name their main feed first. Time is linear in the page's length,
and no more than :data:`MAX_LINKS` are kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from worker.model.feed_link import FeedLink
from worker.sources.page.address import absolute
from worker.sources.page.markup import names, one_line, read_attributes, scan
from worker.sources.parse.opml import feed_address

MAX_LINKS = 50
MAX_TITLE_CHARS = 200
MAX_ANCHORS = 5_000

#: Media type -> kind. ``application/json`` is what JSON Feed 1.0 used, and what interfaces of all kinds use: last.
TYPES = {
    "application/rss+xml": "rss",
    "application/atom+xml": "atom",
    "application/rdf+xml": "rss",
    "application/feed+json": "json",
    "application/x-rss+xml": "rss",
    "application/x-atom+xml": "atom",
    "text/rss+xml": "rss",
    "text/atom+xml": "atom",
    "text/rss": "rss",
    "application/rss": "rss",
    "application/atom": "atom",
    "application/xml": "xml",
    "text/xml": "xml",
    "application/json": "json",
}
_VAGUE_TYPES = names("application/xml text/xml application/json application/rdf+xml")

#: Interfaces that call themselves an alternate of the page and are no feed.
_NO_FEED = re.compile(r"/wp-json/|/oembed|/xmlrpc\.php|/opensearch|/sitemap[^/]*\.xml|/manifest\.json", re.IGNORECASE)

#: How feeds of comments are named, in addresses and in titles of the languages in which WordPress is used most.
_COMMENTS = re.compile(
    r"/comments?/(?:feed|default|rss|atom)|/feeds/\d+/comments|[?&]feed=comments|comments?-(?:feed|rss)"
    r"|\bcomments?\b|kommentar|commentaires?\b|comentarios?\b|comentários|commenti\b|reacties|komentar|комментари"
    r"|yorum|コメント|评论|評論|留言",
    re.IGNORECASE,
)
_FORMAT_WORDS = re.compile(
    r"\b(?:rss|atom|rdf|xml|json|feeds?|version|v?[012](?:\.[0-9]+)*|rss2)\b|[^\w]+", re.IGNORECASE
)

_LIKE_A_FEED = re.compile(
    r"(?:/(?:feeds?|rss2?|atom|rdf)(?:/(?:posts|articles|news|all|main|entries)(?:/default)?)?/?"
    r"|/(?:index|feeds?|rss2?|atom|rdf|news|blog|posts?|all|main|latest|[\w.-]*[._-](?:rss|atom|feed))"
    r"\.(?:xml|rss2?|atom|rdf|json|php|aspx?)"
    r"|\.(?:rss2?|atom|rdf))$",
    re.IGNORECASE,
)
_INDEX_OF_ANYTHING = re.compile(r"/(?:index|news|blog|posts?|all|main|latest)\.(?:json|php|aspx?)$", re.IGNORECASE)
_ASKS_FOR_A_FEED = re.compile(
    r"(?:^|&)(?:feed|format|alt|type|output)=(?:feed|rss2?|atom|rdf|xml|jsonfeed)(?:&|$)", re.IGNORECASE
)
_FEED_HOSTS = names("feeds.feedburner.com feedpress.me feeds.feedblitz.com rss.app anchor.fm feeds.simplecast.com")


def find_feed_links(page: str, url: str) -> list[FeedLink]:
    """The feeds that a page names, the best first.

    Args:
        page: its text.
        url: where it lies.
    """
    collector = _Collector(url)
    for tag in scan(page):
        if tag.is_end or tag.name not in ("link", "a", "base"):
            continue
        collector.take(tag.name, read_attributes(tag.source))
    return _ranked(collector.stated()) or _ranked(collector.guessed())


class _Collector:
    """Collects while the base is not known yet."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._base = ""
        self._links: list[tuple[str, str, str]] = []
        self._anchors: list[tuple[str, str]] = []

    def take(self, name: str, attributes: dict[str, str]) -> None:
        href = attributes.get("href", "").strip()
        if not href:
            return
        title = one_line(attributes.get("title", ""), MAX_TITLE_CHARS)
        if name == "base":
            self._base = self._base or absolute(self._url, href)
        elif name == "a":
            if len(self._anchors) < MAX_ANCHORS:
                self._anchors.append((href, title))
        elif len(self._links) < MAX_LINKS and (kind := _kind(attributes)) is not None:
            self._links.append((href, title, kind))

    def stated(self) -> list[FeedLink]:
        """What the page says are feeds."""
        found = ((self._absolute(href), title, kind) for href, title, kind in self._links)
        return [
            FeedLink(url=url, title=title, kind=kind.removeprefix("?"))
            for url, title, kind in found
            if url and not (kind.startswith("?") and _NO_FEED.search(url))
        ]

    def guessed(self) -> list[FeedLink]:
        """Links that look like feeds."""
        host = _host(self._url)
        found: list[FeedLink] = []
        for href, title in self._anchors:
            is_named = href[:5].lower() == "feed:"
            url = self._absolute(href) if is_named or _may_be_feed(href) else ""
            if url and (is_named or _looks_like_feed(url, host)):
                found.append(FeedLink(url=url, title=title, is_stated=False))
            if len(found) >= MAX_LINKS:
                break
        return found

    def _absolute(self, href: str) -> str:
        return absolute(self._base or self._url, feed_address(href)).partition("#")[0]


def _kind(attributes: dict[str, str]) -> str | None:
    """Kind of the feed that a ``link`` names, None for none. One whose type leaves doubt starts with ``?``."""
    rels = attributes.get("rel", "").lower().split()
    if "stylesheet" in rels or not {"alternate", "feed", "rss", "atom"}.intersection(rels):
        return None
    stated = attributes.get("type", "").partition(";")[0].strip().lower()
    kind = TYPES.get(stated)
    if kind is None:
        return "" if "feed" in rels and stated in ("", "text/html") else None
    return f"?{kind}" if stated in _VAGUE_TYPES else kind


def _may_be_feed(href: str) -> bool:
    lower = href[:2_048].lower()
    return any(word in lower for word in ("feed", "rss", "atom", "rdf", ".xml"))


def _looks_like_feed(url: str, host: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    name = _bare(parts.hostname or "")
    if name in _FEED_HOSTS:
        return len(parts.path) > 1
    if not (name == host or name.endswith(f".{host}") or host.endswith(f".{name}")):
        return False
    if _NO_FEED.search(url) or _INDEX_OF_ANYTHING.search(parts.path):
        return False
    return bool(_LIKE_A_FEED.search(parts.path) or _ASKS_FOR_A_FEED.search(parts.query))


def _host(url: str) -> str:
    try:
        return _bare(urlsplit(url).hostname or "")
    except ValueError:
        return ""


def _bare(host: str) -> str:
    return host.removeprefix("www.")


def _ranked(links: Iterable[FeedLink]) -> list[FeedLink]:
    """Each address once: first contents of their own, then their other formats, then comments."""
    unique: dict[str, FeedLink] = {}
    for link in links:
        unique.setdefault(link.url, link)
    contents: set[str] = set()
    ranks: list[tuple[int, int, FeedLink]] = []
    for number, link in enumerate(unique.values()):
        ranks.append((_rank(link, contents), number, link))
    return [link for _, _, link in sorted(ranks, key=lambda each: each[:2])]


def _rank(link: FeedLink, contents: set[str]) -> int:
    if _COMMENTS.search(link.title) or _COMMENTS.search(urlsplit(link.url).path + "?" + urlsplit(link.url).query):
        return 2
    content = _FORMAT_WORDS.sub(" ", link.title.casefold()).strip() if link.is_stated else link.url
    if content in contents:
        return 1
    contents.add(content)
    return 0
