"""A feed that kills the process that reads it: it is set aside, and the others are read."""

from __future__ import annotations

import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from worker.model.feed import Feed, feed_id_of

# Python runs this at its start, in each process of the scenario. Reading the digest of a certain body ends the
# process as a fault in a parser's C code would.
SITE = """
import hashlib, os, signal

def blake2b(data=b"", _of=hashlib.blake2b, **options):
    if b"POISON" in bytes(data):
        os.kill(os.getpid(), signal.SIGSEGV)
    return _of(data, **options)

hashlib.blake2b = blake2b
"""


def test_a_feed_that_kills_its_worker_is_set_aside_and_the_others_are_read(
    new_system: Callable[..., Any], site: Any, tools: Any, tmp_path: Path
) -> None:
    """G 26: three processes die of it, not more; the feeds of the same message lose nothing, and it is told of."""
    (tmp_path / "sitecustomize.py").write_text(SITE)
    # a dead process keeps its slots of the host for a while
    system = new_system(PER_HOST_CONNECTIONS="64", PER_HOST_GAP="0")
    system.environment["PYTHONPATH"] += f":{tmp_path}"
    system.start()
    subjects = ("ferry timetable", "violin auction", "glacier museum", "onion festival")
    entries = [{"title": f"The {name}", "link": f"https://e.example/{n}"} for n, name in enumerate(subjects)]
    good = [site.put(f"/{n}.xml", tools.make_rss(f"Good {n}", [entry])) for n, entry in enumerate(entries)]
    poison = site.put("/poison.xml", tools.make_rss("POISON", [{"title": "t", "link": "https://e.example/p"}]))

    before = datetime.now(UTC)
    system.send("storyfold.poll", [*good[:2], poison, *good[2:]], queue="storyfold.fetch")
    is_crashed = lambda feed: feed is not None and feed.failure == "crashed"  # noqa: E731
    tools.wait_for(lambda: is_crashed(row(system, poison)), system.tail, seconds=40, step=0.2)

    tools.wait_for(lambda: len(system.events()) == len(good), system.tail, seconds=20)
    assert {event.data["document"]["title"] for event in system.events()} == {entry["title"] for entry in entries}
    assert [path for path, _, _ in site.requests].count("/poison.xml") == 3
    feed = row(system, poison)
    assert feed is not None
    assert feed.detail
    assert feed.next_poll_at is not None, "it is asked again"
    assert feed.next_poll_at - before >= timedelta(days=1), "but not soon"
    # and the worker goes on
    system.poll(
        site.put("/last.xml", tools.make_rss("Last", [{"title": "Canal opened", "link": "https://e.example/c"}]))
    )
    assert len(system.events()) == len(good) + 1
    system.signal(signal.SIGTERM)
    assert system.wait_for_end(10) == 0


def row(system: Any, url: str) -> Feed | None:
    with system.engine() as engine:
        found = engine.feeds("news").load([feed_id_of(url)])
    return found[0] if found else None
