"""Telling the worker what waits for it: dropped files that are finished, lanes that were filled."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from config.celery import celery_configuration
from config.queues import INGEST_QUEUE
from config.settings import Settings
from storyfold.errors import StoreUnavailableError


class TaskSender:
    """Sends tasks to the worker; called, the one that takes finished files.

    Tasks are sent by name: their modules stand above this room. Redis being away is told as such, and
    the watcher keeps the paths.
    """

    def __init__(self, settings: Settings) -> None:
        self._celery = Celery("storyfold-watcher", set_as_current=False)
        self._celery.conf.update(celery_configuration(settings))

    def __call__(self, paths: list[str]) -> None:
        self._send("storyfold.take", [paths])

    def drain(self, collections: Iterable[str]) -> None:
        """Tell the worker that items were put into lanes. Without a worker they wait there.

        Raises:
            StoreUnavailableError: Redis is away.
        """
        for collection in collections:
            self._send("storyfold.drain", [collection])

    def _send(self, task: str, arguments: list[Any]) -> None:
        try:
            self._celery.send_task(task, args=arguments, queue=INGEST_QUEUE, retry=False)
        except (OperationalError, RedisError, OSError) as error:
            raise StoreUnavailableError(f"Redis cannot be reached: {error}") from error
