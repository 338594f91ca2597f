"""Conditions of rules: what is asked of an item, field by field.

Regular expressions run on RE2, whose time is linear in the text whatever the pattern. In it ``\\w`` and ``\\b`` know
ASCII letters only; ``contains`` compares words of all scripts as topics do.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from msgspec import Struct

from worker.model.item import Item
from worker.normalize.topic_words import is_unspaced, split_words, unified

if TYPE_CHECKING:
    import re2

#: Fields whose plain value in a rule is a regular expression; in all others it is the value itself, ``*`` for any.
TEXT_FIELDS = frozenset({"title", "excerpt", "text", "url", "author"})

FIELDS: dict[str, Callable[[Item], tuple[str, ...]]] = {
    "title": lambda item: (item.title,),
    "excerpt": lambda item: (item.excerpt,),
    "text": lambda _: (),  # no part of the item; see Subject
    "url": lambda item: (item.web_url or item.original_url,),
    "host": lambda item: (_host_of(item),),
    "domain": lambda item: (item.provider.domain,),
    "provider": lambda item: (item.provider.name,),
    "author": lambda item: (item.author,),
    "topic": lambda item: item.topics,
    "label": lambda item: item.labels,
    "language": lambda item: (item.language,),
    "type": lambda item: (str(item.type),),
    "category": lambda item: (item.collection,),
}


class Value:
    """One value of a field, in the forms in which tests want it, each made once."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def encoded(self) -> bytes:
        """For RE2. A lone surrogate, which UTF-8 cannot hold, becomes a question mark."""
        return self.text.encode("utf-8", "replace")

    @cached_property
    def folded(self) -> str:
        """Without regard to letter case."""
        return unified(self.text.casefold())

    @cached_property
    def words(self) -> str:
        """Its words with a space on each side."""
        return f" {' '.join(split_words(self.text.casefold()))} "


class Subject:
    """An item while rules look at it.

    Args:
        item: as it stands now; rules may have changed it.
        text: plain text of the entry; None when it is not known any more.
        now: our clock.
    """

    def __init__(self, item: Item, text: str | None, now: datetime) -> None:
        self.item = item
        self.now = now
        self.is_text_known = text is not None
        self._values: dict[str, tuple[Value, ...]] = {"text": (Value(text),) if text else ()}

    def values(self, field: str) -> tuple[Value, ...]:
        """The values of a field; none when the item has none."""
        known = self._values.get(field)
        if known is None:
            known = self._values[field] = tuple(Value(text) for text in FIELDS[field](self.item) if text)
        return known

    def change(self, item: Item) -> None:
        """Go on with a changed item."""
        self.item = item
        self._values = {"text": self._values["text"]}


class Pattern:
    """A regular expression that may be found anywhere."""

    def __init__(self, regexp: re2._Regexp) -> None:
        self._regexp = regexp

    def holds(self, value: Value) -> bool:
        return self._regexp.search(value.encoded) is not None


class Phrases:
    """Words or phrases, of which any may stand in the text."""

    def __init__(self, phrases: tuple[str, ...]) -> None:
        self._unspaced = tuple(unified(each.casefold()) for each in phrases if is_unspaced(each))
        spaced = (split_words(each.casefold()) for each in phrases if not is_unspaced(each))
        self._spaced = tuple(f" {' '.join(words)} " for words in spaced)

    def holds(self, value: Value) -> bool:
        for phrase in self._spaced:
            if phrase in value.words:
                return True
        return bool(self._unspaced) and any(phrase in value.folded for phrase in self._unspaced)


class Names:
    """Values as a whole, without regard to letter case; ``*`` stands for any characters.

    Args:
        names: any of them.
        inner: what may stand before a name (``.`` for domains: a sub-domain is meant, too), "" for nothing.
        outer: what may stand behind it (``-`` for languages), "" for nothing.
    """

    def __init__(self, names: tuple[str, ...], *, inner: str = "", outer: str = "") -> None:
        folded = tuple(unified(name.casefold()) for name in names)
        self._whole = frozenset(name for name in folded if "*" not in name)
        self._globs = tuple(tuple(name.split("*")) for name in folded if "*" in name)
        self._before = tuple(f"{inner}{name}" for name in self._whole) if inner else ()
        self._behind = tuple(f"{name}{outer}" for name in self._whole) if outer else ()

    def holds(self, value: Value) -> bool:
        name = value.folded
        if name in self._whole or name.endswith(self._before) or name.startswith(self._behind):
            return True
        return bool(self._globs) and any(glob_holds(parts, name) for parts in self._globs)


class Condition(Struct, frozen=True, kw_only=True):
    """What a rule asks of one field.

    Attributes:
        field: a key of :data:`FIELDS`.
        tests: each must hold for any one value of the field.
        unless: none of these may hold for any value.
    """

    field: str
    tests: tuple[Any, ...] = ()
    unless: tuple[Any, ...] = ()

    def holds(self, subject: Subject) -> bool:
        values = subject.values(self.field)
        return _all_hold(self.tests, values) and not (self.unless and _all_hold(self.unless, values))


def _all_hold(tests: tuple[Any, ...], values: tuple[Value, ...]) -> bool:
    # loops, not generators: this is asked for every rule of every entry
    for test in tests:
        for value in values:
            if test.holds(value):
                break
        else:
            return False
    return True


class OlderThan(Struct, frozen=True, kw_only=True):
    """Asks how long ago an item was published."""

    age: timedelta

    def holds(self, subject: Subject) -> bool:
        return subject.now - subject.item.published_at > self.age


def glob_holds(parts: tuple[str, ...], text: str) -> bool:
    """Whether a text has these parts in their order, the first at its start, the last at its end; one part alone is
    all of it. A pattern is parted at its stars."""
    if len(parts) == 1:
        return text == parts[0]
    first, *middle, last = parts
    if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
        return False
    at, end = len(first), len(text) - len(last)
    for part in middle:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def _host_of(item: Item) -> str:
    try:
        return urlsplit(item.web_url or item.original_url).hostname or ""
    except ValueError:  # an address that a document gave
        return ""
