"""A running worker is given bombs: it lives, stays small, and serves the next feed at once."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

MILLION = 1_000_000
MOST_SECONDS = 5.0
MOST_MB = 512


def channel(inside: bytes) -> bytes:
    return b'<rss version="2.0"><channel><title>t</title>' + inside + b"</channel></rss>"


def laughs() -> bytes:
    levels = b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
    return b'<!DOCTYPE rss [<!ENTITY a "lol">' + levels + b"]>" + channel(b"<item><title>&j;</title></item>")


BOMBS = {
    "laughs": laughs,
    "deep": lambda: channel(b"<item>" + b"<a>" * 100_000),
    "elements": lambda: channel(b"<a/>" * 2 * MILLION),
    "xhtml": lambda: channel(b"<item><description>" + b"<b>x</b>" * MILLION),
    "attributes": lambda: b"<rss " + b"a=1 " * 2 * MILLION + b"><channel/></rss>",
    "less-than": lambda: channel(b"<item><title>" + b"<" * 5 * MILLION),
    "ampersands": lambda: channel(b"<item><title>" + b"&" * 5 * MILLION + b"</title></item>"),
    "garbage": lambda: bytes(range(256)) * 36_000,
    "lists": lambda: b'{"version":"https://jsonfeed.org/version/1.1","items":[' + b"[]," * 3 * MILLION + b"[]]}",
    "nested": lambda: b"[" * 100_000,
    "too large": lambda: b" " * 50 * MILLION,
}


def test_the_feed_after_the_bombs_is_served_within_five_seconds(system: Any, site: Any, tools: Any) -> None:
    """G 15 to 24: all bombs in one message to the same worker, the good feed in the next; each bomb has its name."""
    workers = system.processes.running("celery", "--queues")
    assert workers
    start = system.position()
    bombs = [site.put(f"/{name.replace(' ', '-')}", body()) for name, body in BOMBS.items()]
    entry = {"title": "Lighthouse gets its lamp back", "link": "https://lamp.example/1"}
    good = site.put("/good.xml", tools.make_rss("Lamp", [entry]))
    began = time.monotonic()
    system.send("storyfold.poll", bombs, queue="storyfold.fetch")
    system.send("storyfold.poll", [good], queue="storyfold.fetch")
    titles = lambda: [event.data["document"]["title"] for event in system.events(after=start)]  # noqa: E731
    tools.wait_for(lambda: entry["title"] in titles(), lambda: f"the good feed's event\n{system.tail()}", seconds=20)
    assert time.monotonic() - began < MOST_SECONDS

    tools.wait_for(lambda: len(system.polled(bombs)) == len(bombs), "all bombs polled")
    system.wait_until_quiet()
    assert system.processes.running("celery", "--queues") == workers, "no process ended"
    for pid in workers:
        assert highest_mb(pid) < MOST_MB


def highest_mb(pid: int) -> float:
    """The most memory that a process has had."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024
