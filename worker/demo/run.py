"""The run of the demo: start everything, let the samples happen, and tell what came of them."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import msgspec

from config.redis_url import redis_url, server_folder
from config.settings import Settings, load_settings
from storyfold.consumer import Consumer
from storyfold.event import Event, EventType
from worker.delivery.file_sink import FileSink
from worker.demo.sample_files import sample
from worker.demo.server import Publishers
from worker.flows.engine import Engine
from worker.flows.subscribe import new_feeds
from worker.sources.drop.folder import FailedFile
from worker.sources.parse.opml import Outline
from worker.store.embedded import start_server
from worker.supervisor.processes import RoleProcess, Supervisor, wait_until
from worker.supervisor.role_commands import role_environment, work_commands

TIMEOUT_SECONDS = 17.0
STOP_SECONDS = 5.0

FEEDS = {
    "/harbor-herald.xml": ("harbor-herald.rss.xml", "application/rss+xml"),
    "/northlight.xml": ("northlight.atom.xml", "application/atom+xml"),
    "/tidewater.json": ("tidewater.json", "application/feed+json"),
    "/meridian.rdf": ("meridian.rdf.xml", "application/rdf+xml"),
    "/gull-gazette.html": ("page.html", "text/html"),
}
MISSING_FEED = "/closed-down.xml"
FILES = {"lighthouse.md": "lighthouse.md", "captured-feed.xml": "captured.rss.xml", "broken.md": "broken.md"}


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What came of the samples.

    Attributes:
        entries: read from feeds and files.
        stories: told.
        folded: items that joined a story of another's.
        updated: revisions after the first.
        not_modified: polls that the publishers answered with 304.
        failed_feeds: path -> failure and detail.
        failed_files: with their reasons.
        documents: the folder of documents.
        missing: what should have happened and did not; empty when all is well.
        seconds: that it took.
    """

    entries: int
    stories: int
    folded: int
    updated: int
    not_modified: int
    failed_feeds: dict[str, str]
    failed_files: list[FailedFile]
    documents: Path
    missing: list[str]
    seconds: float


class Demo:
    """One run. ``show`` is called with each event as it happens, ``say`` with lines of progress."""

    def __init__(self, show: Callable[[Event], None], say: Callable[[str], None]) -> None:
        self._show = show
        self._say = say
        self._events: list[Event] = []
        self._now = datetime.now().astimezone()

    def run(self) -> Summary:
        """Run the demo in a new folder and leave its documents there."""
        started = time.monotonic()
        folder = Path(tempfile.mkdtemp(prefix="storyfold-demo-"))
        with Publishers(self._bodies()) as publishers:
            settings = _settings(folder, publishers.address)
            server = start_server(server_folder(settings))
            try:
                with self._roles(settings, folder), self._listening(settings, folder / "documents"):
                    missing = self._happen(settings, publishers)
                return self._summary(settings, folder, publishers, missing, time.monotonic() - started)
            finally:
                server.stop()
                shutil.rmtree(settings.data_dir, ignore_errors=True)

    def _bodies(self) -> dict[str, tuple[str, bytes]]:
        return {path: (kind, sample(name, self._now)) for path, (name, kind) in FEEDS.items()}

    def _happen(self, settings: Settings, publishers: Publishers) -> list[str]:
        """Let the samples happen; returns what did not."""
        until = time.monotonic() + TIMEOUT_SECONDS
        engine = Engine(settings)
        try:
            self._say(f"{len(FEEDS) + 1} feeds on {publishers.address}, {len(FILES)} files into {settings.drop_dir}")
            _follow(engine, publishers)
            _drop_files(settings, self._now)
            steps: list[tuple[str, Callable[[], bool]]] = [
                ("three providers' articles on the ferry in one story", lambda: self._related("ferry") >= 2),
                (
                    "the dropped feed's article on the heat network folded",
                    lambda: self._related("heat network") >= 2,
                ),
                ("the dropped document told", lambda: self._told("Keeper's log")),
                (
                    "the page that is no feed named",
                    lambda: _failure(engine, publishers, "/gull-gazette.html") != "",
                ),
                ("the broken file named", lambda: bool(engine.drop_folder.list_failed())),
            ]
            missing = _await_steps(steps, until)
            self._say("the publishers change: Harbor Herald edits an article, Meridian Wire tells it too")
            for path in ("/harbor-herald.xml", "/meridian.rdf"):
                name, kind = FEEDS[path]
                publishers.publish(path, kind, sample(name, self._now, later=True))
            steps = [
                ("the edited article updated", lambda: self._told("as storm nears")),
                ("the late article folded", lambda: self._related("Night market") >= 1),
                ("unchanged feeds answered with 304", lambda: publishers.not_modified > 0),
            ]
            return missing + _await_steps(steps, until)
        finally:
            engine.close()

    @contextmanager
    def _roles(self, settings: Settings, folder: Path) -> Iterator[None]:
        environment = role_environment(settings, _environment(folder, settings.fetch_allow))
        with (folder / "roles.log").open("ab") as log:
            commands = work_commands(settings).items()
            supervisor = Supervisor(
                [RoleProcess(name, command, environment, settings.data_dir, log) for name, command in commands]
            )
            supervisor.start()
            try:
                yield
            finally:
                supervisor.stop(STOP_SECONDS)

    @contextmanager
    def _listening(self, settings: Settings, documents: Path) -> Iterator[None]:
        reader = Consumer(redis_url(settings), group="demo", collection=settings.collection, block_seconds=0.2)
        sink = FileSink(documents, lambda _: None)
        documents.mkdir()

        def listen() -> None:
            for event in reader:
                sink.handle(event)
                self._events.append(event)
                self._show(event)

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        try:
            yield
        finally:
            reader.stop()
            thread.join(5)
            reader.close()

    def _told(self, words: str) -> bool:
        return any(words in event.data["document"]["title"] for event in list(self._events))

    def _related(self, words: str) -> int:
        """The most related items that a story has whose title holds the words."""
        documents = [event.data["document"] for event in list(self._events)]
        return max(
            (len(each.get("related", ())) for each in documents if words.lower() in each["title"].lower()),
            default=0,
        )

    def _summary(
        self, settings: Settings, folder: Path, publishers: Publishers, missing: list[str], seconds: float
    ) -> Summary:
        engine = Engine(settings)
        try:
            totals = engine.counts(settings.collection).read()
            failures = {path: _failure(engine, publishers, path) for path in (*FEEDS, MISSING_FEED)}
            return Summary(
                entries=totals.get("entries", 0),
                stories=engine.stories(settings.collection).count(),
                folded=totals.get("folded", 0),
                updated=sum(1 for event in self._events if event.type is EventType.UPDATED),
                not_modified=publishers.not_modified,
                failed_feeds={path: failure for path, failure in failures.items() if failure},
                failed_files=engine.drop_folder.list_failed(),
                documents=folder / "documents",
                missing=missing,
                seconds=seconds,
            )
        finally:
            engine.close()


def _environment(folder: Path, fetch_allow: str) -> dict[str, str]:
    """The demo's own environment: an operator's settings must not lead it to their Redis."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STORYFOLD_")}
    return kept | {
        "STORYFOLD_DATA_DIR": str(folder / "data"),
        "STORYFOLD_DROP_DIR": str(folder / "drop"),
        "STORYFOLD_FETCH_ALLOW": fetch_allow,
        "STORYFOLD_POLL_INTERVAL_MIN": "1",
        "STORYFOLD_POLL_INTERVAL_DEFAULT": "1",
        "STORYFOLD_PER_HOST_GAP": "0",  # every publisher is on this machine
        "STORYFOLD_DROP_STABLE_SECONDS": "0.2",
        "STORYFOLD_LOG_LEVEL": "info",
    }


def _settings(folder: Path, fetch_allow: str) -> Settings:
    for name in ("data", "drop"):
        (folder / name).mkdir()
    return load_settings(_environment(folder, fetch_allow))


def _follow(engine: Engine, publishers: Publishers) -> None:
    outlines = [Outline(url=publishers.url(path)) for path in (*FEEDS, MISSING_FEED)]
    collection = engine.settings.collection
    engine.feeds(collection).add(new_feeds(outlines, collection, engine.clock()))


def _drop_files(settings: Settings, now: datetime) -> None:
    for name, source in FILES.items():
        (settings.drop_dir / name).write_bytes(sample(source, now))


def _failure(engine: Engine, publishers: Publishers, path: str) -> str:
    url = publishers.url(path)
    store = engine.feeds(engine.settings.collection)
    found = [feed for feed in store.load(store.ids()) if feed.url == url]
    return f"{found[0].failure}: {found[0].detail}" if found and found[0].failure else ""


def _await_steps(steps: list[tuple[str, Callable[[], bool]]], until: float) -> list[str]:
    return [name for name, holds in steps if not wait_until(holds, max(0.0, until - time.monotonic()))]
