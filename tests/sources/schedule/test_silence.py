"""Which feeds are warned of, and in which words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from worker.model.feed import Feed, FeedState
from worker.sources.schedule.silence import warnings_of

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
DAY = 86_400


def _feed(**values: Any) -> Feed:
    values = {"added_at": NOW - timedelta(days=90), "last_fetch_at": NOW, **values}
    return Feed(feed_id="f", url="https://a.example/f", collection="news", **values)


def _quiet(days: float, *, rhythm_seconds: int = DAY, rhythm_gaps: int = 3, **values: Any) -> Feed:
    last_new_at = NOW - timedelta(days=days)
    return _feed(last_new_at=last_new_at, rhythm_seconds=rhythm_seconds, rhythm_gaps=rhythm_gaps, **values)


@pytest.mark.parametrize(
    ("feed", "said"),
    [
        (_quiet(4.9), ""),
        (_quiet(5), "brought nothing for 5 days; usually something comes every 24 hours"),
        (_quiet(1.9, rhythm_seconds=600), ""),
        (_quiet(2, rhythm_seconds=600), "brought nothing for 2 days; usually something comes every 10 minutes"),
        (_quiet(30, rhythm_gaps=2), ""),
        (_feed(), ""),
        (_feed(not_modified_since=NOW - timedelta(days=29)), ""),
        (_feed(not_modified_since=NOW - timedelta(days=30)), "every answer for 30 days was 304, not modified"),
        (_feed(failure="dns", failures=9, last_fetch_at=NOW - timedelta(days=6.9)), ""),
        (
            _feed(failure="dns", failures=9, last_fetch_at=NOW - timedelta(days=8)),
            "the last good answer came 8 days ago; 9 polls failed in a row, the last with dns",
        ),
        (
            _feed(failure="http-404", failures=99, last_fetch_at=None),
            "it never gave a good answer since it was added 90 days ago; 99 polls failed in a row",
        ),
        (_quiet(50, state=FeedState.STOPPED), ""),
        (_quiet(6, failure="dns"), ""),
    ],
)
def test_a_silent_feed_is_named_with_numbers(feed: Feed, said: str) -> None:
    warnings = warnings_of(feed, NOW)
    assert len(warnings) == bool(said)
    assert said in "".join(warnings)


@pytest.mark.parametrize(
    ("last_modified", "named"),
    [
        ("Tue, 02 Mar 2027 12:00:00 GMT", True),
        ("Mon, 02 Feb 2026 12:00:00 GMT", False),
        ("soon", False),
        ("", False),
    ],
)
def test_a_date_in_the_future_is_named_as_the_cause_of_endless_304(last_modified: str, named: bool) -> None:
    [warning] = warnings_of(_feed(not_modified_since=NOW - timedelta(days=40), last_modified=last_modified), NOW)
    assert warning.startswith("every answer for 40 days was 304")
    assert ("lies in the future" in warning) is named
    assert (bool(last_modified) and last_modified in warning) is named


def test_both_kinds_of_silence_are_told() -> None:
    assert len(warnings_of(_quiet(40, not_modified_since=NOW - timedelta(days=40)), NOW)) == 2
