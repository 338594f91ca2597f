"""Decide: which story does an arriving item belong to?

Identity comes first: an item that any story holds stays in it, and never makes a second one. Likeness is
asked only for an item that nobody knows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from worker.fold.identity import claims_of
from worker.fold.index import StoryIndex
from worker.fold.match import Match, Matcher
from worker.model.item import Item
from worker.model.story import Story


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
    """

    arriving: tuple[Item, ...]
    targets: tuple[str, ...]
    why: str
    same: tuple[tuple[str, ...], ...] = ()


def arriving_items(item: Item) -> tuple[Item, ...]:
    """The item and the related ones that its document names, each by itself."""
    return (item, *item.related)


def decide(item: Item, known: Known, matcher: Matcher, index: StoryIndex) -> Decision:
    """Decide where an item goes.

    Args:
        item: as it came; a story document brings its related items along.
        known: what the store knows of all their claims.
        matcher: asked when nothing is known.
        index: the stories of the item's time.
    """
    arriving = arriving_items(item)
    targets = tuple(dict.fromkeys(story_id for each in arriving for story_id in known.stories_of(each)))
    named = tuple(_under_known_id(each, known) for each in arriving)
    if targets:
        why = "the same item" if known.item_id(item) else "a document names a known item as related"
        return Decision(arriving=named, targets=targets, why=why, same=_same(named, known))
    match: Match | None = matcher.best(item, index)
    if match is not None:
        return Decision(arriving=named, targets=(match.story_id,), why=match.why)
    return Decision(arriving=named, targets=(), why="founded the story")


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
