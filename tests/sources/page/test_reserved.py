"""Pages that ask not to be kept or mined."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from worker.model.page import PageFacts
from worker.sources.page.reserved import is_reserving

Read = Callable[..., PageFacts]


@pytest.mark.parametrize(
    ("head", "headers", "expected"),
    [
        ("", {}, False),
        ("<meta name=robots content='noarchive'>", {}, True),
        ("<meta name=ROBOTS content='index, NoArchive'>", {}, True),
        ("<meta name=robots content=none>", {}, True),
        ("<meta name=robots content=nosnippet>", {}, True),
        ("<meta name=robots content='max-snippet: 0'>", {}, True),
        ("<meta name=googlebot content='max-snippet:0'>", {}, True),
        ("<meta name=robots content='noai, noimageai'>", {}, True),
        ("<meta name=tdm-reservation content=1>", {}, True),
        ("<meta name=tdm-reservation content=0>", {}, False),
        ("<meta name=robots content='index, follow, max-snippet:-1, max-image-preview:large'>", {}, False),
        ("<meta name=robots content='noindex, nofollow'>", {}, False),
        ("<meta name=otherbot content=noarchive>", {}, False),
        ("<meta name=a content=b>" * 600 + "<meta name=robots content=noarchive>", {}, True),
        ("", {"x_robots_tag": "noarchive"}, True),
        ("", {"x_robots_tag": "otherbot: noarchive"}, False),
        ("", {"x_robots_tag": "otherbot: noindex, googlebot: noarchive"}, True),
        ("", {"x_robots_tag": "otherbot: noindex, noarchive"}, False),
        ("", {"x_robots_tag": "unavailable_after: 25 Jun 2027 15:00:00 PST, nosnippet"}, True),
        ("", {"tdm_reservation": "1"}, True),
        ("", {"tdm_reservation": "0"}, False),
    ],
)
def test_a_wish_is_heard_wherever_it_stands(read: Read, head: str, headers: dict[str, str], expected: bool) -> None:
    assert read("<title>x</title>" + head, **headers).is_reserved is expected


def test_a_wish_in_the_body_is_heard_too(read: Read) -> None:
    assert read("<title>x</title>", "<p>a<meta name=robots content=noarchive>").is_reserved


def test_a_long_header_is_no_burden() -> None:
    assert not is_reserving("a:" * 1_000_000)
