"""Facts from JSON-LD in the vocabulary of schema.org.

A remote ``@context`` is never asked for: names are read as schema.org's, whatever the context says. ``@id``
references are followed within the page. Of several candidates the best kind counts: an article before a video
before a page; among articles the one that names this page as its own, else the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from worker.model.entry import Media
from worker.sources.page.address import absolute
from worker.sources.page.facts import Found, Offer, language_tag
from worker.sources.page.json_text import read_json
from worker.sources.page.markup import decode_entities, names, one_line

MAX_SCRIPTS = 20
MAX_NODES = 1_000
MAX_LIST = 10
MAX_TEXT_CHARS = 4_096
MAX_SIDE_PIXELS = 65_535

# Types of schema.org for something that one reads, besides those whose names end in Article.
_ARTICLES = names(
    "article blogposting liveblogposting report socialmediaposting discussionforumposting review criticreview "
    "claimreview recipe howto podcastepisode pressrelease"
)
_VIDEOS = frozenset({"videoobject", "clip", "movie", "tvepisode", "episode"})
_PAGES = names("webpage itempage aboutpage faqpage qapage medicalwebpage collectionpage")
_NESTING = ("@graph", "mainEntity", "mainEntityOfPage", "hasPart", "video")
_PIXELS = re.compile(r"\s*(\d{1,5})(?:\.0+)?\s*(?:px)?\s*", re.IGNORECASE)

Node = dict[str, Any]


def read_json_ld(scripts: Iterable[str], url: str, found: Found) -> bool:
    """Offer what the JSON-LD scripts of a page say; True when they tell of an article or a video."""
    values = [value for _, script in zip(range(MAX_SCRIPTS), scripts, strict=False) for value in read_json(script)]
    nodes = list(_nodes(values))
    by_id = {one["@id"]: one for one in reversed(nodes) if isinstance(one.get("@id"), str) and len(one) > 1}
    ranked = sorted((_rank(one, url), position) for position, one in enumerate(nodes))
    best = [nodes[position] for rank, position in ranked if rank < _UNKNOWN]
    for node in best[:3]:
        _Reader(url, by_id).offer(node, found)
    return bool(best) and _kind(best[0]) < 2


def _nodes(values: list[Any]) -> Iterator[Node]:
    """The objects that may describe the page: breadth first, through lists and the properties that nest them."""
    queue = list(values)
    for count, value in enumerate(queue):
        if count >= MAX_NODES:
            return
        if isinstance(value, list):
            queue.extend(value[:MAX_NODES])
        elif isinstance(value, dict):
            yield value
            queue.extend(value[name] for name in _NESTING if isinstance(value.get(name), (dict, list)))


_UNKNOWN = (3, False)


def _rank(node: Node, url: str) -> tuple[int, bool]:
    kind = _kind(node)
    if kind >= 3:
        return _UNKNOWN
    own = {_bare(one) for name in ("url", "mainEntityOfPage", "@id") for one in _references(node.get(name))}
    return kind, _bare(url) not in own


def _kind(node: Node) -> int:
    """0 for an article, 1 for a video, 2 for a page, 3 for anything else."""
    stated = node.get("@type")
    names = [one for one in (stated if isinstance(stated, list) else [stated])[:MAX_LIST] if isinstance(one, str)]
    types = {name.rpartition("/")[2].rpartition(":")[2].lower() for name in names}
    if any(name.endswith("article") for name in types) or types & _ARTICLES:
        return 0
    return 1 if types & _VIDEOS else 2 if types & _PAGES else 3


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = value.get("@id") or value.get("url")
    if isinstance(value, str):
        yield value


def _bare(url: str) -> str:
    """An address without what does not part pages: scheme, fragment, slash at the end."""
    return url.partition("#")[0].partition("://")[2].rstrip("/")


class _Reader:
    """Reads one node; references are looked up in the nodes of the page."""

    def __init__(self, url: str, by_id: dict[str, Node]) -> None:
        self._url = url
        self._by_id = by_id

    def offer(self, node: Node, found: Found) -> None:
        kind = _kind(node)
        body = _text(node.get("articleBody"))
        texts = {
            "title": _text(node.get("headline")) or _text(node.get("name")),
            "excerpt": _text(node.get("description")) or body,
            "published": next(filter(None, (_text(node.get(name)) for name in _published(kind))), ""),
            "updated": _text(node.get("dateModified")),
            "site_name": self._names(node.get("publisher")),
            "author": self._names(node.get("author")) or self._names(node.get("creator")),
            "language": language_tag(self._names(node.get("inLanguage"), "alternateName")),
        }
        for field, value in texts.items():
            found.offer(field, Offer.JSON_LD, value)
        found.offer_images(Offer.JSON_LD, self._images(node))
        if kind == 1:
            found.offer("video_url", Offer.JSON_LD, absolute(self._url, _text(node.get("embedUrl"))))
        if kind == 0 and isinstance(node.get("articleBody"), str):
            found.text_chars = max(found.text_chars, len(node["articleBody"]))
        free = _truth(node.get("isAccessibleForFree"))
        if free is not None and found.is_free is None:
            found.is_free = free

    def _resolved(self, value: Any) -> Any:
        if isinstance(value, dict) and len(value) <= 2 and isinstance(value.get("@id"), str):
            return self._by_id.get(value["@id"], value)
        return value

    def _names(self, value: Any, other: str = "name") -> str:
        """The names of persons, organizations or languages: a string, an object, or a list of these."""
        names = []
        for one in _as_list(value):
            node = self._resolved(one)
            if isinstance(node, dict):
                node = node.get(other) or node.get("name") or node.get("alternateName")
            name = _text(node)
            if name and "://" not in name and name not in names:
                names.append(name)
        return ", ".join(names[:MAX_LIST])

    def _images(self, node: Node) -> Iterator[Media]:
        stated = [*_as_list(node.get("image")), *_as_list(node.get("thumbnailUrl"))]
        for one in stated[:MAX_LIST]:
            image = self._resolved(one)
            if isinstance(image, str):
                image = {"url": image}
            if not isinstance(image, dict):
                continue
            address = next((image[name] for name in ("url", "contentUrl", "@id") if _text(image.get(name))), "")
            url = absolute(self._url, decode_entities(_first(address)))
            if url:
                yield Media(
                    url=url, kind="image", width=_pixels(image.get("width")), height=_pixels(image.get("height"))
                )


def _published(kind: int) -> tuple[str, ...]:
    return (
        ("uploadDate", "datePublished", "dateCreated")
        if kind == 1
        else ("datePublished", "dateCreated", "uploadDate")
    )


def _as_list(value: Any) -> list[Any]:
    return value[:MAX_LIST] if isinstance(value, list) else [] if value is None else [value]


def _first(value: Any) -> str:
    if isinstance(value, list):
        value = next(iter(value), "")
    return value if isinstance(value, str) else ""


def _text(value: Any) -> str:
    """The text of a value: a string, the first of a list, or ``@value`` of an object; entities decoded once."""
    if isinstance(value, list):
        value = next(iter(value), None)
    if isinstance(value, dict):
        value = value.get("@value")
    # Scripts hold no entities for the parser, but publishing systems put them there.
    return one_line(decode_entities(value[: 2 * MAX_TEXT_CHARS]), MAX_TEXT_CHARS) if isinstance(value, str) else ""


def _pixels(value: Any) -> int | None:
    """A side of an image: ``1200``, ``"1200"``, ``"1200px"``, or a QuantitativeValue with one of these."""
    if isinstance(value, dict):
        value = value.get("value")
    if isinstance(value, str):
        match = _PIXELS.fullmatch(value[:40])
        value = int(match[1]) if match else None
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 < value <= MAX_SIDE_PIXELS else None


def _truth(value: Any) -> bool | None:
    """True and False, as such or as ``"True"``, ``"http://schema.org/False"``."""
    name = value.rpartition("/")[2].strip().lower() if isinstance(value, str) else value
    return (
        {True: True, False: False, "true": True, "false": False}.get(name) if isinstance(name, (bool, str)) else None
    )
