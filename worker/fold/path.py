"""The path of a story's document: ``_news/2020-11-19-slug-of-title.md``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache

from anyascii import anyascii

MAX_SLUG_CHARACTERS = 80
_APOSTROPHES = re.compile("['\u2019\u2018\u02bc]")
_NOT_SLUG = re.compile(r"[^a-z0-9]+")


@lru_cache(maxsize=1024)  # of the titles at hand: a story's path is asked for several times while it is told
def slug_of(title: str) -> str:
    """ASCII slug of a title, at most 80 characters, cut between words; "story" when nothing is left.

    Other scripts are transliterated, so that a title in Greek or Japanese still names its file.
    """
    text = anyascii(_APOSTROPHES.sub("", title)).lower()
    slug = _NOT_SLUG.sub("-", text).strip("-")
    if len(slug) > MAX_SLUG_CHARACTERS:
        head, _, rest = slug[: MAX_SLUG_CHARACTERS + 1].rpartition("-")
        slug = head or rest[:MAX_SLUG_CHARACTERS]
    return slug or "story"


def paths_of(collection: str, title: str, published_at: datetime) -> Iterator[str]:
    """The paths to try in turn: without a number, then ``-2``, ``-3`` and so on without end."""
    stem = f"_{collection}/{published_at.astimezone(UTC):%Y-%m-%d}-{slug_of(title)}"
    yield f"{stem}.md"
    number = 2
    while True:
        yield f"{stem}-{number}.md"
        number += 1
