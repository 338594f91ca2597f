"""Dates as feeds write them, and the one that an item gets.

All results are aware, in UTC, whole seconds. A date without a zone is read as UTC, so is one with a zone that nobody
knows (RFC 2822 section 4.3). What has not the form of RFC 822 or RFC 3339 is read by the rules of
:mod:`worker.normalize.date_forms`. No library of guesses stands behind them, since a wrong date does more harm than
none.

A date counts as missing when it names no day, lies before 1970-01-03 (the zero of a program: 0001, 1601, 1900, 1904,
1970-01-01 in any zone), is the last second of a 32-bit clock, or lies in the year 9999.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from worker.normalize.date_forms import MAX_ZONE_HOURS, read_loose, zone_of

# Later than this after now, a date is a fault of a clock or a zone, not of the network's delay.
FUTURE_TOLERANCE = timedelta(minutes=10)
OLDEST = datetime(1970, 1, 3, tzinfo=UTC)
_ENDS_OF_TIME = (datetime(2038, 1, 19, 3, 14, 7, tzinfo=UTC), datetime(9998, 12, 31, tzinfo=UTC))

MAX_READ_CHARS = 1_000  # more is no date

_ENGLISH_MONTHS = {
    "Jan": 1,
    "Feb": 2,
    "Mar": 3,
    "Apr": 4,
    "May": 5,
    "Jun": 6,
    "Jul": 7,
    "Aug": 8,
    "Sep": 9,
    "Oct": 10,
    "Nov": 11,
    "Dec": 12,
}
_STRICT_RFC822 = re.compile(
    r"(?:[A-Z][a-z]{2}, )?(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}):(\d{2}):(\d{2})"
    r" (?:GMT|UT|Z|([+-])(\d{2})(\d{2}))",
    re.ASCII,
)
_STRICT_RFC3339 = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?\d*(?:[Zz]|[+-]\d{2}:\d{2})", re.ASCII
)


class SettledDate(NamedTuple):
    """The date of an item.

    Attributes:
        at: UTC, whole seconds.
        how: ``given`` as it stands, ``repaired`` from a malformed or replaced by the updated date,
            ``clamped`` because it lay in the future, ``first-seen`` because there was none to use.
    """

    at: datetime
    how: str


def parse_date(text: str) -> datetime | None:
    """The instant that `text` names, in UTC and whole seconds; None when it names none. Never raises."""
    read = _read(text)
    return read.at if read else None


def settle_date(published: str, updated: str, now: datetime) -> SettledDate:
    """The date of an item, never later than `now` plus ten minutes.

    The first of published, updated and `now` that is not missing, in the sense of this module. One more than ten
    minutes after `now` becomes `now`: a wrong clock must not pin an item above all others.
    """
    for text in (published, updated):
        read = _read(text) if text else None
        if read is None or _is_sentinel(read.at):
            continue
        if read.at > now + FUTURE_TOLERANCE:
            return SettledDate(now.replace(microsecond=0), "clamped")
        is_second_choice = bool(published) and text is not published
        return SettledDate(read.at, "repaired") if is_second_choice else read
    return SettledDate(now.replace(microsecond=0), "first-seen")


def _is_sentinel(at: datetime) -> bool:
    return at < OLDEST or at == _ENDS_OF_TIME[0] or at >= _ENDS_OF_TIME[1]


def _read(text: str) -> SettledDate | None:
    """The date in `text`, ``given`` when it has the form of its standard, else ``repaired``."""
    text = text.strip()
    if len(text) > MAX_READ_CHARS:
        return None
    try:
        strict = _read_strict(text)
        if strict is not None:
            return SettledDate(strict, "given")
        loose = read_loose(text)
    except (ValueError, OverflowError):  # the form of a date, but no such day, hour or zone
        return None
    return SettledDate(loose, "repaired") if loose else None


def _read_strict(text: str) -> datetime | None:
    match = _STRICT_RFC822.fullmatch(text)
    if match:
        day, month_name, year, hour, minute, second, sign, zone_hours, zone_minutes = match.groups()
        month = _ENGLISH_MONTHS.get(month_name)
        if month is None or hour > "23" or second > "59":
            return None
        zone = zone_of(sign, zone_hours, zone_minutes) if sign else UTC
        at = datetime(int(year), month, int(day), int(hour), int(minute), int(second), tzinfo=zone)
        return at if zone is UTC else at.astimezone(UTC)
    if _STRICT_RFC3339.fullmatch(text) and text[11:13] < "24" and text[17:19] < "60" and _is_zone(text[-6:]):
        return datetime.fromisoformat(text.upper()).astimezone(UTC).replace(microsecond=0)
    return None


def _is_zone(end: str) -> bool:
    return end[0] not in "+-" or end[1:3] <= f"{MAX_ZONE_HOURS}"
