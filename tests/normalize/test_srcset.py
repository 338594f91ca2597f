"""srcset, as browsers read it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.normalize.srcset import MAX_CANDIDATES, Alternative, parse_srcset

SETS: list[tuple[str, list[Alternative]]] = [
    ("a.jpg", [Alternative("a.jpg", None, 1.0)]),
    ("a.jpg 1x, b.jpg 2x", [Alternative("a.jpg", None, 1.0), Alternative("b.jpg", None, 2.0)]),
    (" a.jpg 320w,\n b.jpg\t640w 480h ", [Alternative("a.jpg", 320, 1.0), Alternative("b.jpg", 640, 1.0)]),
    ("a,b.jpg 320w, c,d.jpg 640w", [Alternative("a,b.jpg", 320, 1.0), Alternative("c,d.jpg", 640, 1.0)]),
    ("https://x/w_320,h_200/a.jpg 320w", [Alternative("https://x/w_320,h_200/a.jpg", 320, 1.0)]),
    ("a.jpg, b.jpg 2x", [Alternative("a.jpg", None, 1.0), Alternative("b.jpg", None, 2.0)]),
    ("a.jpg,b.jpg", [Alternative("a.jpg,b.jpg", None, 1.0)]),
    ("a.jpg,, ,b.jpg 1.5x,", [Alternative("a.jpg", None, 1.0), Alternative("b.jpg", None, 1.5)]),
    ("a.jpg 320w 2x, b.jpg 640w", [Alternative("b.jpg", 640, 1.0)]),
    ("a.jpg 0w, b.jpg -1w, c.jpg 1e9w, d.jpg wide, e.jpg 5w", [Alternative("e.jpg", 5, 1.0)]),
    ("a.jpg (x, y), b.jpg 2x", [Alternative("b.jpg", None, 2.0)]),
    ("data:image/gif;base64,R0 1x", [Alternative("data:image/gif;base64,R0", None, 1.0)]),
    ("", []),
    (" ,, ", []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), SETS)
def test_addresses_and_descriptors(text: str, expected: list[Alternative]) -> None:
    assert list(parse_srcset(text)) == expected


@given(st.text(alphabet="a,( )w1x.\n", max_size=80))
def test_any_text_gives_addresses_without_white_space(text: str) -> None:
    for one in parse_srcset(text):
        assert one.url.strip(", \n") != ""
        assert not set(" \n").intersection(one.url)


@pytest.mark.parametrize("part", ["a 1w,", "(", "a (", ",", "a ", "a,"])
def test_hostile_text_costs_little_time(part: str) -> None:
    started = time.perf_counter()
    found = list(parse_srcset(part * (500_000 // len(part))))
    assert time.perf_counter() - started < 0.5
    assert len(found) <= MAX_CANDIDATES
