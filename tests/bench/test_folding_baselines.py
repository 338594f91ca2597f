"""The baselines of folding do what their names say, in any process the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from bench import folding_embeddings
from bench.folding_baselines import NearestStory, fold_equal_titles
from bench.folding_recipe import Recipe
from bench.folding_run import Fold, fold_as_the_product
from bench.folding_stream import shuffled_in_the_hour
from bench.folding_words import words_of
from worker.model.item import Item

FERRY = "Port Alder ferry returns after two-year bridge repair"
FERRY_REWORDED = "Ferry returns to Port Alder as bridge repair ends"
LOG = "Lighthouse keeper's log found in a wall"
FOLDS = {"equal": fold_equal_titles, "nearest": NearestStory(0.3).fold, "recipe": Recipe(assign=0.3, every=2).fold}

MakeStream = Callable[..., list[Item]]


@pytest.fixture
def stream(make_item: Callable[..., Item]) -> MakeStream:
    """Items with these titles, one each hour or as often as is said."""

    def make(*titles: str, apart: timedelta = timedelta(hours=1)) -> list[Item]:
        first = make_item().published_at
        return [
            make_item(f"https://p{number}.example/1", title, published_at=first + number * apart)
            for number, title in enumerate(titles)
        ]

    return make


@pytest.mark.parametrize("name", FOLDS)
def test_one_title_is_one_story_and_another_is_another(name: str, stream: MakeStream) -> None:
    groups = FOLDS[name](stream(FERRY, LOG, FERRY)).groups
    assert groups[0] == groups[2] != groups[1]


@pytest.mark.parametrize(("name", "same"), [("equal", False), ("nearest", True), ("recipe", True)])
def test_a_reworded_title_is_no_equal_one(name: str, same: bool, stream: MakeStream) -> None:
    groups = FOLDS[name](stream(FERRY, LOG, FERRY_REWORDED)).groups
    assert (groups[0] == groups[2]) is same


@pytest.mark.parametrize("name", FOLDS)
def test_a_story_is_over_a_day_after_its_last_item(name: str, stream: MakeStream) -> None:
    groups = FOLDS[name](stream(FERRY, FERRY, apart=timedelta(hours=25))).groups
    assert groups[0] != groups[1]


@pytest.mark.parametrize("name", FOLDS)
def test_a_story_is_over_three_days_after_its_first_item(name: str, stream: MakeStream) -> None:
    groups = FOLDS[name](stream(*[FERRY] * 6, apart=timedelta(hours=20))).groups
    assert groups[0] == groups[3] != groups[4]


@pytest.mark.parametrize("name", FOLDS)
def test_no_items_and_empty_titles_are_borne(name: str, stream: MakeStream) -> None:
    assert FOLDS[name]([]).groups == []
    assert len(FOLDS[name](stream("", "", "...")).groups) == 3


def test_the_recipe_merges_what_a_later_item_shows_to_be_one(stream: MakeStream) -> None:
    items = stream(FERRY, LOG, FERRY_REWORDED)
    late = Recipe(assign=99.0, merge=0.2, merge_single=0.2, every=3).fold(items)
    assert late.groups[0] == late.groups[2] != late.groups[1]
    assert late.merges == 1


def test_words_are_folded_stemmed_and_told_once() -> None:
    assert words_of("The Café's stopped ferries: 1.5 million, no 1.5 billion...") == (
        "cafe",
        "stop",
        "ferry",
        "1.5",
        "million",
        "billion",
    )


def test_shuffling_moves_items_within_their_hour_only(stream: MakeStream) -> None:
    items = stream(*[f"title {number}" for number in range(40)], apart=timedelta(minutes=7))
    order = shuffled_in_the_hour(items, seed=1)
    hours = [items[i].published_at.replace(minute=0) for i in order]
    assert sorted(order) == list(range(40)) != order
    assert hours == sorted(hours)
    assert order == shuffled_in_the_hour(items, seed=1) != shuffled_in_the_hour(items, seed=2)


def test_embeddings_that_are_not_there_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folding_embeddings, "find_spec", lambda _name: None)
    assert not folding_embeddings.is_installed()
    assert "bench-embeddings" in folding_embeddings.NOT_INSTALLED


def test_near_vectors_join_and_near_stories_merge(stream: MakeStream) -> None:
    numpy = pytest.importorskip("numpy")
    angles = {"a": 0.0, "b": 0.2, "c": 1.3, "d": 0.9}

    def encode(titles: list[str]) -> object:
        return numpy.array([[numpy.cos(angles[title]), numpy.sin(angles[title])] for title in titles])

    fold: Fold = folding_embeddings.NearestCentroid(encode, assign=0.95, merge=0.9, every=500).fold
    folded = fold(stream("a", "b", "c", "d"))
    assert folded.groups[0] == folded.groups[1] != folded.groups[2] == folded.groups[3]
    assert folded.merges == 1


def test_the_product_gives_the_same_stories_in_the_same_order(stream: MakeStream) -> None:
    items = stream(FERRY, LOG, FERRY, LOG)
    first, again = fold_as_the_product(items), fold_as_the_product(items)
    assert first == again
    assert len(first.groups) == len(items)
