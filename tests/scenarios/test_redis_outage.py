"""Redis away for three seconds while files are dropped and feeds change: everything goes on by itself."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from typing import Any

OUTAGE_SECONDS = 3.0
NAMES = ("ash", "beech", "cedar", "elm", "fir", "hazel", "juniper", "larch", "maple", "oak", "pine", "rowan", "yew")


def test_outage_loses_and_doubles_nothing(
    new_system: Callable[..., Any], redis_server: Any, site: Any, tools: Any
) -> None:
    """An operator's Redis with its append-only file is killed and started again; nobody restarts Storyfold."""
    redis_server.start()
    system = new_system(REDIS_URL=redis_server.url, POLL_INTERVAL_MIN="1", POLL_INTERVAL_DEFAULT="1")
    system.start()
    workers = system.processes.running("celery", "--queues")
    assert len(workers) >= 4, "two workers, each with a child"
    entries = [{"title": "Weather ship sails for the last time", "link": "https://sea.example/ship"}]
    feed = site.put("/sea.xml", tools.make_rss("Sea", entries))
    system.poll(feed)
    system.drop("before.md", document("Apple"))

    redis_server.kill()
    until = time.monotonic() + OUTAGE_SECONDS
    entries.append({"title": "Lifeboat crew gets heated suits", "link": "https://sea.example/suits"})
    site.put("/sea.xml", tools.make_rss("Sea", entries))
    for number, name in enumerate(NAMES, start=1):
        system.drop(f"{name}.md", document(name))
        # spread over the outage, so that each step of the way meets it
        time.sleep(max(0.0, until - time.monotonic()) / (len(NAMES) - number + 1))
    redis_server.start()

    expected = 2 + 1 + len(NAMES)
    tools.wait_for(lambda: len(system.entries()) >= expected, "all stories", seconds=40, step=0.1)
    tools.wait_for(lambda: len(system.files_in(".done")) == 1 + len(NAMES), "all files done")
    system.wait_until_quiet()
    events = system.events()
    tools.check_stream(events)
    assert len(events) == expected
    assert len({event.subject for event in events}) == expected
    assert system.failures() == {}
    assert system.files_in("") == []
    (row,) = system.json("feeds", "list")
    assert (row["failure"], row["entries"]) == (None, 2)
    assert system.json("queue", "dead") == []
    assert system.processes.running("celery", "--queues") == workers, "the workers live through it"
    system.signal(signal.SIGTERM)
    assert system.wait_for_end(10) == 0
    assert system.processes.living() == {}


def document(name: str) -> str:
    """A document whose title is like no other's."""
    return f"---\ntitle: {name.capitalize()} wood planted {name}ward\nurl: https://wood.example/{name}\n---\n"
