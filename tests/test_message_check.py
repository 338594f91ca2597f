"""A message that Celery could not unpack is refused by name; it would else end the worker's main process."""

from __future__ import annotations

from typing import Any

import pytest
from celery.exceptions import InvalidTaskError

from worker import message_check
from worker.app import StoryfoldCelery
from worker.message_check import body_fault, strategy


@pytest.mark.parametrize(
    "payload",
    [
        [[1], {"a": 1}, {"callbacks": None}],
        ([], {}, None),
        {"task": "x", "args": [1], "kwargs": {}},
        {"task": "x", "args": []},
    ],
)
def test_bodies_of_either_protocol_are_taken(payload: Any) -> None:
    assert body_fault(payload) is None


@pytest.mark.parametrize(
    ("payload", "fault"),
    [
        (None, "the body is no list"),
        (5, "the body is no list"),
        ("abc", "the body is no list"),
        ({"a": 1}, "the body is no list"),
        ([[1]], "the body is no list"),
        ([5, {}, {}], "args is a int"),
        ([[1], 6, {}], "kwargs is a int"),
        ([[1], {}, 7], "options is a int"),
        ({"args": "abc"}, "args is a str"),
        ({"args": [], "kwargs": [1]}, "kwargs is a list"),
    ],
)
def test_any_other_body_is_named(payload: Any, fault: str) -> None:
    found = body_fault(payload)
    assert found is not None
    assert found.startswith(fault)


def test_strategy_refuses_before_celery_unpacks(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[Any] = []
    monkeypatch.setattr(message_check, "default", lambda *_, **__: lambda message, *_a, **_k: taken.append(message))

    class Message:
        def __init__(self, payload: Any) -> None:
            self.payload = payload

    take = strategy(type("T", (), {"name": "storyfold.x"}), None, None)
    good = Message([[], {}, {}])
    take(good, None)
    with pytest.raises(InvalidTaskError, match="the body is no list"):
        take(Message(None), None)
    assert taken == [good]


def test_every_task_of_the_application_has_the_check() -> None:
    assert StoryfoldCelery.task_cls.Strategy == f"{strategy.__module__}:{strategy.__name__}"
