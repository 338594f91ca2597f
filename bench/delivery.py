"""Delivery: from a file in the drop folder to the event that a consumer reads.

Everything is real: embedded server, Celery worker, beat and watcher as processes, started as ``storyfold up``
starts them. The consumer is this process with a blocking XREAD.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from bench.articles import Articles, front_matter
from bench.figures import Figure, arguments, percentile, show
from bench.installation import START_SECONDS, Installation, await_or_exit, installation, wait_until
from bench.process_time import session_cpu_seconds
from worker.store.keys import Keys
from worker.supervisor.role_commands import work_commands

#: Between an event and the next file, with a random share, so that files do not come in step with the watcher.
PAUSE_SECONDS = 0.02
BLOCK_MS = 25_000  # below the client's own limit for a reply


class Reader:
    """Reads the stream of events with a blocking XREAD, as a consumer does."""

    def __init__(self, place: Installation) -> None:
        self._place = place
        self._client = place.engine.client
        self._stream = Keys(place.settings.collection).stream
        self._last = "0"

    def read(self, count: int) -> int:
        """Wait for an event; returns how many were there, at most ``count``."""
        reply = self._client.xread({self._stream: self._last}, count=count, block=BLOCK_MS)
        await_or_exit(self._place, "an event", bool(reply))
        entries = _entries_of(reply)
        self._last = entries[-1][0]
        return len(entries)

    def read_all(self, count: int) -> None:
        """Wait for so many events."""
        while count > 0:
            count -= self.read(min(count, 1000))


def _entries_of(reply: Any) -> list[tuple[str, dict[str, str]]]:
    if isinstance(reply, dict):  # RESP3
        lists = next(iter(reply.values()))
        return list(lists[0])
    return list(reply[0][1])


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = arguments("dropped file to event")
    parser.add_argument("--files", type=int, default=300, help="one after the other, for the latency (default 300)")
    parser.add_argument("--warm-up", type=int, default=30, help="files before them (default 30)")
    parser.add_argument("--burst", type=int, default=5_000, help="files at once (default 5000)")
    parser.add_argument("--lines", type=int, default=20_000, help="items of one JSONL file (default 20000)")
    parser.add_argument("--idle-seconds", type=float, default=5, help="of rest, for the cost of it (default 5)")
    options = parser.parse_args(argv)
    with _running() as (place, sessions):
        reader = Reader(place)
        _latencies(place, reader, options.warm_up, seed=1)
        latencies = _latencies(place, reader, options.files, seed=2)
        idle = _idle_share(sessions, options.idle_seconds)
        burst = _burst(place, reader, options.burst)
        lines = _lines(place, reader, options.lines)
    show("delivery", _figures(latencies, burst, lines, idle, options.burst, options.lines), as_json=options.json)


def _figures(latencies: list[float], burst: float, lines: float, idle: float, files: int, items: int) -> list[Figure]:
    return [
        Figure("dropped to event, p50", percentile(latencies, 0.5) * 1000, "ms", "<= 15"),
        Figure("dropped to event, p90", percentile(latencies, 0.9) * 1000, "ms"),
        Figure("dropped to event, p99", percentile(latencies, 0.99) * 1000, "ms", "<= 50"),
        Figure("dropped to event, worst", max(latencies, default=float("nan")) * 1000, "ms"),
        Figure(f"burst of {files:,} files", files / burst, "files/s to events"),
        Figure(f"one JSONL of {items:,} items", items / lines, "items/s to events"),
        Figure("CPU of all roles while nothing happens", idle * 100, "% of a core"),
    ]


@contextmanager
def _running() -> Iterator[tuple[Installation, list[int]]]:
    """An installation with all roles at work, and their sessions."""
    with installation({"DROP_STABLE_SECONDS": "0"}) as place, place.roles(work_commands(place.settings)) as sessions:
        await_or_exit(place, "the first tick", _has_ticked(place))
        yield place, sessions


def _has_ticked(place: Installation) -> bool:
    collection = place.settings.collection
    return wait_until(lambda: "tick" in place.engine.health(collection), START_SECONDS)


def _latencies(place: Installation, reader: Reader, count: int, seed: int) -> list[float]:
    """Seconds from the rename of a file into the drop folder until its event was read."""
    random = Random(seed)
    seconds = []
    for name, path in _written(place, count, seed):
        started = time.perf_counter()
        path.rename(place.settings.drop_dir / name)
        reader.read(1)
        seconds.append(time.perf_counter() - started)
        time.sleep(PAUSE_SECONDS * (0.5 + random.random()))
    return seconds


def _burst(place: Installation, reader: Reader, count: int) -> float:
    """Seconds from the first rename of many until the last event was read."""
    files = list(_written(place, count, seed=3))
    started = time.perf_counter()
    for name, path in files:
        path.rename(place.settings.drop_dir / name)
    reader.read_all(count)
    return time.perf_counter() - started


def _lines(place: Installation, reader: Reader, count: int) -> float:
    """Seconds from the rename of one file with many items until the last event was read."""
    path = place.folder / "items.jsonl"
    documents = Articles(4, datetime.now(UTC)).documents(count)
    path.write_text("".join(json.dumps(document) + "\n" for document in documents))
    started = time.perf_counter()
    path.rename(place.settings.drop_dir / path.name)
    reader.read_all(count)
    return time.perf_counter() - started


def _written(place: Installation, count: int, seed: int) -> list[tuple[str, Path]]:
    """Files beside the drop folder, on the same file system, ready to be renamed into it."""
    folder = place.folder / f"ready-{seed}"
    folder.mkdir()
    written = []
    for number, document in enumerate(Articles(seed, datetime.now(UTC)).documents(count)):
        path = folder / f"{seed}-{number}.md"
        path.write_bytes(front_matter(document))
        written.append((path.name, path))
    return written


def _idle_share(sessions: list[int], seconds: float) -> float:
    before = session_cpu_seconds(sessions)
    time.sleep(seconds)
    return (session_cpu_seconds(sessions) - before) / seconds


if __name__ == "__main__":
    main()
