"""Which lists are opened, and what comes first among what they hold."""

from __future__ import annotations

from collections.abc import Callable
from math import log1p

import pytest

from worker.fold.index import StoryIndex
from worker.fold.postings import Postings
from worker.fold.profile import Profile, profile_of_item
from worker.fold.search import MOST_FOUND_BY_ONE, PRIOR_WORDS, Query
from worker.model.item import Item
from worker.model.story import Story

Make = Callable[..., Item]
Tell = Callable[..., Story]


def search(index: StoryIndex, *words: str, most: int = 300, least: float = 0.0) -> dict[str, float]:
    query = Query(
        words=dict.fromkeys(words, 1.0), first_hour=0.0, last_hour=1e9, most_postings=most, least_ratio=least
    )
    return {profile.story_id: ratio for profile, ratio in index.search(query).items()}


def test_what_two_words_find_comes_before_what_one_finds(make_item: Make, tell: Tell) -> None:
    index = StoryIndex()
    index.put(tell(make_item("wanted", title="Ferry harbor")))
    for number in range(60):
        index.put(tell(make_item(f"{number}", title=f"Ferry meeting{number}")))
        index.put(tell(make_item(f"x{number}", title=f"Harbor session{number}")))
    found = search(index, "ferry", "harbor")
    assert max(found, key=lambda story_id: found[story_id]) == "wanted".ljust(16, "0")
    assert len(found) <= 1 + MOST_FOUND_BY_ONE


def test_the_ratio_is_the_sum_over_all_shared_words_for_a_lone_item_and_for_a_story_of_several(
    make_item: Make, tell: Tell
) -> None:
    index = StoryIndex()
    index.put(tell(make_item("a", title="Ferry harbor council")))
    index.put(tell(make_item("b", title="Ferry harbor bridge"), make_item("c", title="Ferry dock")))
    chance = {word: PRIOR_WORDS * index.vocabulary.share(word) for word in ("ferry", "harbor", "council")}
    found = search(index, *chance)
    assert found["a".ljust(16, "0")] == pytest.approx(sum(log1p(1 / each) for each in chance.values()))
    of_two = log1p(2 / chance["ferry"]) + log1p(1 / chance["harbor"])
    assert found["b".ljust(16, "0")] == pytest.approx(of_two)


def test_lists_that_cannot_give_what_is_wanted_stay_closed_for_lone_items_only(make_item: Make, tell: Tell) -> None:
    index = StoryIndex()
    index.put(tell(make_item("lone", title="Ferry harbor")))
    index.put(tell(*(make_item(f"m{number}", title=f"Ferry dock{number}") for number in range(15))))
    assert set(search(index, "ferry")) == {"lone".ljust(16, "0"), "m0".ljust(16, "0")}
    assert set(search(index, "ferry", least=1e6)) == {"m0".ljust(16, "0")}


def test_a_lone_item_that_grows_stands_in_the_lists_once(make_item: Make, tell: Tell) -> None:
    index, first = StoryIndex(), make_item("a", title="Ferry harbor")
    index.put(tell(first))
    index.put(tell(first, make_item("b", title="Ferry dock")))
    assert set(search(index, "ferry", "dock")) == {"a".ljust(16, "0")}
    profile = index.profile("a".ljust(16, "0"))
    assert profile is not None
    assert profile.words == {"ferry": 2, "harbor": 1, "dock": 1}
    assert profile.first_title == ("ferry", "harbor")


def test_words_are_kept_as_one_string_for_all_profiles(make_item: Make, tell: Tell) -> None:
    index = StoryIndex()
    for name in "ab":
        index.put(tell(make_item(name, title=f"Ferry harbor {name}x")))
    left, right = (index.profile(name.ljust(16, "0")) for name in "ab")
    assert left is not None
    assert right is not None
    assert left.first_title[0] is right.first_title[0]


def test_a_list_forgets_those_that_left_once_they_are_half_of_it(make_item: Make) -> None:
    postings, profiles = Postings(), list[Profile]()
    for number in range(40):
        profiles.append(profile_of_item(make_item(f"{number}", title="Ferry harbor")))
        postings.add(profiles[-1], profiles[-1].words)
    for count, profile in enumerate(profiles, 1):
        postings.remove(profile, profile.words)
        holders = postings.get("ferry")
        assert (holders.present if holders is not None else 0) == 40 - count
        assert holders is None or len(holders) <= max(2 * holders.present, holders.present + 9)
    assert not list(postings)
