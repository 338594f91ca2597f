"""The command line and the environment of each role."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from dotenv import dotenv_values

from config.queues import FETCH_QUEUE, INGEST_QUEUE, UPKEEP_QUEUE
from config.settings import PREFIX, Settings

#: Without these a worker is ready in half a second instead of one and a half; nobody here listens to them.
_QUIET = ("--without-mingle", "--without-gossip", "--without-heartbeat")

STOP_SECONDS = 9.0
"""From the first signal to the last; a Ctrl-C is answered within 10 s."""


def worker_command(settings: Settings, queues: Sequence[str], processes: int) -> list[str]:
    """A Celery worker for some queues."""
    celery = [sys.executable, "-P", "-m", "celery", "--app", "worker.app", "worker"]
    level = f"--loglevel={settings.log_level}"
    return [
        *celery,
        level,
        "--pool=prefork",
        f"--concurrency={processes}",
        f"--queues={','.join(queues)}",
        *_QUIET,
    ]


def beat_command(settings: Settings) -> list[str]:
    """Celery's beat. Its file only remembers when it last ticked; losing it does no harm."""
    schedule = settings.data_dir.resolve() / "celerybeat-schedule"
    level = f"--loglevel={settings.log_level}"
    command = [sys.executable, "-P", "-m", "celery", "--app", "worker.app", "beat", level]
    return [*command, f"--schedule={schedule}", "--pidfile="]


def watch_command() -> list[str]:
    """The watcher of the drop folder."""
    return [sys.executable, "-P", "-m", "worker.cli", "watch"]


def web_command() -> list[str]:
    """The web role. A port that another program has shall not stop the others: it waits for it."""
    return [sys.executable, "-P", "-m", "worker.cli", "web", "--wait"]


def all_commands(settings: Settings) -> dict[str, list[str]]:
    """Role -> command, as `up` runs them."""
    return {**work_commands(settings), "web": web_command()}


def work_commands(settings: Settings) -> dict[str, list[str]]:
    """Role -> command of those that do the work; people look at it by another.

    Polls have a worker of their own: they wait for slow servers, and a dropped file shall not wait for them.
    """
    return {
        "worker": worker_command(settings, [INGEST_QUEUE, UPKEEP_QUEUE], 1),
        "fetcher": worker_command(settings, [FETCH_QUEUE], max(1, settings.worker_processes - 1)),
        "beat": beat_command(settings),
        "watcher": watch_command(),
    }


def role_environment(settings: Settings, base: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for a role that runs in another folder: what ``.env`` says, with absolute paths.

    Celery imports from the current folder first, where a folder ``worker`` may lie that is not ours; so roles
    run in DATA_DIR.
    """
    environment = {name: value for name, value in dotenv_values(".env").items() if value is not None}
    environment |= dict(os.environ if base is None else base)
    environment[f"{PREFIX}DATA_DIR"] = str(settings.data_dir.resolve())
    environment[f"{PREFIX}DROP_DIR"] = str(settings.drop_dir.resolve())
    if settings.config_dir is not None:
        environment[f"{PREFIX}CONFIG_DIR"] = str(settings.config_dir.resolve())
    for name in [name for name in environment if name.startswith(PREFIX) and name.endswith("_FILE")]:
        environment[name] = str(Path(environment[name]).resolve())
    # Read when Celery is imported: a soft stop on SIGTERM, then unfinished messages go back to their queue at once.
    environment["REMAP_SIGTERM"] = "SIGQUIT"
    return environment
