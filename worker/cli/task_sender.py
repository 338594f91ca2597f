"""Telling the worker which dropped files are finished."""

from __future__ import annotations

from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from config.celery import celery_configuration
from config.queues import INGEST_QUEUE
from config.settings import Settings
from storyfold.errors import StoreUnavailableError


class TaskSender:
    """Sends the paths of finished files to the worker.

    The task is sent by name: the tasks' modules stand above this room. Redis being away is told as such, and
    the watcher keeps the paths.
    """

    def __init__(self, settings: Settings) -> None:
        self._celery = Celery("storyfold-watcher", set_as_current=False)
        self._celery.conf.update(celery_configuration(settings))

    def __call__(self, paths: list[str]) -> None:
        try:
            self._celery.send_task("storyfold.take", args=[paths], queue=INGEST_QUEUE, retry=False)
        except (OperationalError, RedisError, OSError) as error:
            raise StoreUnavailableError(f"Redis cannot be reached: {error}") from error
