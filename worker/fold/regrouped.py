"""Regrouped: what two ways of folding the same items make different."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from msgspec import Struct

Groups = dict[str, tuple[str, ...]]
"""Story id -> ids of its items."""


class Regrouping(Struct, frozen=True, kw_only=True):
    """One story of the one way, and the stories of the other way over which its items are spread.

    Attributes:
        story_id: of the story.
        parts: its items by the story that holds them in the other way, the largest part first.
    """

    story_id: str
    parts: tuple[tuple[str, ...], ...]


class Regrouped(Struct, frozen=True, kw_only=True):
    """The differences.

    Attributes:
        stories_before: number of stories in the first way.
        stories_after: number of stories in the second way.
        joined_pairs: pairs of items that only the second way has in one story.
        parted_pairs: pairs of items that only the first way has in one story.
        merges: stories of the second way that are several in the first, those of most joined pairs first.
        splits: stories of the first way that are several in the second, those of most parted pairs first.
    """

    stories_before: int
    stories_after: int
    joined_pairs: int
    parted_pairs: int
    merges: tuple[Regrouping, ...]
    splits: tuple[Regrouping, ...]


def regrouped(before: Mapping[str, tuple[str, ...]], after: Mapping[str, tuple[str, ...]]) -> Regrouped:
    """Compare two ways of folding. Items that only one of them has count for nothing."""
    shared = _items_of(before) & _items_of(after)
    first, second = _only(before, shared), _only(after, shared)
    merges, splits = _spread(second, first), _spread(first, second)
    return Regrouped(
        stories_before=len(first),
        stories_after=len(second),
        joined_pairs=sum(map(_pairs_between, merges)),
        parted_pairs=sum(map(_pairs_between, splits)),
        merges=merges,
        splits=splits,
    )


def _items_of(groups: Mapping[str, tuple[str, ...]]) -> set[str]:
    return {item_id for item_ids in groups.values() for item_id in item_ids}


def _only(groups: Mapping[str, tuple[str, ...]], shared: set[str]) -> Groups:
    kept = {story_id: tuple(each for each in item_ids if each in shared) for story_id, item_ids in groups.items()}
    return {story_id: item_ids for story_id, item_ids in kept.items() if item_ids}


def _spread(groups: Groups, others: Groups) -> tuple[Regrouping, ...]:
    """Those of the groups whose items lie in several of the others."""
    other_of = {item_id: story_id for story_id, item_ids in others.items() for item_id in item_ids}
    found = []
    for story_id, item_ids in groups.items():
        parts: defaultdict[str, list[str]] = defaultdict(list)
        for item_id in item_ids:
            parts[other_of[item_id]].append(item_id)
        if len(parts) > 1:
            by_size = sorted(map(tuple, parts.values()), key=lambda part: (-len(part), part))
            found.append(Regrouping(story_id=story_id, parts=tuple(by_size)))
    return tuple(sorted(found, key=lambda each: (-_pairs_between(each), each.story_id)))


def _pairs_between(regrouping: Regrouping) -> int:
    sizes = [len(part) for part in regrouping.parts]
    return (sum(sizes) ** 2 - sum(size * size for size in sizes)) // 2
