"""Scores of a grouping against a gold one: BCubed (Bagga and Baldwin, 1998) and pairwise.

Both are counted from the sizes of the cells of the table group by gold story, so that order means nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from typing import NamedTuple


class Score(NamedTuple):
    """How well two groupings agree.

    Attributes:
        precision: 0 to 1.
        recall: 0 to 1.
        f1: their harmonic mean; 0 when both are 0.
    """

    precision: float
    recall: float
    f1: float


def bcubed(groups: Sequence[Hashable], gold: Sequence[Hashable]) -> Score:
    """The mean over all items of the share of the item's group that is of its story, and the reverse.

    Args:
        groups: the group of each item.
        gold: the story of each item, in the same order.

    Raises:
        ValueError: the two differ in length.
    """
    cells, by_group, by_story = _table(groups, gold)
    items = len(groups) or 1
    precision = sum(count * count / by_group[group] for (group, _), count in cells.items()) / items
    recall = sum(count * count / by_story[story] for (_, story), count in cells.items()) / items
    return _score(precision, recall)


def pairwise(groups: Sequence[Hashable], gold: Sequence[Hashable]) -> Score:
    """The share of the pairs in one group that are of one story, and the reverse; 0 where there is no pair."""
    cells, by_group, by_story = _table(groups, gold)
    both = _pairs(cells)
    grouped, told = _pairs(by_group), _pairs(by_story)
    return _score(both / grouped if grouped else 0.0, both / told if told else 0.0)


def agreement(one: Sequence[Hashable], other: Sequence[Hashable]) -> float:
    """How alike two groupings of the same items are: BCubed F1, which is the same both ways."""
    return bcubed(one, other).f1


def _table(
    groups: Sequence[Hashable], gold: Sequence[Hashable]
) -> tuple[Counter[tuple[Hashable, Hashable]], Counter[Hashable], Counter[Hashable]]:
    return Counter(zip(groups, gold, strict=True)), Counter(groups), Counter(gold)


def _pairs(sizes: Counter[tuple[Hashable, Hashable]] | Counter[Hashable]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes.values())


def _score(precision: float, recall: float) -> Score:
    total = precision + recall
    return Score(precision, recall, 2 * precision * recall / total if total else 0.0)
