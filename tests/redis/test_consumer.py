"""The consumer: every event at least once and in order, and what cannot be handled does not stand in the way."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

from storyfold import Consumer
from storyfold.errors import StoreUnavailableError
from storyfold.event import Event, EventType
from worker.flows.engine import Engine
from worker.store.client import connect

STREAM = "storyfold:{news}:stories"
DEAD = "storyfold:{news}:dead"

MakeConsumer = Callable[..., Consumer]


@pytest.fixture
def make_event(clock: Any) -> Callable[[int], Event]:
    def make(number: int) -> Event:
        story_id = f"{number:016x}"
        document = {
            "category": "news",
            "title": f"Title {number}",
            "publishedDateTime": "2026-03-01T11:00:00Z",
            "originalUrl": f"https://a.example/{number}",
            "webUrl": f"https://a.example/{number}",
            "type": "article",
            "provider": {"name": "A", "domain": "a.example"},
        }
        path = f"_news/2026-03-01-title-{number}.md"
        return Event(
            id=f"{story_id}.1.0123456789ab",
            source="/storyfold/news",
            type=EventType.CREATED,
            subject=story_id,
            time=clock(),
            data={"id": story_id, "revision": 1, "path": path, "document": document, "changes": list(document)},
        )

    return make


@pytest.fixture
def tell(make_event: Callable[[int], Event]) -> Callable[..., list[str]]:
    """Puts events with these numbers on the stream; gives their stream ids."""
    return lambda client, *numbers: [client.xadd(STREAM, make_event(number).to_fields()) for number in numbers]


@pytest.fixture
def make_consumer(redis_url: str) -> Iterator[MakeConsumer]:
    """Builds consumers of the group ``site`` that end when nothing more comes."""
    consumers: list[Consumer] = []

    def make(consumer: str = "one", *, redis: str | Redis = redis_url, **options: Any) -> Consumer:
        given = {"group": "site", "block_seconds": 0.01, "follow": False} | options
        consumers.append(Consumer(redis, consumer=consumer, **given))
        return consumers[-1]

    yield make
    for consumer in consumers:
        consumer.close()


def number_of(event: Event) -> int:
    return int(event.subject, 16)


def fail_at(consumer: Consumer, bad: int) -> None:
    """Handle events until one that cannot be handled."""
    for event in consumer:
        if number_of(event) == bad:
            raise ZeroDivisionError


def numbers(consumer: Consumer) -> list[int]:
    return [number_of(event) for event in consumer]


def pending(client: Redis, group: str = "site") -> list[str]:
    return [each["message_id"] for each in client.xpending_range(STREAM, group, "-", "+", 1000)]


def take_and_die(client: Redis, consumer: str = "dead", *, idle_seconds: float = 3600) -> list[str]:
    """A consumer reads what there is, and is not heard of for so long."""
    with suppress(ResponseError):
        client.xgroup_create(STREAM, "site", id="0", mkstream=True)
    client.xreadgroup("site", consumer, {STREAM: ">"}, count=1000)
    taken = pending(client)
    client.xclaim(STREAM, "site", consumer, 0, taken, idle=int(idle_seconds * 1000), retrycount=1)
    return taken


# Groups


def test_group_from_the_beginning_reads_what_was_there(
    client: Redis, make_consumer: MakeConsumer, tell: Callable[..., list[str]]
) -> None:
    tell(client, 1, 2, 3)
    assert numbers(make_consumer()) == [1, 2, 3]
    tell(client, 4)
    assert numbers(make_consumer()) == [4]
    assert pending(client) == []


def test_group_from_now_on_reads_only_what_comes_later(
    client: Redis, make_consumer: MakeConsumer, tell: Callable[..., list[str]]
) -> None:
    tell(client, 1, 2)
    consumer = make_consumer(start="$")
    consumer.ensure_group()
    tell(client, 3)
    assert numbers(consumer) == [3]


def test_group_that_exists_goes_on_where_it_was(
    client: Redis, make_consumer: MakeConsumer, tell: Callable[..., list[str]]
) -> None:
    """BUSYGROUP is no fault, and another start changes nothing."""
    tell(client, 1, 2)
    assert numbers(make_consumer()) == [1, 2]
    tell(client, 3)
    assert numbers(make_consumer("two", start="$")) == [3]
    assert numbers(make_consumer("three", start="0")) == []


def test_group_may_be_made_before_the_first_event(
    client: Redis, make_consumer: MakeConsumer, tell: Callable[..., list[str]]
) -> None:
    assert numbers(make_consumer()) == []
    tell(client, 1)
    assert numbers(make_consumer()) == [1]


def test_each_group_gets_every_event(
    client: Redis, make_consumer: MakeConsumer, tell: Callable[..., list[str]]
) -> None:
    tell(client, 1, 2)
    assert numbers(make_consumer(group="site")) == numbers(make_consumer(group="mail")) == [1, 2]


def test_two_consumers_of_a_group_share_the_events(
    client: Redis, make_consumer: MakeConsumer, tell: Callable[..., list[str]]
) -> None:
    tell(client, *range(10))
    first = iter(make_consumer("one", read_count=5))
    got = [number_of(next(first))]
    got += numbers(make_consumer("two"))
    got += [number_of(event) for event in first]
    assert got == [0, 5, 6, 7, 8, 9, 1, 2, 3, 4]


@pytest.mark.parametrize("protocol", [2, 3])
def test_client_of_either_protocol_is_read(
    redis_url: str, client: Redis, make_consumer: MakeConsumer, tell: Callable[..., list[str]], protocol: int
) -> None:
    tell(client, 1, 2, 3)
    taken = take_and_die(client)
    tell(client, 4)
    with Redis.from_url(redis_url, decode_responses=True, protocol=protocol) as given:
        consumer = make_consumer(redis=given)
        assert numbers(consumer) == [1, 2, 3, 4]
        consumer.close()
        assert given.ping()
    assert len(taken) == 3


# Acknowledging


def test_event_is_acknowledged_when_the_next_one_is_asked_for(
    client: Redis, make_consumer: MakeConsumer, tell: Callable[..., list[str]]
) -> None:
    ids = tell(client, 1, 2)
    events = iter(make_consumer())
    next(events)
    assert pending(client) == ids
    next(events)
    assert pending(client) == ids[1:]
    assert next(events, None) is None
    assert pending(client) == []


def test_event_whose_handling_fails_comes_again_to_the_same_consumer(
    client: Redis, make_consumer: MakeConsumer, tell: Callable[..., list[str]]
) -> None:
    ids = tell(client, 1, 2, 3)
    with pytest.raises(ZeroDivisionError):
        fail_at(make_consumer(), 2)
    assert pending(client) == ids[1:]
    assert numbers(make_consumer()) == [2, 3]
    assert pending(client) == []


def test_caller_that_acknowledges_by_itself(
    client: Redis, make_consumer: MakeConsumer, tell: Callable[..., list[str]]
) -> None:
    ids = tell(client, 1, 2, 3)
    consumer = make_consumer()
    deliveries = list(consumer.deliveries())
    assert [delivery.stream_id for delivery in deliveries] == ids
    assert pending(client) == ids
    consumer.ack(deliveries[1])
    consumer.ack(deliveries[1])
    assert pending(client) == [ids[0], ids[2]]


def test_event_already_in_hand_is_not_handed_out_twice_by_a_living_consumer(
    client: Redis, make_consumer: MakeConsumer, tell: Callable[..., list[str]]
) -> None:
    """A slow caller that acknowledges later than min_idle: its own events are not idle with another."""
    tell(client, 1, 2, 3)
    deliveries = make_consumer(min_idle_seconds=0.0).deliveries()
    assert [number_of(delivery.event) for delivery in deliveries] == [1, 2, 3]


# Claiming


def test_idle_events_of_a_dead_consumer_are_claimed_before_new_ones(
    client: Redis, make_consumer: MakeConsumer, tell: Callable[..., list[str]]
) -> None:
    tell(client, *range(1, 8))
    take_and_die(client)
    tell(client, 8)
    assert numbers(make_consumer(read_count=3)) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert pending(client) == []


def test_events_of_a_consumer_at_work_are_left_to_it(
    client: Redis, make_consumer: MakeConsumer, tell: Callable[..., list[str]]
) -> None:
    tell(client, 1)
    taken = take_and_die(client, "at-work", idle_seconds=10)
    assert numbers(make_consumer(min_idle_seconds=60)) == []
    assert pending(client) == taken
    assert numbers(make_consumer("other", min_idle_seconds=5)) == [1]


def test_what_a_dead_process_of_this_host_left_is_taken_over_at_once_and_its_name_removed(
    client: Redis, make_consumer: MakeConsumer, tell: Callable[..., list[str]]
) -> None:
    """A consumer with the default name, restarted after a kill -9, has a new name and does not wait to be idle."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    dead, living = f"{socket.gethostname()}-{gone.pid}", f"{socket.gethostname()}-{os.getppid()}"
    tell(client, 1, 2, 3)
    client.xgroup_create(STREAM, "site", id="0")
    client.xreadgroup("site", dead, {STREAM: ">"}, count=1)
    client.xreadgroup("site", living, {STREAM: ">"}, count=1)
    assert [number_of(event) for event in make_consumer("")] == [1, 3]
    names = {str(each["name"]) for each in client.xinfo_consumers(STREAM, "site")}
    assert dead not in names
    assert living in names


def test_idle_event_is_claimed_by_one(
    client: Redis, make_consumer: MakeConsumer, tell: Callable[..., list[str]]
) -> None:
    tell(client, 1, 2, 3)
    take_and_die(client)
    first, second = make_consumer("one").deliveries(), make_consumer("two").deliveries()
    assert number_of(next(first).event) == 1
    assert [number_of(delivery.event) for delivery in second] == [2, 3]
    assert list(first) == []


# Dead letters


def letters(client: Redis) -> list[dict[str, str]]:
    return [fields for _, fields in client.xrange(DEAD)]


def test_event_that_was_delivered_too_often_is_a_dead_letter(
    client: Redis, engine: Engine, make_consumer: MakeConsumer, tell: Callable[..., list[str]]
) -> None:
    (stream_id,) = tell(client, 1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            fail_at(make_consumer(max_deliveries=3), 1)
    assert letters(client) == []
    assert numbers(make_consumer(max_deliveries=3)) == []
    (letter,) = letters(client)
    assert {name: letter[name] for name in ("origin", "group", "error", "count")} == {
        "origin": stream_id,
        "group": "site",
        "error": "too-many-deliveries",
        "count": "4",
    }
    assert datetime.fromisoformat(letter["first"]) <= datetime.fromisoformat(letter["last"])
    assert Event.from_fields(json.loads(letter["payload"])).subject == f"{1:016x}"
    assert pending(client) == []
    (read,) = engine.dead_letters("news").newest()
    assert (read.origin, read.group, read.count) == (stream_id, "site", 4)


@pytest.mark.parametrize("restarted_as", ["same", "new"])
def test_event_that_ends_its_consumer_takes_no_other_along(
    client: Redis, make_consumer: MakeConsumer, tell: Callable[..., list[str]], restarted_as: str
) -> None:
    """Redis counts what a read returns as delivered; events behind the bad one were never handed out."""
    ids = tell(client, *range(10))
    handled = []
    for life in range(8):
        name = restarted_as if restarted_as == "same" else f"life-{life}"
        with suppress(ZeroDivisionError):
            for event in make_consumer(name, max_deliveries=3, min_idle_seconds=0.0):
                if number_of(event) == 0:
                    raise ZeroDivisionError
                handled.append(number_of(event))
    assert handled == list(range(1, 10))
    assert [letter["origin"] for letter in letters(client)] == ids[:1]
    assert pending(client) == []


@pytest.mark.parametrize(
    "fields",
    [{"a": "b"}, {"id": "x", "source": "s", "type": "t", "subject": "u", "time": "now", "data": "{"}],
    ids=["foreign", "garbled"],
)
def test_entry_that_is_no_event_is_a_dead_letter_at_once(
    client: Redis,
    make_consumer: MakeConsumer,
    tell: Callable[..., list[str]],
    odd_entries: set[str],
    fields: dict[str, Any],
) -> None:
    tell(client, 1)
    odd = str(client.xadd(STREAM, fields))
    odd_entries.add(odd)
    tell(client, 2)
    assert numbers(make_consumer()) == [1, 2]
    (letter,) = letters(client)
    assert (letter["origin"], letter["error"], letter["count"]) == (odd, "not-an-event", "1")
    assert json.loads(letter["payload"]) == fields
    assert pending(client) == []


def test_type_of_a_newer_version_is_not_lost(
    client: Redis, make_consumer: MakeConsumer, make_event: Callable[[int], Event], odd_entries: set[str]
) -> None:
    fields = make_event(1).to_fields() | {"type": "storyfold.story.split"}
    odd_entries.add(str(client.xadd(STREAM, fields)))  # type: ignore[arg-type]
    assert numbers(make_consumer()) == []
    assert json.loads(letters(client)[0]["payload"]) == fields


@pytest.mark.parametrize("owner", ["one", "dead"])
def test_entries_trimmed_while_pending_are_passed_over(
    client: Redis, make_consumer: MakeConsumer, tell: Callable[..., list[str]], owner: str
) -> None:
    tell(client, 1, 2, 3)
    take_and_die(client, owner)
    client.xtrim(STREAM, maxlen=1, approximate=False)
    tell(client, 4)
    assert numbers(make_consumer("one")) == [3, 4]
    assert pending(client) == []
    assert letters(client) == []


# Outages


class LosesReplies(Redis):  # type: ignore[type-arg]
    """A client whose connection is cut after the server executed a read, once."""

    lost = 0

    def xreadgroup(self, *args: Any, **options: Any) -> Any:
        reply = super().xreadgroup(*args, **options)
        if options.get("block") and not self.lost:
            self.lost += 1
            raise RedisConnectionError("cut")
        return reply


def test_events_of_a_lost_reply_come_before_newer_ones(
    redis_url: str, client: Redis, make_consumer: MakeConsumer, tell: Callable[..., list[str]]
) -> None:
    """A sink that got revision 2 before revision 1 would keep the older document."""
    tell(client, *range(6))
    with LosesReplies.from_url(redis_url, decode_responses=True) as given:
        consumer = make_consumer(redis=given, follow=True, read_count=2)
        got = []
        for event in consumer:
            got.append(number_of(event))
            if len(got) == 6:
                consumer.stop()
        assert given.lost == 1
    assert got == list(range(6))


def test_consumer_that_does_not_follow_says_that_redis_is_away(make_consumer: MakeConsumer) -> None:
    consumer = make_consumer(redis="redis://127.0.0.1:1/0")
    with pytest.raises(StoreUnavailableError):
        next(iter(consumer))


@pytest.mark.parametrize("follow", [False, True])
def test_wrong_password_is_said_and_not_waited_for(embedded: str, make_consumer: MakeConsumer, follow: bool) -> None:
    url = embedded.replace(embedded.partition("//:")[2].partition("@")[0], "wrong")
    consumer = make_consumer(redis=url, follow=follow)
    with pytest.raises(StoreUnavailableError, match="password"):
        next(iter(consumer))


class Following:
    """A consumer that follows in a thread of its own."""

    def __init__(self, consumer: Consumer) -> None:
        self.consumer = consumer
        self.got: list[int] = []
        self.error: BaseException | None = None
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            for event in self.consumer:
                with self._changed:
                    self.got.append(number_of(event))
                    self._changed.notify_all()
        except BaseException as error:
            self.error = error

    def wait_for(self, wanted: list[int]) -> None:
        with self._changed:
            self._changed.wait_for(lambda: len(self.got) >= len(wanted), timeout=20)
            assert self.got == wanted

    def stop(self) -> None:
        self.consumer.stop()
        self._thread.join(10)
        assert not self._thread.is_alive()
        assert self.error is None


@pytest.fixture
def follow() -> Iterator[Callable[[Consumer], Following]]:
    running: list[Following] = []

    def start(consumer: Consumer) -> Following:
        running.append(Following(consumer))
        return running[-1]

    yield start
    for each in running:
        each.stop()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_following_goes_on_when_redis_comes_back(
    own_server: Any,
    make_event: Callable[[int], Event],
    tell: Callable[..., list[str]],
    follow: Callable[[Consumer], Following],
    how: int,
) -> None:
    with connect(own_server.url) as client, Consumer(own_server.url, group="site", block_seconds=0.1) as consumer:
        tell(client, 0, 1)
        following = follow(consumer)
        following.wait_for([0, 1])
        for start in (2, 12):
            own_server.stop(how)
            own_server.start()
            tell(client, *range(start, start + 10))
            following.wait_for(list(range(start + 10)))
        following.stop()
        assert pending(client) == []


@pytest.mark.parametrize("wipe", ["delete", "flushall", "xgroup_destroy"])
def test_following_goes_on_when_stream_or_group_is_deleted(
    client: Redis,
    redis_url: str,
    make_consumer: MakeConsumer,
    tell: Callable[..., list[str]],
    follow: Callable[[Consumer], Following],
    wipe: str,
) -> None:
    tell(client, 1)
    following = follow(make_consumer(follow=True, block_seconds=0.5))
    following.wait_for([1])
    if wipe == "xgroup_destroy":
        client.xtrim(STREAM, maxlen=0, approximate=False)
        client.xgroup_destroy(STREAM, "site")
    else:
        getattr(client, wipe)(*([STREAM] if wipe == "delete" else []))
    tell(client, 2)
    following.wait_for([1, 2])


def test_killed_connection_is_opened_again(
    client: Redis,
    make_consumer: MakeConsumer,
    tell: Callable[..., list[str]],
    follow: Callable[[Consumer], Following],
) -> None:
    following = follow(make_consumer(follow=True, block_seconds=0.5))
    tell(client, 1)
    following.wait_for([1])
    client.client_kill_filter(_type="normal", skipme=True)
    tell(client, 2)
    following.wait_for([1, 2])


# Stopping


def test_stop_ends_the_loop_after_the_event_in_hand(
    client: Redis, make_consumer: MakeConsumer, tell: Callable[..., list[str]]
) -> None:
    ids = tell(client, 1, 2, 3)
    consumer = make_consumer(follow=True)
    got = []
    for event in consumer:
        got.append(number_of(event))
        consumer.stop()
    assert got == [1]
    assert pending(client) == ids[1:]
    assert numbers(make_consumer()) == [2, 3]


def test_stop_ends_a_consumer_that_waits(
    client: Redis, make_consumer: MakeConsumer, follow: Callable[[Consumer], Following]
) -> None:
    following = follow(make_consumer(follow=True, block_seconds=0.2))
    following.stop()
    assert following.got == []


def test_stop_ends_a_consumer_whose_redis_is_away(
    own_server: Any, tell: Callable[..., list[str]], follow: Callable[[Consumer], Following]
) -> None:
    with connect(own_server.url) as client, Consumer(own_server.url, group="site", block_seconds=0.1) as consumer:
        tell(client, 1)
        following = follow(consumer)
        following.wait_for([1])
        own_server.stop()
        following.stop()
