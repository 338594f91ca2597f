"""Override: what a person said about folding. It wins over every rule, for ever.

Overrides speak of items, never of stories: an item's id is made from its address, so it is the same when everything
is ingested again from empty, and the override holds then too.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

MOST_REASON_CHARACTERS = 500
"""Of a reason: it travels in each event that the override makes."""

MOST_ITEMS = 256
"""That one order names. A story that is larger is kept apart, or together, by this many of its items."""


class OrderKind(StrEnum):
    """What a person wants."""

    TOGETHER = "together"
    """All the items are one story."""
    APART = "apart"
    """The first item is never in one story with any of the others; if it is now, it leaves."""
    FORGET = "forget"
    """The first item may be in one story with the others again."""
    PIN = "pin"
    """The item is the lead of its story."""
    UNPIN = "unpin"
    """The lead of the item's story is chosen by rule again."""


class Order(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One order of a person; goes through the lane.

    Attributes:
        kind: what is wanted.
        items: item ids, at most 256.
        at: our clock when it was given.
        reason: in the person's words, "" for none.
    """

    kind: OrderKind
    items: tuple[str, ...]
    at: datetime
    reason: str = ""


class Said(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When a person said something, and why."""

    at: datetime
    reason: str = ""


class ItemOverrides(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was said of one item.

    Attributes:
        never: ids of items that are never in one story with it; each pair stands with both of its items.
        group: id of the group of items that are one story with it, "" for none.
        pinned: it is the lead of its story.
    """

    never: Mapping[str, Said] = {}
    group: str = ""
    pinned: Said | None = None

    def __bool__(self) -> bool:
        return bool(self.never or self.group or self.pinned)


class Group(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Items that are one story because a person said so; their ids are sorted."""

    items: tuple[str, ...]
    said: Said


_NOTHING = ItemOverrides()


class Overrides(Struct, frozen=True, kw_only=True):
    """Some of the overrides of a collection: those that were read, or those that change.

    Attributes:
        items: item id -> what was said of it.
        groups: group id -> the group. A change that takes an override away has an empty value here or above.
    """

    items: Mapping[str, ItemOverrides] = {}
    groups: Mapping[str, Group | None] = {}

    def __bool__(self) -> bool:
        return bool(self.items or self.groups)

    def of(self, item_id: str) -> ItemOverrides:
        """What was said of an item."""
        return self.items.get(item_id, _NOTHING)

    def partners(self, item_id: str) -> tuple[str, ...]:
        """Ids of the items that are one story with this one, itself left out."""
        group = self.groups.get(self.of(item_id).group)
        return tuple(other for other in group.items if other != item_id) if group else ()

    def with_changes(self, changes: Overrides) -> Overrides:
        """The same after changes."""
        return replace(self, items={**self.items, **changes.items}, groups={**self.groups, **changes.groups})


NO_OVERRIDES = Overrides()
