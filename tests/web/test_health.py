"""``/readyz`` says what ``storyfold health`` says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from worker.flows.engine import Engine
from worker.flows.flow_health import STALE_TICK_SECONDS, tick_fault
from worker.store.embedded import start_server


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = start_server(Path(tmp_path_factory.mktemp("redis")))
    yield server.url
    server.stop()


@pytest.mark.parametrize(
    ("age", "words"),
    [(None, "no tick yet"), (0.0, None), (STALE_TICK_SECONDS, None), (16.0, "16 s old"), (86400.0, "86400 s old")],
)
def test_a_tick_goes_stale(age: float | None, words: str | None) -> None:
    fault = tick_fault(age)
    assert fault is None if words is None else words in str(fault)


def test_work_flows_from_the_first_tick_until_they_stop(
    redis_url: str, settings_with: Callable[..., Any], ask: Callable[..., Any]
) -> None:
    before = ask("/readyz", REDIS_URL=redis_url)
    assert before.status_code == 503
    assert before.json()["redis"] is True
    assert "no tick yet" in before.json()["fault"]

    engine = Engine(settings_with(REDIS_URL=redis_url))
    now = engine.clock().timestamp()
    engine.note_health("news", tick=now, poll=now - 40)
    good = ask("/readyz", REDIS_URL=redis_url)
    assert (good.status_code, good.json()["status"], good.json()["fault"]) == (200, "ready", None)
    ages = good.json()["ages_seconds"]
    assert ages.keys() == {"tick", "poll"}
    assert 40 <= ages["poll"] <= 55

    engine.note_health("news", tick=now - 100)
    engine.close()
    stale = ask("/readyz", REDIS_URL=redis_url)
    assert (stale.status_code, stale.json()["status"]) == (503, "not ready")
    assert "stands still" in stale.json()["fault"]


def test_without_redis_the_role_is_alive_and_not_ready(ask: Callable[..., Any]) -> None:
    assert ask("/healthz").status_code == 200
    answer = ask("/readyz")
    assert answer.status_code == 503
    body = answer.json()
    assert (body["status"], body["redis"], body["ages_seconds"]) == ("not ready", False, {})
    assert "Redis cannot be reached" in body["fault"]
    assert "Traceback" not in answer.text


def test_no_embedded_server_is_no_failure_of_the_page(ask: Callable[..., Any]) -> None:
    answer = ask("/readyz", REDIS_URL="")
    assert (answer.status_code, answer.json()["redis"]) == (503, False)
