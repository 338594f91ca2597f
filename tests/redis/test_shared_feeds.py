"""One URL in several collections, several workers, several beats, restarts: one request an interval."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from redis import Redis

from worker.flows.engine import Engine
from worker.flows.subscribe import follow, new_feeds
from worker.flows.upkeep import due_batches
from worker.model.feed import FeedState, feed_id_of
from worker.sources.parse.opml import Outline
from worker.store.feeds import SENT_WITHIN
from worker.store.keys import Keys

HOUR = timedelta(hours=1)
RSS = b"""<rss version='2.0'><channel><title>Ferry notices</title>
<item><guid>1</guid><title>Council approves harbour bridge plan</title><link>https://a.example/1</link></item>
</channel></rss>"""


@pytest.fixture
def engines(
    client: Redis, redis_url: str, make_engine: Callable[..., Engine], recording_server: Any
) -> Callable[[], Engine]:
    """Makes engines, each as a process of its own would have it; the server's feed has validators."""
    body = recording_server.reply(headers={"ETag": '"one"'}, body=RSS)

    def answer(exchange: Any) -> None:
        known = exchange.request.headers.get("if-none-match") == b'"one"'
        exchange.send(recording_server.reply(304) if known else body)

    recording_server.answer("/feed", answer)
    return lambda: make_engine(redis_url, FETCH_ALLOW=recording_server.address, PER_HOST_GAP="0")


@pytest.fixture
def url(recording_server: Any) -> str:
    address: str = recording_server.url("/feed")
    return address


def _subscribe(engine: Engine, url: str, *collections: str) -> None:
    for collection in collections:
        engine.feeds(collection).add(new_feeds([Outline(url=url)], collection, engine.clock()))


def _work(engine: Engine, *collections: str) -> None:
    """A tick, and the tasks that it sends."""
    batches = [urls for collection in collections for urls in due_batches(engine, collection)]
    for urls in batches:
        _task(engine, urls)


def _task(engine: Engine, urls: list[str]) -> None:
    followed = follow(engine, urls)
    for collection, feed_ids in followed.batches.items():
        engine.poll(collection, lambda: None).run(feed_ids, 20.0, followed.others)


def test_url_in_two_collections_is_asked_once_and_told_in_both(
    engines: Callable[[], Engine], url: str, recording_server: Any
) -> None:
    engine = engines()
    _subscribe(engine, url, "news", "sport")
    _work(engine, "news", "sport")
    assert len(recording_server.requests) == 1
    for collection in ("news", "sport"):
        (waiting,) = engine.lane(collection).waiting(10)
        assert waiting.item is not None
        assert waiting.item.collection == collection
        (feed,) = engine.feeds(collection).load([feed_id_of(url)])
        assert (feed.collection, feed.etag, feed.entries) == (collection, '"one"', 1)


def test_shared_feed_is_asked_once_an_interval_with_its_validators(
    engines: Callable[[], Engine], url: str, clock: Any, recording_server: Any
) -> None:
    engine = engines()
    _subscribe(engine, url, "news", "sport")
    for _ in range(6 * 4):
        _work(engine, "news", "sport")
        clock.advance(timedelta(minutes=15))
    assert 2 <= len(recording_server.requests) <= 6
    assert all(request.headers["if-none-match"] == b'"one"' for request in recording_server.requests[1:])


def test_second_collection_joins_the_schedule_of_the_first(
    engines: Callable[[], Engine], url: str, clock: Any, recording_server: Any
) -> None:
    engine = engines()
    _subscribe(engine, url, "sport")
    _work(engine, "sport")
    clock.advance(timedelta(minutes=1))
    _subscribe(engine, url, "news")
    _work(engine, "news", "sport")
    _task(engine, [url])
    assert len(recording_server.requests) == 1
    clock.advance(2 * HOUR)
    _work(engine, "news", "sport")
    assert len(recording_server.requests) == 2
    assert "if-none-match" not in recording_server.requests[1].headers, "the second one has nothing stored yet"
    assert [engine.lane(name).length() for name in ("news", "sport")] == [1, 1]


def test_feed_goes_on_when_the_collection_that_led_is_gone(
    engines: Callable[[], Engine], url: str, clock: Any, recording_server: Any
) -> None:
    engine = engines()
    _subscribe(engine, url, "news", "sport")
    _work(engine, "news", "sport")
    engine.feeds("news").remove(feed_id_of(url))
    _task(engine, [url])
    assert len(recording_server.requests) == 1, "still within the interval"
    clock.advance(2 * HOUR)
    _work(engine, "news", "sport")
    assert len(recording_server.requests) == 2


def test_person_who_refreshes_a_shared_feed_in_either_collection_is_heard(
    engines: Callable[[], Engine], url: str, clock: Any, recording_server: Any
) -> None:
    engine = engines()
    _subscribe(engine, url, "news", "sport")
    _work(engine, "news", "sport")
    for number, collection in enumerate(("news", "sport"), start=2):
        engine.feeds(collection).make_due([feed_id_of(url)], clock())
        _work(engine, collection)
        assert len(recording_server.requests) == number


def test_feed_that_is_gone_is_not_asked_by_a_task_that_names_it(
    engines: Callable[[], Engine], url: str, recording_server: Any
) -> None:
    recording_server.answer("/feed", recording_server.reply(410))
    engine = engines()
    _subscribe(engine, url, "news", "sport")
    _work(engine, "news", "sport")
    assert [engine.feeds(name).load([feed_id_of(url)])[0].state for name in ("news", "sport")] == [
        FeedState.STOPPED,
        FeedState.STOPPED,
    ]
    _task(engine, [url])
    _subscribe(engine, url, "news")
    _work(engine, "news", "sport")
    assert len(recording_server.requests) == 1


def test_two_beats_and_two_workers_ask_once_an_interval(
    engines: Callable[[], Engine], url: str, clock: Any, recording_server: Any
) -> None:
    workers = [engines(), engines()]
    _subscribe(workers[0], url, "news")
    for _ in range(5):
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda engine: _work(engine, "news"), workers))
            list(pool.map(lambda engine: _task(engine, [url]), workers))
        clock.advance(timedelta(minutes=10))
    assert len(recording_server.requests) == 1


def test_ten_restarts_in_a_minute_ask_no_earlier_than_the_schedule(
    engines: Callable[[], Engine], url: str, clock: Any, recording_server: Any
) -> None:
    _subscribe(engines(), url, "news")
    for _ in range(10):
        _work(engines(), "news")
        clock.advance(timedelta(seconds=6))
    assert len(recording_server.requests) == 1
    clock.advance(2 * HOUR)
    _work(engines(), "news")
    assert recording_server.requests[-1].headers["if-none-match"] == b'"one"'


def test_attempt_is_stored_before_the_request(
    engines: Callable[[], Engine], url: str, clock: Any, client: Redis, recording_server: Any
) -> None:
    noted: list[float | None] = []

    def look(exchange: Any) -> None:
        noted.append(client.zscore(Keys("news").attempts, feed_id_of(url)))
        exchange.send(recording_server.reply(body=RSS))

    recording_server.answer("/feed", look)
    engine = engines()
    _subscribe(engine, url, "news")
    _work(engine, "news")
    assert noted == [clock().timestamp()]


def test_worker_that_is_killed_at_its_request_asks_again_after_the_gap_only(
    engines: Callable[[], Engine], url: str, clock: Any, recording_server: Any
) -> None:
    engine = engines()
    _subscribe(engine, url, "news")
    (urls,) = due_batches(engine, "news")
    engine.feeds("news").begin_poll([feed_id_of(each) for each in urls], clock(), HOUR)  # and then it is killed
    for _ in range(12):
        _work(engines(), "news")
        _task(engines(), [url])
        clock.advance(timedelta(minutes=5) - timedelta(microseconds=1))
    assert recording_server.requests == []
    clock.advance(SENT_WITHIN + timedelta(seconds=1))
    _work(engines(), "news")
    assert len(recording_server.requests) == 1
