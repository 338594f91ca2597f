"""Dates and waits of header fields: read in every legal form, garbage is nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.sources.fetch.http_dates import parse_delta_seconds, parse_http_date, retry_after_seconds

NOW = datetime(2025, 12, 28, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "Sun, 28 Dec 2025 10:00:00 GMT",
        "Sunday, 28-Dec-25 10:00:00 GMT",
        "Sun Dec 28 10:00:00 2025",
        "28 Dec 2025 05:00 EST",
    ],
)
def test_every_form_of_an_http_date_is_the_same_instant(text: str) -> None:
    assert parse_http_date(text) == NOW


@pytest.mark.parametrize("text", ["", "0", "-1", "soon", "Sun, 99 Dec 2025 10:00:00 GMT", "1 Jan 99999 00:00:00 GMT"])
def test_what_is_no_date_is_none(text: str) -> None:
    assert parse_http_date(text) is None


@pytest.mark.parametrize(
    ("retry_after", "date", "seconds"),
    [
        ("7200", "", 7200),
        (" 60 ", "", 60),
        ("9" * 5000, "", 9_999_999_999),
        ("Sun, 28 Dec 2025 12:00:00 GMT", "", 7200),
        ("Sun, 28 Dec 2025 12:00:00 GMT", "Sun, 28 Dec 2025 11:00:00 GMT", 3600),
        ("Sun, 28 Dec 2025 12:00:00 GMT", "rubbish", 7200),
        ("Sun, 28 Dec 2025 09:00:00 GMT", "", None),
        *((text, "", None) for text in ("", "0", "-5", "1.5", "soon", "1e9", "٣")),
    ],
)
def test_retry_after_is_seconds_or_a_date_by_the_servers_own_clock(
    retry_after: str, date: str, seconds: float | None
) -> None:
    assert retry_after_seconds(retry_after, date, NOW) == seconds


@given(st.text(max_size=80), st.text(max_size=80))
def test_no_text_is_an_error(first: str, second: str) -> None:
    wait = retry_after_seconds(first, second, NOW)
    assert wait is None or wait > 0
    delta = parse_delta_seconds(first)
    assert delta is None or 0 <= delta <= 9_999_999_999
