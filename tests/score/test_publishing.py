"""Published: the document's word, then the floor, which is lower for a story that readers know."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from worker.model.item import Given, Item
from worker.model.story import Story
from worker.score.publishing import decide_published

Make = Callable[..., Item]
MakeStory = Callable[..., Story]


@pytest.mark.parametrize(
    ("quality", "was_published", "published", "why"),
    [
        (10, False, True, "quality 10 is at least 10"),
        (9, False, False, "quality 9 is less than 10"),
        (9, True, True, "quality 9 is at least 5, and it was published before"),
        (5, True, True, "quality 5 is at least 5, and it was published before"),
        (4, True, False, "quality 4 is less than 5"),
        (0, False, False, "quality 0 is less than 10"),
    ],
)
def test_the_floor_by_quality_and_past(
    make_item: Make, make_story: MakeStory, quality: int, was_published: bool, published: bool, why: str
) -> None:
    story = make_story(make_item("a", quality=quality))

    assert decide_published(story, was_published=was_published) == (published, why)


def test_coverage_counts_for_the_floor(make_item: Make, make_story: MakeStory) -> None:
    story = make_story(make_item("a", quality=8), make_item("b", quality=0))

    assert decide_published(story, was_published=False).published


@pytest.mark.parametrize("said", [True, False])
def test_a_documents_word_stands_above_the_floor(make_item: Make, make_story: MakeStory, said: bool) -> None:
    item = make_item("a", quality=0 if said else 90, given=Given(published=said))

    assert decide_published(make_story(item), was_published=not said) == (said, "its document says so")


def test_a_story_that_was_merged_away_is_retired(make_item: Make, make_story: MakeStory) -> None:
    item = make_item("a", quality=90, given=Given(published=True))
    story = make_story(item, merged_into="b000000000000000")

    assert decide_published(story, was_published=True) == (False, "retired: merged into b000000000000000")
