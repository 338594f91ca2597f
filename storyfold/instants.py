"""Instants in documents: read in the forms that people and tools write, written in one form.

The written form is ``YYYY-MM-DDTHH:MM:SSZ``: RFC 3339, UTC, whole seconds.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone

# RFC 3339 section 5.6, with the liberties of YAML 1.1's timestamp type (a space before the zone,
# one-digit month) and of ISO 8601's basic zones (+0000), which Jekyll's documents have.
_INSTANT = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:(?:[Tt]|[ \t]+)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d*)?)?"
    r"(?:[ \t]*(?:([Zz]|UTC|GMT)|([+-])(\d{1,2})(?::?(\d{2}))?))?)?",
    re.ASCII,
)
_WRITTEN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


def parse_instant(text: str) -> datetime | None:
    """Read a date, or a date with a time of day, as an aware datetime in UTC.

    A text without a zone is taken as UTC, a date alone as its midnight. Fractions of a second are
    dropped; a leap second (RFC 3339 section 5.7) becomes the second before it.

    Returns:
        None when the text is no such instant, as ``2024-13-45``.
    """
    match = _INSTANT.fullmatch(text.strip())
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    if second > 60:
        return None
    try:
        local = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=_zone(*match.groups()[7:]))
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _zone(sign: str | None, hours: str | None, minutes: str | None) -> timezone:
    if sign is None:
        return UTC
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    return timezone(-offset if sign == "-" else offset)


def format_instant(instant: datetime | date) -> str:
    """Write an instant as ``YYYY-MM-DDTHH:MM:SSZ``; without a zone it is taken as UTC."""
    if not isinstance(instant, datetime):
        instant = datetime(instant.year, instant.month, instant.day, tzinfo=UTC)
    if instant.tzinfo is not None and instant.tzinfo is not UTC:
        instant = instant.astimezone(UTC)
    return instant.replace(tzinfo=None, microsecond=0).isoformat() + "Z"


def is_written_instant(text: str) -> bool:
    """Tell whether the text has the form that :func:`format_instant` gives."""
    return _WRITTEN.fullmatch(text) is not None
