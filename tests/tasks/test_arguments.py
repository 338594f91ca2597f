"""A refused call is kept as a dead letter whatever it holds; else it would be lost with its message."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tasks.arguments import payload_text


def _nested(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "payload",
    [
        [[{"title": "half a character \ud800"}], {}],
        [[{"\udc00": 1}], {}],
        [[10**30, float("nan"), float("inf"), b"bytes", object()], {}],
        [[_nested(100_000)], {}],
        [[{1: "x", None: "y", (1, 2): "z"}], {}],
    ],
    ids=["surrogate", "key", "no json", "deep", "keys"],
)
def test_any_payload_becomes_text_that_utf8_has(payload: Any) -> None:
    text = payload_text(payload)

    assert text.encode()
    assert json.loads(text)


def test_a_long_payload_is_cut() -> None:
    assert len(payload_text(["x" * 1_000_000])) == 20_000
