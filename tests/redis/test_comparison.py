"""``stories explain A B``: why two items are one story, or why they are not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from worker.cli.compared import compared_lines, compared_row
from worker.flows.comparison import Side, compare
from worker.flows.engine import Engine
from worker.flows.ordering import give_orders
from worker.fold.evidence import probability
from worker.model.item import Item
from worker.model.override import Order, OrderKind

FERRY = "Port Alder ferry returns after two-year bridge repair"


@pytest.fixture
def side(engine: Engine) -> Callable[[Item], Side]:
    """An item as the command names it by its URL."""

    def find(item: Item) -> Side:
        store = engine.stories("news")
        story_id = store.story_ids([item.item_id])[item.item_id]
        return Side(story=store.load([story_id])[story_id], item=item)

    return find


def test_two_of_one_story_say_by_which_score_they_joined(
    engine: Engine, make_item: Callable[..., Item], fold: Callable[..., None], side: Callable[[Item], Side]
) -> None:
    one, other = make_item("https://a.example/1", FERRY), make_item("https://b.example/1", f"{FERRY}, at last")
    fold(engine, one, other)
    found = compare(engine, side(one), side(other))
    assert found.same_story
    assert [title for title, _, _ in found.joined] == [one.title, other.title]
    assert "of 0.55 needed: shared `Port Alder ferry returns" in found.joined[1][1]
    assert found.match.folds
    assert "one story: " in "\n".join(compared_lines(side(one), side(other), found))


def test_two_that_were_not_folded_say_what_was_missing(
    engine: Engine, make_item: Callable[..., Item], fold: Callable[..., None], side: Callable[[Item], Side]
) -> None:
    one, other = (
        make_item("https://a.example/1", FERRY),
        make_item("https://b.example/1", "Port Alder school wins cup"),
    )
    fold(engine, one, other)
    row = compared_row(side(one), side(other), found := compare(engine, side(one), side(other)))
    assert not found.same_story
    assert not found.match.folds
    assert row["shared"] == ["Port Alder"]
    assert row["refused"] == "a name alone is shared"
    weights = sum(reason["weight"] for reason in row["reasons"])
    assert probability(weights) == pytest.approx(row["score"], abs=0.02)
    assert all(reason["words"] for reason in row["reasons"])


def test_items_of_other_days_say_so(
    engine: Engine, make_item: Callable[..., Item], fold: Callable[..., None], side: Callable[[Item], Side]
) -> None:
    one = make_item("https://a.example/1", FERRY)
    other = make_item("https://b.example/1", FERRY, published_at=one.published_at - timedelta(days=3))
    fold(engine, one, other)
    found = compare(engine, side(one), side(other))
    assert found.match.refused == "too far apart in time: 72 hours, of 24 allowed"
    assert found.match.score > 0


def test_two_that_a_person_keeps_apart_say_so(
    engine: Engine, make_item: Callable[..., Item], fold: Callable[..., None], side: Callable[[Item], Side]
) -> None:
    one, other = make_item("https://a.example/1", FERRY), make_item("https://b.example/1", FERRY)
    fold(engine, one, other)
    order = Order(kind=OrderKind.APART, items=(other.item_id, one.item_id), at=engine.clock())
    assert give_orders(engine, "news", [order])
    found = compare(engine, side(one), side(other))
    assert (found.same_story, found.kept_apart) == (False, True)
    assert "because a person said so" in "\n".join(compared_lines(side(one), side(other), found))


def test_whole_stories_are_compared_by_all_of_their_items(
    engine: Engine, make_item: Callable[..., Item], fold: Callable[..., None], side: Callable[[Item], Side]
) -> None:
    items = [make_item(f"https://{name}.example/1", FERRY) for name in "abc"]
    other = make_item("https://d.example/1", "Harbor council debates the museum roof")
    fold(engine, *items, other)
    whole = Side(story=side(items[0]).story)
    found = compare(engine, whole, Side(story=side(other).story))
    assert not found.same_story
    assert found.match.story_id == side(other).story.story_id
    assert whole.title == FERRY
