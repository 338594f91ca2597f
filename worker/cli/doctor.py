"""``doctor`` and ``health``: what is wrong, and whether work flows."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Annotated

import typer

from storyfold.errors import StoryfoldError
from worker.cli.output import FAILED, console, print_json
from worker.cli.session import open_engine
from worker.flows.engine import Engine
from worker.flows.flow_health import read_flow_health
from worker.store.client import store_errors

AsJson = Annotated[bool, typer.Option("--json", help="One JSON value on stdout.")]

CLOCK_SKEW_SECONDS = 5.0
"""Between this machine and Redis's; a tick counts as old after three times that."""

FEEDS_LOOKED_AT = 10_000
MANY_FEEDS = 5
OWN_FAULTS = frozenset({"dns", "connect", "timeout", "tls"})
"""Failures that, when most feeds have them, are more likely to be this machine's than the feeds'."""


def doctor(as_json: AsJson = False) -> None:
    """Check Redis's settings, the clock, the drop folder, the heartbeat and the feeds; each fault with what to do."""
    with open_engine() as engine:
        checks = [{"check": name, "fault": fault} for name, fault in _checks(engine)]
    if as_json:
        print_json(checks)
    for check in [] if as_json else checks:
        console.print(
            f"{'ok  ' if check['fault'] is None else 'FAIL'} {check['check']}: {check['fault'] or 'good'}",
            markup=False,
        )
    if any(check["fault"] for check in checks):
        raise typer.Exit(FAILED)


def health(as_json: AsJson = False) -> None:
    """Whether work really flows: the last tick went through beat, queue, worker and Redis a moment ago."""
    with open_engine() as engine:
        fault = _tick_fault(engine)
    if as_json:
        print_json({"healthy": fault is None, "fault": fault})
    elif fault:
        console.print(fault)
    if fault:
        raise typer.Exit(FAILED)


def _checks(engine: Engine) -> Iterator[tuple[str, str | None]]:
    yield "redis keeps every key", _eviction_fault(engine)
    yield "redis writes to disk", _persistence_fault(engine)
    yield "clock agrees with that of Redis", _clock_fault(engine)
    yield "drop folder can be written", _folder_fault(engine)
    yield "work flows", _tick_fault(engine)
    yield "feeds can be reached", _feeds_fault(engine)


def _eviction_fault(engine: Engine) -> str | None:
    with store_errors():
        policy = engine.client.info("memory").get("maxmemory_policy", "noeviction")
    return (
        None if policy == "noeviction" else f"maxmemory-policy is {policy}: set it to noeviction, or streams vanish"
    )


def _persistence_fault(engine: Engine) -> str | None:
    with store_errors():
        info = engine.client.info("persistence")
    if info.get("aof_enabled"):
        return None
    return "appendonly is off: a restart of Redis loses what came since the last snapshot; set appendonly yes"


def _folder_fault(engine: Engine) -> str | None:
    try:
        engine.drop_folder.counts()
        handle, name = tempfile.mkstemp(dir=engine.settings.drop_dir, prefix=".doctor.")
        os.close(handle)
        os.unlink(name)  # noqa: PTH108
    except (OSError, StoryfoldError) as error:
        return str(error)
    return None


def _tick_fault(engine: Engine) -> str | None:
    return read_flow_health(engine, engine.settings.collection).fault


def _clock_fault(engine: Engine) -> str | None:
    with store_errors():
        seconds, microseconds = engine.client.time()
    theirs = datetime.fromtimestamp(seconds + microseconds / 1_000_000, UTC)
    return clock_fault((engine.clock() - theirs).total_seconds())


def clock_fault(ahead_seconds: float) -> str | None:
    """What is wrong with a clock that is this much ahead of Redis's."""
    if abs(ahead_seconds) <= CLOCK_SKEW_SECONDS:
        return None
    side = "ahead of" if ahead_seconds > 0 else "behind"
    return f"this machine is {abs(ahead_seconds):.0f} s {side} Redis: leases and schedules go wrong; let NTP set both"


def _feeds_fault(engine: Engine) -> str | None:
    return feeds_fault(list(islice(_failures(engine), FEEDS_LOOKED_AT)))


def _failures(engine: Engine) -> Iterator[str]:
    for collection in engine.collections():
        store = engine.feeds(collection)
        ids = store.ids()
        for start in range(0, len(ids), 1000):
            yield from (feed.failure for feed in store.load(ids[start : start + 1000]))


def feeds_fault(failures: list[str]) -> str | None:
    """What the last polls of all feeds say of this machine's way to the net; "" stands for a good poll."""
    own = Counter(failure for failure in failures if failure in OWN_FAULTS)
    if len(failures) < MANY_FEEDS or own.total() * 2 <= len(failures):
        return None
    most, _ = own.most_common(1)[0]
    return (
        f"{own.total()} of {len(failures)} feeds cannot be reached, most of them by {most}: look at this machine's "
        "network, its name servers and certificates, then `storyfold feeds refresh --failing`"
    )
