"""Celery's transport: a lost acknowledgement does not count as work for ever."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kombu import Connection, Queue

from worker.broker import use_transport
from worker.store.embedded import start_server


@pytest.mark.parametrize(
    "answer",
    [lambda message: message.ack(), lambda message: message.reject(), lambda message: message.requeue()],
    ids=["ack", "reject", "requeue"],
)
def test_worker_asks_for_messages_again_after_a_lost_answer(tmp_path: Path, answer: Callable[[Any], None]) -> None:
    """With one message at a time it would else stand still, its connection broken or not."""
    use_transport()
    server = start_server(tmp_path)
    try:
        with Connection(server.url) as connection:
            channel = connection.channel()
            channel.basic_qos(0, 1, False)
            queue = Queue("work", channel=channel)
            queue.declare()
            connection.Producer(channel).publish("x", routing_key="work", serializer="json")
            message = queue.get()
            assert not channel.qos.can_consume()
            server._process.kill()
            server._process.wait()
            with pytest.raises(connection.connection_errors):
                answer(message)
            assert channel.qos.can_consume()
            server.start_again()
            connection._close()
    finally:
        server.stop()


def test_server_that_starts_again_is_found_at_its_address(tmp_path: Path) -> None:
    server = start_server(tmp_path)
    try:
        url, pid = server.url, server.pid
        server._process.kill()
        server._process.wait()
        assert not server.running()
        server.start_again()
        assert server.running()
        assert (server.url, server.pid == pid) == (url, False)
    finally:
        server.stop()
