"""Dates as people and tools write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyfold.instants import format_instant, is_written_instant, parse_instant


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2020-11-19", "2020-11-19T00:00:00Z"),
        ("2020-1-9", "2020-01-09T00:00:00Z"),
        ("2020-11-19 16:21:00", "2020-11-19T16:21:00Z"),
        ("2020-11-19T16:21", "2020-11-19T16:21:00Z"),
        ("2020-11-19T16:21:00Z", "2020-11-19T16:21:00Z"),
        ("2020-11-19t16:21:00z", "2020-11-19T16:21:00Z"),
        ("2020-11-19T16:21:00.999Z", "2020-11-19T16:21:00Z"),
        ("2020-11-19T16:21:00+01:30", "2020-11-19T14:51:00Z"),
        ("2020-11-19 16:21:00 -0800", "2020-11-20T00:21:00Z"),
        ("2020-11-19 16:21:00.5 -5", "2020-11-19T21:21:00Z"),
        ("2020-11-19 16:21:00 UTC", "2020-11-19T16:21:00Z"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z"),
        ("0001-01-01", "0001-01-01T00:00:00Z"),
    ],
)
def test_instant_is_read_as_utc(text: str, written: str) -> None:
    instant = parse_instant(text)
    assert instant is not None
    assert instant.utcoffset() == timedelta(0)
    assert format_instant(instant) == written


@pytest.mark.parametrize(
    "text",
    [
        *("", "soon", "2024-13-45", "2024-02-30", "2024-01-01T25:00:00Z", "2024-01-01T10:00:61Z", "20240101"),
        *(
            "2024-01-01T10:00:00+99:99",
            "0001-01-01T00:00:00+01:00",
            "0000-00-00",
            "99999-01-01",
            "1700000000",
        ),
        *("2024-01-01T10:00:00Zx", "٢٠٢٤-٠١-٠١"),
    ],
)
def test_other_text_is_no_instant(text: str) -> None:
    assert parse_instant(text) is None


def test_instants_of_other_zones_and_dates_are_written_in_utc() -> None:
    zone = timezone(timedelta(hours=-8))
    assert format_instant(datetime(2020, 1, 1, 20, 0, 0, 999, tzinfo=zone)) == "2020-01-02T04:00:00Z"
    assert format_instant(date(987, 6, 5)) == "0987-06-05T00:00:00Z"


@given(st.datetimes(timezones=st.just(UTC)))
def test_written_instant_reads_back(instant: datetime) -> None:
    written = format_instant(instant)
    assert is_written_instant(written)
    assert parse_instant(written) == instant.replace(microsecond=0)
