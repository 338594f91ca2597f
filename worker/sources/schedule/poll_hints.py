"""What a feed and its server say about how often to poll, as seconds. Garbage counts as nothing said."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from msgspec import Struct

from worker.sources.fetch.http_dates import parse_delta_seconds, parse_http_date

# RSS 1.0 syndication module; a month and a year as calendars have them on average.
_PERIOD_SECONDS = {
    "hourly": 3600,
    "daily": 86_400,
    "weekly": 7 * 86_400,
    "monthly": 30 * 86_400,
    "yearly": 365 * 86_400,
}
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_HOURS_OF_A_WEEK = 7 * 24


class PollHints(Struct, frozen=True, kw_only=True):
    """Hints of the newest answer, and those of the newest body that was parsed.

    Attributes:
        has_validators: an ETag or Last-Modified is stored, so that the next poll is conditional.
        cache_control: header value as received; likewise ``expires``, ``date`` and ``age``.
        ttl_minutes: RSS ``ttl``.
        update_period: ``sy:updatePeriod``; "" when neither it nor a frequency was stated.
        update_frequency: ``sy:updateFrequency``, times a period, as published.
        skip_hours: RSS ``skipHours``, UTC; 24 is read as 0.
        skip_days: RSS ``skipDays``, English names, UTC.
        retry_after_seconds: what a failed answer asked for.
        known_fresh_seconds: freshness of the stored answer, for a 304 that says nothing of it.
    """

    has_validators: bool = True
    cache_control: str = ""
    expires: str = ""
    date: str = ""
    age: str = ""
    ttl_minutes: int | None = None
    update_period: str = ""
    update_frequency: str = ""
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[str, ...] = ()
    retry_after_seconds: float | None = None
    known_fresh_seconds: int = 0


def hinted_interval_seconds(hints: PollHints, now: datetime) -> float:
    """The longest wait that any hint asks for, unclamped; 0 when none asks for one."""
    return max(
        freshness_seconds(hints, now),
        60.0 * max(hints.ttl_minutes or 0, 0),
        _syndication_seconds(hints.update_period, hints.update_frequency),
    )


def freshness_seconds(hints: PollHints, now: datetime) -> float:
    """For how long the answer stays fresh (RFC 9111 section 4.2), 0 when it does not or does not say.

    ``max-age`` less Age comes first; else Expires counted from Date, or from ``now`` without one. A 304 that has
    neither leaves those of the stored answer in force (RFC 9111 section 4.3.4).
    """
    if not hints.cache_control and not hints.expires:
        return float(hints.known_fresh_seconds)
    directives = _cache_directives(hints.cache_control)
    if "no-store" in directives or "no-cache" in directives:
        return 0.0
    max_age = parse_delta_seconds(directives.get("max-age", ""))
    if "max-age" in directives:
        return max(0.0, (max_age or 0) - (parse_delta_seconds(hints.age) or 0.0))
    expires = parse_http_date(hints.expires)
    if expires is None:
        return 0.0
    return max(0.0, (expires - (parse_http_date(hints.date) or now)).total_seconds())


def next_allowed_hour(at: datetime, hints: PollHints) -> datetime:
    """The instant itself, or the start of the first hour after it that the feed does not skip.

    A feed that skips every hour of the week would never be polled; its skips are ignored.
    """
    hours = {hour % 24 for hour in hints.skip_hours if 0 <= hour <= 24}
    days = {_WEEKDAYS.index(day) for name in hints.skip_days if (day := name.strip().lower()) in _WEEKDAYS}
    if not hours and not days:
        return at
    start = at.replace(minute=0, second=0, microsecond=0)
    for offset in range(_HOURS_OF_A_WEEK):
        hour = start + timedelta(hours=offset)
        if hour.hour not in hours and hour.weekday() not in days:
            return max(at, hour)
    return at


def _cache_directives(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(","))
    # Of a repeated directive the first counts (RFC 9111 section 4.2.1 leaves the choice).
    directives: dict[str, str] = {}
    for name, _, value in pairs:
        directives.setdefault(name.strip().lower(), value)
    return directives


def _syndication_seconds(period: str, frequency: str) -> float:
    if not period and not frequency:
        return 0.0
    # The module's defaults: daily, once.
    seconds = _PERIOD_SECONDS.get(period.strip().lower() or "daily", 0)
    try:
        times = float(frequency or 1)
    except ValueError:
        times = 1.0
    return seconds / times if math.isfinite(times) and times >= 1 else float(seconds)
