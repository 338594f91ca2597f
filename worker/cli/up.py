"""``up``: everything in one terminal."""

from __future__ import annotations

import signal
import threading

from config.redis_url import redis_url
from config.settings import load_settings
from worker.cli.output import say
from worker.cli.session import redis_server
from worker.logs import configure_logs
from worker.store.client import public_url
from worker.supervisor.processes import RoleProcess, Supervisor
from worker.supervisor.role_commands import STOP_SECONDS, all_commands, role_environment

_LOOK_SECONDS = 0.5


def up() -> None:
    """Run the embedded Redis (unless REDIS_URL is set), worker, beat and watcher. Ctrl-C stops them cleanly."""
    settings = load_settings()
    configure_logs(settings)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    settings.drop_dir.mkdir(parents=True, exist_ok=True)
    with redis_server(settings):
        environment = role_environment(settings)
        roles = [
            RoleProcess(name, command, environment, settings.data_dir.resolve(), None)
            for name, command in all_commands(settings).items()
        ]
        supervisor = Supervisor(roles)
        supervisor.start()
        say(f"storyfold is up: redis {public_url(redis_url(settings))}, drop folder {settings.drop_dir.resolve()}")
        say("Ctrl-C stops it. Try: storyfold feeds add URL; storyfold drop FILE; storyfold consume --follow")
        while not stop.wait(_LOOK_SECONDS):
            supervisor.watch()
        say("stopping")
        supervisor.stop(STOP_SECONDS)
