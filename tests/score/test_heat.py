"""Heat: falls in steps, each told once, and rises with what joins."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given as prop
from hypothesis import settings
from hypothesis import strategies as st
from msgspec.structs import replace

from worker.model.item import Given, Item
from worker.model.story import Story
from worker.score.heat import COLD, age_of, cooled_heat, heat_of

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(hours=24)

Make = Callable[..., Item]
MakeStory = Callable[..., Story]


@pytest.mark.parametrize(
    ("joined", "at", "value", "cools"),
    [
        (0, 0, 64, 24),
        (0, 23, 64, 24),
        (0, 24, 32, 48),
        (0, 47, 32, 48),
        (0, 48, 16, 72),
        (0, 71, 16, 72),
        (0, 72, COLD, None),
        (0, 9_999, COLD, None),
        (30, 30, 64, 48),  # it was a day old when it came
        (30, 48, 32, 72),
        (30, 72, COLD, None),
        (71, 71, 64, 72),
        (72, 72, COLD, None),
    ],
)
def test_heat_by_hours_since_publication(
    make_item: Make, make_story: MakeStory, joined: int, at: int, value: int, cools: int | None
) -> None:
    story = make_story(make_item("a", quality=64), joined=joined * HOUR)

    assert heat_of(story, NOW + at * HOUR, DAY) == (value, None if cools is None else NOW + cools * HOUR)


def test_halving_rounds_down(make_item: Make, make_story: MakeStory) -> None:
    story = make_story(make_item("a", quality=39))

    assert [heat_of(story, NOW + days * DAY, DAY).value for days in range(4)] == [39, 19, 9, COLD]


def test_an_item_that_joins_brings_the_heat_back_and_coverage_lifts_it(
    make_item: Make, make_story: MakeStory
) -> None:
    old = make_story(make_item("a", quality=64))
    newer = make_item("b", published_at=NOW + 30 * HOUR)
    later = replace(old, members=(*old.members, *make_story(newer).members))

    assert heat_of(old, NOW + 30 * HOUR, DAY).value == 32
    assert heat_of(later, NOW + 30 * HOUR, DAY) == (67, NOW + 54 * HOUR)


def test_an_item_that_is_dated_ahead_is_fresh(make_item: Make, make_story: MakeStory) -> None:
    story = make_story(make_item("a", quality=64), joined=-5 * HOUR)

    assert heat_of(story, NOW - 5 * HOUR, DAY) == (64, NOW + DAY)
    assert age_of(NOW, NOW - 5 * HOUR, DAY) == 0


def test_a_given_heat_stays_until_the_story_goes_cold(make_item: Make, make_story: MakeStory) -> None:
    story = make_story(make_item("a", quality=64, given=Given(heat=50)))
    kept = replace(story, heat=50, cools_at=NOW + 3 * DAY)

    for hours in (0, 25, 71):
        assert heat_of(story, NOW + hours * HOUR, DAY) == (50, NOW + 3 * DAY)
        assert cooled_heat(kept, NOW + hours * HOUR, DAY) == (50, NOW + 3 * DAY)
    assert cooled_heat(kept, NOW + 3 * DAY, DAY) == (COLD, None)


def test_a_given_heat_of_a_story_that_was_old_when_it_came_stays_for_good(
    make_item: Make, make_story: MakeStory
) -> None:
    story = make_story(make_item("a", quality=64, given=Given(heat=50)), joined=400 * DAY)

    heat = heat_of(story, NOW + 400 * DAY, DAY)
    assert heat == (50, None)
    assert cooled_heat(replace(story, heat=50), NOW + 4_000 * DAY, DAY) == (50, None)


def test_a_given_minus_one_is_never_warm(make_item: Make, make_story: MakeStory) -> None:
    story = make_story(make_item("a", quality=64, given=Given(heat=COLD)))

    assert heat_of(story, NOW, DAY) == (COLD, None)


def test_a_clock_that_is_behind_does_not_undo_a_step(make_item: Make, make_story: MakeStory) -> None:
    stepped = make_story(make_item("a", quality=64), updated_at=NOW + DAY)

    assert heat_of(stepped, NOW + DAY - timedelta(milliseconds=20), DAY).value == 32


@settings(max_examples=200)
@prop(
    quality=st.integers(0, 100),
    joined=st.integers(0, 100 * 60),
    looks=st.lists(st.integers(0, 120 * 60), max_size=12),
)
def test_looks_at_any_times_change_the_heat_only_where_a_half_life_ends(
    make_item: Make, make_story: MakeStory, quality: int, joined: int, looks: list[int]
) -> None:
    """A tick that comes late, or never, ends at the value that a look at every minute would have given."""
    minute = timedelta(minutes=1)
    story = make_story(make_item("a", quality=quality), joined=joined * minute)
    at = NOW + joined * minute
    value, cools_at = heat_of(story, at, DAY)
    story = replace(story, heat=value, cools_at=cools_at)
    for look in sorted(looks):
        before, at_before = story, at
        at = max(at, NOW + look * minute)
        value, cools_at = cooled_heat(story, at, DAY)
        story = replace(story, heat=value, cools_at=cools_at)
        assert heat_of(before, at, DAY) == (value, cools_at), "the same by whichever way it is looked at"
        if age_of(NOW, at_before, DAY) == age_of(NOW, at, DAY):
            assert story == before
        else:
            assert story.heat <= before.heat
        assert story.cools_at is None or story.cools_at > at
    assert (story.heat == COLD) == (at >= NOW + 3 * DAY)
