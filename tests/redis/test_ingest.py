"""Documents on their way into the lane."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from redis import Redis

from storyfold.errors import SourceError
from storyfold.event import Event
from worker.flows.engine import Engine
from worker.flows.file_content import read_file
from worker.flows.ingest import drain_all, ingest_content, ingest_objects
from worker.model.entry import Source


def _ingest(engine: Engine, *rows: dict[str, Any]) -> None:
    drain_all(engine, ingest_objects(engine, list(rows), "news", Source.TASK).collections, 20.0)


def test_of_two_versions_in_one_source_the_last_counts_however_often_it_is_read(
    engine: Engine, events: Callable[[], list[Event]]
) -> None:
    rows = [
        {"title": title, "url": "https://a.example/1", "date": "2026-03-01T10:00:00Z"}
        for title in ("First words here", "Last words here")
    ]
    _ingest(engine, *rows)
    _ingest(engine, *rows)
    assert [event.data["document"]["title"] for event in events()] == ["Last words here"]


def test_rows_come_out_in_the_order_of_their_dates_and_equal_dates_in_the_order_given(
    engine: Engine, events: Callable[[], list[Event]]
) -> None:
    rows = [
        {"title": f"Row {name} of them", "url": f"https://a.example/{name}", "date": f"2026-03-0{day}"}
        for name, day in (("c", 2), ("b", 1), ("a", 1))
    ]
    _ingest(engine, *rows)
    assert [event.data["document"]["title"] for event in events()] == [
        "Row b of them",
        "Row a of them",
        "Row c of them",
    ]


def test_a_feed_document_tells_the_same_whatever_the_order_of_its_entries(
    engine: Engine, client: Redis, events: Callable[[], list[Event]]
) -> None:
    entries = [
        f"<item><title>{title}</title><link>https://{host}.example/ferry</link><guid>{host}</guid>"
        "<pubDate>Mon, 02 Mar 2026 09:00:00 GMT</pubDate></item>"
        for host, title in (
            ("a", "Ferry to Port Alder sails again today"),
            ("b", "Today ferry to Port Alder sails again"),
            ("c", "Port Alder ferry sails again today, says mayor"),
        )
    ]
    told = []
    for order in ((0, 1, 2), (2, 0, 1), (1, 2, 0)):
        client.flushall()
        feed = f"<rss version='2.0'><channel><title>x</title>{''.join(entries[n] for n in order)}</channel></rss>"
        content = read_file(feed.encode(), "x.xml", collection="news", to_item=engine.to_item("news"))
        drain_all(engine, ingest_content(engine, content, "news").collections, 20.0)
        told.append([event.id for event in events()])
    assert len(told[0]) == 3
    assert told[0] == told[1] == told[2]


def test_a_bad_entry_of_a_file_is_kept_once_however_often_the_file_comes(engine: Engine) -> None:
    feed = (
        "<rss version='2.0'><channel><title>x</title>"
        "<item><title>Ferry sails again</title><link>https://a.example/1</link></item>"
        "<item><title>No address here</title><guid>g2</guid></item></channel></rss>"
    )
    content = read_file(feed.encode(), "x.xml", collection="news", to_item=engine.to_item("news"))
    for _ in range(3):
        ingested = ingest_content(engine, content, "news", "council/x.xml")
        assert (ingested.items, len(ingested.rejected)) == (1, 1)
    (letter,) = engine.dead_letters("news").newest()
    assert (letter.group, letter.error, letter.origin) == ("normalize", "no-link", "council/x.xml g2")
    assert "No address here" in letter.payload
    totals = engine.counts("news").read()
    assert (totals["rejected"], totals["dead"]) == (3, 1)


def test_a_file_with_nothing_good_is_refused_as_a_whole_and_leaves_no_letters(engine: Engine) -> None:
    feed = "<rss version='2.0'><channel><title>x</title><item><title>No address</title></item></channel></rss>"
    content = read_file(feed.encode(), "x.xml", collection="news", to_item=engine.to_item("news"))
    with pytest.raises(SourceError, match="no-link"):
        ingest_content(engine, content, "news", "x.xml")
    assert engine.dead_letters("news").count() == 0, "the file itself is kept, with its reason beside it"
