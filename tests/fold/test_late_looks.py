"""Small stories look again whether another one has become their own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from worker.flows.replay import Replay
from worker.fold.index import StoryIndex
from worker.fold.late_looks import HOURS, MOST_AT_ONCE, LateLooks
from worker.fold.match import FoldRules, Match
from worker.model.item import Item

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def test_each_story_looks_at_each_of_its_hours_once() -> None:
    looks = LateLooks()
    looks.schedule("a", 100.0)
    seen = [(hour, story_id) for hour in range(100, 130) for story_id in looks.due(hour + 0.5)]
    assert [story_id for _, story_id in seen] == ["a"] * len(HOURS)
    assert [hour - 100 for hour, _ in seen] == [12]


@given(st.lists(st.floats(0, 50), max_size=40))
def test_few_at_once_and_none_lost(hours: list[float]) -> None:
    looks = LateLooks()
    for number, hour in enumerate(hours):
        looks.schedule(f"{number}", hour)
    found = 0
    while some := list(looks.due(1_000.0)):
        assert len(some) <= MOST_AT_ONCE
        found += len(some)
    assert found == len(hours) * len(HOURS)


class Patient:
    """Finds a partner for a story only when it looks again: the newest other one."""

    def best(self, item: Item, index: StoryIndex, barred: frozenset[str] = frozenset()) -> None:
        """Never."""

    def partner(
        self,
        story_id: str,
        index: StoryIndex,
        barred: frozenset[str] = frozenset(),  # noqa: ARG002 - of the protocol
        *,
        late: bool = False,
    ) -> Match | None:
        """Only late."""
        others = [other for other in index._profiles if other != story_id]
        return Match(story_id=others[-1], score=1.0, needed=0.5) if late and others else None


def test_the_time_of_the_items_makes_a_story_look_again(make_item: Callable[..., Item]) -> None:
    """Of three stories the first looks when an item of twelve hours later comes, before that item is folded."""

    def at(hours: float, name: str) -> Item:
        when = NOON + timedelta(hours=hours)
        return make_item(name, title=f"Title {name}", published_at=when, first_seen_at=when)

    replay = Replay(Patient(), FoldRules())
    for item in (at(0, "a"), at(11, "b"), at(11.9, "c")):
        replay.fold(item)
    assert (len(replay.stories), replay.merges) == (3, 0)
    replay.fold(at(12.1, "d"))
    assert sorted(len(story.members) for story in replay.stories.values()) == [1, 1, 2]
    assert replay.story_ids["a".ljust(16, "0")] == replay.story_ids["c".ljust(16, "0")]
