"""Redis full, forgetful, cut off, killed: the input is not lost, and the work goes on without a restart of ours."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from storyfold.errors import RetryableError, StoreUnavailableError
from storyfold.event import Event
from worker.flows.engine import Engine
from worker.model.item import Item
from worker.store.client import connect
from worker.store.embedded import start_server
from worker.store.keys import Keys

KEYS = Keys("news")

MakeItem = Callable[..., Item]
Events = Callable[[], list[Event]]


def two_words(make_item: MakeItem, count: int) -> list[Item]:
    return [make_item(f"https://a.example/{number}", f"Story{number} alone") for number in range(count)]


@pytest.fixture
def full(client: Redis) -> Iterator[Callable[[bool], None]]:
    """Fills Redis up, or gives it room again."""
    client.config_set("maxmemory-policy", "noeviction")

    def fill(on: bool) -> None:
        client.config_set("maxmemory", "1" if on else "0")

    yield fill
    fill(False)


def test_full_redis_refuses_new_items(
    engine: Engine, full: Callable[[bool], None], make_item: MakeItem, events: Events
) -> None:
    full(True)
    with pytest.raises(StoreUnavailableError, match="maxmemory"):
        engine.lane("news").push([make_item()])
    full(False)
    assert engine.lane("news").length() == 0
    engine.lane("news").push([make_item()])
    assert engine.drain("news").run(10.0) is False
    assert len(events()) == 1


def test_full_redis_keeps_the_backlog_until_there_is_room(
    engine: Engine, client: Redis, full: Callable[[bool], None], make_item: MakeItem, events: Events
) -> None:
    engine.lane("news").push(two_words(make_item, 5))
    full(True)
    with pytest.raises(StoreUnavailableError):
        engine.drain("news").run(10.0)
    assert client.xlen(KEYS.backlog) == 5
    assert events() == []
    full(False)
    assert engine.drain("news").run(10.0) is False
    assert len(events()) == 5
    assert engine.dead_letters("news").count() == 0


def test_redis_that_gets_full_during_the_work_has_whole_commits_only(
    engine: Engine,
    client: Redis,
    full: Callable[[bool], None],
    make_item: MakeItem,
    events: Events,
    snapshot: Callable[[], dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = engine.drain("news")._store
    commit = store.commit

    def fill_then_commit(*args: Any) -> str:
        full(True)
        return commit(*args)

    engine.lane("news").push(two_words(make_item, 5))
    before = snapshot()
    with monkeypatch.context() as patch:
        patch.setattr(store, "commit", fill_then_commit)
        with pytest.raises(StoreUnavailableError):
            engine.drain("news").run(10.0)
    full(False)
    after = snapshot()
    assert after.pop(KEYS.token) == "1"
    assert after == before
    assert engine.drain("news").run(10.0) is False
    assert len(events()) == 5


def test_server_that_became_a_replica_is_waited_for(
    own_server: Any, make_engine: Callable[..., Engine], make_item: MakeItem
) -> None:
    """A failover: for a while the old address refuses writes. That is no fault of the item or its file."""
    engine = make_engine(own_server.url)
    engine.lane("news").push([make_item()])
    with connect(own_server.url) as client:
        client.replicaof("127.0.0.1", 1)
        for write in (lambda: engine.lane("news").push([make_item()]), lambda: engine.drain("news").run(10.0)):
            with pytest.raises(StoreUnavailableError):
                write()
        client.replicaof("NO", "ONE")
    assert engine.drain("news").run(10.0) is False
    assert engine.stream("news").length() == 1


def test_server_without_enough_replicas_is_waited_for(
    engine: Engine, client: Redis, make_item: MakeItem, events: Events
) -> None:
    engine.lane("news").push([make_item()])
    client.config_set("min-replicas-to-write", "1")
    try:
        with pytest.raises(StoreUnavailableError, match="NOREPLICAS"):
            engine.drain("news").run(10.0)
    finally:
        client.config_set("min-replicas-to-write", "0")
    assert engine.drain("news").run(10.0) is False
    assert len(events()) == 1


def test_forgotten_scripts_are_loaded_again(
    engine: Engine, client: Redis, make_item: MakeItem, events: Events
) -> None:
    for number in range(3):
        engine.lane("news").push([make_item(f"https://a.example/{number}", f"Story{number} alone")])
        client.script_flush()
        assert engine.drain("news").run(10.0) is False
    assert len(events()) == 3


def test_scripts_forgotten_between_look_and_use_are_tried_again(
    engine: Engine, client: Redis, make_item: MakeItem, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    """redis-py asks which scripts are loaded, then sends the commits: a flush in between is no fault of an item."""
    engine.lane("news").push([make_item()])
    store = engine.drain("news")._store
    pipeline = store._client.pipeline

    def forgetful(**options: Any) -> Any:
        pipe = pipeline(**options)
        load = pipe.load_scripts

        def load_and_flush() -> None:
            load()
            client.script_flush()

        pipe.load_scripts = load_and_flush
        return pipe

    with monkeypatch.context() as patch:
        patch.setattr(store._client, "pipeline", forgetful)
        with pytest.raises(RetryableError):
            engine.drain("news").run(10.0)
    assert engine.drain("news").run(10.0) is False
    assert len(events()) == 1


def test_killed_connections_are_opened_again(
    engine: Engine, client: Redis, make_item: MakeItem, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.lane("news").push(two_words(make_item, 5))
    store = engine.drain("news")._store
    commit = store.commit

    def kill_then_commit(*args: Any) -> str:
        assert client.client_kill_filter(_type="normal", skipme=True) >= 1
        return commit(*args)

    monkeypatch.setattr(store, "commit", kill_then_commit)
    assert engine.drain("news").run(10.0) is False
    assert len(events()) == 5


def test_lost_reply_of_a_commit_makes_no_second_event(
    engine: Engine, client: Redis, make_item: MakeItem, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.lane("news").push(two_words(make_item, 5))
    store = engine.drain("news")._store
    commit = store.commit

    def commit_and_lose_the_reply(*args: Any) -> str:
        commit(*args)
        raise StoreUnavailableError("the connection was cut before the reply came")

    with monkeypatch.context() as patch:
        patch.setattr(store, "commit", commit_and_lose_the_reply)
        with pytest.raises(StoreUnavailableError):
            engine.drain("news").run(10.0)
    engine.lane("news").push(two_words(make_item, 5))
    assert engine.drain("news").run(10.0) is False
    assert [event.revision for event in events()] == [1] * 5


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_server_that_comes_back_has_every_committed_story(
    own_server: Any, make_engine: Callable[..., Engine], make_item: MakeItem, how: int
) -> None:
    engine = make_engine(own_server.url)
    items = two_words(make_item, 20)
    engine.lane("news").push(items[:10])
    assert engine.drain("news").run(10.0) is False
    engine.lane("news").push(items[10:])
    own_server.stop(how)
    with pytest.raises(StoreUnavailableError):
        engine.drain("news").run(10.0)
    with pytest.raises(StoreUnavailableError):
        engine.lane("news").push(items)
    own_server.start()
    assert engine.drain("news").run(10.0) is False
    with connect(own_server.url) as client:
        subjects = [fields["subject"] for _, fields in client.xrange(KEYS.stream)]
    assert subjects == [item.item_id for item in items]
    assert set(engine.stories("news").load(subjects)) == set(subjects)


def test_embedded_server_started_again_on_its_folder_keeps_the_stories(
    tmp_path: Path, make_engine: Callable[..., Engine], make_item: MakeItem
) -> None:
    folder = tmp_path / "redis"
    server = start_server(folder)
    engine = make_engine(server.url)
    engine.lane("news").push(two_words(make_item, 3))
    assert engine.drain("news").run(10.0) is False
    engine.lane("news").push([make_item("https://a.example/late", "Story late")])
    server.stop()
    again = start_server(folder)
    try:
        assert again.url != server.url
        later = make_engine(again.url)
        assert later.stories("news").count() == 3
        assert later.drain("news").run(10.0) is False
        assert later.stream("news").length() == 4
    finally:
        again.stop()
    assert not again.running()


def test_second_embedded_server_on_one_folder_is_refused(tmp_path: Path) -> None:
    server = start_server(tmp_path)
    try:
        with pytest.raises(StoreUnavailableError, match="already runs"):
            start_server(tmp_path)
    finally:
        server.stop()


def test_embedded_server_starts_after_it_was_killed(tmp_path: Path) -> None:
    """The state file of a dead server is no hindrance."""
    server = start_server(tmp_path)
    server._process.kill()
    server._process.wait()
    again = start_server(tmp_path)
    assert again.running()
    again.stop()
    assert not (tmp_path / "server.json").exists()


def test_embedded_server_lets_nobody_in_without_its_password(tmp_path: Path) -> None:
    server = start_server(tmp_path)
    try:
        assert (tmp_path / "server.json").stat().st_mode & 0o077 == 0
        assert (tmp_path / "valkey.conf").stat().st_mode & 0o077 == 0
        with (
            connect("redis://127.0.0.1:" + server.url.rpartition(":")[2]) as client,
            pytest.raises(Exception, match="Auth"),
        ):
            client.ping()
    finally:
        server.stop()
