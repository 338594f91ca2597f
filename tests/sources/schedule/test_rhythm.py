"""A feed's rhythm: what is learned, and the wait that follows from it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from worker.model.feed import Feed
from worker.sources.schedule.pacing import PacingBounds
from worker.sources.schedule.rhythm import (
    KNOWN_GAPS,
    MOST_GAPS,
    known_rhythm_seconds,
    rhythm_wait_seconds,
    rhythm_with,
)

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOUR, DAY = 3600, 86_400
HOURLY = PacingBounds(minimum_seconds=HOUR, default_seconds=HOUR, maximum_seconds=DAY)


def _feed(**values: Any) -> Feed:
    return Feed(**{"feed_id": "f", "url": "https://a.example/f", "collection": "news", "added_at": NOW, **values})


def _learned(*gaps: float) -> Feed:
    """A feed that has brought something, and then again after each of these gaps."""
    feed, at = _feed(last_new_at=NOW), NOW
    for gap in gaps:
        at += timedelta(seconds=gap)
        seconds, count = rhythm_with(feed, at)
        feed = replace(feed, last_new_at=at, rhythm_seconds=seconds, rhythm_gaps=count)
    return feed


def test_the_first_news_has_no_gap_before_it() -> None:
    assert rhythm_with(_feed(), NOW) == (0, 0)


@pytest.mark.parametrize(
    ("gaps", "seconds"), [([100], 100), ([100, 300], 200), ([100, 300, 200], 200), ([DAY] * 8, DAY)]
)
def test_the_mean_of_the_first_gaps_is_plain(gaps: list[float], seconds: int) -> None:
    feed = _learned(*gaps)
    assert (feed.rhythm_seconds, feed.rhythm_gaps) == (seconds, len(gaps))


def test_a_later_gap_counts_an_eighth() -> None:
    feed = _learned(*[DAY] * 20, 9 * DAY)
    assert (feed.rhythm_seconds, feed.rhythm_gaps) == (2 * DAY, MOST_GAPS)


def test_a_rhythm_is_believed_from_three_gaps_on() -> None:
    known = [known_rhythm_seconds(_learned(*[DAY] * count)) for count in range(5)]
    assert known == [0] * KNOWN_GAPS + [DAY] * 2


@pytest.mark.parametrize(
    ("values", "wait"),
    [
        ({}, 0),
        ({"first_fetch_at": NOW - timedelta(hours=6)}, HOUR / 2),
        ({"first_fetch_at": NOW - timedelta(days=12)}, DAY),
        ({"first_fetch_at": NOW - timedelta(days=60), "last_new_at": NOW - timedelta(days=1)}, 2 * HOUR),
        ({"last_new_at": NOW, "rhythm_seconds": DAY, "rhythm_gaps": 3}, 2 * HOUR),
        ({"last_new_at": NOW, "rhythm_seconds": DAY, "rhythm_gaps": 2}, 0),
        ({"last_new_at": NOW, "rhythm_seconds": 30 * DAY, "rhythm_gaps": 8}, 2.5 * DAY),
        ({"last_new_at": NOW - timedelta(days=6), "rhythm_seconds": DAY, "rhythm_gaps": 8}, DAY / 2),
        ({"last_new_at": NOW, "rhythm_seconds": DAY, "rhythm_gaps": 3, "own_interval_seconds": HOUR}, 0),
    ],
)
def test_a_feed_is_asked_twelve_times_in_its_gap_or_its_silence(values: dict[str, Any], wait: float) -> None:
    assert rhythm_wait_seconds(_feed(**values), NOW, HOURLY) == wait


@pytest.mark.parametrize(("default", "wait"), [(60, 0), (HOUR - 1, 0), (HOUR, 2 * HOUR), (DAY, 2 * HOUR)])
def test_whoever_chose_a_default_below_an_hour_keeps_it(default: int, wait: float) -> None:
    bounds = PacingBounds(minimum_seconds=1, default_seconds=default)
    feed = _feed(last_new_at=NOW, rhythm_seconds=DAY, rhythm_gaps=3)
    assert rhythm_wait_seconds(feed, NOW, bounds) == wait


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=30))
def test_a_rhythm_lies_between_its_shortest_and_longest_gap(gaps: list[float]) -> None:
    feed = _learned(*gaps)
    assert min(gaps) - 1 <= feed.rhythm_seconds <= max(gaps) + 1
    assert 1 <= feed.rhythm_gaps <= MOST_GAPS
