"""Microdata of an article (WHATWG HTML section 5, vocabulary of schema.org): the properties that tell what it is.

Read from the first element on whose ``itemtype`` is an article. Properties of other items in it (its author, its
publisher, comments) are told apart by their names only: ``headline``, ``datePublished``, ``dateModified``,
``description`` and ``image`` are taken once, each from its first element; ``author`` as its ``name``.
"""

from __future__ import annotations

from worker.model.entry import Media
from worker.sources.page.address import absolute
from worker.sources.page.facts import Found, Offer
from worker.sources.page.markup import decode_entities, one_line

MAX_TEXT_CHARS = 4_096

_FIELDS = {
    "headline": "title",
    "datepublished": "published",
    "datemodified": "updated",
    "description": "excerpt",
}
# Where an element keeps its value (section 5.2.4); all others in their text.
_VALUE_OF = {"meta": "content", "time": "datetime", "link": "href", "a": "href", "img": "src", "data": "value"}


class Microdata:
    """Follows the tags of a page.

    Args:
        found: takes what is found.
    """

    def __init__(self, found: Found) -> None:
        self._found = found
        self._is_article = False
        self._author_follows = False
        self._open: tuple[str, str] | None = None  # field and tag of the element whose text is the value
        self._text: list[str] = []

    def take(self, name: str, attributes: dict[str, str], base: str) -> None:
        """An element with a property or a type."""
        types = attributes.get("itemtype", "").lower().split()
        self._is_article = self._is_article or any(_is_article(one) for one in types)
        if not self._is_article:
            return
        for prop in attributes.get("itemprop", "").lower().split():
            value = attributes.get("content") or attributes.get(_VALUE_OF.get(name, ""), "")
            if prop == "image":
                url = absolute(base, value)
                self._found.offer_images(Offer.MICRODATA, [Media(url=url, kind="image")] if url else [])
            elif prop == "author" and "itemscope" in attributes:
                self._author_follows = True
            elif prop in ("author", "name") and (prop == "author" or self._author_follows):
                self._author_follows = False
                self._offer("author", name, value if name == "meta" else attributes.get("content", ""))
            elif prop in _FIELDS:
                self._offer(_FIELDS[prop], name, value)

    def _offer(self, field: str, name: str, value: str) -> None:
        if value:
            self._found.offer(field, Offer.MICRODATA, one_line(value, MAX_TEXT_CHARS))
        elif name not in ("meta", "link", "img") and not self._found.has(field, Offer.MICRODATA):
            self._open, self._text = (field, name), []

    def take_text(self, text: str) -> None:
        """Text before the next tag."""
        if self._open is not None and len(self._text) < 50:
            self._text.append(text[:MAX_TEXT_CHARS])

    def take_end(self, name: str) -> None:
        """An end tag: the first of the open element's name ends its text."""
        if self._open is not None and self._open[1] == name:
            text = one_line(decode_entities("".join(self._text)), MAX_TEXT_CHARS)
            self._found.offer(self._open[0], Offer.MICRODATA, text)
            self._open = None


def _is_article(itemtype: str) -> bool:
    name = itemtype.rpartition("/")[2]
    return "schema.org" in itemtype and (
        name.endswith("article") or name in ("blogposting", "liveblogposting", "report")
    )
