"""Requests to one host: turns at dispatch, slots at the fetch, shared by all processes and collections."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from redis import Redis

from worker.flows.engine import Engine
from worker.flows.upkeep import due_batches
from worker.model.feed import Feed, FeedState, feed_id_of
from worker.store.feeds import DispatchLimits
from worker.store.hosts import Hosts, SlotCall
from worker.store.keys import Keys, host_slots

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
RSS = b"<rss version='2.0'><channel><title>Ferry notices</title></channel></rss>"

Follow = Callable[..., list[str]]


@pytest.fixture
def engine(client: Redis, redis_url: str, make_engine: Callable[..., Engine]) -> Engine:
    """An engine that leaves each host a second between two feeds."""
    return make_engine(redis_url, PER_HOST_GAP="1")


@pytest.fixture
def follow(clock: Any) -> Follow:
    """Follows feeds that are due now; returns their URLs."""

    def add(engine: Engine, urls: list[str], collection: str = "news") -> list[str]:
        feeds = [
            Feed(feed_id=feed_id_of(url), url=url, collection=collection, added_at=clock(), next_poll_at=clock())
            for url in urls
        ]
        engine.feeds(collection).add(feeds)
        return urls

    return add


def _tick(engine: Engine, *collections: str) -> list[str]:
    return [url for name in collections or ("news",) for urls in due_batches(engine, name) for url in urls]


def _begin(engine: Engine, urls: list[str], collection: str = "news") -> None:
    engine.feeds(collection).begin_poll([feed_id_of(url) for url in urls], engine.clock(), HOUR)


def _dues(client: Redis) -> dict[Any, Any]:
    pairs: Any = client.zrange(Keys("news").due, 0, -1, withscores=True)
    return dict(pairs)


def test_feeds_of_one_host_go_one_a_gap_and_are_claimed_twice_at_most(
    engine: Engine, clock: Any, client: Redis, follow: Follow
) -> None:
    urls = follow(engine, [f"https://one.example/{number}" for number in range(60)])
    sent: list[list[str]] = []
    claims = 0
    for _ in range(70):
        before = _dues(client)
        sent.append(_tick(engine))
        after = _dues(client)
        claims += sum(1 for feed_id, due in after.items() if before[feed_id] != due)
        _begin(engine, sent[-1])
        clock.advance(SECOND)
    assert sorted(url for some in sent for url in some) == sorted(urls)
    assert max(map(len, sent)) == 1
    assert claims <= 2 * len(urls)


def test_gap_below_a_tick_lets_a_few_go_together(
    client: Redis, redis_url: str, make_engine: Callable[..., Engine], clock: Any, follow: Follow
) -> None:
    engine = make_engine(redis_url, PER_HOST_GAP="0.25")
    urls = follow(engine, [f"https://one.example/{number}" for number in range(40)])
    sent = []
    for _ in range(11):
        sent.append(_tick(engine))
        clock.advance(SECOND)
    assert [len(some) for some in sent] == [1, *[4] * 9, 3]
    assert sorted(url for some in sent for url in some) == sorted(urls)


def test_hosts_do_not_wait_for_each_other(engine: Engine, follow: Follow) -> None:
    urls = follow(engine, [f"https://host-{number}.example/feed" for number in range(40)])
    assert sorted(_tick(engine)) == sorted(urls)


def test_collections_share_the_turns_of_a_host(engine: Engine, clock: Any, follow: Follow) -> None:
    follow(engine, [f"https://one.example/a{number}" for number in range(5)], "news")
    follow(engine, [f"https://one.example/b{number}" for number in range(5)], "sport")
    sent = []
    for _ in range(10):
        sent.append(_tick(engine, "news", "sport"))
        clock.advance(SECOND)
    assert [len(some) for some in sent] == [1] * 10


def test_turns_that_were_held_up_come_as_no_burst(engine: Engine, clock: Any, follow: Follow) -> None:
    urls = follow(engine, [f"https://one.example/{number}" for number in range(20)])
    sent = _tick(engine)
    clock.advance(HOUR)
    for _ in range(25):
        some = _tick(engine)
        assert len(some) <= 1
        _begin(engine, some)
        sent += some
        clock.advance(SECOND)
    assert set(sent) == set(urls)


def test_gap_of_zero_gives_no_turns(
    client: Redis, redis_url: str, make_engine: Callable[..., Engine], follow: Follow
) -> None:
    engine = make_engine(redis_url, PER_HOST_GAP="0", POLL_SPREAD="0")
    urls = follow(engine, [f"https://one.example/{number}" for number in range(300)])
    assert sorted(_tick(engine)) == sorted(urls)


def test_a_thousand_feeds_due_at_once_are_spread(engine: Engine, clock: Any, follow: Follow) -> None:
    urls = follow(engine, [f"https://host-{number}.example/feed" for number in range(1000)])
    sent: list[str] = []
    for _ in range(20):
        some = _tick(engine)
        assert len(some) == 50
        _begin(engine, some)
        sent += some
        clock.advance(SECOND)
    assert sorted(sent) == sorted(urls)


def test_fetchers_that_stand_still_get_no_endless_queue(engine: Engine, clock: Any, follow: Follow) -> None:
    follow(engine, [f"https://host-{number}.example/feed" for number in range(1000)])
    sent = []
    for _ in range(100):
        sent += _tick(engine)
        clock.advance(SECOND)
    assert len(sent) == len(set(sent)) == DispatchLimits(at_most=1).under_way
    _begin(engine, sent[:30])
    clock.advance(SECOND)
    assert len(_tick(engine)) == 30, "as many follow as were begun"


def test_stopped_feed_is_not_handed_out(engine: Engine, clock: Any, client: Redis, follow: Follow) -> None:
    (url,) = follow(engine, ["https://one.example/feed"])
    store = engine.feeds("news")
    (feed,) = store.load([feed_id_of(url)])
    store.save(Feed(feed_id=feed.feed_id, url=url, collection="news", added_at=clock(), state=FeedState.STOPPED))
    client.zadd(Keys("news").due, {feed.feed_id: 0})
    assert _tick(engine) == []


def test_slots_of_a_host_are_never_more_than_its_limit(client: Redis, clock: Any) -> None:
    hosts, lease = Hosts(client), timedelta(minutes=1)
    assert hosts.take_slots("one", {"h.example": SlotCall(0, 2)}, clock(), lease, 2) == {"h.example": 2}
    two = {"h.example": SlotCall(0, 2), "free.example": SlotCall(0, 1)}
    assert hosts.take_slots("two", two, clock(), lease, 2) == {"h.example": 0, "free.example": 1}
    hosts.free_slots("one", {"h.example": 2})
    assert hosts.take_slots("two", two, clock(), lease, 2)["h.example"] == 2


def test_slots_of_a_killed_process_end_by_themselves(client: Redis, clock: Any) -> None:
    hosts, lease = Hosts(client), timedelta(minutes=1)
    hosts.take_slots("killed", {"h.example": SlotCall(0, 2)}, clock(), lease, 2)
    clock.advance(timedelta(seconds=59))
    assert hosts.take_slots("two", {"h.example": SlotCall(0, 1)}, clock(), lease, 2) == {"h.example": 0}
    clock.advance(timedelta(seconds=2))
    assert hosts.take_slots("two", {"h.example": SlotCall(0, 1)}, clock(), lease, 2) == {"h.example": 1}
    assert 0 < client.pttl(host_slots("h.example")) <= 60_000


def test_slots_that_are_renewed_stay_held(client: Redis, clock: Any) -> None:
    hosts, lease = Hosts(client), timedelta(minutes=1)
    hosts.take_slots("one", {"h.example": SlotCall(0, 2)}, clock(), lease, 2)
    for _ in range(5):
        clock.advance(timedelta(seconds=40))
        assert hosts.take_slots("one", {"h.example": SlotCall(2, 0)}, clock(), lease, 2) == {"h.example": 0}
    assert hosts.take_slots("two", {"h.example": SlotCall(0, 1)}, clock(), lease, 2) == {"h.example": 0}


class AtOnce:
    """Counts the requests that a server has under way."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._lock = threading.Lock()
        self.now = 0
        self.most = 0

    def __call__(self, exchange: Any) -> None:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        exchange.pause(0.003)
        with self._lock:
            self.now -= 1
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(self._body) + self._body)


@pytest.fixture
def one_host(recording_server: Any) -> tuple[AtOnce, list[str]]:
    """A server with a hundred feeds, and their URLs."""
    at_once = AtOnce(RSS)
    targets = [f"/{number}" for number in range(100)]
    for target in targets:
        recording_server.answer(target, at_once)
    return at_once, [recording_server.url(target) for target in targets]


def test_a_hundred_feeds_of_one_host_in_a_batch_use_two_connections_and_all_end(
    client: Redis,
    redis_url: str,
    make_engine: Callable[..., Engine],
    follow: Follow,
    recording_server: Any,
    one_host: tuple[AtOnce, list[str]],
) -> None:
    at_once, urls = one_host
    engine = make_engine(redis_url, FETCH_ALLOW=recording_server.address, PER_HOST_GAP="0")
    ids = [feed_id_of(url) for url in follow(engine, urls)]
    engine.poll("news", lambda: None).run(ids, 30.0)
    assert at_once.most <= 2
    assert recording_server.connections <= 2
    assert len(recording_server.requests) == 100
    assert all(feed.last_fetch_at for feed in engine.feeds("news").load(ids))
    assert client.exists(host_slots("127.0.0.1")) == 0, "all slots are given back"


def test_two_workers_together_keep_to_the_limit_of_a_host(
    client: Redis,
    redis_url: str,
    make_engine: Callable[..., Engine],
    follow: Follow,
    recording_server: Any,
    one_host: tuple[AtOnce, list[str]],
) -> None:
    at_once, urls = one_host
    engines = [
        make_engine(redis_url, FETCH_ALLOW=recording_server.address, PER_HOST_CONNECTIONS=limit) for limit in "22"
    ]
    ids = [feed_id_of(url) for url in follow(engines[0], urls)]
    halves = [ids[:50], ids[50:]]
    with ThreadPoolExecutor(2) as pool:
        list(
            pool.map(
                lambda pair: pair[0].poll("news", lambda: None).run(pair[1], 30.0), zip(engines, halves, strict=True)
            )
        )
    assert at_once.most <= 2
    asked = {request.target for request in recording_server.requests}
    assert len(asked) == len(recording_server.requests), "none twice"
    noted = {feed_id for feed_id, at in zip(ids, engines[0].feeds("news").attempted(ids), strict=True) if at}
    assert len(noted) == len(asked) >= 50, "who got no slot was put off without an attempt"


def test_what_the_time_does_not_suffice_for_is_given_back_without_an_attempt(
    client: Redis,
    redis_url: str,
    clock: Any,
    make_engine: Callable[..., Engine],
    follow: Follow,
    recording_server: Any,
    one_host: tuple[AtOnce, list[str]],
) -> None:
    engine = make_engine(redis_url, FETCH_ALLOW=recording_server.address)
    ids = [feed_id_of(url) for url in follow(engine, one_host[1])]
    engine.poll("news", lambda: None).run(ids, 0.05)
    store = engine.feeds("news")
    asked = len(recording_server.requests)
    assert 0 < asked < 100
    assert sum(1 for at in store.attempted(ids) if at) == asked
    soon = (clock() + timedelta(minutes=2)).timestamp()
    assert sum(1 for at in store.due(ids) if at and at <= soon) == 100 - asked


def test_host_that_stalls_keeps_no_other_host_waiting(
    client: Redis,
    redis_url: str,
    make_engine: Callable[..., Engine],
    follow: Follow,
    start_server: Callable[..., Any],
) -> None:
    slow, quick = start_server(), start_server(host="127.0.0.2")
    for number in range(100):
        slow.answer(f"/{number}", lambda exchange: exchange.hang())
    quick.answer("/feed", quick.reply(body=RSS))
    engine = make_engine(redis_url, FETCH_ALLOW=f"{slow.address},{quick.address}", FETCH_TIMEOUT="0.5")
    urls = follow(engine, [*(slow.url(f"/{number}") for number in range(100)), quick.url("/feed")])
    engine.poll("news", lambda: None).run([feed_id_of(url) for url in urls], 0.4)
    (feed,) = engine.feeds("news").load([feed_id_of(urls[-1])])
    assert feed.last_fetch_at is not None
    assert len(slow.requests) <= 2
