"""Deliveries by WebSub: they bring items and leave to the polls what is theirs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from worker.flows.poll_outcome import MAX_PUSHED_DIGESTS, PollRules, fetched, pushed
from worker.model.entry import Entry
from worker.model.feed import Feed
from worker.model.item import Item
from worker.sources.fetch.exchange import FetchResult
from worker.sources.schedule.pacing import PacingBounds
from worker.store.polled import Polled

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=5)
URL = "https://harbor.example/feed"
RULES = PollRules(bounds=PacingBounds())

ToItem = Callable[[Entry], Item]


def _rss(*titles: str) -> bytes:
    items = "".join(
        f"<item><title>{title}</title><guid>{title}</guid><link>https://harbor.example/{title[:3]}</link></item>"
        for title in titles
    )
    return f'<rss version="2.0"><channel><title>Harbor</title>{items}</channel></rss>'.encode()


def _polled(body: bytes, to_item: ToItem, feed: Feed | None = None) -> Polled:
    feed = feed or Feed(feed_id="f", url=URL, collection="news", added_at=NOW)
    answer = FetchResult(status=200, body=body, etag='"1"', final_url=URL)
    return fetched(feed, answer, now=NOW, jitter=0.0, rules=RULES, to_item=to_item)


def _push(feed: Feed, body: bytes, to_item: ToItem, **values: Any) -> Polled:
    return pushed(feed, body, "application/rss+xml", **{"now": LATER, "rules": RULES, "to_item": to_item, **values})


def test_a_delivery_brings_what_is_new_and_neither_it_nor_the_next_poll_brings_it_again(to_item: ToItem) -> None:
    feed = _polled(_rss("One here"), to_item).feed
    first = _push(feed, _rss("Two here", "One here"), to_item)
    again = _push(first.feed, _rss("Two here", "One here"), to_item)

    assert [item.title for item in first.items] == ["Two here"]
    assert [item.feed_url for item in first.items] == [URL]
    assert again.items == ()
    poll = _polled(_rss("Two here", "One here"), to_item, again.feed)
    assert poll.items == ()
    assert len(poll.feed.seen) == 32, "the poll's own look counts again"


def test_a_delivery_leaves_validators_schedule_and_failures_alone(to_item: ToItem) -> None:
    feed = _polled(_rss("One here"), to_item).feed
    after = _push(feed, _rss("Two here"), to_item).feed

    changed = {name for name in feed.__struct_fields__ if getattr(feed, name) != getattr(after, name)}
    assert changed == {"seen", "last_new_at"}
    assert after.last_new_at == LATER


def test_a_delivery_has_its_line_in_the_list_of_requests(to_item: ToItem) -> None:
    body = _rss("Two here")
    record = _push(_polled(_rss("One here"), to_item).feed, body, to_item).record

    assert record is not None
    assert (record.at, record.outcome, record.new, record.body_bytes) == (LATER, "push", 1, len(body))


def test_a_delivery_that_is_no_feed_leaves_only_its_line(to_item: ToItem) -> None:
    feed = _polled(_rss("One here"), to_item).feed
    polled = _push(feed, b"<html><body>x</body></html>", to_item)

    assert polled.feed == feed
    assert polled.items == ()
    assert polled.record is not None
    assert polled.record.outcome == "not-a-feed"
    assert polled.record.detail.startswith("a delivery that is no feed")


def test_an_entry_that_cannot_be_used_has_one_letter_and_is_tried_again_by_the_poll(to_item: ToItem) -> None:
    feed = _polled(_rss("One here"), to_item).feed
    body = _rss("One here").replace(b"</channel>", b"<item><title>No link</title><guid>x</guid></item></channel>")
    first = _push(feed, body, to_item)
    again = _push(first.feed, body, to_item)
    poll = _polled(body, to_item, again.feed)

    assert [len(polled.letters) for polled in (first, again, poll)] == [1, 0, 0]
    assert poll.feed.rejected == 1


def test_news_by_push_teach_the_rhythm_as_well(to_item: ToItem) -> None:
    feed = _polled(_rss("One here"), to_item).feed
    for day in range(1, 5):
        feed = _push(feed, _rss(f"Day {day}"), to_item, now=NOW + timedelta(days=day)).feed
    assert (feed.rhythm_seconds, feed.rhythm_gaps) == (86_400, 3)


def test_endless_deliveries_between_two_polls_do_not_let_the_record_grow(to_item: ToItem) -> None:
    known = "".join(f"{number:016x}" for number in range(MAX_PUSHED_DIGESTS))
    feed = Feed(feed_id="f", url=URL, collection="news", added_at=NOW, last_fetch_at=NOW, seen=known)
    after = _push(feed, _rss("Two here"), to_item).feed
    assert len(after.seen) == len(known)
    assert after.seen[-16:] != known[-16:]
