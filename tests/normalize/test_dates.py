"""Dates as feeds write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.normalize.dates import parse_date, settle_date

NOON = datetime(2020, 11, 19, 12, 0, tzinfo=UTC)
NOW = datetime(2020, 11, 20, 8, 30, 15, 123456, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "Thu, 19 Nov 2020 12:00:00 GMT",
        "Thu, 19 Nov 2020 12:00:00 +0000",
        "19 Nov 2020 12:00:00 Z",
        "Thu, 19 Nov 2020 07:00:00 EST",
        "Thu, 19 Nov 2020 12:00 UT",
        "Thu,19 Nov 2020 13:00:00 +01:00",
        "Thursday, 19-Nov-20 12:00:00 GMT",
        "Thu, 19 November 2020 12:00:00 GMT",
        "thu, 19 nov 2020 12:00:00 gmt",
        "Thu, 19 Nov 2020 14:00:00 CEST",
        "Thu, 19 Nov 2020 12:00:00 GMT (Coordinated Universal Time)",
        "Jeu, 19 nov. 2020 12:00:00 GMT",
        "Nov 19, 2020 12:00 PM",
        "November 19, 2020 at 12:00 pm",
        "Thu Nov 19 12:00:00 2020",
        "Thu Nov 19 12:00:00 UTC 2020",
        "2020-11-19T12:00:00Z",
        "2020-11-19T12:00:00.987Z",
        "2020-11-19t12:00:00z",
        "2020-11-19T14:30:00+02:30",
        "2020-11-19T13:00:00+0100",
        "2020-11-19 12:00:00",
        "2020-11-19T12:00",
        "2020/11/19 12:00:00 UTC",
        "2020-11-19T12:00:00,5+00",
        "  2020-11-19T12:00:00Z\n",
    ],
)
def test_the_usual_spellings_name_the_same_instant(text: str) -> None:
    assert parse_date(text) == NOON


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2020-11-19", datetime(2020, 11, 19, tzinfo=UTC)),
        ("2020-11", datetime(2020, 11, 1, tzinfo=UTC)),
        ("20201119", datetime(2020, 11, 19, tzinfo=UTC)),
        ("2020/1/9 4:05", datetime(2020, 1, 9, 4, 5, tzinfo=UTC)),
        ("Mon, 31 Dec 99 23:59:60 GMT", datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("2020-11-19T24:00:00Z", datetime(2020, 11, 20, tzinfo=UTC)),
        ("24 mars 2020 10:00:00 +0100", datetime(2020, 3, 24, 9, tzinfo=UTC)),
        ("Di, 24 Dez 2019 10:00:00 MEZ", datetime(2019, 12, 24, 9, tzinfo=UTC)),
    ],
)
def test_short_and_odd_spellings_are_read(text: str, expected: datetime) -> None:
    assert parse_date(text) == expected


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2020-13-01", "2020-02-30", "32 Nov 2020", "25:00", "0000-00-00", "9" * 500]
)
def test_what_names_no_day_is_none(text: str) -> None:
    assert parse_date(text) is None


@given(st.text() | st.text(alphabet="0123456789-+:TZ JanMoFebGMT,./", max_size=40))
def test_reading_a_date_never_raises_and_gives_whole_seconds_of_utc(text: str) -> None:
    at = parse_date(text)
    assert at is None or (at.tzinfo is UTC and at.microsecond == 0)


@given(st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2100, 1, 1)))
def test_every_instant_survives_both_standards(at: datetime) -> None:
    instant = at.replace(microsecond=0, tzinfo=UTC)
    assert parse_date(instant.isoformat()) == instant
    assert parse_date(instant.strftime("%a, %d %b %Y %H:%M:%S GMT")) == instant


@pytest.mark.parametrize(
    ("published", "updated", "expected"),
    [
        ("2020-11-19T12:00:00Z", "2020-11-20T00:00:00Z", (NOON, "given")),
        ("", "2020-11-19T12:00:00Z", (NOON, "given")),
        ("soon", "2020-11-19T12:00:00Z", (NOON, "repaired")),
        ("2020-11-19 12:00", "", (NOON, "repaired")),
        ("2099-01-01T00:00:00Z", "", (NOW.replace(microsecond=0), "clamped")),
        ("", "", (NOW.replace(microsecond=0), "first-seen")),
        ("Thu, 01 Jan 1970 00:00:00 GMT", "", (NOW.replace(microsecond=0), "first-seen")),
        ("1969-12-31T19:00:00-05:00", "", (NOW.replace(microsecond=0), "first-seen")),
        ("0001-01-01T00:00:00Z", "2020-11-19T12:00:00Z", (NOON, "repaired")),
    ],
)
def test_the_first_usable_date_counts(published: str, updated: str, expected: tuple[datetime, str]) -> None:
    assert settle_date(published, updated, NOW) == expected


def test_a_date_is_never_later_than_now_by_more_than_a_clock_may_err() -> None:
    near = (NOW + timedelta(minutes=5)).isoformat(timespec="seconds")
    far = (NOW + timedelta(minutes=15)).isoformat(timespec="seconds")
    assert settle_date(near, "", NOW).how == "given"
    assert settle_date(far, "", NOW).how == "clamped"
