"""Which titles tell the same story."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import exp
from typing import Any

import pytest

from worker.fold.index import StoryIndex
from worker.fold.match import FoldRules, WordMatcher
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
        ("Lindholm bridge closed by a storm", False),
        ("", False),
        ("Ferry", False),
        ("\U0001f6a2\U0001f6a2\U0001f6a2", False),
    ],
)
def test_another_providers_title_folds_when_it_tells_the_same(
    make_item: Make, tell: Tell, title: str, folds: bool
) -> None:
    index = _index(tell(make_item("a", title=FERRY)))

    match = WordMatcher(FoldRules()).best(make_item("b", domain="other.example", title=title), index)

    assert (match is not None) is folds


def test_a_match_says_why(make_item: Make, tell: Tell) -> None:
    index = _index(tell(make_item("a", title=FERRY)))

    match = WordMatcher(FoldRules()).best(make_item("b", domain="other.example", title=FERRY), index)

    assert match is not None
    assert match.score == pytest.approx(1.0, abs=0.01)
    assert match.why.startswith("1.00 of 0.55 needed: shared ")
    assert "`Port Alder ferry returns`" in match.why


@pytest.mark.parametrize(
    ("hours", "folds"), [(23, True), (25, False), (-23, True), (-25, False)], ids=["in", "late", "before", "early"]
)
def test_only_stories_of_the_items_own_time_are_joined(make_item: Make, tell: Tell, hours: int, folds: bool) -> None:
    index = _index(tell(make_item("a", title=FERRY, published_at=NOW)))
    item = make_item("b", domain="other.example", title=FERRY, published_at=NOW + timedelta(hours=hours))

    assert (WordMatcher(FoldRules()).best(item, index) is not None) is folds


def test_a_story_does_not_grow_beyond_its_span(make_item: Make, tell: Tell) -> None:
    first, second, third = (
        make_item(name, title=FERRY, domain=f"{name}.example", published_at=NOW + timedelta(hours=hours))
        for name, hours in (("a", 0), ("b", 60), ("c", 80))
    )
    index = _index(tell(first, second))

    assert WordMatcher(FoldRules()).best(third, index) is None


def test_other_numbers_are_another_story(make_item: Make, tell: Tell) -> None:
    index = _index(tell(make_item("a", title="Gulp release version 4 of the build tool")))
    item = make_item("b", domain="other.example", title="Gulp release version 5 of the build tool")

    assert WordMatcher(FoldRules()).best(item, index) is None


def test_one_providers_like_titles_need_more(make_item: Make, tell: Tell) -> None:
    index = _index(tell(make_item("a", title=FERRY)))
    title = "Ferry of Port Alder: returns, repair and a price that rises for all"
    matches = {
        domain: WordMatcher(FoldRules(threshold=0.3)).compare(
            make_item("b", domain=domain, title=title), tell(make_item("a", title=FERRY)), index
        )
        for domain in ("harbor.example", "other.example")
    }

    assert matches["harbor.example"].score == matches["other.example"].score
    assert matches["harbor.example"].needed > 0.9 > matches["other.example"].needed == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("title", "values", "refused"),
    [
        ("Ferry prices rise for tourists from abroad", {}, "one word alone is shared"),
        ("Port Alder school wins the national chess cup", {}, "a name alone is shared"),
        (FERRY, {"language": "fr"}, "other languages: fr and en"),
        (FERRY, {"published_at": NOW + timedelta(hours=40)}, "too far apart in time: 40 hours, of 24 allowed"),
        ("Ferries", {}, "a title of one word tells no story"),
        (FERRY.replace("ferry", "train"), {}, "the same form with other words in it"),
        (FERRY.replace("two-year", "2021").replace("ferry", "train"), {}, "the same form with other words in it"),
    ],
)
def test_what_is_refused_says_so_whatever_the_score(
    make_item: Make, tell: Tell, title: str, values: dict[str, Any], refused: str
) -> None:
    story = tell(make_item("a", title=FERRY, language="en", published_at=NOW))
    item = make_item("b", domain="other.example", **({"title": title, "published_at": NOW} | values))
    index = _index(story)
    matcher = WordMatcher(FoldRules())

    match = matcher.compare(item, story, index)

    assert match.refused == refused
    assert match.why.endswith(refused)
    assert not match.folds
    assert matcher.best(item, index) is None


@pytest.mark.parametrize(
    ("excerpt", "domain", "folds"),
    [
        ("", "harbor.example", False),
        ("Five hikers were rescued.", "harbor.example", False),
        ("The mayor resigned on Sunday.", "harbor.example", True),
        ("", "other.example", True),
        ("Five hikers were rescued.", "other.example", False),
    ],
)
def test_a_short_title_that_comes_again_needs_excerpts_that_agree(
    make_item: Make, tell: Tell, excerpt: str, domain: str, folds: bool
) -> None:
    story = tell(make_item("a", title="Morning briefing notes", excerpt="The mayor resigned on Sunday night."))
    item = make_item("b", domain=domain, title="Morning briefing notes", excerpt=excerpt)

    match = WordMatcher(FoldRules()).compare(item, story, _index(story))

    assert match.folds is folds, match.why


def test_the_score_is_the_sum_of_its_parts(make_item: Make, tell: Tell) -> None:
    story = tell(make_item("a", title=FERRY, excerpt="Boats cross the Selde again."))
    item = make_item(
        "b", domain="other.example", title="Ferry returns after repair", excerpt="The Selde has its boats."
    )

    match = WordMatcher(FoldRules()).compare(item, story, _index(story))

    assert match.parts is not None
    assert match.parts.excerpts > 0
    assert match.score == pytest.approx(1 / (1 + exp(-sum(match.parts))))


def test_a_story_that_has_grown_finds_the_other_that_it_turned_out_to_be(make_item: Make, tell: Tell) -> None:
    index = _index(
        tell(make_item("a", title="Ferry back at Port Alder")),
        tell(make_item("b", domain="b.example", title="Bridge repair ends after two long years")),
    )
    matcher = WordMatcher(FoldRules())
    assert matcher.partner("b".ljust(16, "0"), index) is None

    bridge = tell(make_item("b", domain="b.example", title="Bridge repair ends after two long years"))
    index.put(tell(make_item("c", domain="c.example", title=FERRY), story=bridge))

    match = matcher.partner("b".ljust(16, "0"), index)
    assert match is not None
    assert match.story_id == "a".ljust(16, "0")
    assert matcher.partner("b".ljust(16, "0"), index, frozenset({match.story_id})) is None


def test_a_story_takes_no_more_items_than_its_cap(
    make_item: Make, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.fold.refusals.MOST_ITEMS", 3)
    items = [make_item(name, domain=f"{name}.example", title=FERRY) for name in "abc"]
    index = _index(tell(*items))

    assert WordMatcher(FoldRules()).best(make_item("d", domain="d.example", title=FERRY), index) is None


def test_two_told_documents_are_not_folded_by_likeness(make_item: Make, tell: Tell) -> None:
    index = _index(tell(make_item("a", title=FERRY, given=Given(quality=3))))
    other = make_item("b", domain="other.example", title=FERRY, given=Given(quality=4))

    assert WordMatcher(FoldRules()).best(other, index) is None


def test_bare_documents_fold_like_any_item(make_item: Make, tell: Tell) -> None:
    index = _index(tell(make_item("a", title=FERRY, given=Given())))
    other = make_item("b", domain="other.example", title=FERRY, given=Given())

    assert WordMatcher(FoldRules()).best(other, index) is not None
