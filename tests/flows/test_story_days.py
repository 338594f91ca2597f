"""Days of stories: what an item could join is there, what nobody asks for goes, old days push out little."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from worker.flows.story_days import SPARE_DAYS, StoryDays
from worker.fold.match import FoldRules
from worker.model.item import Item
from worker.model.story import Member, Story

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
RULES = FoldRules(window=timedelta(hours=24), max_span=timedelta(hours=72))
DAY = timedelta(days=1)


class Shelf:
    """A store of stories that counts what is asked of it."""

    def __init__(self, stories: Iterable[Story]) -> None:
        self.stories = list(stories)
        self.loads: Counter[str] = Counter()

    def __call__(self, first: datetime, last: datetime) -> list[Story]:
        self.loads[f"{first:%Y-%m-%d}"] += 1
        return [story for story in self.stories if first <= story.last_at <= last]


@pytest.fixture
def make_story(make_item: Callable[..., Item]) -> Callable[..., Story]:
    def build(name: str, at: datetime, earlier: timedelta = timedelta(0)) -> Story:
        last = make_item(f"https://a.example/{name}", f"Title of {name}", published_at=at)
        first = make_item(f"https://a.example/{name}-0", f"Title of {name}", published_at=at - earlier)
        items = (first, last) if earlier else (last,)
        return Story(
            story_id=name.ljust(16, "0"),
            collection="news",
            revision=1,
            path=f"_news/{name}.md",
            lead_id=last.item_id,
            members=tuple(Member(item=item, joined_at=NOON) for item in items),
            created_at=NOON,
            updated_at=NOON,
        )

    return build


@pytest.mark.parametrize(
    ("last_at", "lasted"),
    [
        (NOON - timedelta(hours=24), timedelta(0)),
        (NOON + timedelta(hours=24), timedelta(0)),
        (NOON + timedelta(hours=71), timedelta(hours=72)),
    ],
)
def test_every_story_that_an_item_could_join_is_there(
    make_story: Callable[..., Story], last_at: datetime, lasted: timedelta
) -> None:
    story = make_story("a", last_at, lasted)
    assert story.story_id in StoryDays(Shelf([story]), RULES).reach_to(NOON)


def test_a_day_is_loaded_once_for_all_items_of_its_neighbourhood(make_story: Callable[..., Story]) -> None:
    shelf = Shelf([make_story("a", NOON)])
    days = StoryDays(shelf, RULES)
    for hours in range(0, 24, 3):
        days.reach_to(NOON + timedelta(hours=hours - 12))
    assert set(shelf.loads.values()) == {1}


def test_a_story_that_grew_into_another_day_is_held_once_and_one_that_is_gone_not_at_all(
    make_story: Callable[..., Story],
) -> None:
    days = StoryDays(Shelf([]), RULES)
    days.reach_to(NOON)
    days.put(make_story("a", NOON))
    days.put(make_story("a", NOON + DAY, DAY))
    assert len(days.index) == 1
    days.put(replace(make_story("a", NOON + DAY, DAY), merged_into="b" * 16))
    assert len(days.index) == 0
    assert not days._day_of


def test_days_that_nobody_asks_for_go(make_story: Callable[..., Story]) -> None:
    shelf = Shelf(make_story(f"s{number}", NOON + number * DAY) for number in range(60))
    days = StoryDays(shelf, RULES)
    for number in range(60):
        days.reach_to(NOON + number * DAY)
    assert len(days.index) <= 6 + SPARE_DAYS
    assert days.reach_to(NOON + 59 * DAY) is days.index
    assert "s59".ljust(16, "0") in days.index
    assert "s40".ljust(16, "0") not in days.index


def test_entries_spread_over_years_do_not_push_out_the_days_of_the_news(make_story: Callable[..., Story]) -> None:
    shelf = Shelf(make_story(f"now{number}", NOON) for number in range(300))
    days = StoryDays(shelf, RULES)
    days.reach_to(NOON)
    for number in range(50):
        days.reach_to(NOON - 400 * DAY + number * 7 * DAY)
        days.reach_to(NOON)
    assert shelf.loads[f"{NOON:%Y-%m-%d}"] == 1


def test_a_great_day_does_not_stay_for_ever(make_story: Callable[..., Story]) -> None:
    shelf = Shelf(make_story(f"great{number}", NOON) for number in range(300))
    days = StoryDays(shelf, RULES)
    days.reach_to(NOON)
    for number in range(700):
        days.reach_to(NOON - (100 + number) * DAY)
    assert len(days.index) == 0
