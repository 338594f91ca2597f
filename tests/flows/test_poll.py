"""Polling when Redis is not there."""

from __future__ import annotations

import pytest

from config.settings import load_settings
from storyfold.errors import StoreUnavailableError
from worker.flows.engine import Engine


def test_an_outage_of_redis_reaches_the_caller_as_one_error_that_it_may_retry() -> None:
    engine = Engine(load_settings({"STORYFOLD_REDIS_URL": "redis://127.0.0.1:1/0"}))
    try:
        with pytest.raises(StoreUnavailableError):
            engine.poll("news", lambda: None).run(["a", "b"], 5.0)
    finally:
        engine.close()
