"""Celery's configuration. The reason for each value that is not the default stands beside it.

A message is only a hint: the truth is the folder, the schedule and the store. So a message that is lost
costs a delay, and one that comes twice has one effect.
"""

from __future__ import annotations

from typing import Any

from kombu import Exchange, Queue  # type: ignore[attr-defined]  # kombu exports them lazily

from config.queues import FETCH_QUEUE, INGEST_QUEUE, UPKEEP_QUEUE
from config.redis_url import broker_url
from config.settings import Settings

TASK_LIMIT_SECONDS = 90
"""Hard limit of one task; every task bounds its own work far below it. It is higher where a fetch may take longer
than usual: a process that is ended there counts as one that its feed has ended."""

VISIBILITY_MARGIN_SECONDS = 30
"""Messages come again this much later than the longest task ends, or kombu would hand one to a second child while it
runs."""

TICK_SECONDS = 1.0


def _queue(name: str) -> Any:
    """A queue with an exchange and a key of its own; without them all three would get each message."""
    return Queue(name, Exchange(name, type="direct"), routing_key=name)  # type: ignore[no-untyped-call]


def celery_configuration(settings: Settings) -> dict[str, Any]:
    """The values for ``app.conf``.

    Raises:
        SettingsError: there is no Redis to be found, see :func:`config.redis_url.redis_url`.
    """
    # The longest task ends one subscription at a hub and begins another: two fetches, after ten seconds of others.
    limit = max(TASK_LIMIT_SECONDS, 30 + 2 * settings.fetch_timeout_seconds)
    return {
        "broker_url": broker_url(settings),
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,  # default 100, then the worker would give up for good
        "broker_transport_options": {
            "visibility_timeout": limit + VISIBILITY_MARGIN_SECONDS,
            "unacked_restore_interval": 5,  # kombu's own sweep runs only every 100 s
            "unacked_restore_throttle": 1,
            "health_check_interval": 10,
            "socket_timeout": 10,
            "socket_keepalive": True,
            # Other Celery applications on the same Redis keep theirs under kombu's default names. The queues
            # have no prefix: programs outside send to them by name.
            "unacked_key": "storyfold.unacked",
            "unacked_index_key": "storyfold.unacked_index",
            "unacked_mutex_key": "storyfold.unacked_mutex",
        },
        # With remote control on, an outage of Redis during a task ends the worker's main process.
        "worker_enable_remote_control": False,
        "result_backend": None,
        "task_ignore_result": True,
        "task_serializer": "json",
        "accept_content": ["json"],  # a pickled message is refused
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_default_queue": INGEST_QUEUE,
        "task_queues": [_queue(name) for name in (FETCH_QUEUE, INGEST_QUEUE, UPKEEP_QUEUE)],
        "task_routes": {
            "storyfold.poll": {"queue": FETCH_QUEUE},
            "storyfold.poll_due": {"queue": FETCH_QUEUE},
            "storyfold.enrich": {"queue": FETCH_QUEUE},
            "storyfold.websub": {"queue": FETCH_QUEUE},
            "storyfold.ingest": {"queue": INGEST_QUEUE},
            "storyfold.pushed": {"queue": INGEST_QUEUE},
            "storyfold.drop": {"queue": INGEST_QUEUE},
            "storyfold.take": {"queue": INGEST_QUEUE},
            "storyfold.orphans": {"queue": INGEST_QUEUE},
            "storyfold.drain": {"queue": INGEST_QUEUE},
            "storyfold.scan": {"queue": UPKEEP_QUEUE},
            "storyfold.tick": {"queue": UPKEEP_QUEUE},
        },
        "task_time_limit": limit,
        "worker_prefetch_multiplier": 1,
        "worker_concurrency": settings.worker_processes,
        "worker_send_task_events": False,
        "worker_max_tasks_per_child": 5000,  # bounds what a leaking parser can hold
        "worker_max_memory_per_child": 300_000,  # KiB of resident memory, shared pages included
        "worker_soft_shutdown_timeout": 5,
        "worker_hijack_root_logger": False,
        "beat_schedule": {
            "tick": {
                "task": "storyfold.tick",
                "schedule": TICK_SECONDS,
                # Ticks must not pile up while no worker runs.
                "options": {"expires": 5, "queue": UPKEEP_QUEUE},
            },
            "scan": {
                "task": "storyfold.scan",
                "schedule": settings.drop_rescan_seconds,
                "options": {"expires": settings.drop_rescan_seconds, "queue": UPKEEP_QUEUE},
            },
        },
        "beat_max_loop_interval": TICK_SECONDS,
        "timezone": "UTC",
    }
