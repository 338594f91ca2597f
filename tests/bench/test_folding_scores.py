"""The scorer of folding: the values that are known, and what holds for any grouping."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.folding_scores import Score, agreement, bcubed, pairwise

LABELS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=40)


@pytest.mark.parametrize(
    ("groups", "gold", "blocks", "pairs"),
    [
        ("aabb", "xxyy", (1, 1), (1, 1)),
        ("abcd", "xxyy", (1, 0.5), (0, 0)),
        ("aaaa", "xxyy", (0.5, 1), (2 / 6, 1)),
        ("aaab", "xxyy", ((2 / 3 + 2 / 3 + 1 / 3 + 1) / 4, (1 + 1 + 0.5 + 0.5) / 4), (1 / 3, 1 / 2)),
    ],
)
def test_small_groupings_have_the_values_of_the_definition(
    groups: str, gold: str, blocks: tuple[float, float], pairs: tuple[float, float]
) -> None:
    assert bcubed(groups, gold)[:2] == pytest.approx(blocks)
    assert pairwise(groups, gold)[:2] == pytest.approx(pairs)


def test_nothing_scores_nothing() -> None:
    assert bcubed([], []) == pairwise([], []) == Score(0.0, 0.0, 0.0)


def test_groups_and_gold_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        bcubed(["a", "b"], ["x"])


@given(LABELS)
@settings(max_examples=60)
def test_counting_cells_gives_what_going_through_all_pairs_gives(labels: list[tuple[int, int]]) -> None:
    groups, gold = zip(*labels, strict=True)
    shares, both, grouped, told = [], 0, 0, 0
    for i in range(len(labels)):
        ours = {j for j in range(len(labels)) if groups[j] == groups[i]}
        theirs = {j for j in range(len(labels)) if gold[j] == gold[i]}
        shares.append((len(ours & theirs) / len(ours), len(ours & theirs) / len(theirs)))
        both, grouped, told = both + len(ours & theirs) - 1, grouped + len(ours) - 1, told + len(theirs) - 1
    precision, recall = (sum(column) / len(labels) for column in zip(*shares, strict=True))
    assert bcubed(groups, gold)[:2] == pytest.approx((precision, recall))
    assert pairwise(groups, gold)[:2] == pytest.approx((both / grouped if grouped else 0, both / told if told else 0))


@given(LABELS)
@settings(max_examples=60)
def test_agreement_is_the_same_both_ways_and_one_only_for_equal_groupings(labels: list[tuple[int, int]]) -> None:
    one, other = zip(*labels, strict=True)
    assert agreement(one, other) == pytest.approx(agreement(other, one))
    assert agreement(one, [f"renamed {label}" for label in one]) == pytest.approx(1.0)
    equal = len(set(labels)) == len(set(one)) == len(set(other))
    assert (agreement(one, other) > 1 - 1e-9) == equal


@pytest.mark.parametrize(
    ("column", "blocks", "pairs"),
    [
        ("ID", (1.0, 0.0146, 0.0287), None),
        ("", (0.0461, 1.0, 0.0881), (0.0457, 1.0, 0.0875)),
        ("CATEGORY", (0.1419, 1.0, 0.2485), (0.1248, 1.0, 0.2219)),
        ("HOSTNAME", (0.5389, 0.0266, 0.0506), (0.2747, 0.0125, 0.0240)),
    ],
)
def test_the_scores_that_the_data_states_come_out(
    shared_dir: Path, column: str, blocks: tuple[float, ...], pairs: tuple[float, ...] | None
) -> None:
    with (shared_dir / "data" / "stories" / "uci-dev.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    groups, gold = [row.get(column, "") for row in rows], [row["STORY"] for row in rows]
    assert bcubed(groups, gold) == pytest.approx(blocks, abs=5e-5)
    if pairs:
        assert pairwise(groups, gold) == pytest.approx(pairs, abs=5e-5)
