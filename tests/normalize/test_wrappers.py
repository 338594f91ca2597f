"""Redirectors are unwrapped when the whole target stands in the URL."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.normalize.wrappers import unwrap


@pytest.mark.parametrize(
    ("wrapped", "target"),
    [
        ("https://www.google.com/url?rct=j&sa=t&url=https://a.example/x&ct=ga", "https://a.example/x"),
        ("https://www.google.com/url?q=https%3A%2F%2Fa.example%2Fx%3Fid%3D1", "https://a.example/x?id=1"),
        ("https://l.facebook.com/l.php?u=https%3A%2F%2Fa.example%2Fx&h=AT0", "https://a.example/x"),
        (
            "http://www.bing.com/news/apiclick.aspx?ref=x&url=https%3a%2f%2fa.example%2fx",
            "https://a.example/x",
        ),
        ("https://vk.com/away.php?to=https%3A%2F%2Fa.example%2F", "https://a.example/"),
    ],
)
def test_a_known_wrapper_gives_its_target(wrapped: str, target: str) -> None:
    assert unwrap(wrapped) == target


@pytest.mark.parametrize(
    "url",
    [
        "https://www.google.com/url?url=javascript:alert(1)",
        "https://www.google.com/search?q=https://a.example/",
        "https://a.example/url?url=https://b.example/",
        "https://t.co/abc",
        "https://a.example/",
    ],
)
def test_everything_else_stays(url: str) -> None:
    assert unwrap(url) == url


@given(st.text())
def test_unwrapping_never_raises(url: str) -> None:
    assert isinstance(unwrap(url), str)
