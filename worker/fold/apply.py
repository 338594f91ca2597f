"""Apply: a decision becomes the next state of its story."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain

from msgspec import Struct
from msgspec.structs import replace

from worker.fold.decide import Decision, oldest
from worker.fold.identity import claims_of, is_told, same_origin
from worker.fold.lead import choose_lead
from worker.fold.override import with_pin
from worker.fold.same_item import unite
from worker.model.item import Item
from worker.model.learned import keep_learned
from worker.model.override import NO_OVERRIDES, Overrides
from worker.model.story import Member, Story
from worker.score.heat import COLD, cooled_heat, heat_of
from worker.score.publishing import decide_published
from worker.score.quality import score_item

#: Ways of obtaining a date that mean: the source gave none that can be true.
_OWN_CLOCK = frozenset({"first-seen", "clamped"})


class Outcome(Struct, frozen=True, kw_only=True):
    """What an arriving item does to the stories.

    Attributes:
        before: the story as it was, None for a new one.
        after: the story as it shall be; its revision and path are still those of ``before``.
        absorbed: stories that it took in, as they were.
        claims: claim -> item id, to be written.
        items: item id -> story id, to be written.
        reason: what a person did, for the events; "" when no person did anything.
    """

    before: Story | None
    after: Story
    absorbed: tuple[Story, ...]
    claims: dict[str, str]
    items: dict[str, str]
    reason: str = ""


def apply(
    decision: Decision,
    stories: Mapping[str, Story],
    *,
    now: datetime,
    half_life: timedelta,
    overrides: Overrides = NO_OVERRIDES,
) -> Outcome:
    """The outcome of a decision.

    Args:
        decision: where the arriving items go.
        stories: the decision's targets as they stand.
        now: our clock.
        half_life: of heat.
        overrides: of the arriving items and of the members that could lose their place as lead to them.
    """
    lead = decision.arriving[0]
    if decision.targets:
        involved = _living([stories[story_id] for story_id in decision.targets])
        before = oldest(involved)
        absorbed = tuple(story for story in involved if story.story_id != before.story_id)
        story = _join(before, absorbed, decision, now)
    else:
        involved, before, absorbed = [], None, ()
        story = _found(decision, now)
    if is_told(lead):
        story = _as_told(story, lead)
    united = unite(story, decision.same)
    story = settle(with_pin(united.story, overrides), involved, now, half_life)
    moved = {item.item_id: story.story_id for item in chain.from_iterable(each.items for each in absorbed)}
    held = {item.item_id: story.story_id for item in decision.arriving}
    claims = {
        claim: united.stays.get(item.item_id, item.item_id)
        for item in (*united.gone, *decision.arriving)
        for claim in claims_of(item)
        if claim not in decision.foreign
    }
    return Outcome(before=before, after=story, absorbed=absorbed, claims=claims, items={**moved, **held})


def merge(
    stories: Sequence[Story],
    why: str,
    *,
    now: datetime,
    half_life: timedelta,
    overrides: Overrides = NO_OVERRIDES,
    reason: str = "",
) -> Outcome:
    """The outcome of several living stories turning out to be one; the oldest stays.

    Args:
        stories: two or more.
        why: the score or the person's reason, in words; members that change their story get it.
        now: our clock.
        half_life: of heat.
        overrides: of all members, for the lead that a person pinned.
        reason: what a person did, for the events.
    """
    before = oldest(stories)
    absorbed = tuple(story for story in stories if story.story_id != before.story_id)
    story = _told_as(replace(before, members=_gathered(before, absorbed, why)), absorbed)
    story = settle(with_pin(story, overrides), list(stories), now, half_life)
    moved = {item.item_id: story.story_id for item in chain.from_iterable(each.items for each in absorbed)}
    return Outcome(before=before, after=story, absorbed=absorbed, claims={}, items=moved, reason=reason)


def _gathered(before: Story, absorbed: Sequence[Story], why: str) -> tuple[Member, ...]:
    """The members of all, each once; those that come over say why."""
    present = {member.item.item_id for member in before.members}
    members = list(before.members)
    for member in chain.from_iterable(story.members for story in absorbed):
        if member.item.item_id not in present:
            present.add(member.item.item_id)
            members.append(replace(member, why=f"{member.why}; its story merged: {why}") if why else member)
    return tuple(members)


def _told_as(story: Story, absorbed: Sequence[Story]) -> Story:
    """The story with the lead that a document or a person fixed for one that it takes in, if it has none itself."""
    told = [each for each in absorbed if each.pinned]
    if not told or story.pinned:
        return story
    teller = told[0]
    return replace(
        story,
        lead_id=teller.lead_id,
        pinned=True,
        secured=teller.secured,
        extras=teller.extras,
        content=teller.content,
    )


def _found(decision: Decision, now: datetime) -> Story:
    lead = decision.arriving[0]
    return Story(
        story_id=lead.item_id,
        collection=lead.collection,
        revision=0,
        path="",
        lead_id=lead.item_id,
        members=_with(_unique(decision), (), "founded the story", now),
        pinned=lead.given is not None and (lead.given.whole or is_told(lead)),
        secured=lead.given.secured if lead.given else None,
        extras=lead.given.extras if lead.given else (),
        content=lead.given.content if lead.given else "",
        created_at=now,
        updated_at=now,
    )


def _living(stories: list[Story]) -> list[Story]:
    """The stories that an item may join: a retired one only when there is no other. It is told again then."""
    living = [story for story in stories if not story.retired]
    return living or [oldest(stories)]


def _told_again(story: Story, decision: Decision, now: datetime) -> Story:
    """A retired story with nothing but what arrives now: what it held was not wanted any more."""
    lead = decision.arriving[0]
    members = _with(_unique(decision), (), decision.why, now)
    return replace(
        story, members=members, lead_id=lead.item_id, retired="", pinned=False, secured=None, extras=(), content=""
    )


def _join(before: Story, absorbed: tuple[Story, ...], decision: Decision, now: datetime) -> Story:
    if before.retired:
        return _told_again(before, decision, now)
    members = _with(_unique(decision), _gathered(before, absorbed, ""), decision.why, now)
    return _told_as(replace(before, members=members), absorbed)


def _unique(decision: Decision) -> tuple[Item, ...]:
    """The arriving items, each id once: a document may name its own lead as related."""
    by_id: dict[str, Item] = {}
    for item in decision.arriving:
        by_id.setdefault(item.item_id, item)
    return tuple(by_id.values())


def _with(arriving: tuple[Item, ...], members: tuple[Member, ...], why: str, now: datetime) -> tuple[Member, ...]:
    newest = {item.item_id: item for item in arriving}
    kept = tuple(
        replace(member, item=update(member.item, newest.pop(member.item.item_id)))
        if member.item.item_id in newest
        else member
        for member in members
    )
    return kept + tuple(Member(item=_single(item), joined_at=now, why=why) for item in newest.values())


def update(known: Item, arriving: Item) -> Item:
    """The item after a newer version of it came.

    Another source's word of the same page changes nothing but the addresses by which it is known. A
    version without a date of its own keeps the date at which the item was first seen, and what was learned from the
    item's page stays where the version lacks it.
    """
    url_keys = tuple(sorted({*known.url_keys, *arriving.url_keys}))
    if not same_origin(known, arriving):
        return known if url_keys == known.url_keys else replace(known, url_keys=url_keys)
    arriving = _with_learned(known, _single(arriving))
    own_clock = arriving.provenance.get("published_at") in _OWN_CLOCK
    return replace(
        arriving,
        item_id=known.item_id,
        url_keys=url_keys,
        first_seen_at=known.first_seen_at,
        published_at=known.published_at if own_clock else arriving.published_at,
    )


def _with_learned(known: Item, arriving: Item) -> Item:
    """The newer version with what its page gave to the known one."""
    item = keep_learned(known, arriving)
    return item if item is arriving else replace(item, quality=score_item(item).points)


def _single(item: Item) -> Item:
    """The item without those that it brought along: they are members of their own."""
    return replace(item, related=()) if item.related else item


def _as_told(story: Story, lead: Item) -> Story:
    given = lead.given
    if given is None:
        return story
    return replace(
        story,
        lead_id=lead.item_id,
        pinned=True,
        secured=given.secured,
        extras=given.extras,
        content=given.content,
    )


def settle(story: Story, earlier: list[Story], now: datetime, half_life: timedelta) -> Story:
    """Choose the lead, then what depends on it. ``earlier``: what the story came from, () for a new one."""
    story = replace(story, lead_id=choose_lead(story))
    heat, cools_at = heat_of(story, now, half_life)
    if cools_at is None and _cooled_since_told(story.lead, earlier, now, half_life):
        heat = COLD
    was_published = bool(earlier) and story.published
    published = decide_published(story, was_published=was_published).published
    return replace(story, heat=heat, cools_at=cools_at, published=published)


def _cooled_since_told(lead: Item, earlier: list[Story], now: datetime, half_life: timedelta) -> bool:
    """Whether a story went cold after the lead's document gave this heat: the same document again is no news."""
    cold = [story for story in earlier if cooled_heat(story, now, half_life).value == COLD]
    told = [member.item.given for story in cold if (member := story.member(lead.item_id))]
    return lead.given is not None and any(given is not None and given.heat == lead.given.heat for given in told)


def cool(story: Story, now: datetime, half_life: timedelta) -> Story:
    """The story at ``now``, as only time has changed it."""
    heat, cools_at = cooled_heat(story, now, half_life)
    return replace(story, heat=heat, cools_at=cools_at)
