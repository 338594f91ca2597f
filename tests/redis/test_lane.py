"""The lane: one holder at a time, and a token by which a late one is known."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from redis import Redis

from storyfold.errors import StoreConflictError
from worker.flows.engine import Engine
from worker.model.item import Item
from worker.store.keys import COLLECTIONS, Keys
from worker.store.lane import LEASE, Lane

KEYS = Keys("news")


@pytest.fixture
def lane(engine: Engine) -> Lane:
    return engine.lane("news")


def test_one_holder_at_a_time(lane: Lane, redis_url: str, make_engine: Callable[..., Engine]) -> None:
    other = make_engine(redis_url).lane("news")
    lease = lane.take()
    assert lease is not None
    assert other.take() is None
    lease.release()
    assert other.take() is not None


def test_lanes_of_two_collections_are_held_apart(engine: Engine) -> None:
    assert engine.lane("news").take() is not None
    assert engine.lane("sport").take() is not None


def test_token_rises_with_each_lease(lane: Lane) -> None:
    tokens = []
    for _ in range(5):
        with lane.held() as lease:
            assert lease is not None
            tokens.append(lease.token)
    assert tokens == sorted(set(tokens))


def test_lease_ends_by_itself(lane: Lane) -> None:
    """A holder that dies is followed by another without anybody's help."""
    first = lane.take(timedelta(milliseconds=20))
    assert first is not None
    until = time.monotonic() + 5
    while (second := lane.take()) is None:
        assert time.monotonic() < until
    assert second.token > first.token
    assert first.renew() is False


def test_renewed_lease_lasts_again(lane: Lane, client: Redis) -> None:
    lease = lane.take(timedelta(seconds=1))
    assert lease is not None
    assert client.pttl(KEYS.lease) <= 1000
    assert lease.renew() is True
    assert 1000 < client.pttl(KEYS.lease) <= LEASE.total_seconds() * 1000


def test_late_holder_neither_renews_nor_ends_the_lease_of_the_next(lane: Lane, client: Redis) -> None:
    late = lane.take()
    client.delete(KEYS.lease)  # its time is over
    holder = lane.take()
    assert late is not None
    assert holder is not None
    assert late.renew() is False
    late.release()
    assert client.get(KEYS.lease) == str(holder.token)


def test_lease_is_given_up_when_the_work_fails(lane: Lane) -> None:
    with pytest.raises(RuntimeError, match="work"), lane.held():
        raise RuntimeError("work")
    assert lane.take() is not None


def test_many_at_once_take_one_lease(redis_url: str, client: Redis, make_engine: Callable[..., Engine]) -> None:
    lanes = [make_engine(redis_url).lane("news") for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        leases = list(pool.map(Lane.take, lanes))
    assert sum(lease is not None for lease in leases) == 1


def test_backlog_gives_items_back_as_they_were_in_their_order(lane: Lane, make_item: Callable[..., Item]) -> None:
    items = [make_item(f"https://a.example/{number}", f"Ünïcode «{number}» 東京 🙂\u2028") for number in range(1200)]
    assert lane.push(items) == 1200
    assert lane.length() == 1200
    waiting = lane.waiting(2000)
    assert [each.item for each in waiting] == items
    lane.discard([each.entry_id for each in waiting[:1199]])
    assert [each.item for each in lane.waiting(10)] == items[-1:]


def test_push_makes_the_collection_known(lane: Lane, client: Redis, make_item: Callable[..., Item]) -> None:
    lane.push([])
    assert client.smembers(COLLECTIONS) == set()
    lane.push([make_item()])
    assert client.smembers(COLLECTIONS) == {"news"}


@pytest.mark.parametrize(
    "fields", [{"item": "{"}, {"item": "[]"}, {"item": '{"item_id": 1}'}, {"other": "x"}, {"command": "explode"}]
)
def test_entry_that_cannot_be_read_carries_its_fault(lane: Lane, client: Redis, fields: dict[str, str]) -> None:
    client.xadd(KEYS.backlog, fields)  # type: ignore[arg-type]
    (waiting,) = lane.waiting(10)
    assert waiting.item is None
    assert waiting.command == ""
    assert waiting.fault


def test_backlog_of_a_wrong_type_is_a_conflict(lane: Lane, client: Redis, make_item: Callable[..., Item]) -> None:
    client.set(KEYS.backlog, "planted")
    with pytest.raises(StoreConflictError):
        lane.push([make_item()])
    assert client.get(KEYS.backlog) == "planted"
