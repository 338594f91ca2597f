"""A consumer group in Redis, as one of its consumers uses it: each method one exchange with the server."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

import msgspec
from redis import Redis
from redis.exceptions import ResponseError

Entries = list[tuple[str, dict[str, str]]]
"""Stream ids with their fields; no fields for an entry that was trimmed while it was pending."""


def default_name() -> str:
    """Name of a consumer that was given none: host and process."""
    return f"{socket.gethostname()}-{os.getpid()}"


class ConsumerGroup:
    """The group of one collection's stream, seen by one consumer.

    Every method may be repeated after a lost reply.
    """

    def __init__(
        self, client: Redis, *, collection: str, group: str, consumer: str, start: str, read_count: int
    ) -> None:
        self._client = client
        self.stream = f"storyfold:{{{collection}}}:stories"
        self.dead = f"storyfold:{{{collection}}}:dead"
        self.group = group
        self.consumer = consumer
        self._start = start
        self._read_count = read_count

    def ensure(self) -> None:
        """Make the group, and the stream, unless they exist."""
        try:
            self._client.xgroup_create(self.stream, self.group, id=self._start, mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

    def ack(self, stream_id: str) -> None:
        """Say that an entry is done."""
        self._client.xack(self.stream, self.group, stream_id)

    def pending_after(self, after: str) -> Entries:
        """The next entry that this consumer was given before and did not acknowledge."""
        return _entries_of(self._client.xreadgroup(self.group, self.consumer, {self.stream: after}, count=1))

    def read_new(self, block_seconds: float) -> Entries:
        """Entries that no consumer of the group was given; empty when none comes in time."""
        wait_ms = max(1, int(block_seconds * 1000))  # 0 would wait for ever
        reply = self._client.xreadgroup(
            self.group, self.consumer, {self.stream: ">"}, count=self._read_count, block=wait_ms
        )
        return _entries_of(reply)

    def idle_page(self, after: str, idle_ms: int) -> list[tuple[str, str]]:
        """Stream id and consumer of entries that lie idle, from a stream id on."""
        page = self._client.xpending_range(self.stream, self.group, after, "+", self._read_count, idle=idle_ms)
        return [(str(each["message_id"]), str(each["consumer"])) for each in page]

    def pending_of(self, name: str) -> list[str]:
        """Stream ids of what lies with another consumer."""
        page = self._client.xpending_range(self.stream, self.group, "-", "+", self._read_count, consumername=name)
        return [str(each["message_id"]) for each in page]

    def claim(self, stream_id: str, idle_ms: int) -> Entries:
        """Take one entry over; empty when another consumer was faster, or it was trimmed."""
        entries = self._client.xclaim(self.stream, self.group, self.consumer, idle_ms, [stream_id])
        return [(claimed_id, fields) for claimed_id, fields in cast("Entries", entries) if fields]

    def dead_neighbours(self) -> list[str]:
        """Consumers with default names whose processes ran on this host and have ended."""
        prefix = f"{socket.gethostname()}-"
        names = [str(each["name"]) for each in self._client.xinfo_consumers(self.stream, self.group)]
        numbers = {name: name.removeprefix(prefix) for name in names if name.startswith(prefix)}
        others = {name: number for name, number in numbers.items() if name != self.consumer and number.isdecimal()}
        return [name for name, number in others.items() if not _lives(int(number))]

    def forget(self, name: str) -> None:
        """Remove a consumer that has nothing pending."""
        self._client.xgroup_delconsumer(self.stream, self.group, name)

    def delivery_count(self, stream_id: str) -> int:
        """How often a pending entry was delivered."""
        pending = self._client.xpending_range(self.stream, self.group, stream_id, stream_id, 1)
        return int(pending[0]["times_delivered"]) if pending else 0

    def bury(self, stream_id: str, fields: Mapping[str, str], error: str, detail: str, count: int) -> None:
        """Make an entry a dead letter and acknowledge it, in one transaction."""
        first = datetime.fromtimestamp(int(stream_id.partition("-")[0]) / 1000, tz=UTC)
        letter = {
            "origin": stream_id,
            "group": self.group,
            "error": error,
            "detail": detail,
            "count": str(count),
            "first": first.isoformat(),
            "last": datetime.now(UTC).isoformat(),
            "payload": msgspec.json.encode(dict(fields)).decode(),
        }
        with self._client.pipeline(transaction=True) as pipe:
            pipe.xadd(self.dead, cast("dict[Any, Any]", letter))
            pipe.xack(self.stream, self.group, stream_id)
            pipe.execute()


def _lives(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _entries_of(reply: Any) -> Entries:
    """The entries of the one stream that was asked, in RESP2's shape (pairs) or RESP3's (a mapping)."""
    if not reply:
        return []
    if isinstance(reply, Mapping):
        lists = next(iter(reply.values()))
        entries = lists[0] if lists and isinstance(lists[0], list) else lists
    else:
        entries = reply[0][1]
    return [(stream_id, fields or {}) for stream_id, fields in entries]
