"""What happens to a feed between its dispatch and the end of its poll: removal, other settings, a stop elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace
from redis import Redis

from worker.flows.engine import Engine
from worker.flows.feed_settings import FeedSettings, change_settings
from worker.flows.poll import Poll
from worker.flows.subscribe import follow, followed, new_feeds
from worker.flows.upkeep import due_batches
from worker.model.feed import Feed, FeedState, feed_id_of
from worker.sources.parse.opml import Outline
from worker.store.keys import Keys

HOUR = timedelta(hours=1)
RSS = b"""<rss version='2.0'><channel><title>Ferry notices</title>
<item><guid>1</guid><title>Council approves harbour bridge plan</title><link>https://a.example/1</link></item>
</channel></rss>"""


@pytest.fixture
def engine(client: Redis, redis_url: str, make_engine: Callable[..., Engine], recording_server: Any) -> Engine:
    recording_server.answer("/feed", recording_server.reply(headers={"ETag": '"one"'}, body=RSS))
    return make_engine(redis_url, FETCH_ALLOW=recording_server.address, PER_HOST_GAP="0")


@pytest.fixture
def url(recording_server: Any) -> str:
    address: str = recording_server.url("/feed")
    return address


def _subscribe(engine: Engine, url: str, *collections: str) -> None:
    for collection in collections:
        engine.feeds(collection).add(new_feeds([Outline(url=url)], collection, engine.clock()))


def _feed(engine: Engine, url: str, collection: str = "news") -> Feed:
    (feed,) = engine.feeds(collection).load([feed_id_of(url)])
    return feed


def _work(engine: Engine, *collections: str) -> None:
    """A tick, and the tasks that it sends."""
    for urls in [urls for collection in collections for urls in due_batches(engine, collection)]:
        for collection, feed_ids in (batch := followed(engine, urls)).batches.items():
            engine.poll(collection, lambda: None).run(feed_ids, 20.0, batch.others)


def test_a_feed_that_was_removed_while_its_message_waited_is_not_followed_again(engine: Engine, url: str) -> None:
    _subscribe(engine, url, "news")
    (urls,) = due_batches(engine, "news")
    engine.feeds("news").remove(feed_id_of(url))
    assert followed(engine, urls).batches == {}
    assert engine.feeds("news").ids() == []
    # a program that sends the public task asks for just that
    assert follow(engine, urls).batches == {"news": [feed_id_of(url)]}


def test_a_feed_that_is_stopped_in_one_collection_is_not_set_aside_in_another(
    engine: Engine, url: str, clock: Any, client: Redis, recording_server: Any
) -> None:
    """The collection whose name comes first leads the polls, also while its own record is stopped."""
    _subscribe(engine, url, "news", "sport")
    stopped = replace(_feed(engine, url), state=FeedState.STOPPED, next_poll_at=None)
    engine.feeds("news").save(stopped)
    for polls in range(1, 6):
        _work(engine, "news", "sport")
        assert len(recording_server.requests) == polls
        clock.advance(25 * HOUR)
    assert _feed(engine, url, "sport").failure == ""
    assert client.hlen(Keys("news").unfinished) == 0
    assert engine.feeds("news").due([stopped.feed_id]) == [None], "it is not scheduled again"


def test_a_shared_feed_that_the_time_did_not_suffice_for_comes_again_soon(
    engine: Engine, url: str, clock: Any, recording_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _subscribe(engine, url, "news", "sport")
    (urls,) = due_batches(engine, "news")
    batch = followed(engine, urls)
    times = iter([0.0, 0.0])  # the run begins, feeds are begun, and then the time is over
    monkeypatch.setattr("worker.flows.poll.time", SimpleNamespace(monotonic=lambda: next(times, 100.0)))
    engine.poll("news", lambda: None).run([feed_id_of(url)], 1.0, batch.others)
    monkeypatch.undo()
    assert recording_server.requests == []
    clock.advance(timedelta(minutes=1))
    _work(engine, "news", "sport")
    assert len(recording_server.requests) == 1, "not only when the shortest interval is over"


@pytest.mark.parametrize(("is_in_time", "counted"), [(True, []), (False, ["1"])])
def test_a_stop_during_polls_counts_against_no_feed_but_the_time_limit_does(
    engine: Engine,
    url: str,
    client: Redis,
    monkeypatch: pytest.MonkeyPatch,
    is_in_time: bool,
    counted: list[str],
) -> None:
    """Both end a pool's process by the same signal, which raises SystemExit."""
    _subscribe(engine, url, "news")
    (urls,) = due_batches(engine, "news")
    seconds = [0.0]
    monkeypatch.setattr("worker.flows.poll.time", SimpleNamespace(monotonic=lambda: seconds[0]))

    async def end_with_requests_under_way(poll: Poll, workers: int, until: float) -> None:
        poll._begin()
        seconds[0] = 1.0 if is_in_time else 100.0
        raise SystemExit(241)

    monkeypatch.setattr(Poll, "_poll_all", end_with_requests_under_way)
    with pytest.raises(SystemExit):
        engine.poll("news", lambda: None).run([feed_id_of(each) for each in urls], 50.0)
    assert client.hvals(Keys("news").unfinished) == counted
    assert engine.feeds("news").attempted([feed_id_of(url)]) == [engine.clock().timestamp()], "it was asked"


def test_settings_that_a_person_changes_during_a_poll_stay(engine: Engine, url: str, recording_server: Any) -> None:
    _subscribe(engine, url, "news")

    def answer(exchange: Any) -> None:
        settings = FeedSettings(title="Tides", interval_seconds=7200, rules=("local",))
        change_settings(engine, _feed(engine, url), settings)
        exchange.send(recording_server.reply(headers={"ETag": '"two"'}, body=RSS))

    recording_server.answer("/feed", answer)
    _work(engine, "news")
    feed = _feed(engine, url)
    assert (feed.title, feed.own_interval_seconds, feed.rules) == ("Tides", 7200, ("local",))
    assert (feed.etag, feed.entries) == ('"two"', 1)
