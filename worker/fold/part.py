"""Part: an item leaves its story and becomes a story of its own, because a person said so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import blake2b
from itertools import count

from msgspec.structs import replace

from worker.fold.apply import Outcome, settle
from worker.fold.identity import is_told
from worker.fold.override import led_by_rule, with_pin
from worker.model.override import Overrides
from worker.model.story import Story


def ids_of_parted(item_id: str) -> Iterator[str]:
    """Ids for the story that a parted item founds, to be tried in turn.

    First the item's own. Where a story has or had that, as when it founded the one that it leaves: the digest of
    ``part``, the item's id and 2, 3 and so on. So the same history gives the same ids.
    """
    yield item_id
    for number in count(2):
        yield blake2b(f"part\0{item_id}\0{number}".encode(), digest_size=8).hexdigest()


def part(
    story: Story,
    item_id: str,
    new_id: str,
    *,
    now: datetime,
    half_life: timedelta,
    overrides: Overrides,
    reason: str,
) -> tuple[Outcome, Outcome]:
    """The outcomes for the story that loses the item, and for the one that is founded.

    Both keep what they are told by: a story that was published stays so, and heat goes on from where it was.

    Args:
        story: holds the item and at least one more.
        item_id: of the item.
        new_id: the new story's.
        now: our clock.
        half_life: of heat.
        overrides: of all members, as they are after the order.
        reason: what the person did, for the events.
    """
    member = story.member(item_id)
    if member is None or len(story.members) < 2:
        raise LookupError(f"story {story.story_id} holds no item {item_id} beside others")
    rest = replace(story, members=tuple(each for each in story.members if each.item.item_id != item_id))
    if story.lead_id == item_id:
        rest = led_by_rule(rest)
    rest = settle(with_pin(rest, overrides), [story], now, half_life)
    given = member.item.given
    own = replace(
        story,
        story_id=new_id,
        revision=0,
        path="",
        lead_id=item_id,
        members=(replace(member, why=reason),),
        pinned=given is not None and (given.whole or is_told(member.item)),
        secured=given.secured if given else None,
        extras=given.extras if given else (),
        content=given.content if given else "",
        created_at=now,
        updated_at=now,
    )
    own = settle(with_pin(own, overrides), [story], now, half_life)
    left = Outcome(before=story, after=rest, absorbed=(), claims={}, items={}, reason=reason)
    return left, Outcome(before=None, after=own, absorbed=(), claims={}, items={item_id: new_id}, reason=reason)
