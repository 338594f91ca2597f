"""Which titles tell the same story."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from worker.fold.index import StoryIndex
from worker.fold.match import FoldRules, TitleMatcher
from worker.fold.tokens import tokens_of
from worker.model.item import Given, Item
from worker.model.story import Story

NOW = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)

Make = Callable[..., Item]
Tell = Callable[..., Story]
FERRY = "Port Alder ferry returns after two-year bridge repair"


def _index(*stories: Story) -> StoryIndex:
    index = StoryIndex()
    for story in stories:
        index.put(story)
    return index


@pytest.mark.parametrize(
    ("title", "folds"),
    [
        ("Ferry returns to Port Alder after bridge repair of two years", True),
        ("PORT ALDER FERRY RETURNS AFTER TWO-YEAR BRIDGE REPAIR", True),
        ("Port Alder school wins chess cup", False),
        ("Bridge repair in Lindholm takes two years", False),
        ("", False),
        ("Ferry", False),
        ("\U0001f6a2\U0001f6a2\U0001f6a2", False),
    ],
)
def test_another_providers_title_folds_when_it_tells_the_same(
    make_item: Make, tell: Tell, title: str, folds: bool
) -> None:
    index = _index(tell(make_item("a", title=FERRY)))

    match = TitleMatcher(FoldRules()).best(make_item("b", domain="other.example", title=title), index)

    assert (match is not None) is folds


def test_a_match_says_why(make_item: Make, tell: Tell) -> None:
    index = _index(tell(make_item("a", title=FERRY)))

    match = TitleMatcher(FoldRules()).best(make_item("b", domain="other.example", title=FERRY), index)

    assert match is not None
    assert match.score == pytest.approx(1.0)
    assert "1.00 of 0.55 needed" in match.why
    assert "ferry" in match.why


@pytest.mark.parametrize(
    ("hours", "folds"), [(23, True), (25, False), (-23, True), (-25, False)], ids=["in", "late", "before", "early"]
)
def test_only_stories_of_the_items_own_time_are_joined(make_item: Make, tell: Tell, hours: int, folds: bool) -> None:
    index = _index(tell(make_item("a", title=FERRY, published_at=NOW)))
    item = make_item("b", domain="other.example", title=FERRY, published_at=NOW + timedelta(hours=hours))

    assert (TitleMatcher(FoldRules()).best(item, index) is not None) is folds


def test_a_story_does_not_grow_beyond_its_span(make_item: Make, tell: Tell) -> None:
    first, second, third = (
        make_item(name, title=FERRY, domain=f"{name}.example", published_at=NOW + timedelta(hours=hours))
        for name, hours in (("a", 0), ("b", 60), ("c", 80))
    )
    index = _index(tell(first, second))

    assert TitleMatcher(FoldRules()).best(third, index) is None


def test_other_numbers_are_another_story(make_item: Make, tell: Tell) -> None:
    index = _index(tell(make_item("a", title="Gulp release version 4 of the build tool")))
    item = make_item("b", domain="other.example", title="Gulp release version 5 of the build tool")

    assert TitleMatcher(FoldRules()).best(item, index) is None


def test_one_providers_like_titles_need_more(make_item: Make, tell: Tell) -> None:
    index = _index(tell(make_item("a", title="Weather in Port Alder for the north coast on Monday")))
    again = make_item("b", title="Weather in Port Alder for the south coast on Tuesday")

    assert TitleMatcher(FoldRules()).best(again, index) is None


def test_two_told_documents_are_not_folded_by_likeness(make_item: Make, tell: Tell) -> None:
    index = _index(tell(make_item("a", title=FERRY, given=Given(quality=3))))
    other = make_item("b", domain="other.example", title=FERRY, given=Given(quality=4))

    assert TitleMatcher(FoldRules()).best(other, index) is None


def test_bare_documents_fold_like_any_item(make_item: Make, tell: Tell) -> None:
    index = _index(tell(make_item("a", title=FERRY, given=Given())))
    other = make_item("b", domain="other.example", title=FERRY, given=Given())

    assert TitleMatcher(FoldRules()).best(other, index) is not None


def test_a_story_that_is_removed_is_found_no_more(make_item: Make, tell: Tell) -> None:
    story = tell(make_item("a", title=FERRY))
    index = _index(story)
    index.remove(story.story_id)

    assert index.candidates(tokens_of(FERRY)) == []
    assert index.frequency("ferry") == 0
    assert len(index) == 0


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Caf\u00e9s r\u00e9sum\u00e9", "Cafes resume"),
        ("The council\u2019s plans", "council plan"),
        ("Banned police, banning", "ban polic"),
        ("\u6771\u4eac\u5730\u9707", "\u6771\u4eac \u4eac\u5730 \u5730\u9707"),
    ],
)
def test_tokens_fold_case_accents_endings_and_unspaced_scripts(left: str, right: str) -> None:
    assert tokens_of(left) == tokens_of(right)
