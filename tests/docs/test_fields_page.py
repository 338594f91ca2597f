"""docs/fields.md: each field has its rows, each row names tests that exist, and each limit is that of the code."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from storyfold.records import DOCUMENT_SHAPE, ListShape, RecordShape
from worker.flows import document_limits, rejected
from worker.fold import event, path
from worker.normalize import (
    address,
    dates,
    enrich,
    excerpt,
    headline,
    image_candidates,
    images,
    item,
    language_tag,
    providers,
    video,
    words,
)
from worker.score import publishing, quality
from worker.sources.parse import caps

ROW = re.compile(r"^\| (`[^|]+`) \|(.*)\|$", re.MULTILINE)
NAME = re.compile(r"`([A-Za-z_.]+)`")
TEST = re.compile(r"\[`(test_[a-z0-9_]+)`\]\(\.\./(tests/[a-z0-9_/]+\.py)\)")
LIMIT = re.compile(r"^\| ([a-z][^|`]+) \| ([0-9,]+) \|$", re.MULTILINE)
#: Not of one item: the document's own frame.
OF_THE_FRAME = {"content"}
#: What only an item keeps, without which bad values no source can give it.
PRIVATE: Final = {"language", "labels", "author", "provenance", "fingerprint", "url_keys", "guid", "first_seen_at"}
OURS: Final = {"provenance", "fingerprint", "url_keys", "first_seen_at"}


def longest(key: str, record: Callable[[str], dict[str, Any]] | None = None) -> int:
    """How many characters of a text a document may have, as its limits judge it."""
    of = record or (lambda text: {key: text})
    return bisect_left(range(1, 2_000_000), True, key=lambda size: bool(document_limits.limit_faults(of("x" * size))))


LIMITS: Final[dict[str, int]] = {
    "characters of a title": headline.MAX_TITLE_CHARS,
    "characters of a title made of the text": words.MAX_TITLE_FROM_TEXT_CHARS,
    "characters of an excerpt": excerpt.MAX_EXCERPT_CHARS,
    "characters with markup that are read for title and excerpt": max(headline.MAX_READ_CHARS, words.MAX_READ_CHARS),
    "bytes of an address": address.MAX_URL_CHARS,
    "characters of a host": address.MAX_HOST_CHARS,
    "characters of a publisher's name that an entry states": providers.MAX_NAME_CHARS,
    "characters of a publisher's name that a page states": enrich.MAX_NAME_CHARS,
    "characters of an author's name on a page": enrich.MAX_AUTHOR_CHARS,
    "labels of an item": item.MAX_LABELS,
    "characters of a label": item.MAX_LABEL_CHARS,
    "characters of a date": dates.MAX_READ_CHARS,
    "minutes that a date may lie ahead": dates.FUTURE_TOLERANCE // timedelta(minutes=1),
    "characters of a language tag": language_tag.MAX_TAG_CHARS,
    "images of an item": images.MAX_IMAGES,
    "pixels of an image's side at least": images.MIN_SIDE_PIXELS,
    "pixels of an image's side at most": image_candidates.MAX_SIDE_PIXELS,
    "pictures of a text that are looked at": image_candidates.MAX_PICTURES_IN_TEXT,
    "characters of a text that are searched for pictures": image_candidates.MAX_SEARCHED_CHARS,
    "characters of a text that are searched for videos": video.MAX_SEARCHED_CHARS,
    "points of quality": quality.MAX_QUALITY,
    "points from which a story is published": publishing.PUBLISHED_QUALITY_FLOOR,
    "points down to which it stays so": publishing.STAYS_PUBLISHED_FLOOR,
    "entries of a feed": caps.MAX_ENTRIES,
    "characters of a title, label or name in a feed": caps.MAX_TITLE_CHARS,
    "characters of a summary or content in a feed": caps.MAX_TEXT_CHARS,
    "characters of an address or guid in a feed": caps.MAX_ADDRESS_CHARS,
    "declared files of an entry": caps.MAX_MEDIA,
    "labels of an entry": caps.MAX_CATEGORIES,
    "rejected entries of a poll or file that are kept": rejected.MAX_LETTERS,
    "characters of a rejected entry that are kept": rejected.MAX_PAYLOAD_CHARACTERS,
    "characters of a title in a document": longest("title"),
    "characters of an excerpt in a document": longest("excerpt"),
    "characters of an embed in a document": longest("featuredContent"),
    "characters of an address in a document": longest("originalUrl"),
    "characters of a provider's name in a document": longest("name", lambda text: {"provider": {"name": text}}),
    "bytes of a provider in a document": document_limits.MAX_PROVIDER_BYTES,
    "characters of a private part in a document": longest("secured"),
    "number in a document": document_limits.MAX_INTEGER,
    "first year of a date in a document": document_limits.MIN_YEAR,
    "last year of a date in a document": document_limits.MAX_YEAR,
    "bytes of an event's data": event.MAX_DATA_BYTES,
    "characters of a slug in a path": path.MAX_SLUG_CHARACTERS,
}


@pytest.fixture(scope="module")
def page(project_root: Path) -> str:
    return (project_root / "docs" / "fields.md").read_text(encoding="utf-8")


def rows_of(text: str) -> list[tuple[str, str]]:
    """Field and the rest of its row, once for each field that a row names."""
    return [(name, rest) for names, rest in ROW.findall(text) for name in NAME.findall(names)]


@pytest.fixture(scope="module")
def rows(page: str) -> list[tuple[str, str]]:
    return rows_of(page)


def keys_of(shape: RecordShape, above: str = "") -> Iterator[str]:
    """The keys of a level and of those below it, with dots. Related items repeat the story's, logos the images'."""
    for key, inner in shape.keys.items():
        yield f"{above}{key}"
        inside = inner.item if isinstance(inner, ListShape) else inner
        if isinstance(inside, RecordShape) and key != "related" and not above:
            yield from keys_of(inside, f"{key}.")


@pytest.mark.parametrize(("heading", "without"), [("The story", set[str]()), ("Bad values", OURS)])
def test_each_key_of_the_schema_has_its_row(page: str, heading: str, without: set[str]) -> None:
    table = page.partition(f"\n## {heading}\n")[2].partition("\n## Bad values\n" if not without else "\n## Limits\n")[
        0
    ]
    named = [name for name, _ in rows_of(table)]
    assert len(named) == len(set(named)), "a field has two rows"
    assert (set(keys_of(DOCUMENT_SHAPE)) - OF_THE_FRAME) | (PRIVATE - without) == set(named)


def test_each_row_says_where_the_value_comes_from_and_what_happens_without(rows: list[tuple[str, str]]) -> None:
    for name, rest in rows:
        cells = [cell.strip() for cell in rest.split("|")]
        assert len(cells) == 4, f"{name}: three cells and the tests"
        assert all(cells), f"{name} has an empty cell"


def test_each_row_has_tests_that_exist(rows: list[tuple[str, str]], project_root: Path) -> None:
    for name, rest in rows:
        named = TEST.findall(rest)
        assert named, f"{name} names no test"
        for test, file in named:
            path = project_root / file
            assert path.is_file(), f"{name}: there is no {file}"
            assert f"def {test}(" in path.read_text(encoding="utf-8"), f"{name}: {file} has no {test}"


def test_each_limit_is_that_of_the_code(page: str) -> None:
    table = page.partition("\n## Limits\n")[2]
    stated = {name: int(number.replace(",", "")) for name, number in LIMIT.findall(table)}
    assert stated == LIMITS
