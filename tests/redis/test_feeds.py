"""The feeds' store: subscriptions, their schedule, and what polls leave."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from redis import Redis

from storyfold.errors import StoreConflictError, StoreUnavailableError
from worker.flows.engine import Engine
from worker.model.feed import Feed, FeedState, feed_id_of
from worker.model.item import Item
from worker.store.dead import DeadLetter
from worker.store.feeds import SENT_WITHIN, DispatchLimits, FeedStore
from worker.store.keys import Keys
from worker.store.polled import Polled

KEYS = Keys("news")
HOUR = timedelta(hours=1)
LEASE = timedelta(minutes=3)


@pytest.fixture
def feeds(engine: Engine) -> FeedStore:
    return engine.feeds("news")


@pytest.fixture
def make_feed(clock: Any) -> Callable[..., Feed]:
    def make(number: int = 1, **given: Any) -> Feed:
        url = f"https://f.example/{number}"
        values: dict[str, Any] = {"added_at": clock(), "next_poll_at": clock() + number * timedelta(seconds=1)}
        return Feed(feed_id=feed_id_of(url), url=url, collection="news", **(values | given))

    return make


MakeFeed = Callable[..., Feed]


def _claim(feeds: FeedStore, now: datetime, lease: timedelta, count: int) -> list[str]:
    return [claim.feed_id for claim in feeds.claim(now, lease, DispatchLimits(at_most=count, under_way=1000))]


def test_feed_added_again_keeps_what_is_known_of_it(
    feeds: FeedStore, clock: Any, make_feed: MakeFeed, client: Redis
) -> None:
    feed = make_feed()
    assert feeds.add([feed, make_feed(2)]) == 2
    polled = replace(feed, etag='"a"', next_poll_at=clock() + HOUR, entries=7)
    feeds.finish([Polled(feed=polled)])
    assert feeds.add([feed, make_feed(3)]) == 1
    assert feeds.load([feed.feed_id]) == [polled]
    assert client.zscore(KEYS.due, feed.feed_id) == (clock() + HOUR).timestamp()
    assert feeds.count() == 3
    assert feeds.ids() == sorted(make_feed(number).feed_id for number in (1, 2, 3))


def test_what_was_handed_out_and_not_taken_up_is_known(feeds: FeedStore, clock: Any, make_feed: MakeFeed) -> None:
    """Health is judged by how long it was due."""
    feeds.add([make_feed(1), make_feed(2)])
    assert feeds.handed_out() is None
    now = clock() + timedelta(hours=3)
    first, second = _claim(feeds, now, LEASE, 2)
    assert feeds.handed_out() is not None
    feeds.begin_poll([first, second], now, HOUR)
    assert feeds.handed_out() is None


def test_due_feed_is_claimed_once_until_the_lease_ends(feeds: FeedStore, clock: Any, make_feed: MakeFeed) -> None:
    feeds.add([make_feed(number) for number in range(1, 6)])
    assert _claim(feeds, clock(), LEASE, 10) == []
    now = clock() + timedelta(seconds=3)
    assert _claim(feeds, now, LEASE, 2) == [make_feed(1).feed_id, make_feed(2).feed_id]
    assert _claim(feeds, now, LEASE, 10) == [make_feed(3).feed_id]
    assert _claim(feeds, now, LEASE, 10) == []
    assert set(_claim(feeds, now + LEASE, LEASE, 10)) == set(feeds.ids())


def test_dispatchers_at_once_share_the_due_feeds(
    client: Redis, redis_url: str, clock: Any, make_engine: Callable[..., Engine], make_feed: MakeFeed
) -> None:
    stores = [make_engine(redis_url).feeds("news") for _ in range(4)]
    stores[0].add([make_feed(number) for number in range(200)])
    now = clock() + HOUR

    def claim_all(store: FeedStore) -> list[str]:
        claimed: list[str] = []
        while some := _claim(store, now, LEASE, 7):
            claimed += some
        return claimed

    with ThreadPoolExecutor(4) as pool:
        claimed = [feed_id for some in pool.map(claim_all, stores) for feed_id in some]
    assert sorted(claimed) == stores[0].ids()


def test_feed_is_not_asked_twice_within_the_gap(feeds: FeedStore, clock: Any, make_feed: MakeFeed) -> None:
    one, two = make_feed(1), make_feed(2)
    feeds.add([one, two])
    assert feeds.begin_poll([one.feed_id], clock(), HOUR) == [one.feed_id]
    later = clock() + timedelta(minutes=59)
    assert feeds.begin_poll([one.feed_id, two.feed_id], later, HOUR) == [two.feed_id]
    assert feeds.begin_poll([one.feed_id, two.feed_id], clock() + HOUR, HOUR) == [one.feed_id]
    assert feeds.begin_poll([], clock(), HOUR) == []


def test_poll_that_never_ends_is_handed_out_again_when_the_gap_was_kept_on_the_wire(
    feeds: FeedStore, clock: Any, make_feed: MakeFeed
) -> None:
    feed = make_feed()
    feeds.add([feed])
    feeds.begin_poll([feed.feed_id], clock(), HOUR)
    sent_last = clock() + SENT_WITHIN  # a note is made for many feeds at once, and their requests wait for their turn
    assert _claim(feeds, sent_last + HOUR - timedelta(seconds=1), LEASE, 10) == []
    assert _claim(feeds, sent_last + HOUR, LEASE, 10) == [feed.feed_id]


def test_taking_an_attempt_back_forgets_no_poll_that_ended_with_its_process(
    feeds: FeedStore, clock: Any, make_feed: MakeFeed
) -> None:
    feed = make_feed()
    feeds.add([feed])
    feeds.begin_poll([feed.feed_id], clock(), HOUR)  # its process dies
    clock.advance(2 * HOUR)
    feeds.begin_poll([feed.feed_id], clock(), HOUR)
    feeds.put_off({feed.feed_id: clock()}, clock(), HOUR, unasked=True)
    assert feeds.unfinished([feed.feed_id]) == {feed.feed_id: 1}


def test_taking_back_the_only_attempt_leaves_no_count(feeds: FeedStore, clock: Any, make_feed: MakeFeed) -> None:
    feed = make_feed()
    feeds.add([feed])
    feeds.begin_poll([feed.feed_id], clock(), HOUR)
    feeds.put_off({feed.feed_id: clock()}, clock(), HOUR, unasked=True)
    assert feeds.unfinished([feed.feed_id]) == {}


@pytest.mark.parametrize(
    ("step", "key"),
    [
        (step, key)
        for step in ("claim", "begin", "put off")
        for key in (KEYS.due, KEYS.attempts, KEYS.dispatched, KEYS.turns, KEYS.unfinished)
        if (step, key) != ("claim", KEYS.unfinished)  # a claim has nothing to do with it
    ],
)
def test_key_of_a_wrong_type_leaves_the_schedule_as_it_was(
    feeds: FeedStore, clock: Any, make_feed: MakeFeed, client: Redis, key: str, step: str
) -> None:
    feed, now = make_feed(0), clock()
    feeds.add([feed])
    client.delete(key)
    client.set(key, "not ours")
    before = _all_values(client)
    steps: dict[str, Callable[[], object]] = {
        "claim": lambda: _claim(feeds, now, LEASE, 10),
        "begin": lambda: feeds.begin_poll([feed.feed_id], now, HOUR),
        "put off": lambda: feeds.put_off({feed.feed_id: now + HOUR}, now, HOUR, is_turn=True, unasked=True),
    }
    with pytest.raises(StoreConflictError):
        steps[step]()
    assert _all_values(client) == before


def test_record_of_a_wrong_type_is_not_written_over(feeds: FeedStore, make_feed: MakeFeed, client: Redis) -> None:
    feed = make_feed()
    client.rpush(KEYS.feed(feed.feed_id), "not ours")
    with pytest.raises(StoreConflictError):
        feeds.add([make_feed(2), feed])
    assert feeds.ids() == []
    assert client.lrange(KEYS.feed(feed.feed_id), 0, -1) == ["not ours"]


def _all_values(client: Redis) -> dict[str, str]:
    """What stands under each key, as a text that tells two states apart."""
    readers: dict[str, Callable[[str], Any]] = {
        "string": client.get,
        "zset": lambda key: client.zrange(key, 0, -1, withscores=True),
        "set": lambda key: sorted(client.smembers(key)),
        "hash": client.hgetall,
        "list": lambda key: client.lrange(key, 0, -1),
        "stream": client.xrange,
    }
    return {key: repr(readers[str(client.type(key))](key)) for key in sorted(map(str, client.keys()))}


def test_unknown_feed_is_not_polled(feeds: FeedStore, clock: Any, make_feed: MakeFeed, client: Redis) -> None:
    assert feeds.begin_poll([make_feed().feed_id], clock(), HOUR) == []
    assert client.zcard(KEYS.attempts) == 0


def test_person_who_asks_now_is_not_held_back_by_the_gap(feeds: FeedStore, clock: Any, make_feed: MakeFeed) -> None:
    feed = make_feed()
    feeds.add([feed])
    feeds.begin_poll([feed.feed_id], clock(), HOUR)
    feeds.make_due([feed.feed_id], clock())
    assert _claim(feeds, clock(), LEASE, 10) == [feed.feed_id]
    assert feeds.begin_poll([feed.feed_id], clock(), HOUR) == [feed.feed_id]


def test_items_and_validators_are_stored_together(
    engine: Engine, feeds: FeedStore, clock: Any, make_feed: MakeFeed, make_item: Callable[..., Item]
) -> None:
    feed = make_feed()
    feeds.add([feed])
    polled = replace(feed, etag='W/"a,b"', last_modified="some day", next_poll_at=clock() + HOUR)
    items = tuple(make_item(f"https://a.example/{number}") for number in range(3))
    assert feeds.finish([Polled(feed=polled, items=items)]) == 3
    assert feeds.load([feed.feed_id]) == [polled]
    assert tuple(waiting.item for waiting in engine.lane("news").waiting(10)) == items


def test_dead_letters_are_stored_with_the_record_of_their_poll(
    engine: Engine, feeds: FeedStore, clock: Any, make_feed: MakeFeed, make_item: Callable[..., Item]
) -> None:
    feed = make_feed()
    feeds.add([feed])
    letters = tuple(
        DeadLetter(
            origin=f"https://f.example/1 g{number}",
            group="normalize",
            error="no-link",
            detail="no absolute address",
            first_at=clock(),
            last_at=clock(),
            payload='{"title":"Zürich"}',
        )
        for number in range(2)
    )
    polled = replace(feed, seen="a" * 16, next_poll_at=clock() + HOUR)
    assert feeds.finish([Polled(feed=polled, items=(make_item(),), letters=letters)]) == 1
    assert feeds.load([feed.feed_id]) == [polled]
    stored = engine.dead_letters("news").newest()
    assert tuple(replace(letter, letter_id="") for letter in reversed(stored)) == letters

    feeds.remove(feed.feed_id)
    assert feeds.finish([Polled(feed=polled, letters=letters)]) == 0
    assert engine.dead_letters("news").count() == 2, "a feed that was removed meanwhile leaves none"


def test_full_redis_stores_neither_items_nor_validators(
    feeds: FeedStore,
    client: Redis,
    make_feed: MakeFeed,
    make_item: Callable[..., Item],
    snapshot: Callable[[], dict[str, Any]],
) -> None:
    feed = make_feed()
    feeds.add([feed])
    before = snapshot()
    client.config_set("maxmemory", "1")
    try:
        with pytest.raises(StoreUnavailableError):
            feeds.finish([Polled(feed=replace(feed, etag='"new"'), items=(make_item(),))])
    finally:
        client.config_set("maxmemory", "0")
    assert snapshot() == before


@pytest.mark.parametrize("position", ["due", "backlog", "feeds", "dead", "record"])
def test_key_of_a_wrong_type_stores_neither_items_nor_validators(
    feeds: FeedStore,
    client: Redis,
    make_feed: MakeFeed,
    make_item: Callable[..., Item],
    snapshot: Callable[[], dict[str, Any]],
    position: str,
) -> None:
    feed = make_feed()
    feeds.add([feed])
    key = KEYS.feed(feed.feed_id) if position == "record" else getattr(KEYS, position)
    client.delete(key)
    client.rpush(key, "planted")
    before = snapshot()
    with pytest.raises(StoreConflictError):
        feeds.finish([Polled(feed=feed, items=(make_item(),))])
    assert snapshot() == before


def test_poll_of_a_feed_that_was_removed_meanwhile_stores_nothing(
    feeds: FeedStore,
    clock: Any,
    make_feed: MakeFeed,
    make_item: Callable[..., Item],
    snapshot: Callable[[], dict[str, Any]],
) -> None:
    feed = make_feed()
    feeds.add([feed, make_feed(2)])
    feeds.begin_poll([feed.feed_id], clock(), HOUR)
    assert feeds.remove(feed.feed_id) is True
    before = snapshot()
    assert feeds.finish([Polled(feed=feed, items=(make_item(),))]) == 0
    assert snapshot() == before
    assert feeds.remove(feed.feed_id) is False
    assert feeds.known([feed.feed_id, make_feed(2).feed_id]) == [make_feed(2).feed_id]


def test_stopped_feed_is_never_due(feeds: FeedStore, clock: Any, make_feed: MakeFeed) -> None:
    feed = make_feed()
    feeds.add([feed])
    feeds.finish([Polled(feed=replace(feed, state=FeedState.STOPPED, next_poll_at=None))])
    assert _claim(feeds, clock() + 1000 * HOUR, LEASE, 10) == []
    (stored,) = feeds.load([feed.feed_id])
    assert stored.state is FeedState.STOPPED


def test_record_that_cannot_be_read_is_named(feeds: FeedStore, client: Redis, make_feed: MakeFeed) -> None:
    feeds.add([make_feed()])
    client.set(KEYS.feed(make_feed().feed_id), "{}")
    with pytest.raises(StoreConflictError, match="record of a feed"):
        feeds.load([make_feed().feed_id])
