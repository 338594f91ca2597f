"""Which stories of the window are looked at for an item."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from worker.fold.index import StoryIndex
from worker.fold.search import Query
from worker.model.item import Item
from worker.model.story import Story

Make = Callable[..., Item]
Tell = Callable[..., Story]
ALWAYS = (float("-inf"), float("inf"))


def query(*words: str, first: float = ALWAYS[0], last: float = ALWAYS[1], most: int = 450) -> Query:
    return Query(words=dict.fromkeys(words, 1.0), first_hour=first, last_hour=last, most_postings=most)


def found(index: StoryIndex, *words: str) -> set[str]:
    return {profile.story_id for profile in index.search(query(*words))}


def state(index: StoryIndex) -> dict[str, Any]:
    """All that the index knows, whatever the order in which it came."""
    postings = {
        (word, each.story_id)
        for lists in (index._lone, index._grown)
        for word in lists
        for each in lists.get(word) or ()
        if not each.has_left
    }
    profiles = {
        story_id: {name: getattr(profile, name) for name in ("words", "size", "items", "excerpts", "seen", "domains")}
        for story_id, profile in index._profiles.items()
    }
    return {"postings": postings, "profiles": profiles, "counts": dict(index.vocabulary.counts)}


def test_stories_are_found_by_their_words_and_by_no_others(make_item: Make, tell: Tell) -> None:
    index = StoryIndex()
    index.put(tell(make_item("a", title="Ferry bridge harbor")))
    index.put(tell(make_item("b", title="Museum school")))
    assert found(index, "ferry") == {"a".ljust(16, "0")}
    assert found(index, "ferry", "museum") == {"a".ljust(16, "0"), "b".ljust(16, "0")}
    assert found(index, "council") == set()


def test_a_word_that_nearly_all_share_finds_nothing_beside_a_rare_one_but_adds_to_what_that_found(
    make_item: Make, tell: Tell
) -> None:
    index = StoryIndex()
    index.put(tell(make_item("wanted", title="Council harbor ferry")))
    for number in range(300):
        index.put(tell(make_item(f"{number}", title=f"Council meeting{number}")))
    with_common = index.search(query("harbor", "council", most=1))
    alone = index.search(query("harbor", most=1))
    assert [profile.story_id for profile in with_common] == ["wanted".ljust(16, "0")]
    assert next(iter(with_common.values())) > next(iter(alone.values()))


def test_work_is_bounded_however_common_the_words_are(make_item: Make, tell: Tell) -> None:
    index = StoryIndex()
    for number in range(500):
        index.put(tell(make_item(f"{number}", title="Council harbor ferry")))
    assert len(index.search(query("council", "harbor", "ferry"))) <= 450


def test_stories_out_of_time_are_passed_over(make_item: Make, tell: Tell) -> None:
    index, story = StoryIndex(), tell(make_item("a", title="Ferry bridge"))
    index.put(story)
    hour = story.last_at.timestamp() / 3600
    assert index.search(query("ferry", first=hour - 1, last=hour + 1))
    assert not index.search(query("ferry", first=hour + 1, last=hour + 2))
    assert not index.search(query("ferry", first=hour - 2, last=hour - 1))


def test_a_story_that_is_gone_is_found_no_more_and_its_words_are_taken_back(make_item: Make, tell: Tell) -> None:
    index, story = StoryIndex(), tell(make_item("a", title="Ferry bridge"))
    index.put(story)
    index.put(replace(story, merged_into="b" * 16))
    assert state(index) == {"postings": set(), "profiles": {}, "counts": {}}
    assert index.vocabulary.stories == 0


def test_a_story_whose_time_is_over_leaves_its_words_behind(make_item: Make, tell: Tell) -> None:
    index, story = StoryIndex(), tell(make_item("a", title="Ferry bridge"))
    index.put(story)
    index.remove(story.story_id)
    assert len(index) == 0
    assert index.vocabulary.counts == {"ferry": 1, "bridg": 1}


def test_a_loaded_story_teaches_nothing_anew(make_item: Make, tell: Tell) -> None:
    index = StoryIndex()
    index.put(tell(make_item("a", title="Ferry bridge")), learn=False)
    assert not index.vocabulary.counts


titles = st.lists(
    st.sampled_from(["ferry bridge", "bridge harbor", "museum ferry school", ""]), min_size=1, max_size=4
)


@settings(max_examples=60)
@given(st.lists(titles, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_the_way_to_a_state_makes_no_difference(
    make_item: Make, tell: Tell, stories: list[list[str]], random: Any
) -> None:
    """Item by item, in any order of stories, or each story at once: the index is the same."""
    whole, grown = StoryIndex(), StoryIndex()
    steps = []
    for number, texts in enumerate(stories):
        items = [make_item(f"{number}x{place}", title=text or "-") for place, text in enumerate(texts)]
        whole.put(tell(*items))
        steps.append([tell(*items[: place + 1]) for place in range(len(items))])
    while any(steps):
        grown.put(random.choice([each for each in steps if each]).pop(0))
    assert state(whole) == state(grown)


@pytest.mark.parametrize("shorter", [["Museum school"], ["Ferry bridge", "Museum school"]])
def test_a_story_that_lost_or_changed_an_item_is_read_anew(make_item: Make, tell: Tell, shorter: list[str]) -> None:
    items = [
        make_item(name, title=title) for name, title in zip("abc", ("Ferry bridge", "Harbor", "Dock"), strict=True)
    ]
    index, anew = StoryIndex(), StoryIndex()
    index.put(tell(*items))
    after = tell(*(make_item(name, title=title) for name, title in zip("abc", shorter, strict=False)))
    index.put(after)
    anew.put(after)
    assert state(index) == state(anew)
