"""The politeness report: one row a host, from the records of feeds and the tally of other requests."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from worker.flows.host_report import NO_HOST, SORTS, host_report
from worker.model.feed import Feed, feed_id_of

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def feed(url: str, **values: Any) -> Feed:
    return Feed(feed_id=feed_id_of(url), url=url, collection="news", added_at=NOON, **values)


def test_the_feeds_of_a_host_are_one_row_whatever_their_collection_and_port() -> None:
    chunks = [
        [feed("https://A.example/1", requests=10, not_modified=7, saved_bytes=700, refusals=1, next_poll_at=NOON)],
        [
            feed(
                "http://a.example:8080/2", requests=5, faults=2, failure="dns", next_poll_at=NOON - timedelta(hours=1)
            )
        ],
        [feed("https://b.example/", requests=1)],
    ]
    first, second = host_report(chunks, {})
    assert (first.host, first.feeds, first.requests, first.not_modified, first.saved_bytes) == (
        "a.example",
        2,
        15,
        7,
        700,
    )
    assert (first.refused, first.failed, first.failing) == (1, 2, 1)
    assert first.next_poll_at == NOON - timedelta(hours=1)
    assert (second.host, second.next_poll_at) == ("b.example", None)


def test_a_feed_that_has_moved_counts_for_the_host_that_is_asked() -> None:
    rows = host_report([[feed("https://old.example/", asked_url="https://new.example/")]], {})
    assert [row.host for row in rows] == ["new.example"]


def test_an_address_that_nothing_is_asked_of_has_a_row_of_its_own() -> None:
    assert [row.host for row in host_report([[feed("ftp://a.example/")]], {})] == [NO_HOST]


def test_pages_robots_images_and_forms_come_from_the_tally_also_for_hosts_without_a_feed() -> None:
    tally = {"cdn.example": {"image": 4}, "a.example": {"page": 3, "robots": 1, "hub": 2, "later": 9}}
    rows = {row.host: row for row in host_report([[feed("https://a.example/")]], tally)}
    assert (rows["a.example"].pages, rows["a.example"].robots, rows["a.example"].hub, rows["a.example"].images) == (
        3,
        1,
        2,
        0,
    )
    assert (rows["cdn.example"].feeds, rows["cdn.example"].images) == (0, 4)


def test_each_sort_puts_the_most_first_and_equals_by_name() -> None:
    feeds = [
        feed("https://b.example/", requests=1),
        feed("https://a.example/", requests=1),
        feed("https://c.example/", requests=2),
    ]
    assert [row.host for row in host_report([feeds], {})] == ["c.example", "a.example", "b.example"]
    for sort in SORTS:
        assert len(host_report([feeds], {}, sort=sort)) == 3
    assert [row.host for row in host_report([feeds], {}, sort="host")] == ["a.example", "b.example", "c.example"]


def test_no_chunk_is_held_when_the_next_one_is_read() -> None:
    alive = []

    def chunks() -> Iterator[Iterator[Feed]]:
        for number in range(3):
            alive.append(number)
            yield iter([feed(f"https://a.example/{number}")])

    assert host_report(chunks(), {})[0].feeds == 3
    assert alive == [0, 1, 2]
