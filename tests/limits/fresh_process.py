"""A warm process that does each piece of work in a fork of itself, and tells what it cost.

Run by the tests of this folder as a program of its own: ``python fresh_process.py REDIS_URL FOLDER ALLOWED``. It
reads a line of JSON for each piece of work and answers with one. The parent has everything imported and has done
each kind of work once, as a worker that has lived for a while, and opens nothing that its forks would share. In the
fork the kernel's mark of the highest resident memory is set back before the work (5 into /proc/self/clear_refs).
"""

from __future__ import annotations

import gc
import json
import logging
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

import structlog

from config.settings import load_settings
from storyfold.errors import StoryfoldError
from worker.flows.engine import Engine
from worker.flows.subscribe import follow
from worker.flows.take_file import take_file
from worker.model.feed import feed_id_of

COLLECTION = "news"
FEED = b'<rss version="2.0"><channel><title>t</title><item><title>a</title><link>http://e.example/</link></item></channel></rss>'
LIST = b"https://feeds.example/one\n"
STORY = b"---\ntitle: a\nurl: https://e.example/a\n---\ntext\n"
PAGES = (FEED, b"{}\n{}\n", b"<opml><body/></opml>", LIST, STORY, b'{"version":"https://jsonfeed.org/version/1"}')


def poll(engine: Engine, url: str) -> dict[str, Any]:
    """Poll a feed as the task does."""
    follow(engine, [url])
    ids = [feed_id_of(url)]
    cost = measure(lambda: engine.poll(COLLECTION, lambda: None).run(ids, 50))
    (feed,) = engine.feeds(COLLECTION).load(ids)
    return cost | {
        "failure": feed.failure,
        "detail": feed.detail,
        "entries": feed.entries,
        "flags": list(feed.flags),
        "items": engine.lane(COLLECTION).length(),
        "text": json.dumps(engine.client.xrange(f"storyfold:{{{COLLECTION}}}:backlog", count=3))[:20_000],
    }


def take(engine: Engine, name: str) -> dict[str, Any]:
    """Take a dropped file as the task does."""
    engine.drop_folder.ensure()
    cost = measure(lambda: take_file(engine, name))
    note = engine.settings.drop_dir / ".failed" / f"{name}.error.json"
    failed = json.loads(note.read_bytes()) if note.exists() else {}
    return cost | {
        "failure": failed.get("error", ""),
        "detail": failed.get("detail", ""),
        "items": engine.lane(COLLECTION).length(),
        "feeds": engine.feeds(COLLECTION).count(),
    }


def measure(work: Any) -> dict[str, Any]:
    """Do it; MB by which the resident memory grew at its peak, CPU and wall-clock seconds."""
    Path("/proc/self/clear_refs").write_text("5")
    before, cpu, wall = resident("VmRSS"), cpu_seconds(), time.monotonic()
    fault = ""
    try:
        work()
    except StoryfoldError as error:
        fault = f"{type(error).__name__}: {error}"
    return {
        "grown_mb": (resident("VmHWM") - before) / 1024,
        "cpu_seconds": cpu_seconds() - cpu,
        "wall_seconds": time.monotonic() - wall,
        "fault": fault,
    }


def resident(field: str) -> int:
    """KiB of a field of the process's status."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field + ":"))


def cpu_seconds() -> float:
    """Of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def new_engine(redis_url: str, folder: Path, allowed: str, **settings: Any) -> Engine:
    """An engine on nothing that is open yet."""
    values = {
        "REDIS_URL": redis_url,
        "DATA_DIR": str(folder),
        "DROP_DIR": str(folder / "drop"),
        "FETCH_ALLOW": allowed,
        "POLL_INTERVAL_MIN": "0",
        **settings,
    }
    return Engine(load_settings({f"STORYFOLD_{name}": str(value) for name, value in values.items()}))


def work(engine: Engine, order: dict[str, Any]) -> dict[str, Any]:
    """One piece of work on an empty store."""
    engine.client.flushdb()
    return poll(engine, order["url"]) if "url" in order else take(engine, order["file"])


def in_a_fork(engine: Engine, order: dict[str, Any]) -> str:
    """The answer of a child that does the work, or how it ended."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.close(reader)
        with os.fdopen(writer, "w") as pipe:
            json.dump(work(engine, order), pipe)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        answer = pipe.read()
    _, status = os.waitpid(child, 0)
    return answer if status == 0 and answer else json.dumps({"died": status})


def warm_up(engine: Engine) -> None:
    """Everything once."""
    for number, body in enumerate(PAGES):
        engine.drop_folder.ensure()
        (engine.settings.drop_dir / f"warm{number}.txt").write_bytes(body)
        work(engine, {"file": f"warm{number}.txt"})
    work(engine, {"url": "http://127.0.0.1:1/"})


def main() -> None:
    redis_url, folder, allowed = sys.argv[1:]
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    logging.disable(logging.INFO)
    first = new_engine(redis_url, Path(folder), allowed)
    warm_up(first)
    first.close()
    print("{}", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        engine = new_engine(redis_url, Path(folder), allowed, **order.get("settings", {}))
        engine.configuration = first.configuration
        gc.collect()
        gc.freeze()
        print(in_a_fork(engine, order), flush=True)


if __name__ == "__main__":
    main()
