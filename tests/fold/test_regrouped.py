"""What two ways of folding the same items make different."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from worker.fold.regrouped import regrouped

BEFORE = {"s1": ("a", "b", "c"), "s2": ("d",), "s3": ("e", "f")}


def test_the_same_grouping_under_other_ids_is_no_difference() -> None:
    found = regrouped(BEFORE, {"x": ("c", "b", "a"), "y": ("d",), "z": ("f", "e")})
    assert (found.merges, found.splits) == ((), ())
    assert (found.joined_pairs, found.parted_pairs) == (0, 0)


def test_stories_that_become_one_are_a_merge_with_the_larger_part_first() -> None:
    found = regrouped(BEFORE, {"x": ("d", "a", "b", "c"), "z": ("e", "f")})
    (merge,) = found.merges
    assert merge.parts == (("a", "b", "c"), ("d",))
    assert (found.joined_pairs, found.parted_pairs, found.splits) == (3, 0, ())
    assert (found.stories_before, found.stories_after) == (3, 2)


def test_a_story_that_falls_apart_is_a_split() -> None:
    found = regrouped(BEFORE, {"x": ("a", "b"), "w": ("c",), "y": ("d",), "z": ("e",), "v": ("f",)})
    assert [split.story_id for split in found.splits] == ["s1", "s3"]
    assert found.splits[0].parts == (("a", "b"), ("c",))
    assert (found.joined_pairs, found.parted_pairs) == (0, 3)


def test_items_that_only_one_side_has_count_for_nothing() -> None:
    found = regrouped(BEFORE, {"x": ("a", "b", "c", "new"), "y": ("d",)})
    assert (found.merges, found.splits, found.stories_before, found.stories_after) == ((), (), 2, 2)


labels = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=20)


def groups_of(labelled: list[int]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for number, label in enumerate(labelled):
        found[str(label)] = (*found.get(str(label), ()), str(number))
    return found


@given(labels)
def test_what_is_joined_one_way_is_parted_the_other_way(pairs: list[tuple[int, int]]) -> None:
    before, after = groups_of([left for left, _ in pairs]), groups_of([right for _, right in pairs])
    there, back = regrouped(before, after), regrouped(after, before)
    assert there.joined_pairs == back.parted_pairs
    assert there.parted_pairs == back.joined_pairs
    joined = sum(
        pairs[i][1] == pairs[j][1] and pairs[i][0] != pairs[j][0] for j in range(len(pairs)) for i in range(j)
    )
    assert there.joined_pairs == joined
