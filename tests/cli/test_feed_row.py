"""A feed as ``feeds list`` and ``feeds show`` give it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from worker.cli.feed_rows import feed_details, feed_row, print_feed
from worker.model.feed import Feed, FeedNote, FetchRecord

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
FETCHES = [
    FetchRecord(at=NOW, outcome="dns", detail="the name does not resolve"),
    FetchRecord(at=NOW - timedelta(hours=1), outcome="304"),
]


def _feed(**values: Any) -> Feed:
    return Feed(**{"feed_id": "f", "url": "https://a.example/feed", "collection": "news", "added_at": NOW, **values})


@pytest.mark.parametrize(
    ("values", "reader", "flags"),
    [
        ({}, None, []),
        ({"reader": "lean"}, "lean", []),
        ({"reader": "feedparser", "flags": ("ill-formed",)}, "feedparser", ["ill-formed"]),
    ],
)
def test_a_row_tells_who_read_the_feed_and_what_was_mended(
    values: dict[str, Any], reader: str | None, flags: list[str]
) -> None:
    row = feed_row(_feed(**values), NOW)

    assert (row["reader"], row["flags"]) == (reader, flags)


def test_a_row_warns_of_a_silent_feed() -> None:
    assert feed_row(_feed(), NOW)["warnings"] == []
    [warning] = feed_row(_feed(not_modified_since=NOW), NOW + timedelta(days=31))["warnings"]
    assert "304" in warning


def test_details_give_each_request_whole_and_in_order() -> None:
    details = feed_details(_feed(), FETCHES)

    assert [fetch["outcome"] for fetch in details["fetches"]] == ["dns", "304"]
    assert details["fetches"][1] == {
        "at": "2026-03-02T11:00:00Z", "outcome": "304", "url": "", "new": 0, "body_bytes": 0, "milliseconds": 0,
        "detail": "",
    }  # fmt: skip


def test_details_tell_what_a_failure_means_and_what_to_do() -> None:
    good, broken = feed_details(_feed(), []), feed_details(_feed(failure="http-410"), [])

    assert (good["meaning"], good["advice"]) == (None, None)
    assert broken["meaning"] == "it is gone for good"
    assert "storyfold feeds refresh" in broken["advice"]


def test_details_give_counters_and_notes() -> None:
    note = FeedNote(at=NOW, kind="moved", detail="there")
    counters = {"requests": 9, "not_modified": 5, "saved_bytes": 5000, "refusals": 1, "faults": 2, "body_bytes": 1000}
    details = feed_details(_feed(notes=(note,), **counters), [])

    assert {name: details[name] for name in counters} == counters
    assert details["notes"] == [{"at": "2026-03-02T12:00:00Z", "kind": "moved", "detail": "there"}]


def test_row_and_details_are_json_and_share_no_name() -> None:
    row, details = feed_row(_feed(), NOW), feed_details(_feed(), FETCHES)

    assert not set(row) & set(details)
    assert msgspec.json.decode(msgspec.json.encode({**row, **details})) == {**row, **details}


def test_people_see_notes_and_requests_as_tables(capsys: pytest.CaptureFixture[str]) -> None:
    feed = _feed(failure="dns", notes=(FeedNote(at=NOW, kind="moved", detail="to the [quay]"),))
    print_feed({**feed_row(feed, NOW), **feed_details(feed, FETCHES)})

    shown = " ".join(capsys.readouterr().out.split())
    assert "advice" in shown
    assert "moved to the [quay]" in shown
    assert "2026-03-02T11:0" in shown
    assert "fetches, the newest first" in shown
