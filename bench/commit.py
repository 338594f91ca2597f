"""Commit: how many stories a second one lane turns into state and events.

Three figures: the drain over a backlog of new items, the drain over a backlog of which half is known, and the
commits alone, with the outcomes of the first drain.
"""

from __future__ import annotations

import cProfile
import pstats
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from bench.articles import Articles
from bench.figures import Figure, arguments, show
from bench.installation import Installation, installation
from bench.process_time import session_cpu_seconds
from worker.flows.drain import COMMITS_A_ROUND_TRIP
from worker.model.item import Item
from worker.store.stories import Commit, StoryStore

BUDGET_SECONDS = 600.0
TOP = 25


class Run(NamedTuple):
    """One drain of a backlog.

    Attributes:
        items: in the backlog.
        events: that came of them.
        seconds: by the clock.
        cpu_seconds: of the draining process.
        server_seconds: CPU time of the Redis server.
    """

    items: int
    events: int
    seconds: float
    cpu_seconds: float
    server_seconds: float


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = arguments("stories committed a second")
    parser.add_argument("--items", type=int, default=20_000, help="in the backlog (default 20000)")
    parser.add_argument("--profile", action="store_true", help=f"print the top {TOP} functions by own time")
    options = parser.parse_args(argv)
    with installation({}) as place:
        first, second = _items(place, 1, options.items), _items(place, 2, options.items // 2)
        commits: list[Commit] = []
        fresh = _drain(place, first, commits, profile=options.profile)
        mixed = _drain(place, _interleaved(first[: len(second)], second), [], profile=False)
        alone, inside_us = _commits_alone(place, commits)
    title = "commit, slowed by the profiler" if options.profile else "commit"
    show(title, _figures(fresh, mixed, alone, inside_us), as_json=options.json)


def _figures(fresh: Run, mixed: Run, alone: float, inside_us: float) -> list[Figure]:
    return [
        Figure("stories committed, new items, in process", fresh.events / fresh.seconds, "stories/s", ">= 3,000"),
        Figure("  a CPU second of the drain", fresh.events / fresh.cpu_seconds, "stories/s"),
        Figure("  a CPU second of the server", fresh.events / (fresh.server_seconds or 1e-9), "stories/s"),
        Figure("items drained, half of them known", mixed.items / mixed.seconds, "items/s"),
        Figure("  events of them", mixed.events, "events"),
        Figure("commits alone, outcomes ready", alone, "commits/s"),
        Figure("  the script alone, inside the server", 1e6 / inside_us, "commits/s"),
    ]


def _items(place: Installation, seed: int, count: int) -> list[Item]:
    to_item = place.engine.to_item(place.settings.collection)
    return [to_item(entry) for entry in Articles(seed, datetime.now(UTC)).entries(count)]


def _interleaved(known: list[Item], new: list[Item]) -> list[Item]:
    return [item for pair in zip(known, new, strict=True) for item in pair]


class _RecordingStore(StoryStore):
    """Keeps the commits that go through it."""

    commits: list[Commit]

    def commit(self, token: int, commits: Sequence[Commit]) -> str:
        self.commits.extend(commits)
        return super().commit(token, commits)


def _drain(place: Installation, items: list[Item], commits: list[Commit], *, profile: bool) -> Run:
    collection = place.settings.collection
    engine, lane, stream = place.engine, place.engine.lane(collection), place.engine.stream(collection)
    drain = engine.drain(collection)
    store = _RecordingStore(engine.client, collection)
    store.commits = commits
    drain._store = store  # noqa: SLF001 - to have the very same commits for the script alone
    lane.push(items)
    before = stream.length()
    profiler = cProfile.Profile()
    server_from, cpu_from, started = session_cpu_seconds([place.server.pid]), time.process_time(), time.perf_counter()
    if profile:
        profiler.enable()
    drain.run(BUDGET_SECONDS)
    profiler.disable()
    seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu_from
    server_seconds = session_cpu_seconds([place.server.pid]) - server_from
    if profile:
        _print_profile(profiler)
    return Run(len(items), stream.length() - before, seconds, cpu_seconds, server_seconds)


def _print_profile(profiler: cProfile.Profile) -> None:
    pstats.Stats(profiler).strip_dirs().sort_stats("tottime").print_stats(TOP)
    pstats.Stats(profiler).strip_dirs().sort_stats("cumulative").print_stats(TOP)


def _commits_alone(place: Installation, commits: list[Commit]) -> tuple[float, float]:
    """The same commits made again on an empty store: how many a second, and microseconds of one inside the server."""
    store = place.engine.stories(place.settings.collection)
    client, keys = place.engine.client, store.keys
    client.flushdb()
    client.set(keys.token, 1)
    for some in _portions(commits, 1000):
        with client.pipeline(transaction=False) as pipe:
            for commit in some:
                pipe.xadd(keys.backlog, {"item": "{}"}, id=commit.entry_id)
            pipe.execute()
    client.config_resetstat()
    started = time.perf_counter()
    for some in _portions(commits, COMMITS_A_ROUND_TRIP):
        store.commit(1, some)
    seconds = time.perf_counter() - started
    inside = client.info("commandstats")["cmdstat_evalsha"]["usec_per_call"]
    return len(commits) / seconds, float(inside)


def _portions(commits: list[Commit], size: int) -> Iterator[list[Commit]]:
    return (commits[start : start + size] for start in range(0, len(commits), size))


if __name__ == "__main__":
    main()
