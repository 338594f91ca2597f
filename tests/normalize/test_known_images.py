"""Images after their bytes were looked at."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from storyfold.document import Image, Provider
from worker.model.entry import Media, Source
from worker.model.item import Item
from worker.model.page import ImageFacts, PageFacts
from worker.normalize.known_images import images_to_learn, settle_images

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
A, B = "https://harbor.example/a.jpg", "https://harbor.example/b.jpg"


def item(*images: Image) -> Item:
    return Item(
        item_id="a" * 16,
        collection="news",
        source=Source.FEED,
        title="Title",
        published_at=NOW,
        original_url="https://harbor.example/light",
        provider=Provider(name="harbor.example", domain="harbor.example"),
        images=images,
        first_seen_at=NOW,
    )


def probe(
    url: str = A, width: int | None = None, height: int | None = None, digest: str = "", failure: str = ""
) -> ImageFacts:
    return ImageFacts(url=url, width=width, height=height, digest=digest, failure=failure, checked_at=NOW)


@pytest.mark.parametrize(
    ("image", "facts", "expected"),
    [
        (Image(url=A), probe(A, 1200, 675), Image(url=A, width=1200, height=675)),
        (Image(url=A, width=10_000, height=9), probe(A, 1200, 675), Image(url=A, width=1200, height=675)),
        (Image(url=A, width=300, height=200), probe(A), Image(url=A, width=300, height=200)),
        (Image(url=A, width=300, height=200), probe(A, failure="http-404"), Image(url=A, width=300, height=200)),
        (Image(url=A), probe(A, 9, 9, failure="not-an-image"), Image(url=A)),
        (Image(url=A), probe(A, 800, 600, digest="d" * 64), Image(url=A, width=800, height=600, is_cached=True)),
        (Image(url=A, is_cached=False), probe(A, digest="d" * 64), Image(url=A, is_cached=True)),
        (Image(url=A, is_cached=True), probe(A, 800, 600), Image(url=A, width=800, height=600, is_cached=True)),
        (Image(url=A), probe(B, 1200, 675), Image(url=A)),
    ],
)  # fmt: skip
def test_the_real_size_wins_and_a_failure_changes_nothing(image: Image, facts: ImageFacts, expected: Image) -> None:
    assert settle_images(item(image), None, [facts]) == (expected,)


@pytest.mark.parametrize(("width", "height"), [(1, 1), (600, 31), (31, 600)])
def test_an_image_that_is_too_small_in_truth_gives_way_to_one_of_the_page(width: int, height: int) -> None:
    page = PageFacts(
        url="https://harbor.example/light", images=(Media(url=A, kind="image"), Media(url=B, kind="image"))
    )

    assert settle_images(item(Image(url=A)), page, [probe(A, width, height)]) == (Image(url=B, is_cached=False),)
    assert settle_images(item(Image(url=A)), None, [probe(A, width, height)]) == ()


def test_an_item_with_images_takes_none_of_the_page() -> None:
    page = PageFacts(url="https://harbor.example/light", images=(Media(url=B, kind="image", width=1200, height=675),))

    assert settle_images(item(Image(url=A)), page, []) == (Image(url=A),)


@pytest.mark.parametrize(
    ("image", "keep_bytes", "wanted"),
    [
        (Image(url=A), False, True),
        (Image(url=A, width=1), False, True),
        (Image(url=A, width=800, height=600), False, False),
        (Image(url=A, width=800, height=600), True, True),
        (Image(url=A, width=800, height=600, is_cached=True), True, False),
        (Image(url=A, is_cached=True), True, True),
    ],
)
def test_an_image_is_looked_at_for_what_is_not_known_of_it(image: Image, keep_bytes: bool, wanted: bool) -> None:
    assert images_to_learn(item(image), keep_bytes) == ((A,) if wanted else ())
