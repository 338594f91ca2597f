"""Remember: an order of a person becomes lasting overrides. The newest order wins where two contradict."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from hashlib import blake2b

from msgspec.structs import replace

from worker.model.override import MOST_ITEMS, Group, ItemOverrides, Order, Overrides, Said


def keep_together(order: Order, item_ids: Iterable[str], overrides: Overrides) -> Overrides:
    """The changes by which items, and all that are together with one of them, become one group.

    A group's id is a digest of the items that founded it, so that it does not depend on the order of commands.
    """
    asked = sorted(set(item_ids))[:MOST_ITEMS]
    old = {group_id for item_id in asked if (group_id := overrides.of(item_id).group)}
    groups = [group for group_id in old if (group := overrides.groups.get(group_id)) is not None]
    items = tuple(sorted({*asked, *(item_id for group in groups for item_id in group.items)}))
    if len(items) < 2 or any(group.items == items for group in groups):
        return Overrides()
    group_id = blake2b(",".join(items).encode(), digest_size=8).hexdigest()
    gone: dict[str, Group | None] = dict.fromkeys(old - {group_id})
    return Overrides(
        items={item_id: replace(overrides.of(item_id), group=group_id) for item_id in items},
        groups={**gone, group_id: Group(items=items, said=_said(order))},
    )


def keep_apart(order: Order, others: Iterable[str], company: Collection[str], overrides: Overrides) -> Overrides:
    """The changes by which the order's first item is never with the others.

    Args:
        order: its first item is the one that goes.
        others: ids of those that it leaves.
        company: ids of the items that are in one story with it now. Its group ends where it leaves one of it.
        overrides: of all these items.
    """
    item_id, said = order.items[0], _said(order)
    new = [other for other in dict.fromkeys(others) if other != item_id and other not in overrides.of(item_id).never]
    left = _without_group(item_id, {*new, *company}, overrides)
    after = overrides.with_changes(left)
    changed = {other: _with_never(after.of(other), item_id, said) for other in new}
    own = after.of(item_id)
    if new:
        changed[item_id] = replace(own, never={**own.never, **dict.fromkeys(new, said)})
    return left.with_changes(Overrides(items=changed))


def forget(order: Order, overrides: Overrides) -> Overrides:
    """The changes by which the order's first item may be with the others again."""
    item_id, *others = order.items
    known = [other for other in others if other in overrides.of(item_id).never]
    if not known:
        return Overrides()
    pairs = {item_id: frozenset(known), **{other: frozenset({item_id}) for other in known}}
    return Overrides(items={each: _without_never(overrides.of(each), gone) for each, gone in pairs.items()})


def pin(order: Order, company: Iterable[str], overrides: Overrides) -> Overrides:
    """The changes by which the order's item is the lead; pins of the items beside it end."""
    item_id = order.items[0]
    before = overrides.of(item_id)
    ended = unpin((other for other in company if other != item_id), overrides)
    if before.pinned is not None and not ended:
        return Overrides()
    return ended.with_changes(Overrides(items={item_id: replace(before, pinned=_said(order))}))


def unpin(item_ids: Iterable[str], overrides: Overrides) -> Overrides:
    """The changes by which pins of these items end."""
    pinned = [item_id for item_id in item_ids if overrides.of(item_id).pinned is not None]
    return Overrides(items={item_id: replace(overrides.of(item_id), pinned=None) for item_id in pinned})


def _said(order: Order) -> Said:
    return Said(at=order.at, reason=order.reason)


def _with_never(record: ItemOverrides, other: str, said: Said) -> ItemOverrides:
    return replace(record, never={**record.never, other: said})


def _without_never(record: ItemOverrides, gone: frozenset[str]) -> ItemOverrides:
    return replace(record, never={other: said for other, said in record.never.items() if other not in gone})


def _without_group(item_id: str, others: set[str], overrides: Overrides) -> Overrides:
    """The changes by which an item leaves its group, if one of the others is in it. One item alone is no group."""
    group_id = overrides.of(item_id).group
    group = overrides.groups.get(group_id)
    if group is None or not others.intersection(group.items) - {item_id}:
        return Overrides()
    rest = tuple(other for other in group.items if other != item_id)
    items = {item_id: replace(overrides.of(item_id), group="")}
    if len(rest) < 2:
        items |= {other: replace(overrides.of(other), group="") for other in rest}
        return Overrides(items=items, groups={group_id: None})
    return Overrides(items=items, groups={group_id: replace(group, items=rest)})
