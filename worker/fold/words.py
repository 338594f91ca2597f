"""Words of an item: what the matcher reads of it."""

from __future__ import annotations

import re
from functools import lru_cache

from worker.fold.series import subject_of
from worker.fold.tokens import tokens_of
from worker.model.item import Item

MOST_EXCERPT_TOKENS = 20
"""The first sentence or two say what happened; what follows is background, which other stories share."""

_SUFFIX = re.compile(r"\s(?:[-|\u2013\u2014\u00b7:]|\u00bb)\s+([^|]{1,60})$")
_NO_LETTER = re.compile(r"[\W_]+")
_CUT = re.compile(r"\s*(?:\.\.\.|\u2026)\s*\d*$")


def title_words(item: Item) -> tuple[str, ...]:
    """The tokens of the title, without the publisher's name at its end, each once, in their order."""
    return _title_words(item.title, item.provider.name, item.provider.domain)


@lru_cache(maxsize=16_384)
def _title_words(title: str, name: str, domain: str) -> tuple[str, ...]:
    title = _CUT.sub("", title)
    end = _SUFFIX.search(title)
    if end and _is_publisher(end[1], name, domain):
        title = title[: end.start()]
    return tokens_of(subject_of(title))


def _is_publisher(text: str, name: str, domain: str) -> bool:
    words, own = set(tokens_of(text)), set(tokens_of(name))
    squeezed = _NO_LETTER.sub("", text.lower())
    return bool(words) and (words <= own or own <= words or squeezed in _NO_LETTER.sub("", domain.lower()))


def excerpt_words(item: Item) -> tuple[str, ...]:
    """Tokens of the excerpt's beginning that its title does not have."""
    if not item.excerpt:
        return ()
    title = frozenset(title_words(item))
    return tuple(word for word in tokens_of(item.excerpt) if word not in title)[:MOST_EXCERPT_TOKENS]


def primary_language(item: Item) -> str:
    """The language without script or region; "" when it is not known."""
    return item.language.partition("-")[0].lower()
