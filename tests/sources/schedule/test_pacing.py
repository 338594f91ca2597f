"""When a feed is due again: a table of promises, and what holds for every input."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.sources.schedule.pacing import NextPoll, PacingBounds, PacingState, next_poll_at
from worker.sources.schedule.poll_hints import PollHints

HOUR, DAY, WEEK = 3600, 86_400, 604_800
NOW = datetime(2025, 12, 28, 10, 30, tzinfo=UTC)  # a Sunday
HOURLY = PacingBounds(minimum_seconds=HOUR, default_seconds=HOUR, maximum_seconds=DAY)


def decide(
    failure: str = "", failures: int = 0, jitter: float = 0.0, bounds: PacingBounds = HOURLY, **hints: Any
) -> NextPoll:
    state = PacingState(consecutive_failures=failures)
    return next_poll_at(now=NOW, failure=failure, state=state, hints=PollHints(**hints), bounds=bounds, jitter=jitter)


@pytest.mark.parametrize(
    ("hints", "interval"),
    [
        ({}, HOUR),
        ({"cache_control": "max-age=7200"}, 7200),
        ({"cache_control": 'public, Max-Age="7200"'}, 7200),
        ({"cache_control": "max-age=7200", "age": "1200"}, 6000),
        ({"cache_control": "max-age=7200", "age": "rubbish"}, 7200),
        ({"cache_control": "max-age=7200", "age": "9000"}, HOUR),
        ({"cache_control": "max-age=31536000"}, DAY),
        ({"cache_control": "max-age=" + "9" * 5000}, DAY),
        ({"cache_control": "max-age=60"}, HOUR),
        ({"cache_control": "max-age=0"}, HOUR),
        ({"cache_control": "max-age=-7200"}, HOUR),
        ({"cache_control": "no-cache, max-age=7200"}, HOUR),
        ({"cache_control": "no-store"}, HOUR),
        ({"cache_control": "s-maxage=7200"}, HOUR),
        ({"expires": "Sun, 28 Dec 2025 14:00:00 GMT", "date": "Sun, 28 Dec 2025 12:00:00 GMT"}, 7200),
        ({"expires": "Sun, 28 Dec 2025 12:30:00 GMT"}, 7200),
        ({"expires": "0"}, HOUR),
        ({"expires": "Sun, 28 Dec 2025 20:00:00 GMT", "cache_control": "max-age=7200"}, 7200),
        ({"expires": "Sun, 28 Dec 2025 20:00:00 GMT", "cache_control": "max-age=0"}, HOUR),
        ({"ttl_minutes": 180}, 10_800),
        ({"ttl_minutes": 0}, HOUR),
        ({"ttl_minutes": -5}, HOUR),
        ({"ttl_minutes": 10**12}, DAY),
        ({"update_period": "daily", "update_frequency": "2"}, 43_200),
        ({"update_period": " Daily "}, DAY),
        ({"update_frequency": "4"}, 21_600),
        ({"update_period": "hourly", "update_frequency": "60"}, HOUR),
        ({"update_period": "yearly"}, DAY),
        ({"update_period": "daily", "update_frequency": "0"}, DAY),
        ({"update_period": "daily", "update_frequency": "nan"}, DAY),
        ({"update_period": "daily", "update_frequency": "often"}, DAY),
        ({"update_period": "sometimes"}, HOUR),
        ({"cache_control": "max-age=7200", "ttl_minutes": 180, "update_period": "hourly"}, 10_800),
        ({"has_validators": False}, DAY),
        ({"has_validators": False, "cache_control": "max-age=7200"}, DAY),
    ],
)
def test_a_success_waits_for_the_longest_hint_within_the_bounds(hints: dict[str, Any], interval: int) -> None:
    decision = decide(failures=7, **hints)
    assert decision.interval_seconds == interval
    assert decision.due_at == NOW + timedelta(seconds=interval)
    assert decision.consecutive_failures == 0


@pytest.mark.parametrize(
    ("failure", "failures", "retry_after", "interval"),
    [
        ("timeout", 0, None, HOUR),
        ("timeout", 1, None, 2 * HOUR),
        ("connect", 2, None, 4 * HOUR),
        ("http-404", 3, None, 8 * HOUR),
        ("http-404", 5, None, DAY),
        ("http-500", 5000, None, DAY),
        ("not-a-feed", 0, None, HOUR),
        ("http-401", 0, None, DAY),
        ("http-403", 0, None, DAY),
        ("challenge", 0, None, DAY),
        ("challenge", 0, 7200.0, DAY),
        ("http-429", 0, 7200.0, 7200),
        ("http-503", 0, 7200.0, 7200),
        ("http-429", 0, 60.0, HOUR),
        ("http-429", 4, 7200.0, 16 * HOUR),
        ("http-429", 0, 2.0 * DAY, 2 * DAY),
        ("http-429", 0, 10 * 365.0 * DAY, WEEK),
    ],
)
def test_a_failure_waits_longer_each_time_and_as_long_as_the_server_asks(
    failure: str, failures: int, retry_after: float | None, interval: int
) -> None:
    decision = decide(failure, failures, retry_after_seconds=retry_after)
    assert decision.interval_seconds == interval
    assert decision.due_at == NOW + timedelta(seconds=interval)
    assert decision.consecutive_failures == failures + 1


@pytest.mark.parametrize(
    ("patience", "hints", "interval"),
    [
        (60.0, {}, HOUR),
        (7200.0, {}, 7200),
        (30.0 * DAY, {}, DAY),
        (7200.0, {"ttl_minutes": 180}, 10_800),
        (14_400.0, {"ttl_minutes": 180}, 14_400),
        (7200.0, {"has_validators": False}, DAY),
    ],
)
def test_a_success_waits_as_long_as_the_feeds_rhythm_allows_within_the_bounds(
    patience: float, hints: dict[str, Any], interval: int
) -> None:
    decision = next_poll_at(
        now=NOW,
        failure="",
        state=PacingState(),
        hints=PollHints(**hints),
        bounds=HOURLY,
        jitter=0.0,
        patience_seconds=patience,
    )
    assert decision.interval_seconds == interval


def test_gone_is_never_asked_again() -> None:
    assert decide("http-410", 2) == NextPoll(due_at=None, interval_seconds=0, consecutive_failures=3)


def test_a_person_who_sets_short_intervals_gets_them() -> None:
    bounds = PacingBounds(minimum_seconds=1, default_seconds=2, maximum_seconds=DAY)
    assert decide(bounds=bounds).interval_seconds == 2
    assert decide(bounds=bounds, has_validators=False).interval_seconds == 2
    assert decide("timeout", 1, bounds=bounds).interval_seconds == 4
    assert decide("http-403", bounds=bounds).interval_seconds == DAY


@pytest.mark.parametrize(
    ("hints", "due"),
    [
        ({"skip_hours": (11,)}, "28T12:00"),
        ({"skip_hours": (11, 12, 13)}, "28T14:00"),
        ({"skip_hours": (10,)}, "28T11:30"),
        ({"skip_hours": (*range(11, 24), 24)}, "29T01:00"),
        ({"skip_hours": (99, -1)}, "28T11:30"),
        ({"skip_hours": tuple(range(24))}, "28T11:30"),
        ({"skip_days": ("Sunday",)}, "29T00:00"),
        ({"skip_days": (" sunday ", "MONDAY")}, "30T00:00"),
        ({"skip_days": ("Caturday",)}, "28T11:30"),
        (
            {"skip_days": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")},
            "28T11:30",
        ),
    ],
)
def test_no_poll_in_an_hour_or_day_that_the_feed_skips_unless_it_skips_all(hints: dict[str, Any], due: str) -> None:
    assert decide(**hints).due_at == datetime.fromisoformat(f"2025-12-{due}:00+00:00")


def test_feeds_that_skip_the_same_hours_are_spread_over_the_next_one() -> None:
    at = [decide(skip_hours=(11,), jitter=jitter).due_at for jitter in (0.0, 0.5, 1.0)]
    assert len(set(at)) == 3
    assert all(due is not None and due.hour == 12 for due in at)


FAILURES = st.sampled_from(["", "timeout", "dns", "http-401", "http-404", "http-429", "http-503", "not-a-feed"])
HINTS = st.builds(
    PollHints,
    has_validators=st.booleans(),
    cache_control=st.text(max_size=20) | st.integers().map("max-age={}".format),
    expires=st.text(max_size=20) | st.just("Fri, 31 Dec 9999 23:59:59 GMT"),
    age=st.text(max_size=5) | st.integers().map(str),
    ttl_minutes=st.none() | st.integers(),
    update_period=st.sampled_from(["", "hourly", "daily", "yearly", "x"]),
    update_frequency=st.text(max_size=5) | st.floats().map(str) | st.integers().map(str),
    skip_hours=st.lists(st.integers(-2, 26), max_size=30).map(tuple),
    skip_days=st.lists(st.sampled_from(["Monday", "sunday", "x"]), max_size=3).map(tuple),
    retry_after_seconds=st.none() | st.floats(0, 1e12),
)


@given(FAILURES, st.integers(0, 10_000), HINTS, st.floats(0, 1))
def test_whatever_is_said_a_feed_is_polled_neither_too_soon_nor_never(
    failure: str, failures: int, hints: PollHints, jitter: float
) -> None:
    decision = next_poll_at(
        now=NOW,
        failure=failure,
        state=PacingState(consecutive_failures=failures),
        hints=hints,
        bounds=HOURLY,
        jitter=jitter,
    )
    assert decision.due_at is not None
    assert HOUR <= decision.interval_seconds <= WEEK
    wait = (decision.due_at - NOW).total_seconds()
    assert decision.interval_seconds <= wait <= 2 * WEEK


@given(st.floats(0, 1), st.floats(0, 1))
def test_jitter_only_delays_and_by_a_tenth_at_most(first: float, second: float) -> None:
    due = [decide(jitter=jitter).due_at for jitter in sorted((first, second))]
    assert due[0] is not None
    assert due[1] is not None
    assert NOW + timedelta(seconds=HOUR) <= due[0] <= due[1] <= NOW + timedelta(seconds=1.1 * HOUR)
