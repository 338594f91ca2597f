"""Where a feed is asked and how often, as its polls come in: moves, rhythm, own interval, hub."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from storyfold.errors import FetchError
from worker.flows.poll_outcome import PollRules, failed, fetched
from worker.model.entry import Entry
from worker.model.feed import Feed
from worker.model.item import Item
from worker.sources.fetch.exchange import FetchResult
from worker.sources.schedule.pacing import PacingBounds
from worker.store.polled import Polled

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
URL = "https://harbor.example/feed"
MOVED = "https://port.example/feed"
HOUR, DAY = 3600, 86_400
RULES = PollRules(bounds=PacingBounds(minimum_seconds=HOUR, default_seconds=HOUR, maximum_seconds=DAY))

ToItem = Callable[[Entry], Item]


def _feed(**values: Any) -> Feed:
    return Feed(**{"feed_id": "f", "url": URL, "collection": "news", "added_at": NOW, **values})


def _rss(*titles: str) -> bytes:
    items = "".join(
        f"<item><title>{title}</title><guid>g{n}</guid><link>https://harbor.example/{n}</link></item>"
        for n, title in enumerate(titles)
    )
    return f'<rss version="2.0"><channel><title>Harbor</title>{items}</channel></rss>'.encode()


def _answer(body: bytes = b"", **values: Any) -> FetchResult:
    return FetchResult(**{"status": 200, "body": body, "final_url": URL, **values})


def _poll(
    feed: Feed, answer: FetchResult, to_item: ToItem, *, at: datetime = NOW, rules: PollRules = RULES
) -> Polled:
    return fetched(feed, answer, now=at, jitter=0.0, rules=rules, to_item=to_item)


def _fail(feed: Feed, name: str, *, at: datetime = NOW, **values: Any) -> Polled:
    return failed(feed, FetchError(name, "it did not work", **values), now=at, jitter=0.0, rules=RULES)


KNOWN = _feed(etag='"1"', body_bytes=500, last_fetch_at=NOW, first_fetch_at=NOW)
NOT_MODIFIED = _answer(status=304, elapsed_seconds=0.0426)

# Place


def test_a_move_is_adopted_after_five_good_answers_and_nothing_is_published_again(to_item: ToItem) -> None:
    body = _rss("One here", "Two here")
    answer = _answer(body, final_url=MOVED, permanent_url=MOVED, etag='"b"')
    feed = _poll(_feed(), answer, to_item).feed
    for _ in range(4):
        assert feed.asked_url == ""
        assert feed.validators_url == MOVED
        polled = _poll(feed, _answer(status=304, final_url=MOVED, permanent_url=MOVED), to_item)
        feed = polled.feed
    assert (feed.asked_url, feed.validators_url, feed.url, feed.feed_id) == (MOVED, "", URL, "f")
    assert [note.kind for note in feed.notes] == ["moved"]

    edited = _poll(feed, _answer(_rss("One here", "Two here", "Three here"), final_url=MOVED), to_item)
    assert [item.title for item in edited.items] == ["Three here"]
    assert [item.feed_url for item in edited.items] == [URL]


@pytest.mark.parametrize("outcome", ["temporary", "failure", "page"])
def test_anything_but_the_same_good_answer_starts_the_count_anew(to_item: ToItem, outcome: str) -> None:
    moved = _answer(_rss("One here"), final_url=MOVED, permanent_url=MOVED)
    feed = _feed()
    for _ in range(4):
        feed = _poll(feed, moved, to_item).feed
    if outcome == "failure":
        feed = _fail(feed, "timeout").feed
    elif outcome == "page":
        login = _answer(b"<html><title>Sign in</title></html>", final_url=MOVED, permanent_url=MOVED)
        feed = _poll(feed, login, to_item).feed
    else:
        feed = _poll(feed, _answer(_rss("One here"), final_url=MOVED), to_item).feed
    assert (feed.moved_url, feed.moved_times) == ("", 0)
    for _ in range(4):
        feed = _poll(feed, moved, to_item).feed
    assert feed.asked_url == ""


def test_a_login_page_behind_a_permanent_redirect_is_never_adopted(to_item: ToItem) -> None:
    feed = KNOWN
    login = _answer(b"<html><title>Sign in</title></html>", final_url=MOVED, permanent_url=MOVED)
    for _ in range(20):
        feed = _poll(feed, login, to_item).feed
    assert (feed.asked_url, feed.moved_url, feed.etag) == ("", "", '"1"')


def test_an_adopted_address_that_breaks_leads_back_and_its_validators_stay_with_it() -> None:
    feed = replace(KNOWN, asked_url=MOVED)
    for _ in range(3):
        assert feed.asked_url == MOVED
        feed = _fail(feed, "http-500").feed
    assert (feed.asked_url, feed.etag, feed.validators_url) == ("", '"1"', MOVED)
    assert [note.kind for note in feed.notes] == ["returned"]


# Rhythm


def _at(days: float) -> datetime:
    return NOW + timedelta(days=days)


def test_a_daily_feed_comes_to_be_asked_every_two_hours(to_item: ToItem) -> None:
    feed = _poll(_feed(), _answer(_rss("Number 0"), etag='"0"'), to_item).feed
    assert feed.last_new_at is None, "the first poll brings the past"
    for day in range(1, 5):
        feed = _poll(feed, _answer(_rss(f"Number {day}"), etag=f'"{day}"'), to_item, at=_at(day)).feed
    assert (feed.last_new_at, feed.rhythm_seconds, feed.rhythm_gaps) == (_at(4), DAY, 3)
    assert feed.interval_seconds == 2 * HOUR
    assert _poll(feed, NOT_MODIFIED, to_item, at=_at(4.9)).feed.interval_seconds == 2 * HOUR
    assert _poll(feed, NOT_MODIFIED, to_item, at=_at(10)).feed.interval_seconds == DAY / 2
    assert _poll(feed, NOT_MODIFIED, to_item, at=_at(60)).feed.interval_seconds == DAY


def test_what_an_entry_says_of_its_date_teaches_nothing(to_item: ToItem) -> None:
    body = _rss("Number 0").replace(b"</item>", b"<pubDate>Sat, 02 Mar 2030 09:00:00 GMT</pubDate></item>")
    feed = _poll(_feed(first_fetch_at=NOW, last_fetch_at=NOW), _answer(body, etag='"1"'), to_item).feed
    assert (feed.last_new_at, feed.rhythm_gaps, feed.interval_seconds) == (NOW, 0, HOUR)


@pytest.mark.parametrize(
    ("own", "minimum", "interval"),
    [(2 * HOUR, HOUR, 2 * HOUR), (600, HOUR, HOUR), (600, 60, 600), (7 * DAY, HOUR, 7 * DAY)],
)
def test_a_feeds_own_interval_replaces_default_and_rhythm_above_the_floor(
    to_item: ToItem, own: int, minimum: int, interval: int
) -> None:
    bounds = PacingBounds(minimum_seconds=minimum, default_seconds=HOUR, maximum_seconds=DAY)
    feed = replace(KNOWN, own_interval_seconds=own, last_new_at=_at(-9), rhythm_seconds=3 * DAY, rhythm_gaps=8)
    assert _poll(feed, NOT_MODIFIED, to_item, rules=PollRules(bounds=bounds)).feed.interval_seconds == interval


def test_an_own_interval_below_the_floor_is_no_wish_for_hourly_whole_bodies(to_item: ToItem) -> None:
    feed = _poll(_feed(own_interval_seconds=600), _answer(_rss("One here")), to_item).feed
    assert feed.interval_seconds == DAY


@pytest.mark.parametrize(
    ("days", "interval"), [(10, DAY), (1, DAY), (0.5, DAY / 2), (0.01, HOUR), (0, HOUR), (-1, HOUR)]
)
def test_while_a_hub_tells_of_news_the_feed_is_asked_once_a_day(to_item: ToItem, days: float, interval: int) -> None:
    feed = replace(KNOWN, pushed_until=_at(days))
    assert _poll(feed, NOT_MODIFIED, to_item).feed.interval_seconds == interval


# Hub


def test_the_hub_is_that_of_the_newest_good_answer_header_first(to_item: ToItem) -> None:
    body = _rss("One here").replace(
        b"<item>",
        b'<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="hub" href="https://hub.example/"/>'
        b'<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="self" href="https://harbor.example/self"/><item>',
        1,
    )
    feed = _poll(_feed(), _answer(body, etag='"1"'), to_item).feed
    assert (feed.hub_url, feed.topic_url) == ("https://hub.example/", "https://harbor.example/self")

    kept = _poll(feed, NOT_MODIFIED, to_item).feed
    equal = _poll(feed, _answer(body), to_item).feed
    assert kept.hub_url == equal.hub_url == "https://hub.example/"
    link = '<https://other.example/>; rel="hub", <https://harbor.example/topic>; rel="self"'
    headed = _poll(feed, _answer(body, link=link), to_item).feed
    assert (headed.hub_url, headed.topic_url) == ("https://other.example/", "https://harbor.example/topic")
    assert _poll(feed, _answer(_rss("One here")), to_item).feed.hub_url == ""
