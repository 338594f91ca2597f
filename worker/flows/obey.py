"""Obey: the lane carries out what a person ordered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec import Struct

from worker.flows.working_set import WorkingSet
from worker.fold.apply import Outcome, merge, settle
from worker.fold.override import forbidden_pair, led_by, led_by_rule
from worker.fold.part import ids_of_parted, part
from worker.fold.remember import forget, keep_apart, keep_together, pin, unpin
from worker.model.override import NO_OVERRIDES, Order, OrderKind, Overrides
from worker.model.story import Story


class Obeyed(Struct, frozen=True, kw_only=True):
    """What an order does; nothing of both when it was carried out before, or is forbidden by a never-fold pair.

    Attributes:
        outcomes: each about stories of its own; written in one commit with the changes.
        changes: of the overrides.
    """

    outcomes: tuple[Outcome, ...] = ()
    changes: Overrides = NO_OVERRIDES


def obey(order: Order, working_set: WorkingSet, *, now: datetime, half_life: timedelta) -> Obeyed:
    """What an order does to the stories as they stand, and to what is remembered.

    What concerns an item that nobody knows is remembered, and holds when the item comes.

    Args:
        order: from the backlog.
        working_set: reads what the order concerns.
        now: our clock.
        half_life: of heat.
    """
    working_set.look_up_stories_of(order.items)
    working_set.look_up_overrides(order.items)
    story_ids = [working_set.story_ids[item_id] for item_id in order.items if item_id in working_set.story_ids]
    working_set.look_up_members(story_ids)
    return _HANDLERS[order.kind](_Scene(order, working_set, now, half_life))


class _Scene:
    """An order with the stories that it concerns."""

    def __init__(self, order: Order, working_set: WorkingSet, now: datetime, half_life: timedelta) -> None:
        self.order = order
        self.set = working_set
        self.now = now
        self.half_life = half_life

    @property
    def story(self) -> Story | None:
        """The living story of the order's first item."""
        return self.story_of(self.order.items[0])

    def story_of(self, item_id: str) -> Story | None:
        """The living story that has an item among its members."""
        story = self.set.story_of(item_id)
        return story if story and not story.is_gone and story.member(item_id) else None

    def reason(self, what: str) -> str:
        """What the person did, with their words."""
        return f"{what} by a person: {self.order.reason}" if self.order.reason else f"{what} by a person"


def _together(scene: _Scene) -> Obeyed:
    order, overrides = scene.order, scene.set.overrides
    found = (story for item_id in order.items if (story := scene.story_of(item_id)) is not None)
    stories = list({story.story_id: story for story in found}.values())
    members = (item.item_id for story in stories for item in story.items)
    item_ids = tuple(dict.fromkeys((*order.items, *members)))
    grouped = tuple(partner for item_id in item_ids for partner in overrides.partners(item_id))
    if forbidden_pair((*item_ids, *grouped), overrides):
        return Obeyed()
    changes = keep_together(order, order.items, overrides)
    if len(stories) < 2:
        return Obeyed(changes=changes)
    reason = scene.reason("merged")
    after = overrides.with_changes(changes)
    outcome = merge(stories, reason, now=scene.now, half_life=scene.half_life, overrides=after, reason=reason)
    return Obeyed(outcomes=(outcome,), changes=changes)


def _apart(scene: _Scene) -> Obeyed:
    order, story = scene.order, scene.story
    item_id, *others = order.items
    leaves = story is not None and any(story.member(other) for other in others if other != item_id)
    company = [item.item_id for item in story.items] if story and leaves else []
    changes = keep_apart(order, others, company, scene.set.overrides)
    if story is None or not leaves:
        return Obeyed(changes=changes)
    scene.set.look_up_paths([item for item in story.items if item.item_id == item_id])
    outcomes = part(
        story,
        item_id,
        _free_id(item_id, scene.set),
        now=scene.now,
        half_life=scene.half_life,
        overrides=scene.set.overrides.with_changes(changes),
        reason=scene.reason("split"),
    )
    return Obeyed(outcomes=outcomes, changes=changes)


def _free_id(item_id: str, working_set: WorkingSet) -> str:
    for story_id in ids_of_parted(item_id):
        working_set.have([story_id])
        if story_id not in working_set.stories:
            return story_id
    raise AssertionError("there are ids without end")


def _forget(scene: _Scene) -> Obeyed:
    return Obeyed(changes=forget(scene.order, scene.set.overrides))


def _pin(scene: _Scene) -> Obeyed:
    story, item_id = scene.story, scene.order.items[0]
    company = [item.item_id for item in story.items] if story else []
    changes = pin(scene.order, company, scene.set.overrides)
    if story is None:
        return Obeyed(changes=changes)
    return _led_anew(scene, story, led_by(story, item_id), changes, scene.reason("lead pinned"))


def _unpin(scene: _Scene) -> Obeyed:
    story = scene.story
    company = [item.item_id for item in story.items] if story else scene.order.items
    changes = unpin(company, scene.set.overrides)
    if story is None or not changes:
        return Obeyed(changes=changes)
    return _led_anew(scene, story, led_by_rule(story), changes, scene.reason("lead given back to the rule"))


def _led_anew(scene: _Scene, story: Story, led: Story, changes: Overrides, reason: str) -> Obeyed:
    after = settle(led, [story], scene.now, scene.half_life)
    if after == story:
        return Obeyed(changes=changes)
    outcome = Outcome(before=story, after=after, absorbed=(), claims={}, items={}, reason=reason)
    return Obeyed(outcomes=(outcome,), changes=changes)


_HANDLERS: dict[OrderKind, Callable[[_Scene], Obeyed]] = {
    OrderKind.TOGETHER: _together,
    OrderKind.APART: _apart,
    OrderKind.FORGET: _forget,
    OrderKind.PIN: _pin,
    OrderKind.UNPIN: _unpin,
}
