"""Dates as feeds write them, and the one that an item gets.

All results are aware, in UTC, whole seconds. A date without a zone is read as UTC.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple

# Later than this after now, a date is a fault of a clock or a zone, not of the network's delay.
FUTURE_TOLERANCE = timedelta(minutes=10)
# Before this a date is a program's zero (0001, 1601, 1900, 1904, 1970-01-01 in any zone), not news.
OLDEST = datetime(1970, 1, 3, tzinfo=UTC)

MAX_DATE_CHARS = 100

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            # English, German, French, Spanish, Italian, Dutch, Portuguese: three letters, four to tell apart
            "jan ene gen",
            "feb fév fev",
            "mar mär mrt maa",
            "apr avr abr",
            "may mai mag mei",
            "jun juin giu",
            "jul juil lug",
            "aug aoû aou ago",
            "sep set",
            "oct okt ott out",
            "nov",
            "dec dez déc dic",
        ),
        start=1,
    )
    for name in names.split()
}
# RFC 822 section 5.1, and the names that feeds use besides; hours east of Greenwich.
_ZONES = {
    name: hours
    for hours, names in {
        -10.0: "hst",
        -9.0: "akst",
        -8.0: "pst akdt",
        -7.0: "mst pdt",
        -6.0: "cst mdt",
        -5.0: "est cdt",
        -4.0: "edt ast",
        -3.5: "nst",
        -3.0: "adt",
        -2.5: "ndt",
        0.0: "z ut utc gmt wet",
        1.0: "bst west cet mez",
        2.0: "cest mesz eet",
        3.0: "eest msk",
        5.5: "ist",
        8.0: "hkt sgt awst",
        9.0: "jst kst",
        9.5: "acst",
        10.0: "aest",
        11.0: "aedt",
        12.0: "nzst",
        13.0: "nzdt",
    }.items()
    for name in names.split()
}

_TIME = r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*([ap]\.?m\.?)?"
_ZONE = r"(?:\s*\(?(?:(?:gmt|utc)?([+-]\d{1,2}):?(\d{2})?|([a-z]{1,5}))\)?)?(?:\s*\(.*\))?"
# RFC 822 section 5 with its usual defects: any or no weekday, hyphens, full month names, seconds missing.
_DAY_FIRST = re.compile(
    rf"(?:[^\W\d_]+\.?,?\s*)?(\d{{1,2}})(?:st|nd|rd|th|\.)?[\s-]+([^\W\d_]{{3,}})\.?,?[\s-]+(\d{{2,4}})(?:,?\s+{_TIME}{_ZONE})?",
    re.IGNORECASE,
)
# "November 19, 2020 4:21 PM", and asctime's "Thu Nov 19 16:21:00 2020".
_MONTH_FIRST = re.compile(
    rf"(?:[^\W\d_]+\.?,?\s+)?([^\W\d_]{{3,}})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})(?:,?\s+(?:at\s+)?{_TIME}{_ZONE})?",
    re.IGNORECASE,
)
_ASCTIME = re.compile(rf"[^\W\d_]+\s+([^\W\d_]{{3,}})\s+(\d{{1,2}})\s+{_TIME}{_ZONE}\s+(\d{{4}})", re.IGNORECASE)
# RFC 3339, W3C-DTF, and what is near it: a space for T, slashes or no separators, zones of all shapes.
_YEAR_FIRST = re.compile(
    rf"(\d{{4}})(?:[-/.](\d{{1,2}})(?:[-/.](\d{{1,2}}))?|(\d{{2}})(\d{{2}}))?(?:(?:\s*T\s*|\s+){_TIME}{_ZONE})?",
    re.IGNORECASE,
)
_STRICT_RFC822 = re.compile(
    r"(?:[A-Z][a-z]{2}, )?(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}):(\d{2}):(\d{2})"
    r" (?:GMT|UT|Z|([+-]\d{2})(\d{2}))"
)
_STRICT_RFC3339 = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?\d*(?:[Zz]|[+-]\d{2}:\d{2})")


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

    The first usable one of published, updated and `now`. A date before 1970-01-03 is no date. One more
    than ten minutes after `now` becomes `now`: a wrong clock must not pin an item above all others.
    """
    for text in (published, updated):
        read = _read(text) if text else None
        if read is None or read.at < OLDEST:
            continue
        if read.at > now + FUTURE_TOLERANCE:
            return SettledDate(now.replace(microsecond=0), "clamped")
        is_second_choice = bool(published) and text is not published
        return SettledDate(read.at, "repaired" if is_second_choice else read.how)
    return SettledDate(now.replace(microsecond=0), "first-seen")


def _read(text: str) -> SettledDate | None:
    """The date in `text`, ``given`` when it has the form of its standard, else ``repaired``."""
    text = text.strip()
    try:
        strict = _read_strict(text)
        if strict is not None:
            return SettledDate(strict, "given")
        if len(text) > MAX_DATE_CHARS:
            return None
        loose = _read_loose(text)
    except (ValueError, OverflowError):  # the form of a date, but no such day, hour or zone
        return None
    return SettledDate(loose, "repaired") if loose else None


def _read_strict(text: str) -> datetime | None:
    match = _STRICT_RFC822.fullmatch(text)
    if match:
        month = _MONTHS.get(match[2].lower())
        if month is None:
            return None
        day, year, hour, minute, second = (
            int(match[1]),
            int(match[3]),
            int(match[4]),
            int(match[5]),
            int(match[6]),
        )
        zone = timezone(_offset(match[7], match[8], None)) if match[7] else UTC
        at = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=zone)
        return at if zone is UTC else at.astimezone(UTC)
    if _STRICT_RFC3339.fullmatch(text) and text[11:13] < "24" and text[17:19] < "60":
        return datetime.fromisoformat(text.upper()).astimezone(UTC).replace(microsecond=0)
    return None


def _read_loose(text: str) -> datetime | None:
    text = " ".join(text.split())
    if match := _DAY_FIRST.fullmatch(text):
        day, month, year, *clock = match.groups()
    elif match := _MONTH_FIRST.fullmatch(text):
        month, day, year, *clock = match.groups()
    elif match := _ASCTIME.fullmatch(text):
        month, day, *clock, year = match.groups()
    elif match := _YEAR_FIRST.fullmatch(text):
        year, month, day, joined_month, joined_day, *clock = match.groups()
        return _build(int(year), int(month or joined_month or 1), int(day or joined_day or 1), clock)
    else:
        return None
    number = _month_number(month)
    return _build(_full_year(year), number, int(day), clock) if number else None


def _build(year: int, month: int, day: int, clock: list[str | None]) -> datetime:
    """One instant; `clock` is hour, minute, second, am or pm, zone hours, zone minutes, zone name."""
    hour, minute, second, half, zone_hours, zone_minutes, zone_name = clock
    hours = int(hour or 0)
    if half:
        hours = hours % 12 + (12 if half.lower().startswith("p") else 0)
    # 24:00 is the end of the day (ISO 8601), a leap second the end of its minute.
    next_day = timedelta(days=1) if hours == 24 else timedelta()
    zone = timezone(_offset(zone_hours, zone_minutes, zone_name))
    at = datetime(year, month, day, hours % 24 if next_day else hours, int(minute or 0), tzinfo=zone)
    return (at + next_day + timedelta(seconds=min(int(second or 0), 59))).astimezone(UTC)


def _offset(hours: str | None, minutes: str | None, name: str | None) -> timedelta:
    if hours is None:
        # RFC 2822 section 4.3: military letters and unknown names say nothing, so they count as UTC.
        return timedelta(hours=_ZONES.get((name or "").lower(), 0.0))
    sign = -1 if hours[0] == "-" else 1
    return sign * timedelta(hours=int(hours[1:]), minutes=int(minutes or 0))


def _full_year(year: str) -> int:
    number = int(year)
    if len(year) == 4:
        return number
    # RFC 2822 section 4.3: 00 to 49 are of this century, 50 to 999 counted from 1900.
    return number + (2000 if len(year) == 2 and number < 50 else 1900)


def _month_number(name: str) -> int | None:
    lower = name.lower()
    return _MONTHS.get(lower[:4]) or _MONTHS.get(lower[:3])
