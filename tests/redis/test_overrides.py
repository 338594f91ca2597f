"""Overrides through the lane: a person has the last word, and keeps it when everything is ingested again."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from redis import Redis

from storyfold.event import Event, EventType
from tests.redis.conftest import BRIDGE
from worker.cli.overrides import override_rows
from worker.flows.engine import Engine
from worker.flows.ordering import give_orders
from worker.model.item import Item
from worker.model.override import Order, OrderKind
from worker.store.keys import Keys

Give = Callable[..., None]


def grouping(engine: Engine) -> set[frozenset[str]]:
    return {frozenset(item.original_url for item in story.items) for story in engine.stories("news").all()}


def test_split_item_founds_a_story_and_never_comes_back(
    engine: Engine,
    items: tuple[Item, Item, Item],
    fold: Callable[..., None],
    give: Give,
    events: Callable[[], list[Event]],
) -> None:
    first, second, _ = items
    fold(engine, *items)
    assert len(grouping(engine)) == 2
    told = len(events())
    give(OrderKind.APART, second, first, reason="two bridges")
    updated, created = events()[told:]
    assert (updated.type, created.type) == (EventType.UPDATED, EventType.CREATED)
    assert updated.data["reason"] == created.data["reason"] == "split by a person: two bridges"
    assert created.subject == second.item_id
    apart = {frozenset({each.original_url}) for each in items}
    assert grouping(engine) == apart
    fold(engine, *items)
    assert grouping(engine) == apart
    told = len(events())
    give(OrderKind.APART, second, first)
    assert len(events()) == told, "twice has one effect"


def test_founder_that_is_split_gets_another_story_id(
    engine: Engine, items: tuple[Item, Item, Item], fold: Callable[..., None], give: Give
) -> None:
    first, second, _ = items
    fold(engine, first, second)
    give(OrderKind.APART, first, second)  # its path is the old story's, so it needs another one
    paths = [story.path for story in engine.stories("news").all()]
    assert len(set(paths)) == 2
    ids = engine.stories("news").story_ids([first.item_id, second.item_id])
    assert ids[second.item_id] == first.item_id, "the old story keeps its id"
    assert ids[first.item_id] not in (first.item_id, second.item_id)


def test_merged_stories_stay_one_and_the_event_says_why(
    engine: Engine,
    items: tuple[Item, Item, Item],
    fold: Callable[..., None],
    give: Give,
    events: Callable[[], list[Event]],
) -> None:
    first, _, third = items
    fold(engine, first, third)
    give(OrderKind.TOGETHER, first, third, reason="one storm")
    updated, merged = events()[-2:]
    assert (updated.type, merged.type) == (EventType.UPDATED, EventType.MERGED)
    assert merged.data["into"] == updated.subject
    assert merged.data["reason"] == updated.data["reason"] == "merged by a person: one storm"
    assert grouping(engine) == {frozenset({first.original_url, third.original_url})}


def test_pinned_lead_stays_until_it_is_given_back(
    engine: Engine, items: tuple[Item, Item, Item], fold: Callable[..., None], give: Give
) -> None:
    first, second, _ = items
    fold(engine, first, second)
    give(OrderKind.PIN, second)
    (story,) = engine.stories("news").all()
    assert (story.lead_id, story.pinned) == (second.item_id, True)
    give(OrderKind.UNPIN, second)
    (story,) = engine.stories("news").all()
    assert story.pinned is False
    assert override_rows(engine.stories("news").overrides.all()) == []


def test_merge_that_a_pair_forbids_changes_nothing(
    engine: Engine, items: tuple[Item, Item, Item], fold: Callable[..., None], give: Give
) -> None:
    first, _, third = items
    fold(engine, first, third)
    give(OrderKind.APART, first, third)
    give(OrderKind.TOGETHER, first, third)
    assert len(grouping(engine)) == 2
    give(OrderKind.FORGET, third, first)
    give(OrderKind.TOGETHER, first, third)
    assert len(grouping(engine)) == 1


def test_document_that_names_a_split_item_does_not_glue_it_back(
    engine: Engine,
    make_item: Callable[..., Item],
    items: tuple[Item, Item, Item],
    fold: Callable[..., None],
    give: Give,
) -> None:
    first, second, _ = items
    fold(engine, first, second)
    give(OrderKind.APART, second, first)
    fold(engine, make_item("https://a.example/1", BRIDGE, related=(second,)))
    assert grouping(engine) == {frozenset({first.original_url}), frozenset({second.original_url})}


def test_overrides_alone_give_the_same_grouping_from_empty(
    engine: Engine,
    client: Redis,
    items: tuple[Item, Item, Item],
    fold: Callable[..., None],
    give: Give,
) -> None:
    first, second, third = items
    fold(engine, *items)
    give(OrderKind.APART, second, first)
    give(OrderKind.TOGETHER, second, third)
    give(OrderKind.PIN, third)
    before, leads = grouping(engine), {story.lead_id for story in engine.stories("news").all()}
    rows = override_rows(engine.stories("news").overrides.all())
    kept = client.hgetall(Keys("news").overrides)
    client.flushall()
    fresh = Engine(engine.settings, clock=engine.clock)
    orders = msgspec.convert(rows, list[Order])
    assert give_orders(fresh, "news", orders)
    assert client.hgetall(Keys("news").overrides).keys() == kept.keys()
    for order in (items, tuple(reversed(items))):
        fold(fresh, *order)
        assert grouping(fresh) == before
        assert {story.lead_id for story in fresh.stories("news").all()} == leads
    fresh.close()
