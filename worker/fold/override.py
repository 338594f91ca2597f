"""Overrides at work: which stories an item may not join, which one it must, and which lead stays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from worker.fold.identity import is_told
from worker.fold.lead import rank
from worker.model.item import Item
from worker.model.override import Overrides
from worker.model.story import Story


def barred(of: Item | Story, overrides: Overrides, story_ids: Mapping[str, str]) -> frozenset[str]:
    """Ids of the stories that an item or a story must not be one with, because a person said so.

    Args:
        of: the item under the id by which it is known, or a story with all of its members.
        overrides: those of the item, or of the story's members.
        story_ids: item id -> story id, for the items that these overrides name.
    """
    item_ids = [of.item_id] if isinstance(of, Item) else [item.item_id for item in of.items]
    others = (other for item_id in item_ids for other in overrides.of(item_id).never)
    return frozenset(story_ids[other] for other in others if other in story_ids)


def may_be_one(left: Story, right: Story, overrides: Overrides, story_ids: Mapping[str, str]) -> bool:
    """Whether no person keeps two stories apart. ``overrides`` and ``story_ids`` as for :func:`barred`."""
    return right.story_id not in barred(left, overrides, story_ids) and left.story_id not in barred(
        right, overrides, story_ids
    )


def partner_stories(item_id: str, overrides: Overrides, story_ids: Mapping[str, str]) -> tuple[str, ...]:
    """Ids of the stories that hold items which a person put together with this one."""
    partners = overrides.partners(item_id)
    return tuple(dict.fromkeys(story_ids[other] for other in partners if other in story_ids))


def forbidden_pair(item_ids: Iterable[str], overrides: Overrides) -> tuple[str, str] | None:
    """Two of the items that a person keeps apart, None when there are no such two."""
    ids = sorted(set(item_ids))
    among = frozenset(ids)
    for item_id in ids:
        for other in sorted(overrides.of(item_id).never):
            if other in among:
                return item_id, other
    return None


def with_pin(story: Story, overrides: Overrides) -> Story:
    """The story with the lead that a person pinned; of several pins the newest counts."""
    said = ((overrides.of(item.item_id).pinned, item.item_id) for item in story.items)
    pins = [(pin.at, item_id) for pin, item_id in said if pin is not None]
    return led_by(story, max(pins)[1]) if pins else story


def led_by(story: Story, lead_id: str) -> Story:
    """The story with this lead, fixed. What a document gives for its story goes in and out with it."""
    if lead_id == story.lead_id:
        return replace(story, pinned=True)
    member = story.member(lead_id)
    given = member.item.given if member else None
    return replace(
        story,
        lead_id=lead_id,
        pinned=True,
        secured=given.secured if given else None,
        extras=given.extras if given else (),
        content=given.content if given else "",
    )


def led_by_rule(story: Story) -> Story:
    """The story with the lead that it has when no person says anything: a document's own, else the best."""
    documents = [item for item in story.items if item.given is not None and (item.given.whole or is_told(item))]
    if documents:
        told = [item for item in documents if is_told(item)]
        return led_by(story, (told or documents)[-1].item_id)
    # a related video that a document named without any address cannot stand for a story
    able = [item for item in story.items if item.original_url] or list(story.items)
    return replace(led_by(story, min(able, key=rank).item_id), pinned=False)
