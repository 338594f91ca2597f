"""``worker``, ``beat``, ``watch`` and ``web``: one role each, as compose runs them."""

from __future__ import annotations

import os
import signal
import threading
from typing import Annotated

import structlog
import typer

from config.queues import FETCH_QUEUE, INGEST_QUEUE, UPKEEP_QUEUE
from config.redis_url import redis_url
from config.settings import Settings, load_settings
from worker.flows.engine import Engine
from worker.logs import configure_logs
from worker.sources.drop.folder import DropFolder
from worker.sources.drop.watch import watch_folder
from worker.supervisor.role_commands import beat_command, role_environment, worker_command

QUEUES = {"fetch": FETCH_QUEUE, "ingest": INGEST_QUEUE, "upkeep": UPKEEP_QUEUE}

log = structlog.get_logger()


def worker(
    queues: Annotated[
        str, typer.Option("--queues", help="Of fetch, ingest, upkeep; comma-separated.")
    ] = "fetch,ingest,upkeep",
    processes: Annotated[int, typer.Option("--processes", min=0, help="Children; 0: as the settings say.")] = 0,
) -> None:
    """Run a Celery worker: polls feeds, takes files, folds stories."""
    settings = load_settings()
    redis_url(settings)
    Engine(settings).check()
    unknown = [name for name in queues.split(",") if name not in QUEUES]
    if unknown:
        raise typer.BadParameter(f"{unknown[0]!r} is none of {', '.join(QUEUES)}", param_hint="--queues")
    names = [QUEUES[name] for name in queues.split(",")]
    _become(settings, worker_command(settings, names, processes or settings.worker_processes))


def beat() -> None:
    """Run Celery's beat: the tick of the schedule. More than one does no harm."""
    settings = load_settings()
    redis_url(settings)
    _become(settings, beat_command(settings))


def _become(settings: Settings, command: list[str]) -> None:
    """Turn this process into Celery's, so that signals reach it and nothing stands between."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    environment = role_environment(settings)
    os.chdir(settings.data_dir)
    os.execve(command[0], command, environment)  # noqa: S606 - our own command line, no shell


def watch() -> None:
    """Watch the drop folder and tell the worker which files are finished."""
    # Celery takes half a second to import, and no other command here wants it.
    from worker.cli.task_sender import TaskSender

    settings = load_settings()
    configure_logs(settings)
    redis_url(settings)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    folder = DropFolder(settings.drop_dir)
    folder.ensure()
    log.info("watching", folder=str(settings.drop_dir))
    watch_folder(
        folder,
        on_stable=TaskSender(settings),
        stop=stop,
        stable_seconds=settings.drop_stable_seconds,
        rescan_seconds=settings.drop_rescan_seconds,
        on_state=lambda state: log.info("drop folder", state=str(state)),
    )


def web(
    wait: Annotated[
        bool, typer.Option("--wait", help="While another program has the port, wait for it instead of failing.")
    ] = False,
) -> None:
    """Serve HTTP: cached images at /img/HASH; /healthz says that it is alive, /readyz whether work flows."""
    # No other command wants an HTTP server.
    from worker.web.serve import serve

    settings = load_settings()
    configure_logs(settings)
    redis_url(settings)
    serve(settings, wait=wait)
