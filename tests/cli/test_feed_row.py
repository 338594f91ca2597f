"""A feed as ``feeds list`` and ``feeds show`` give it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from worker.cli.feeds import feed_row
from worker.model.feed import Feed

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


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
    feed = Feed(feed_id="f", url="https://a.example/feed", collection="news", added_at=NOW, **values)

    row = feed_row(feed)

    assert (row["reader"], row["flags"]) == (reader, flags)
