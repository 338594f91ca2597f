"""The lead image."""

from __future__ import annotations

import pytest

from storyfold.document import Image
from worker.model.entry import Media
from worker.normalize.images import choose_images

BASE = "https://a.example/page"


def urls(*media: Media, markup: str = "", limit: int = 1) -> list[str]:
    return [image.url for image in choose_images(media, markup, BASE, limit)]


def test_the_largest_declared_picture_leads() -> None:
    small = Media(url="/s.jpg", kind="image", width=140, height=84)
    large = Media(url="/l.jpg", kind="image", width=700, height=420)
    assert choose_images([small, large], "", BASE) == (
        Image(url="https://a.example/l.jpg", width=700, height=420, is_cached=False),
    )


def test_a_picture_leads_a_thumbnail_and_a_declared_one_leads_the_text() -> None:
    thumbnail = Media(url="/t.jpg", kind="thumbnail")
    picture = Media(url="/p.jpg", kind="", media_type="image/jpeg")
    assert urls(thumbnail, picture, limit=3) == ["https://a.example/p.jpg", "https://a.example/t.jpg"]
    assert urls(thumbnail, markup="<img src=/x.jpg>") == ["https://a.example/t.jpg"]


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ('<p><img src="/x.jpg?a=1&amp;b=2"></p>', "https://a.example/x.jpg?a=1&b=2"),
        ("<IMG width=640 SRC='x.jpg'>", "https://a.example/x.jpg"),
        ('<img src="data:image/gif;base64,R0" data-src="/late.jpg">', "https://a.example/late.jpg"),
        ('<img src="/p.gif" width="1" height="1"><img src="/real.jpg">', "https://a.example/real.jpg"),
    ],
)
def test_without_declared_pictures_the_first_of_the_text_counts(markup: str, expected: str) -> None:
    assert urls(markup=markup) == [expected]


@pytest.mark.parametrize(
    "media",
    [
        Media(url="javascript:alert(1)", kind="image"),
        Media(url="data:image/png;base64,xx", kind="image"),
        Media(url="https://a.example/x.gif", kind="image", width=1, height=1),
        Media(url="https://a.example/x.gif", kind="image", width=31),
        Media(url="http://feeds.feedburner.com/~r/x/1", kind="image"),
        Media(url="https://pixel.wp.com/b.gif", kind="image"),
        Media(url="https://a.example/img/spacer.gif", kind="image"),
        Media(url="https://a.example/x.mp3", kind="audio", media_type="audio/mpeg"),
        Media(url="", kind="image"),
    ],
)
def test_what_is_no_picture_to_look_at_never_leads(media: Media) -> None:
    assert urls(media) == []


def test_a_picture_named_twice_counts_once() -> None:
    one = Media(url="/x.jpg", kind="image")
    assert urls(one, one, limit=3) == ["https://a.example/x.jpg"]
