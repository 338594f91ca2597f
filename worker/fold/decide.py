"""Decide: which story does an arriving item belong to?

Identity comes first: an item that any story holds stays in it, and never makes a second one. Then comes what a
person said: an item joins what it was put together with, and nothing that it was parted from. Likeness is
asked only for an item that nobody knows and of which nobody spoke.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from worker.fold.identity import claims_of
from worker.fold.index import StoryIndex
from worker.fold.match import Match, Matcher
from worker.fold.override import barred, may_be_one, partner_stories
from worker.model.item import Item
from worker.model.override import NO_OVERRIDES, Overrides
from worker.model.story import Story

BY_HAND = "a person put them together"


class Known(Struct, frozen=True, kw_only=True):
    """What the store knows of the claims of some arriving items.

    Attributes:
        item_ids: claim -> item id.
        story_ids: item id -> story id.
    """

    item_ids: Mapping[str, str]
    story_ids: Mapping[str, str]

    def item_id(self, item: Item) -> str:
        """The id under which an item is known, by its strongest claim; "" when nobody knows it."""
        return next((self.item_ids[claim] for claim in claims_of(item) if claim in self.item_ids), "")

    def same_as(self, item: Item) -> tuple[str, ...]:
        """The item's own id, then those of all other known items that share a claim with it."""
        known = (self.item_ids.get(claim, "") for claim in claims_of(item))
        return tuple(dict.fromkeys((item.item_id, *(item_id for item_id in known if item_id in self.story_ids))))

    def stories_of(self, item: Item) -> list[str]:
        """Every story that holds an item which shares a claim with this one."""
        known = (self.item_ids.get(claim, "") for claim in claims_of(item))
        return [self.story_ids[item_id] for item_id in dict.fromkeys(known) if item_id in self.story_ids]


class Decision(Struct, frozen=True, kw_only=True):
    """Where the arriving items go.

    Attributes:
        arriving: the item and those that it brought along, each under the id by which it is known.
        targets: ids of the stories concerned; none founds a story, several become one.
        why: the rule or the score, in words.
        same: ids of items that one arriving item shares claims with, and are thereby one item; its own id first.
        foreign: claims of the arriving items that stay with items of stories which a person keeps apart from it.
        parted: items that came along but a person keeps apart from these; each is decided by itself.
    """

    arriving: tuple[Item, ...]
    targets: tuple[str, ...]
    why: str
    same: tuple[tuple[str, ...], ...] = ()
    foreign: frozenset[str] = frozenset()
    parted: tuple[Item, ...] = ()


def arriving_items(item: Item) -> tuple[Item, ...]:
    """The item and the related ones that its document names, each by itself."""
    return (item, *item.related)


def decide(
    item: Item, known: Known, matcher: Matcher, index: StoryIndex, overrides: Overrides = NO_OVERRIDES
) -> Decision:
    """Decide where an item goes. What concerns several stories goes through :func:`keep_apart` before it is applied.

    Args:
        item: as it came; a story document brings its related items along.
        known: what the store knows of all their claims, and of the items that the overrides name.
        matcher: asked when nothing is known.
        index: the stories of the item's time.
        overrides: what people said of the arriving items.
    """
    named = tuple(_under_known_id(each, known) for each in arriving_items(item))
    own, not_these = known.stories_of(item), barred(named[0], overrides, known.story_ids)
    brought = (story_id for each in item.related for story_id in known.stories_of(each) if story_id not in not_these)
    together = partner_stories(named[0].item_id, overrides, known.story_ids) if not own else ()
    together = tuple(story_id for story_id in together if story_id not in not_these)
    targets = tuple(dict.fromkeys((*own, *together, *brought)))
    if targets:
        why = _why(bool(known.item_id(item)), bool(together))
        return Decision(arriving=named, targets=targets, why=why, same=_same(named, known))
    match: Match | None = matcher.best(item, index, not_these)
    if match is not None:
        return Decision(arriving=named, targets=(match.story_id,), why=match.why)
    return Decision(arriving=named, targets=(), why="founded the story")


def _why(is_known: bool, is_together: bool) -> str:
    if is_known:
        return "the same item"
    return BY_HAND if is_together else "a document names a known item as related"


def keep_apart(decision: Decision, stories: Mapping[str, Story], known: Known, overrides: Overrides) -> Decision:
    """The decision without what a person forbids.

    Of targets that must not be one the arriving item's own stays, else the oldest; the others stay as they are, with
    their items and claims. An item that came along and may not join goes its own way.

    Args:
        decision: from :func:`decide` or :func:`decide_learned`.
        stories: its targets.
        known: as for the decision.
        overrides: of the arriving items and of the targets' members.
    """
    if not overrides:
        return decision
    story_ids = known.story_ids
    kept = _compatible(decision, stories, story_ids, overrides)
    dropped = frozenset(decision.targets) - frozenset(kept)
    arriving, parted = list(decision.arriving[:1]), []
    for item in decision.arriving[1:]:
        if story_ids.get(item.item_id) in kept:
            arriving.append(item)
        elif _may_come(item, arriving, kept, story_ids, overrides):
            if story_ids.get(item.item_id) not in dropped:
                arriving.append(item)
        elif item.item_id not in story_ids:
            parted.append(item)
    foreign = frozenset(
        claim
        for item in arriving
        for claim in claims_of(item)
        if dropped and story_ids.get(known.item_ids.get(claim, "")) in dropped
    )
    return replace(decision, arriving=tuple(arriving), targets=kept, foreign=foreign, parted=tuple(parted))


def _compatible(
    decision: Decision, stories: Mapping[str, Story], story_ids: Mapping[str, str], overrides: Overrides
) -> tuple[str, ...]:
    """Targets of which no two are kept apart, in the order of the decision."""
    lead = decision.arriving[0]
    own = story_ids.get(lead.item_id)
    not_these = barred(lead, overrides, story_ids) - {own}
    by_age = sorted(
        (stories[story_id] for story_id in decision.targets),
        key=lambda story: (story.story_id != own, story.created_at, story.story_id),
    )
    kept: list[Story] = []
    for story in by_age:
        if story.story_id not in not_these and all(may_be_one(story, each, overrides, story_ids) for each in kept):
            kept.append(story)
    ids = {story.story_id for story in kept}
    return tuple(story_id for story_id in decision.targets if story_id in ids)


def _may_come(
    item: Item, arriving: Sequence[Item], kept: tuple[str, ...], story_ids: Mapping[str, str], overrides: Overrides
) -> bool:
    never = overrides.of(item.item_id).never
    beside = any(each.item_id in never for each in arriving)
    return not beside and barred(item, overrides, story_ids).isdisjoint(kept)


def decide_learned(item: Item, known: Known, why: str) -> Decision:
    """Decide where an item goes that is known under its own id, and of which something new was learned.

    It stays in its story. When an address that it now has is another item's, they are one, and so are their stories.

    Args:
        item: as it is from now on.
        known: what the store knows of its claims, and the story of its id.
        why: how it was learned, in words.
    """
    targets = tuple(dict.fromkeys((known.story_ids[item.item_id], *known.stories_of(item))))
    return Decision(arriving=(item,), targets=targets, why=why, same=_same((item,), known))


def _same(items: tuple[Item, ...], known: Known) -> tuple[tuple[str, ...], ...]:
    groups = (known.same_as(item) for item in items)
    return tuple(group for group in groups if len(group) > 1)


def oldest(stories: Sequence[Story]) -> Story:
    """The story that stays when several become one: the one that was created first, then the smaller id."""
    return min(stories, key=lambda story: (story.created_at, story.story_id))


def _under_known_id(item: Item, known: Known) -> Item:
    item_id = known.item_id(item)
    if not item_id or item_id == item.item_id:
        return item
    return replace(item, item_id=item_id)
