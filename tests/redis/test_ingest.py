"""Documents on their way into the lane."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from storyfold.event import Event
from worker.flows.engine import Engine
from worker.flows.ingest import drain_all, ingest_objects
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
