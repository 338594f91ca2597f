"""The drain: the backlog becomes stories and events, each item once, whatever happens on the way."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from redis import Redis

from storyfold.event import Event, EventType
from worker.flows.engine import Engine
from worker.model.item import Item
from worker.store.keys import Keys

KEYS = Keys("news")

PROCESS = """
import sys
from config.settings import load_settings
from worker.flows.engine import Engine
engine = Engine(load_settings({"STORYFOLD_REDIS_URL": sys.argv[1]}))
while engine.lane("news").length():
    engine.drain("news").run(5.0)
engine.close()
"""


def versions(make_item: Callable[..., Item], stories: int, revisions: int) -> list[Item]:
    """Items of as many stories, each in as many versions; no two of them are alike."""
    return [
        make_item(f"https://a.example/{story}", f"Story{story} version{version}")
        for version in range(1, revisions + 1)
        for story in range(stories)
    ]


def assert_each_revision_once_in_order(events: list[Event], stories: int, revisions: int) -> None:
    told: defaultdict[str, list[int]] = defaultdict(list)
    for event in events:
        told[event.subject].append(event.revision)
    assert len(told) == stories
    assert all(each == list(range(1, revisions + 1)) for each in told.values())


def test_item_becomes_a_story_and_an_event(
    engine: Engine, make_item: Callable[..., Item], fold: Callable[..., None], events: Callable[[], list[Event]]
) -> None:
    item = make_item()
    fold(engine, item)
    (event,) = events()
    assert event.type is EventType.CREATED
    assert event.revision == 1
    assert event.source == "/storyfold/news"
    assert event.time == engine.clock()
    assert event.document().title == item.title
    (story,) = engine.stories("news").load([event.subject]).values()
    assert story.items == (item,)


def test_item_pushed_twice_is_one_event_and_the_second_writes_nothing(
    engine: Engine,
    make_item: Callable[..., Item],
    fold: Callable[..., None],
    events: Callable[[], list[Event]],
    snapshot: Callable[[], dict[str, Any]],
) -> None:
    fold(engine, make_item(), make_item())
    before = snapshot()
    fold(engine, make_item())
    after = snapshot()
    assert len(events()) == 1
    moving = {KEYS.counts, KEYS.token}
    assert {key: value for key, value in after.items() if key not in moving} == {
        key: value for key, value in before.items() if key not in moving
    }


def test_order_of_the_backlog_is_the_order_of_the_events(
    engine: Engine, make_item: Callable[..., Item], fold: Callable[..., None], events: Callable[[], list[Event]]
) -> None:
    items = versions(make_item, 150, 3)
    fold(engine, *items)
    assert [event.data["document"]["title"] for event in events()] == [item.title for item in items]
    assert_each_revision_once_in_order(events(), 150, 3)


def test_entry_that_cannot_be_read_is_a_dead_letter_and_others_go_on(
    engine: Engine, client: Redis, make_item: Callable[..., Item], events: Callable[[], list[Event]]
) -> None:
    engine.lane("news").push([make_item("https://a.example/1", "First here")])
    unreadable = client.xadd(KEYS.backlog, {"item": "{not JSON"})
    unknown = client.xadd(KEYS.backlog, {"command": "explode"})
    engine.lane("news").push([make_item("https://a.example/2", "Second here")])
    assert engine.drain("news").run(20.0) is False
    assert [event.data["document"]["title"] for event in events()] == ["First here", "Second here"]
    letters = engine.dead_letters("news").newest()
    assert [(letter.origin, letter.group, letter.error) for letter in reversed(letters)] == [
        (unreadable, "lane", "unreadable"),
        (unknown, "lane", "unreadable"),
    ]
    assert letters[1].payload == "{not JSON"
    assert letters[1].first_at == letters[1].last_at == engine.clock()
    assert client.xlen(KEYS.backlog) == 0
    assert engine.counts("news").read()["dead"] == 2


def test_item_whose_folding_fails_is_a_dead_letter_and_others_go_on(
    engine: Engine,
    make_item: Callable[..., Item],
    events: Callable[[], list[Event]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drain = engine.drain("news")
    best = drain._matcher.best

    def fail_on_poison(item: Item, index: Any, barred: frozenset[str]) -> Any:
        if item.title == "Poison here":
            raise ZeroDivisionError("a fault of ours")
        return best(item, index, barred)

    monkeypatch.setattr(drain._matcher, "best", fail_on_poison)
    titles = ["First here", "Poison here", "Second here"]
    engine.lane("news").push(make_item(f"https://a.example/{title[0]}", title) for title in titles)
    assert drain.run(20.0) is False
    assert [event.data["document"]["title"] for event in events()] == ["First here", "Second here"]
    (letter,) = engine.dead_letters("news").newest()
    assert (letter.group, letter.error, letter.detail) == ("lane", "ZeroDivisionError", "a fault of ours")
    assert "Poison here" in letter.payload


def test_two_threads_at_once_give_each_item_one_event(
    client: Redis,
    redis_url: str,
    make_engine: Callable[..., Engine],
    make_item: Callable[..., Item],
    events: Callable[[], list[Event]],
) -> None:
    items = versions(make_item, 60, 4)
    engines = [make_engine(redis_url) for _ in range(2)]

    def bring_in(number: int) -> None:
        engine = engines[number]
        for start in range(0, len(items), 40):
            engine.lane("news").push(items[start + 20 * number : start + 20 * (number + 1)])
            engine.drain("news").run(10.0)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(bring_in, range(2)))
    assert client.xlen(KEYS.backlog) == 0
    told: defaultdict[str, list[int]] = defaultdict(list)
    for event in events():
        told[event.subject].append(event.revision)
    assert len(told) == 60
    assert all(each == list(range(1, len(each) + 1)) for each in told.values())
    assert len({event.id for event in events()}) == len(events())


def test_processes_at_once_give_each_item_one_event(
    engine: Engine, client: Redis, redis_url: str, make_item: Callable[..., Item], events: Callable[[], list[Event]]
) -> None:
    engine.lane("news").push(versions(make_item, 200, 3))
    processes = [subprocess.Popen([sys.executable, "-c", PROCESS, redis_url]) for _ in range(2)]
    assert [process.wait(60) for process in processes] == [0, 0]
    assert client.xlen(KEYS.backlog) == 0
    assert_each_revision_once_in_order(events(), 200, 3)


def test_holder_killed_at_work_leaves_each_item_one_event(
    engine: Engine, client: Redis, redis_url: str, make_item: Callable[..., Item], events: Callable[[], list[Event]]
) -> None:
    engine.lane("news").push(versions(make_item, 400, 3))
    process = subprocess.Popen([sys.executable, "-c", PROCESS, redis_url])
    until = time.monotonic() + 60
    while client.xlen(KEYS.stream) < 100:
        assert time.monotonic() < until
        assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    left = client.xlen(KEYS.backlog)
    assert 0 < left < 1200
    client.delete(KEYS.lease)  # as if its time were over
    assert engine.drain("news").run(30.0) is False
    assert_each_revision_once_in_order(events(), 400, 3)


def test_holder_that_slept_past_its_lease_writes_nothing(
    redis_url: str,
    client: Redis,
    make_engine: Callable[..., Engine],
    make_item: Callable[..., Item],
    events: Callable[[], list[Event]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A process stopped between its decisions and its commit wakes up when another one has done the work."""
    sleeper, other = make_engine(redis_url), make_engine(redis_url)
    drain = sleeper.drain("news")
    commit, slept = drain._store.commit, []

    def sleep_then_commit(token: int, commits: Any) -> str:
        if not slept:
            slept.append(token)
            client.delete(KEYS.lease)
            assert other.drain("news").run(10.0) is False
        return commit(token, commits)

    monkeypatch.setattr(drain._store, "commit", sleep_then_commit)
    sleeper.lane("news").push(versions(make_item, 20, 2))
    assert drain.run(10.0) is False
    assert slept
    assert_each_revision_once_in_order(events(), 20, 2)
    sleeper.lane("news").push(versions(make_item, 20, 3)[40:])
    assert drain.run(10.0) is False
    assert_each_revision_once_in_order(events(), 20, 3)


def test_index_holds_nothing_that_was_not_committed(
    engine: Engine,
    make_item: Callable[..., Item],
    fold: Callable[..., None],
    events: Callable[[], list[Event]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever ends the work between decision and commit: the next item does not join a story that never was."""
    store = engine.drain("news")._store
    with monkeypatch.context() as patch:
        patch.setattr(store, "commit", lambda *_: 1 / 0)
        engine.lane("news").push([make_item("https://a.example/1", "Council approves harbour bridge plan")])
        with pytest.raises(ZeroDivisionError):
            engine.drain("news").run(5.0)
    engine.client.delete(KEYS.backlog)
    fold(engine, make_item("https://b.example/1", "Council approves the harbour bridge plan"))
    assert [event.type for event in events()] == [EventType.CREATED]
    assert engine.dead_letters("news").count() == 0


def test_lane_that_somebody_holds_is_left_to_him(
    engine: Engine, client: Redis, make_item: Callable[..., Item], events: Callable[[], list[Event]]
) -> None:
    engine.lane("news").push([make_item()])
    with engine.lane("news").held():
        assert engine.drain("news").run(5.0) is False
        assert events() == []
    assert engine.drain("news").run(5.0) is False
    assert len(events()) == 1


def test_work_that_the_time_does_not_suffice_for_is_told_to_the_caller(
    engine: Engine, make_item: Callable[..., Item], events: Callable[[], list[Event]]
) -> None:
    engine.lane("news").push([make_item()])
    assert engine.drain("news").run(0.0) is True
    assert engine.drain("news").run(5.0) is False
    assert len(events()) == 1


def test_totals_tell_what_went_through(
    engine: Engine, make_item: Callable[..., Item], fold: Callable[..., None]
) -> None:
    first = make_item("https://a.example/1", "Council approves harbour bridge plan")
    folded = make_item("https://b.example/1", "Council approves the harbour bridge plan")
    fold(engine, first, first, folded)
    totals = engine.counts("news").read()
    assert {name: totals.get(name, 0) for name in ("items", "created", "updated", "unchanged", "folded")} == {
        "items": 3,
        "created": 1,
        "updated": 1,
        "unchanged": 1,
        "folded": 1,
    }


@pytest.mark.parametrize("damage", ["unreadable body", "wrong type"])
def test_one_damaged_story_gives_up_only_its_own_items(
    engine: Engine,
    client: Redis,
    make_item: Callable[..., Item],
    fold: Callable[..., None],
    events: Callable[[], list[Event]],
    damage: str,
) -> None:
    broken = make_item("https://a.example/broken", "Broken here")
    fold(engine, broken)
    (created,) = events()
    key = KEYS.story(created.subject)
    if damage == "wrong type":
        client.delete(key)
        client.set(key, "no hash")
    else:
        client.hset(key, "body", "{")
    others = [make_item(f"https://a.example/{name}", f"{name} here") for name in ("one", "two", "three")]

    edited = make_item("https://a.example/broken", "Broken here, edited")
    engine.lane("news").push([others[0], edited, *others[1:]])
    assert engine.drain("news").run(20.0) is False

    told = [event.data["document"]["title"] for event in events()[1:]]
    assert told == ["one here", "two here", "three here"]
    (letter,) = engine.dead_letters("news").newest()
    assert letter.error == "story-conflict"
    assert created.subject in letter.detail
