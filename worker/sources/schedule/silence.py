"""Silent feeds: those that answer well and yet bring nothing, or have long failed without anyone looking."""

from __future__ import annotations

from datetime import datetime, timedelta

from worker.model.feed import Feed, FeedState
from worker.sources.fetch.http_dates import parse_http_date
from worker.sources.schedule.rhythm import known_rhythm_seconds

USUAL_GAPS = 5
"""A feed that is quiet for so many of its usual gaps is silent, ..."""
LEAST_SILENCE = timedelta(days=2)
"""... though not before: what comes hourly may well rest on a Sunday."""
LONGEST_NOT_MODIFIED = timedelta(days=30)
LONGEST_FAILING = timedelta(days=7)


def warnings_of(feed: Feed, now: datetime) -> tuple[str, ...]:
    """One sentence for each thing that a person should look at; none for a feed that was stopped, which says so."""
    if feed.state is FeedState.STOPPED:
        return ()
    found = (_failing(feed, now),) if feed.failure else (_silent(feed, now), _never_modified(feed, now))
    return tuple(sentence for sentence in found if sentence)


def _failing(feed: Feed, now: datetime) -> str:
    since = feed.last_fetch_at or feed.added_at
    if now - since < LONGEST_FAILING:
        return ""
    past = "the last good answer came" if feed.last_fetch_at else "it never gave a good answer since it was added"
    return f"{past} {_span(now - since)} ago; {feed.failures} polls failed in a row, the last with {feed.failure}"


def _silent(feed: Feed, now: datetime) -> str:
    usual = timedelta(seconds=known_rhythm_seconds(feed))
    if not usual or feed.last_new_at is None:
        return ""
    quiet = now - feed.last_new_at
    if quiet < max(USUAL_GAPS * usual, LEAST_SILENCE):
        return ""
    return f"answers well, but has brought nothing for {_span(quiet)}; usually something comes every {_span(usual)}"


def _never_modified(feed: Feed, now: datetime) -> str:
    if feed.not_modified_since is None or now - feed.not_modified_since < LONGEST_NOT_MODIFIED:
        return ""
    modified = parse_http_date(feed.last_modified)
    future = ""
    if modified is not None and modified > now:
        # A server with a wrong time zone answers so until its own clock has passed the date.
        future = f"; the Last-Modified that it gave lies in the future: {feed.last_modified}"
    return f"every answer for {_span(now - feed.not_modified_since)} was 304, not modified{future}"


def _span(time: timedelta) -> str:
    hours = time.total_seconds() / 3600
    if hours < 1:
        return f"{max(1, round(hours * 60))} minutes"
    return f"{hours:.0f} hours" if hours < 48 else f"{hours / 24:.0f} days"
