"""The Celery application: ``celery -A worker.app worker`` and ``celery -A worker.app beat``.

The task modules are named as strings; the worker room does not import them.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
from typing import Any

import structlog
from celery import Celery, Task
from celery.signals import setup_logging, task_retry, worker_init, worker_process_shutdown, worker_ready

from config.celery import celery_configuration
from config.queues import UPKEEP_QUEUE
from config.settings import Settings, load_settings
from storyfold.errors import SettingsError
from worker.broker import use_transport
from worker.flows.engine import Engine
from worker.logs import configure_logs

log = structlog.get_logger()

TASK_MODULES = ("tasks.enrich", "tasks.ingest", "tasks.poll", "tasks.upkeep", "tasks.websub")


class StoryfoldTask(Task):
    """A task whose messages are checked before Celery takes them apart."""

    Strategy = "worker.message_check:strategy"


class StoryfoldCelery(Celery):
    """Celery with the engine of its process."""

    task_cls = StoryfoldTask

    def __init__(self, **options: Any) -> None:
        super().__init__("storyfold", include=list(TASK_MODULES), set_as_current=True, **options)
        self._engine: Engine | None = None

    @property
    def settings(self) -> Settings:
        """The settings of this process's environment.

        A process that does not start because of them says so in one line.
        """
        try:
            return load_settings()
        except SettingsError as error:
            sys.exit(str(error))

    @property
    def engine(self) -> Engine:
        """The engine of this process, made anew in a forked child: connections are not shared."""
        if self._engine is None or self._engine.pid != os.getpid():
            self._engine = Engine(self.settings)
        return self._engine


use_transport()
app = StoryfoldCelery()


@app.on_configure.connect
def _configure(sender: StoryfoldCelery, **_: Any) -> None:
    try:
        sender.conf.update(celery_configuration(sender.settings))
        sender.engine.check()
    except SettingsError as error:
        sys.exit(str(error))


@setup_logging.connect
def _set_up_logs(**_: Any) -> None:
    configure_logs(app.settings)


@worker_init.connect
def _share_memory(**_: Any) -> None:
    """Import before the fork what every child needs, so that they share its pages, and keep the garbage collector
    from touching them."""
    importlib.import_module("worker.sources.fetch.fetcher")
    app.engine.check()
    gc.collect()
    gc.freeze()


@worker_ready.connect
def _look_at_the_folder(**_: Any) -> None:
    """What a worker that died left half done is taken up at once, not at the next regular scan."""
    app.send_task("storyfold.scan", queue=UPKEEP_QUEUE)


@task_retry.connect
def _tell_of_a_retry(request: Any, reason: Any, **_: Any) -> None:
    """Celery tells of it below our level of its chatter."""
    log.warning("task tried again", task=request.task, task_id=request.id, reason=str(reason))


@worker_process_shutdown.connect
def _close_engine(**_: Any) -> None:
    if app._engine is not None and app._engine.pid == os.getpid():  # noqa: SLF001 - our own class
        app._engine.close()  # noqa: SLF001
