"""Dates and waits of HTTP header fields, read without trust: garbage is None, never an error."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

# The longest date of RFC 9110 section 5.6.7 has 33 characters; beyond that nothing is worth parsing.
_LONGEST_DATE = 64
# Ten digits of seconds are three centuries. More would only overflow a float or a datetime.
_MOST_SECONDS = 9_999_999_999


def parse_http_date(text: str) -> datetime | None:
    """Read an HTTP-date in any of its three forms (RFC 9110 section 5.6.7), UTC; None when it is none."""
    if not text or len(text) > _LONGEST_DATE:
        return None
    try:
        parsed = parsedate_to_datetime(text)
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def parse_delta_seconds(text: str) -> int | None:
    """Read a count of seconds (RFC 9111 section 1.2.2), capped at ten digits; None when it is none."""
    digits = text.strip(" \t\"'")
    if not (digits.isascii() and digits.isdigit()):
        return None
    return _MOST_SECONDS if len(digits.lstrip("0")) > 10 else int(digits)


def retry_after_seconds(retry_after: str, date: str, now: datetime) -> float | None:
    """How long a server asks to be left alone (RFC 9110 section 10.2.3).

    Args:
        retry_after: the field's value, seconds or an HTTP-date.
        date: the answer's Date; a date in ``retry_after`` is counted from it, since the two come from one
            clock. When it is unreadable, ``now`` takes its place.
        now: our clock, aware.

    Returns:
        Seconds, more than 0; None when absent, unreadable, zero or past.
    """
    seconds = parse_delta_seconds(retry_after)
    if seconds is not None:
        return float(seconds) or None
    until = parse_http_date(retry_after)
    if until is None:
        return None
    wait = (until - (parse_http_date(date) or now)).total_seconds()
    return wait if wait > 0 else None
