"""Rows: a feed as ``feeds list`` and ``feeds show`` give it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from worker.cli.output import console, print_table
from worker.model.failures import failure_named
from worker.model.feed import Feed, FetchRecord
from worker.sources.schedule.rhythm import known_rhythm_seconds
from worker.sources.schedule.silence import warnings_of

_FETCH_COLUMNS = ("at", "outcome", "new", "body_bytes", "milliseconds", "url", "detail")
_NOTE_COLUMNS = ("at", "kind", "detail")


def feed_row(feed: Feed, now: datetime) -> dict[str, Any]:
    """A feed as lists show it; an absent value is null.

    Args:
        feed: its record.
        now: for warnings, which tell of what has not happened for long.
    """
    row = {
        "url": feed.url,
        "title": feed.title,
        "category": feed.collection,
        "state": str(feed.state),
        "failure": feed.failure or None,
        "detail": feed.detail or None,
        "warnings": list(warnings_of(feed, now)),
        "last_fetch_at": feed.last_attempt_at,
        "next_poll_at": feed.next_poll_at,
        "interval_seconds": feed.interval_seconds,
        "entries": feed.entries,
        "reader": feed.reader or None,
        "flags": list(feed.flags),
    }
    return {name: msgspec.to_builtins(value) for name, value in row.items()}


def feed_details(feed: Feed, fetches: Sequence[FetchRecord]) -> dict[str, Any]:
    """What ``feeds show`` gives of a feed besides its row.

    Args:
        feed: its record.
        fetches: its last requests, the newest first.
    """
    failure = failure_named(feed.failure) if feed.failure else None
    details = {
        "meaning": failure and failure.meaning,
        "advice": failure and failure.advice,
        "failures": feed.failures,
        "rejected": feed.rejected,
        "etag": feed.etag,
        "last_modified": feed.last_modified,
        "added_at": feed.added_at,
        "first_good_at": feed.first_fetch_at,
        "last_good_at": feed.last_fetch_at,
        "last_new_at": feed.last_new_at,
        "rhythm_seconds": known_rhythm_seconds(feed) or None,
        "own_interval_seconds": feed.own_interval_seconds or None,
        "asked_url": feed.asked_url or None,
        "moved_url": feed.moved_url or None,
        "moved_times": feed.moved_times,
        "hub_url": feed.hub_url or None,
        "pushed_until": feed.pushed_until,
        "requests": feed.requests,
        "not_modified": feed.not_modified,
        "saved_bytes": feed.saved_bytes,
        "refusals": feed.refusals,
        "faults": feed.faults,
        "body_bytes": feed.body_bytes,
        "notes": list(feed.notes),
    }
    return {name: msgspec.to_builtins(value) for name, value in details.items()} | {"fetches": _whole(fetches)}


def print_feed(row: dict[str, Any]) -> None:
    """A feed's row and details for people."""
    tables = {"notes": _NOTE_COLUMNS, "fetches": _FETCH_COLUMNS}
    print_table(("", ""), ((name, _shown(value)) for name, value in row.items() if name not in tables))
    for name, columns in tables.items():
        if row[name]:
            console.print(f"\n{name}, the newest first:", markup=False)
            print_table(columns, ([each[column] or None for column in columns] for each in row[name]))


def _whole(fetches: Sequence[FetchRecord]) -> list[dict[str, Any]]:
    """The records with each of their fields, those without a value as well."""
    return [msgspec.to_builtins(msgspec.structs.asdict(each)) for each in fetches]


def _shown(value: Any) -> Any:
    return "; ".join(map(str, value)) if isinstance(value, list | tuple) else value
