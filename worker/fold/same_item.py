"""Same item: members of a story that turn out to be one item become one member.

Two items are known under ids of their own as long as nothing joins them. Then a page names the other's address as
its canonical one, or a source corrects a link: a claim of both is the same, so they are the same item, and a story
never holds one item twice.

Which of them stays: a document before all others, since it speaks for every source; else the one that was seen
first, because another source's word of the same page adds its addresses and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from worker.model.item import Item
from worker.model.story import Story


class United(Struct, frozen=True, kw_only=True):
    """A story in which each item stands once.

    Attributes:
        story: as it shall be.
        gone: the items that are no members of their own any more, each as it was.
        stays: id of an item that is gone -> id of the item that it is.
    """

    story: Story
    gone: tuple[Item, ...] = ()
    stays: dict[str, str] = {}


def unite(story: Story, groups: Sequence[tuple[str, ...]]) -> United:
    """Make one member of those that are one item.

    Args:
        story: with all its members.
        groups: ids of items that are one; the first of each is the one that has just arrived. Ids that the story
            does not hold are passed over.
    """
    united = United(story=story)
    for group in groups:
        united = _unite_group(united, group)
    return united


def _unite_group(united: United, group: tuple[str, ...]) -> United:
    story = united.story
    ids = {united.stays.get(item_id, item_id) for item_id in group}
    same = [member for member in story.members if member.item.item_id in ids]
    if len(same) < 2:
        return united
    kept = min(same, key=lambda member: _rank(member.item, group[0]))
    gone = tuple(member.item for member in same if member is not kept)
    stays = dict.fromkeys((item.item_id for item in gone), kept.item.item_id)
    keys = tuple(sorted({key for member in same for key in member.item.url_keys}))
    kept_id = kept.item.item_id
    members = tuple(
        replace(member, item=replace(member.item, url_keys=keys)) if member.item.item_id == kept_id else member
        for member in story.members
        if member.item.item_id not in stays
    )
    return United(
        story=replace(story, members=members, lead_id=stays.get(story.lead_id, story.lead_id)),
        gone=united.gone + gone,
        stays={before: stays.get(now, now) for before, now in united.stays.items()} | stays,
    )


def _rank(item: Item, arrived_id: str) -> tuple[bool, bool, datetime, str]:
    return (
        item.given is None,
        item.given is not None and item.item_id != arrived_id,
        item.first_seen_at,
        item.item_id,
    )
