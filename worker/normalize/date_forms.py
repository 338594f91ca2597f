"""Dates that have not the form of a standard, read by their parts: first the clock, then the day.

The clock with its zone is found anywhere and taken out. In the rest, the first of these forms that fits names the
day; digits may not stand before it, words may (weekdays, "Published on"), and what follows is ignored:

1. year first, in figures: ``2020-11-19``, ``2020/11/19``, ``20201119``, ``2020-W47-4``, ``2020-324``, ``2020-11``;
2. ``2020年11月19日``, also with an era, and ``2020년 11월 19일``; ``ngày 19 tháng 11 năm 2020``;
3. the month by name: ``19 Nov 2020``, ``19 de noviembre de 2020``, ``November 19, 2020``, ``2020. november 19.``;
4. day and month in figures: with dots the day comes first (``19.11.2020``). With slashes or hyphens half of the world
   puts the month first, so these are read only when they leave no choice (``19/11/2020``, ``11/19/2020``,
   ``05/05/2020``): ``03/04/2020`` is no date. A year of two digits is read after dots only.

A number alone is a Unix time in seconds (10 digits), milliseconds (13) or microseconds (16).
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache

from worker.normalize.date_names import ERAS, ZONES, fold, gregorian_year, join_month_names, month_number

MAX_DATE_CHARS = 120
MAX_ZONE_HOURS = 14  # UTC+14 is Kiribati's
MAX_UNIX_SECONDS = 2_000_000_000  # 2033; more is another number, or a date without separators

_WORD = r"[^\W\d_][^\s\d.,;:/()+'-]*"
_HALF_BEFORE = r"(?P<before>午前|午后|午後|上午|下午|晚上|凌晨|오전|오후)"
_HALF_AFTER = r"(?P<after>[ap]\.?\s?m(?![a-z])\.?|ص|م(?!\w)|π\.?μ\.?|μ\.?μ\.?|صباحا|مساء)"
_ZONE_TEXT = (
    r"\(?(?:(?:gmt|utc|ut|z)?\s?(?P<zone_sign>[+-])(?P<zone_hours>\d{1,2})(?::?(?P<zone_minutes>\d{2}))?(?::\d{2})?(?!\d)"
    rf"|(?P<zone_name>{'|'.join(sorted(ZONES, key=len, reverse=True))})(?![^\W\d_]))"
)
_ZONE = re.compile(_ZONE_TEXT)
_CLOCK = re.compile(
    rf"(?:{_HALF_BEFORE}\s*)?(?<![\d+-])(?:"
    r"(?P<h1>\d{1,2}):(?P<m1>\d{2})(?::(?P<s1>\d{2})(?:[.,]\d+)?)?(?!\d)"
    r"|(?<=\dt)(?P<h2>\d{2})(?P<m2>\d{2})(?:(?P<s2>\d{2})(?:[.,]\d+)?)?(?!\d)"  # 20201119T162100Z
    r"|(?P<h3>\d{1,2})\s?[時时點点시](?:\s?(?P<m3>\d{1,2})\s?[分분](?:\s?(?P<s3>\d{1,2})\s?[秒초])?)?"
    r"|(?P<h4>\d{1,2})\s?h\s?(?P<m4>\d{2})(?!\d)"  # French 16h21
    r"|(?<=kl\s)(?P<h5>\d{1,2})\.(?P<m5>\d{2})(?!\d)"  # Finnish, Danish: the lead-in is folded to kl
    r"|(?P<h6>\d{1,2})\s?(?=[ap]\.?\s?m(?![a-z])))"
    rf"(?:\s*{_HALF_AFTER})?(?:\s*{_ZONE_TEXT})?"
)
_LEAD_IN = re.compile(r"\b(?:klo|kl|pukul)\b\.?\s*")

_ISO_DAY = re.compile(r"(\d{4})\s?([-/.])\s?(\d{1,2})\s?\2\s?(\d{1,2})(?!\d)")
_ISO_WEEK = re.compile(r"(\d{4})-?w(\d{2})(?:-?([1-7]))?(?!-?\d)")
_ISO_ORDINAL = re.compile(r"(\d{4})-(\d{3})(?!\d)")
_ISO_MONTH = re.compile(r"\A(\d{4})(?:-(\d{2}))?(?![\d-])\s*(?:\Z|t\s)")
_BASIC = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})?)?(?!\d)")
_EAST_ASIAN = re.compile(rf"({'|'.join(ERAS)})?\s*(\d{{1,4}})\s*[年년]\s*(\d{{1,2}})\s*[月월]\s*(\d{{1,2}})(?!\d)")
_VIETNAMESE = re.compile(r"(\d{1,2})\s*thang\s*(\d{1,2}),?\s*(?:nam\s*)?(\d{4})(?!\d)")
# RFC 822 section 5 with its usual defects: hyphens, dots, ordinals, "de" and "of", years of two and three digits.
_DAY_FIRST = re.compile(
    rf"(\d{{1,2}})(?:st|nd|rd|th|er|\.?[oae](?=\s))?[\s.,/-]*(?:(?:de|of|d'|da|ta|te|ng)\s)?\s*({_WORD})"
    r"[\s.,/'-]*(?:(?:de|del|of|m)\s)?\s*(\d{2,4})(?!\d)"
)
_MONTH_FIRST = re.compile(rf"({_WORD})\.?[\s-]*(\d{{1,2}})(?:st|nd|rd|th|\.)?,?[\s-]+(\d{{4}})(?!\d)")
_YEAR_THEN_NAME = re.compile(rf"(\d{{4}})[\s.,-]*(?:m\.\s*)?({_WORD})[\s.,-]*(\d{{1,2}})(?!\d)")
_FIGURES = re.compile(r"(\d{1,2})\s?([./-])\s?(\d{1,2})\s?\2\s?(\d{4}|\d{2})(?!\d)")
_UNIX = re.compile(r"(\d{10})(?:\.\d+|(\d{3}){1,2})?")

_AFTERNOON = ("p", "午後", "午后", "下午", "晚上", "오후", "م", "μ")


def read_loose(text: str) -> datetime | None:
    """The instant that `text` names, in UTC and whole seconds; None when it names none.

    Raises:
        ValueError: it has the form of a date, but there is no such day, hour or zone.
        OverflowError: the same, beyond the years that datetime counts.
    """
    folded = _folded(text)
    if unix := _UNIX.fullmatch(folded):
        return _from_unix(int(unix[1]))
    clock = _CLOCK.search(folded)
    rest = folded if clock is None else f"{folded[: clock.start()]} {folded[clock.end() :]}"
    day, end = _find_day(rest)
    if day is None:
        return None
    if clock is None:
        zone = _ZONE.match(rest, end)
        return day - _offset(zone)
    return day + _time_of(clock) - _offset(clock)


def _folded(text: str) -> str:
    if "&" in text:
        text = html.unescape(text)
    folded = " ".join(fold(text[:MAX_DATE_CHARS]).split())
    return _LEAD_IN.sub("kl ", folded if folded.isascii() else join_month_names(folded))


def _from_unix(seconds: int) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds < MAX_UNIX_SECONDS else None


def _find_day(text: str) -> tuple[datetime | None, int]:
    """The day that the text names, as midnight in UTC, and where its name ends."""
    for form, read in _FORMS:
        match = form.search(text)
        if match is None or any(character.isdigit() for character in text[: match.start()]):
            continue
        day = read(match)
        if day is not None:
            return day, match.end()
    return None, 0


def _midnight(year: str | int, month: str | int, day: str | int) -> datetime:
    return datetime(int(year), int(month), int(day), tzinfo=UTC)


def _iso_day(match: re.Match[str]) -> datetime:
    return _midnight(match[1], match[3], match[4])


def _iso_week(match: re.Match[str]) -> datetime:
    day = date.fromisocalendar(int(match[1]), int(match[2]), int(match[3] or 1))
    return _midnight(day.year, day.month, day.day)


def _iso_ordinal(match: re.Match[str]) -> datetime:
    year, days = int(match[1]), int(match[2])
    day = _midnight(year, 1, 1) + timedelta(days=days - 1)
    if day.year != year:
        raise ValueError(f"year {year} has no day {days}")
    return day


def _iso_month(match: re.Match[str]) -> datetime:
    return _midnight(match[1], match[2] or 1, 1)


def _basic(match: re.Match[str]) -> datetime:
    hour, minute, second = (int(part or 0) for part in match.groups()[3:])
    return _midnight(*match.groups()[:3]).replace(hour=hour, minute=minute, second=second)


def _east_asian(match: re.Match[str]) -> datetime | None:
    if match[1] is None and len(match[2]) != 4:
        return None
    return _midnight(ERAS.get(match[1], 0) + int(match[2]), match[3], match[4])


def _vietnamese(match: re.Match[str]) -> datetime:
    return _midnight(match[3], match[2], match[1])


def _day_first(match: re.Match[str]) -> datetime | None:
    return _named(match[3], match[2], match[1])


def _month_first(match: re.Match[str]) -> datetime | None:
    return _named(match[3], match[1], match[2])


def _year_then_name(match: re.Match[str]) -> datetime | None:
    return _named(match[1], match[2], match[3])


def _named(year: str, word: str, day: str) -> datetime | None:
    month = month_number(word)
    return _midnight(gregorian_year(_full_year(year), word), month, day) if month else None


def _figures(match: re.Match[str]) -> datetime | None:
    first, mark, second, year = int(match[1]), match[2], int(match[3]), match[4]
    if mark == ".":
        return _midnight(_full_year(year), second, first)
    if len(year) == 2 or (first <= 12 and second <= 12 and first != second):
        return None
    return _midnight(year, min(first, second), max(first, second))


_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], datetime | None]], ...] = (
    (_ISO_DAY, _iso_day),
    (_DAY_FIRST, _day_first),
    (_MONTH_FIRST, _month_first),
    (_ISO_WEEK, _iso_week),
    (_BASIC, _basic),
    (_ISO_ORDINAL, _iso_ordinal),
    (_EAST_ASIAN, _east_asian),
    (_VIETNAMESE, _vietnamese),
    (_YEAR_THEN_NAME, _year_then_name),
    (_FIGURES, _figures),
    (_ISO_MONTH, _iso_month),
)


def _full_year(year: str) -> int:
    # RFC 2822 section 4.3: 00 to 49 are of this century, 50 to 999 counted from 1900.
    number = int(year)
    if len(year) == 4:
        return number
    return number + (2000 if len(year) == 2 and number < 50 else 1900)


def _time_of(clock: re.Match[str]) -> timedelta:
    """Time of day. 24:00 is the end of the day (ISO 8601), a leap second the end of its minute."""
    hour, minute, second = (_part(clock, name) for name in "hms")
    half = clock["before"] or clock["after"]
    if half and hour <= 12:  # a later hour has no need of it, and may contradict it
        hour = hour % 12 + (12 if half.startswith(_AFTERNOON) else 0)
    if hour > 24 or minute > 59 or second > 60:
        raise ValueError(f"{clock[0]} is no time of day")
    return timedelta(hours=hour, minutes=minute, seconds=min(second, 59))


def _part(clock: re.Match[str], name: str) -> int:
    groups = clock.groupdict()
    return int(next((groups[key] for key in groups if key[0] == name and key[1:].isdigit() and groups[key]), 0))


def _offset(zone: re.Match[str] | None) -> timedelta:
    if zone is None or (zone["zone_sign"] is None and zone["zone_name"] is None):
        return timedelta()
    if zone["zone_name"]:
        return timedelta(hours=ZONES[zone["zone_name"]])
    return signed_offset(zone["zone_sign"], zone["zone_hours"], zone["zone_minutes"])


def signed_offset(sign: str, hours: str, minutes: str | None) -> timedelta:
    """Distance from UTC.

    Raises:
        ValueError: no place on earth is so far from Greenwich.
    """
    if int(hours) > MAX_ZONE_HOURS or int(minutes or 0) > 59:
        raise ValueError(f"no zone is {sign}{hours}:{minutes or '00'}")
    offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
    return -offset if sign == "-" else offset


@lru_cache(maxsize=256)
def zone_of(sign: str, hours: str, minutes: str) -> timezone:
    """The zone of an RFC 822 offset; as :func:`signed_offset`."""
    return timezone(signed_offset(sign, hours, minutes))
