"""Which stories of the window are looked at for an item."""

from __future__ import annotations

from collections.abc import Callable

from worker.fold.index import MAX_POSTINGS, StoryIndex
from worker.fold.tokens import tokens_of
from worker.model.item import Item
from worker.model.story import Story

Make = Callable[..., Item]
Tell = Callable[..., Story]


def test_stories_that_share_too_few_words_are_left_out(make_item: Make, tell: Tell) -> None:
    index = StoryIndex()
    for name, title in (("a", "Ferry bridge harbor"), ("b", "Ferry bridge museum"), ("c", "Ferry museum school")):
        index.put(tell(make_item(name, title=title)))

    found = index.candidates(tokens_of("Ferry bridge harbor"), 2)

    assert [profile.titles[0] for profile in found] == [
        tokens_of("Ferry bridge harbor"),
        tokens_of("Ferry bridge museum"),
    ]


def test_a_word_that_nearly_all_share_counts_as_shared(make_item: Make, tell: Tell) -> None:
    """It finds no story by itself, but one that rarer words found may hold it."""
    index = StoryIndex()
    wanted = tell(make_item("wanted", title="Council harbor ferry"))
    index.put(wanted)
    for number in range(MAX_POSTINGS):
        index.put(tell(make_item(f"{number}", title=f"Council meeting{number}")))

    found = index.candidates(tokens_of("Council harbor ferry"), 3)

    assert [profile.story_id for profile in found] == [wanted.story_id]
