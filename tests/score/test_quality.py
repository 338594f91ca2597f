"""Quality points and the first heat."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from storyfold.document import Image
from worker.normalize.quality import MAX_QUALITY, compute_quality

NOW = datetime(2020, 11, 20, tzinfo=UTC)
NOTHING: dict[str, Any] = {
    "title": "",
    "excerpt": "",
    "text_chars": 0,
    "images": (),
    "date_how": "first-seen",
    "is_registered": False,
    "has_topics": False,
    "has_author": False,
    "url": "http://a.example/",
}
EVERYTHING: dict[str, Any] = {
    "title": "A title of a good length",
    "excerpt": "x" * 300,
    "text_chars": 5_000,
    "images": (Image(url="x", width=1_200, height=800),),
    "date_how": "given",
    "is_registered": True,
    "has_topics": True,
    "has_author": True,
    "url": "https://a.example/",
}


def test_nothing_scores_nothing_and_everything_all() -> None:
    assert compute_quality(**NOTHING) == 0
    assert compute_quality(**EVERYTHING) == MAX_QUALITY


@pytest.mark.parametrize("field", list(NOTHING))
def test_every_good_thing_adds_points(field: str) -> None:
    assert compute_quality(**{**NOTHING, field: EVERYTHING[field]}) > 0
    assert compute_quality(**{**EVERYTHING, field: NOTHING[field]}) < MAX_QUALITY
