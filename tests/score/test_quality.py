"""Quality: the table of the module and of the documentation is what the code counts."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from storyfold.document import Image
from worker.model.item import Given, Item
from worker.model.story import Story
from worker.score import quality
from worker.score.quality import (
    EARLIER_RULE,
    GIVEN,
    MAX_QUALITY,
    MOST,
    explain_item,
    explain_story,
    score_item,
    story_quality,
)

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ROW = re.compile(r"^\| (\w+) \| ([^|]+) \| (\d+) \|$", re.MULTILINE)

Make = Callable[..., Item]
MakeStory = Callable[..., Story]


def _image(width: int | None) -> dict[str, Any]:
    return {"images": (Image(url="https://a.example/1.png", width=width),)}


def _how(field: str, how: str) -> dict[str, Any]:
    return {"provenance": {field: how}}


#: (part, row of the table) -> items that the row is about.
EXAMPLES: dict[tuple[str, str], list[dict[str, Any]]] = {
    ("title", "of 15 to 150 characters"): [
        {"title": "x" * 15},
        {"title": "x" * 150},
        {"title": "地震で鉄道が停止"},
    ],
    ("title", "any other"): [{"title": "x" * 14}, {"title": "x" * 151}, {"title": "x"}],
    ("excerpt", "for every 10 characters, up to 200"): [{"excerpt": "x" * 10}, {"excerpt": "x" * 19}],
    ("image", "600 pixels wide or wider"): [_image(600), _image(4_000)],
    ("image", "of unknown width, or of 200 to 599 pixels"): [_image(None), _image(200), _image(599)],
    ("image", "narrower than 200 pixels"): [_image(199), _image(1)],
    ("text", "the source gave 1,500 characters or more"): [
        {"text_chars": 1_500},
        {"given": Given(content="x" * 1_500)},
    ],
    ("text", "the source gave 500 to 1,499 characters"): [{"text_chars": 500}, {"text_chars": 1_499}],
    ("date", "as the source or the page gave it"): [_how("published_at", "given"), _how("published_at", "jsonld")],
    ("date", "repaired"): [_how("published_at", "repaired")],
    ("provider", "in the registry of organizations"): [_how("provider", "registry")],
    ("provider", "named by a document"): [_how("provider", "given")],
    ("provider", "named by the entry"): [_how("provider", "stated")],
    ("topics", "one or more of the taxonomy"): [{"topics": ("AI",)}, {"topics": ("AI", "Science")}],
    ("author", "named"): [{"author": "A. Writer"}],
    ("https", "the page's address is https"): [
        {"web_url": "https://a.example/"},
        {"original_url": "https://a.example/"},
    ],
}
COVERAGE_ROW = ("coverage", "for every provider after the first, up to 5")
BEST: dict[str, Any] = {
    "title": "x" * 20,
    "excerpt": "x" * 300,
    "text_chars": 5_000,
    "topics": ("AI",),
    "author": "A",
    "web_url": "https://a.example/",
    "provenance": {"published_at": "given", "provider": "registry"},
    **_image(1_200),
}


def _rows(text: str) -> dict[tuple[str, str], int]:
    return {(part, what): int(points) for part, what, points in ROW.findall(text)}


def test_the_table_in_the_code_and_the_one_in_the_documentation_are_the_same(project_root: Path) -> None:
    page = (project_root / "docs" / "quality.md").read_text(encoding="utf-8")

    assert _rows(page) == _rows(quality.__doc__ or "") != {}


def test_every_row_of_the_table_is_what_the_code_counts(make_item: Make) -> None:
    rows = _rows(quality.__doc__ or "")
    assert set(rows) == {*EXAMPLES, COVERAGE_ROW}
    for row, examples in EXAMPLES.items():
        for values in examples:
            assert score_item(make_item(**values)).parts[row[0]] == rows[row], (row, values)


@pytest.mark.parametrize(
    ("part", "values"),
    [
        ("excerpt", {"excerpt": "x" * 9}),
        ("image", {}),
        ("text", {"text_chars": 499}),
        ("date", {}),
        ("date", _how("published_at", "first-seen")),
        ("date", _how("published_at", "clamped")),
        ("provider", _how("provider", "domain")),
        ("topics", {}),
        ("author", {}),
        ("https", {}),
    ],
)
def test_what_is_not_there_gives_no_points(make_item: Make, part: str, values: dict[str, Any]) -> None:
    assert score_item(make_item(**values)).parts[part] == 0


def test_the_best_item_has_the_most_of_each_part_and_100_in_all(make_item: Make) -> None:
    best = score_item(make_item(**BEST))

    assert best.points == MAX_QUALITY == sum(best.parts.values())
    assert {**best.parts, "coverage": 15} == MOST


def test_a_score_rests_on_the_item_alone_and_not_on_the_quality_that_it_has(make_item: Make) -> None:
    item = make_item(**BEST)

    assert score_item(replace(item, quality=7)) == score_item(item)


def test_characters_of_scripts_without_spaces_count_for_two(make_item: Make) -> None:
    assert score_item(make_item(excerpt="地" * 50)).parts["excerpt"] == 10
    assert score_item(make_item(excerpt="é" * 50)).parts["excerpt"] == 5


@pytest.mark.parametrize(("providers", "points"), [(1, 0), (2, 3), (3, 6), (6, 15), (9, 15)])
def test_every_provider_after_the_first_adds_three_points_up_to_fifteen(
    make_item: Make, make_story: MakeStory, providers: int, points: int
) -> None:
    story = make_story(*(make_item(f"p{number}", quality=40) for number in range(providers)))

    assert story_quality(story) == 40 + points
    assert explain_story(story).parts["coverage"] == points


def test_a_second_item_of_one_provider_is_no_coverage(make_item: Make, make_story: MakeStory) -> None:
    story = make_story(make_item("a", quality=40), make_item("b", domain="a.example"))

    assert story_quality(story) == 40


@pytest.mark.parametrize(("lead", "story"), [(98, 100), (100, 100), (85, 97)])
def test_a_story_has_at_most_100(make_item: Make, make_story: MakeStory, lead: int, story: int) -> None:
    items = [make_item(f"p{number}", quality=lead) for number in range(5)]

    assert story_quality(make_story(*items)) == story


@pytest.mark.parametrize(
    "values",
    [{"given": Given(quality=39)}, {"provenance": {"quality": "given"}}],
    ids=["a lead", "an item that was related"],
)
def test_a_quality_that_a_document_gave_is_kept_as_given(
    make_item: Make, make_story: MakeStory, values: dict[str, Any]
) -> None:
    story = make_story(make_item("a", quality=39, **values), make_item("b"), make_item("c"))

    assert story_quality(story) == 39
    assert explain_story(story) == (39, {GIVEN: 39})


def test_a_document_without_a_quality_gets_the_points_for_coverage(make_item: Make, make_story: MakeStory) -> None:
    scored = make_item("a", quality=39, given=Given(heat=1), provenance={"quality": "scored"})

    assert story_quality(make_story(scored, make_item("b"))) == 42


@pytest.mark.parametrize("stored", [0, 40, 100])
def test_the_parts_add_up_to_the_quality_also_when_an_older_version_counted_it(
    make_item: Make, make_story: MakeStory, stored: int
) -> None:
    item = make_item(**BEST)
    old = replace(item, quality=stored)

    assert sum(explain_item(old).parts.values()) == explain_item(old).points == stored
    assert (EARLIER_RULE in explain_item(old).parts) == (stored != 100)
    story = make_story(old, make_item("b"), make_item("c"))
    assert sum(explain_story(story).parts.values()) == explain_story(story).points == story_quality(story)
