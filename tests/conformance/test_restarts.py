"""A 13, 15, 16, 17 and 29: what holds when processes end in the middle, or run side by side."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from worker.store.feeds import FeedStore

HOUR = 3600
SECOND = timedelta(seconds=1)
ETAG = '"33a64df5"'
#: Polls what is due at an instant, as a worker does; for a process that the test kills.
WORKER = """
import sys
from datetime import datetime
from config.settings import load_settings
from worker.flows.engine import Engine
from worker.flows.subscribe import follow
from worker.flows.upkeep import due_batches

now = datetime.fromisoformat(sys.argv[1])
engine = Engine(load_settings(), clock=lambda: now)
for urls in due_batches(engine, "news"):
    for collection, feed_ids in follow(engine, urls).batches.items():
        engine.poll(collection, lambda: None).run(feed_ids, 50.0)
"""


class StoppedError(Exception):
    """Stands for the end of the process."""


def _killed_while(reader: Any, started: threading.Event, folder: Path) -> None:
    """Run a worker as a process of its own and kill it once the server has the request."""
    command = [sys.executable, "-c", WORKER, reader.clock.now.isoformat()]
    environment = {**reader.environment, "PYTHONPATH": ":".join(sys.path)}
    worker = subprocess.Popen(command, env=environment, cwd=folder, stderr=subprocess.PIPE)
    try:
        assert started.wait(20), worker.stderr and worker.poll() is not None and worker.stderr.read()
    finally:
        worker.kill()
        worker.communicate()


def test_a_crash_before_the_items_are_stored_leaves_the_validators_unstored(
    reader: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A 13: the new ETag is stored with the items: when the process ends before, the body is asked for again."""
    reader.answer("/feed", reader.ok(reader.rss("One"), ETag=ETAG))
    reader.follow()
    with monkeypatch.context() as patch:

        def stop(*_: object) -> int:
            raise StoppedError

        patch.setattr(FeedStore, "finish", stop)
        with pytest.raises((StoppedError, BaseExceptionGroup)):
            reader.tick()
    assert reader.events() == []
    reader.restart()
    reader.run(hours=2)
    assert [asked.is_conditional for asked in reader.asked()] == [False, False]
    assert reader.titles() == ["One"]


def test_items_that_were_stored_are_told_after_a_crash_without_the_feed_changing(
    reader: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A 13: between storing and telling the process ends: the next one tells, without another request."""
    reader.answer("/feed", reader.not_modified(ETag=ETAG))
    reader.follow()
    with monkeypatch.context() as patch:
        patch.setattr(reader, "drain", lambda *_: None)
        reader.tick()
    assert reader.feed().etag == ETAG
    assert reader.events() == []
    reader.restart()
    reader.drain()
    assert reader.titles() == ["One"]
    assert len(reader.asked()) == 1


def test_a_restart_of_the_worker_neither_hastens_nor_forgets(reader: Any) -> None:
    """A 15: after a restart the next request comes when it was due, with validators."""
    reader.answer("/feed", reader.not_modified(ETag=ETAG))
    reader.follow()
    due = reader.poll().next_poll_at
    reader.restart()
    for _ in range(60):
        reader.tick()
        reader.advance(seconds=59)
    assert len(reader.asked()) == 1
    reader.run(hours=1)
    assert [asked.validators[0] for asked in reader.asked()] == [None, ETAG.encode()]
    assert due <= reader.asked()[1].at < due + SECOND


def test_a_restart_of_redis_neither_hastens_nor_forgets(own_redis: Any, make_reader: Any) -> None:
    """A 15: with the data on disk Redis may restart, too."""
    reader = make_reader(redis=own_redis.url)
    reader.answer("/feed", reader.not_modified(ETag=ETAG))
    reader.follow()
    due = reader.poll().next_poll_at
    own_redis.stop()
    own_redis.start_again()
    reader.restart()
    reader.advance(minutes=59)
    reader.tick()
    assert len(reader.asked()) == 1
    reader.run(hours=1)
    (again,) = reader.asked()[1:]
    assert due <= again.at < due + SECOND
    assert again.is_conditional
    assert reader.titles() == ["One"]


def test_ten_restarts_in_a_minute_make_one_request(reader: Any) -> None:
    """A 16: a feed gets one request in its interval, however often the process begins anew."""
    reader.answer("/feed", reader.not_modified(ETag=ETAG))
    reader.answer("/failing", reader.status(500))
    reader.follow("/feed", "/failing")
    for _ in range(10):
        reader.tick()
        reader.advance(seconds=6)
        reader.restart()
    reader.tick()
    assert len(reader.asked("/feed")) == 1
    assert len(reader.asked("/failing")) == 1


def test_an_attempt_is_noted_before_its_request(reader: Any, tmp_path: Path) -> None:
    """A 17: a worker that is killed while the server still thinks has asked, and nobody asks again for an hour."""
    started = threading.Event()

    def think(exchange: Any) -> None:
        started.set()
        exchange.hang()

    reader.answer("/feed", think, reader.ok(reader.rss("One"), ETag=ETAG))
    reader.follow()
    _killed_while(reader, started, tmp_path)
    for _ in range(59):
        reader.restart()
        reader.tick()
        reader.advance(minutes=1)
    assert len(reader.asked()) == 1
    reader.run(hours=1)
    assert reader.gaps()[0] >= HOUR
    assert reader.titles() == ["One"]


def test_an_answer_that_a_crash_lost_is_asked_for_again_conditionally(reader: Any, tmp_path: Path) -> None:
    """C 56: of a worker that is killed an answer in flight is asked for again, with the validators of before."""
    started = threading.Event()
    whole = reader.ok(reader.rss("Two", "One"), ETag='"2"')

    def part(exchange: Any) -> None:
        exchange.send(whole[:-20])
        started.set()
        exchange.hang()

    reader.answer("/feed", reader.ok(reader.rss("One"), ETag=ETAG), part, whole, reader.status(304))
    reader.follow()
    reader.clock.now = reader.poll().next_poll_at
    _killed_while(reader, started, tmp_path)
    assert reader.feed().etag == ETAG
    reader.restart()
    reader.run(hours=2)
    assert [asked.validators[0] for asked in reader.asked()][:3] == [None, ETAG.encode(), ETAG.encode()]
    assert reader.titles() == ["One", "Two"]


def test_two_beats_and_two_workers_ask_once_an_interval(reader: Any) -> None:
    """A 29: dispatchers and workers at the same time share the feeds; none is asked twice."""
    targets = [f"/feed/{number}" for number in range(10)]
    for target in targets:
        reader.answer(target, reader.not_modified(ETag=ETAG))
    reader.follow(*targets)
    engines = [reader.engine, reader.start_engine()]
    with ThreadPoolExecutor(2) as pool:
        for _ in range(3):
            reader.clock.now = max(feed.next_poll_at for feed in reader.feeds())
            list(pool.map(reader.tick, engines))
    assert [len(reader.asked(target)) for target in targets] == [3] * 10
    assert min(gap for target in targets for gap in reader.gaps(target)) >= HOUR


def test_a_message_that_comes_twice_asks_once(reader: Any) -> None:
    """A 29: Celery may deliver a message twice, or to two workers at once."""
    reader.answer("/feed", reader.not_modified(ETag=ETAG))
    urls = [reader.server.url("/feed")]
    engines = [reader.engine, reader.start_engine()]
    reader.follow()
    with ThreadPoolExecutor(2) as pool:
        for _ in range(3):
            list(pool.map(lambda engine: reader.work(urls, engine), engines))
    assert len(reader.asked()) == 1
