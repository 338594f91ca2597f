"""Celery's configuration holds what the guarantees rest on."""

from __future__ import annotations

import pytest

from config.celery import celery_configuration
from config.settings import load_settings
from storyfold.errors import SettingsError
from tasks.poll import POLL_BUDGET_SECONDS
from tasks.websub import HUB_BUDGET_SECONDS

SETTINGS = load_settings({"STORYFOLD_REDIS_URL": "redis://localhost:1/0"})


def test_messages_are_json_acknowledged_late_and_come_back_from_lost_workers() -> None:
    values = celery_configuration(SETTINGS)

    assert values["accept_content"] == ["json"]
    assert values["task_acks_late"]
    assert values["task_reject_on_worker_lost"]
    assert values["worker_prefetch_multiplier"] == 1
    assert not values["worker_enable_remote_control"], "an outage of Redis would end the worker"
    assert values["broker_connection_max_retries"] is None


@pytest.mark.parametrize("timeout", ["0.5", "30", "60"])
def test_no_task_outlives_the_visibility_timeout_and_each_outlives_its_fetches(timeout: str) -> None:
    """A process that the time limit ends in the middle of a slow fetch would be held against the feed."""
    redis = {"STORYFOLD_REDIS_URL": "redis://localhost:1/0"}
    values = celery_configuration(load_settings({**redis, "STORYFOLD_FETCH_TIMEOUT": timeout}))
    assert values["task_time_limit"] < values["broker_transport_options"]["visibility_timeout"]
    assert POLL_BUDGET_SECONDS + float(timeout) < values["task_time_limit"]
    assert HUB_BUDGET_SECONDS + 2 * float(timeout) < values["task_time_limit"]


def test_a_fetch_that_may_take_longer_than_any_task_is_refused() -> None:
    with pytest.raises(SettingsError, match="STORYFOLD_FETCH_TIMEOUT"):
        load_settings({"STORYFOLD_FETCH_TIMEOUT": "61"})


def test_each_queue_has_a_key_of_its_own() -> None:
    queues = celery_configuration(SETTINGS)["task_queues"]

    assert [(queue.name, queue.routing_key) for queue in queues] == [
        (name, name) for name in ("storyfold.fetch", "storyfold.ingest", "storyfold.upkeep")
    ]


def test_every_task_has_a_route_to_one_of_the_queues() -> None:
    values = celery_configuration(SETTINGS)
    names = {queue.name for queue in values["task_queues"]}

    assert {route["queue"] for route in values["task_routes"].values()} <= names


def test_without_redis_the_message_says_what_to_do(tmp_path: object) -> None:
    settings = load_settings({"STORYFOLD_DATA_DIR": str(tmp_path)})

    with pytest.raises(SettingsError, match="STORYFOLD_REDIS_URL is not set"):
        celery_configuration(settings)
