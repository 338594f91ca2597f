"""Where a story's document lies."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.fold.path import MAX_SLUG_CHARACTERS, paths_of, slug_of


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("LAPD ban facial recognition", "lapd-ban-facial-recognition"),
        ("It's 5 o\u2019clock: now!", "its-5-oclock-now"),
        ("\u00c9t\u00e9 \u00e0 la mer", "ete-a-la-mer"),
        ("\u041d\u043e\u0432\u043e\u0441\u0442\u0438", "novosti"),
        ("...", "story"),
    ],
)
def test_a_slug_is_the_title_in_ascii(title: str, slug: str) -> None:
    assert slug_of(title) == slug


def test_a_long_slug_is_cut_between_words() -> None:
    slug = slug_of("word " * 40)

    assert slug == "-".join(["word"] * 16)
    assert len(slug) <= MAX_SLUG_CHARACTERS


@given(st.text(max_size=300))
def test_every_title_gives_a_safe_slug(title: str) -> None:
    slug = slug_of(title)

    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug)
    assert len(slug) <= MAX_SLUG_CHARACTERS


def test_the_date_is_utc_and_clashes_are_numbered() -> None:
    late = datetime(2020, 11, 19, 23, 30, tzinfo=timezone(timedelta(hours=-5)))

    assert list(islice(paths_of("news", "A title", late), 3)) == [
        "_news/2020-11-20-a-title.md",
        "_news/2020-11-20-a-title-2.md",
        "_news/2020-11-20-a-title-3.md",
    ]
    assert datetime(2020, 11, 20, tzinfo=UTC) <= late
