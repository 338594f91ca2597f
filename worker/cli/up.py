"""``up``: everything in one terminal."""

from __future__ import annotations

import fcntl
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from config.redis_url import redis_url, server_folder
from config.settings import Settings, load_settings
from worker.cli.output import fail, say
from worker.flows.engine import Engine
from worker.logs import configure_logs
from worker.store.client import public_url
from worker.store.embedded import EmbeddedServer, start_server
from worker.supervisor.processes import RoleProcess, Supervisor
from worker.supervisor.role_commands import STOP_SECONDS, all_commands, role_environment
from worker.web.bind import read_access

_LOOK_SECONDS = 0.5
_PATIENCE_SECONDS = 15.0
"""For the embedded server of another command, or of an `up` that was killed, to end."""

log = structlog.get_logger()


def up() -> None:
    """Run the embedded Redis (unless REDIS_URL is set), worker, beat, watcher and web. Ctrl-C stops them cleanly."""
    settings = load_settings()
    configure_logs(settings)
    Engine(settings).check()
    read_access(settings)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    settings.drop_dir.mkdir(parents=True, exist_ok=True)
    with _only_one(settings.data_dir), _own_server(settings) as server:
        environment = role_environment(settings)
        roles = [
            RoleProcess(name, command, environment, settings.data_dir.resolve(), None)
            for name, command in all_commands(settings).items()
        ]
        supervisor = Supervisor(roles)
        supervisor.start()
        say(f"storyfold is up: redis {public_url(redis_url(settings))}, drop folder {settings.drop_dir.resolve()}")
        say("Ctrl-C stops it. Try: storyfold feeds add URL; storyfold drop FILE; storyfold consume --follow")
        try:
            while not stop.wait(_LOOK_SECONDS):
                _look_after(server)
                supervisor.watch()
            say("stopping")
        finally:
            supervisor.stop(STOP_SECONDS)


@contextmanager
def _only_one(data_dir: Path) -> Iterator[None]:
    with (data_dir / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fail(f"storyfold is up already on {data_dir.resolve()}; stop that one, or set STORYFOLD_DATA_DIR")
        yield


@contextmanager
def _own_server(settings: Settings) -> Iterator[EmbeddedServer | None]:
    """The embedded server, None when REDIS_URL names another. One that belongs to another command would end
    with that command."""
    if settings.redis_url is not None:
        yield None
        return
    server = start_server(server_folder(settings), patience_seconds=_PATIENCE_SECONDS)
    try:
        yield server
    finally:
        server.stop()


def _look_after(server: EmbeddedServer | None) -> None:
    if server is not None and not server.running():
        log.warning("embedded server ended", pid=server.pid)
        server.start_again()
