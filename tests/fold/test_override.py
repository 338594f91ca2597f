"""Overrides at work: what is remembered of orders, and what it bars."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice

from worker.fold.override import barred, forbidden_pair, led_by_rule, with_pin
from worker.fold.part import ids_of_parted
from worker.fold.remember import forget, keep_apart, keep_together, pin, unpin
from worker.model.item import Item
from worker.model.override import NO_OVERRIDES, Order, OrderKind, Overrides
from worker.model.story import Story

AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def order(*items: str) -> Order:
    return Order(kind=OrderKind.APART, items=items, at=AT)


def together(*items: str, overrides: Overrides = NO_OVERRIDES) -> Overrides:
    return overrides.with_changes(keep_together(order(*items), items, overrides))


def test_apart_bars_both_ways_until_it_is_forgotten(
    make_item: Callable[..., Item], tell: Callable[..., Story]
) -> None:
    a, b = make_item("a"), make_item("b")
    kept = keep_apart(order(a.item_id, b.item_id), [b.item_id], [], NO_OVERRIDES)
    assert barred(a, kept, {b.item_id: "S"}) == {"S"}
    assert barred(tell(b), kept, {a.item_id: "T"}) == {"T"}
    assert forbidden_pair([a.item_id, b.item_id], kept) is not None
    forgotten = kept.with_changes(forget(order(b.item_id, a.item_id), kept))
    assert not any(forgotten.items.values())


def test_group_grows_and_loses_who_is_parted() -> None:
    three = together("b", "c", overrides=together("a", "b"))
    assert three.partners("a") == ("b", "c")
    parted = three.with_changes(keep_apart(order("b", "a"), ["a"], ["a", "c"], three))
    assert parted.partners("b") == ()
    assert parted.partners("a") == ("c",)
    alone = parted.with_changes(keep_apart(order("c", "a"), ["a"], [], parted))
    assert alone.partners("a") == ()
    assert not any(alone.groups.values())


def test_the_same_order_again_changes_nothing() -> None:
    pair = together("a", "b")
    assert not keep_together(order("a", "b"), ("a", "b"), pair)
    apart = keep_apart(order("a", "b"), ["b"], [], NO_OVERRIDES)
    assert not keep_apart(order("a", "b"), ["b"], [], apart)
    pinned = pin(order("a"), ["a", "b"], NO_OVERRIDES)
    assert not pin(order("a"), ["a", "b"], pinned)


def test_pinned_item_leads_and_the_newest_pin_counts(
    make_item: Callable[..., Item], tell: Callable[..., Story]
) -> None:
    a, b = make_item("a", quality=90), make_item("b")
    story = tell(b, story=tell(a))
    pinned = pin(order(b.item_id), [a.item_id, b.item_id], NO_OVERRIDES)
    led = with_pin(story, pinned)
    assert (led.lead_id, led.pinned) == (b.item_id, True)
    assert (led_by_rule(led).lead_id, led_by_rule(led).pinned) == (a.item_id, False)
    moved = pinned.with_changes(pin(order(a.item_id), [a.item_id, b.item_id], pinned))
    assert moved.of(b.item_id).pinned is None
    assert with_pin(story, moved).lead_id == a.item_id
    assert not any(moved.with_changes(unpin([a.item_id], moved)).items.values())


def test_ids_of_parted_stories_are_stable_and_differ() -> None:
    ids = list(islice(ids_of_parted("a" * 16), 4))
    assert ids == list(islice(ids_of_parted("a" * 16), 4))
    assert len(set(ids)) == 4
    assert all(len(each) == 16 for each in ids)
