"""What the address of an image lets guess."""

from __future__ import annotations

import pytest

from worker.normalize.image_hints import guess_width, picture_key

WIDTHS = [
    ("https://a.example/wp-content/uploads/cat-1024x768.jpg", 1024),
    ("https://a.example/cat-850x638.jpg?ver=2", 850),
    ("https://s1.lemde.example/image/2017/01/07/644x322/5059_donald.jpg", 644),
    ("https://a.example/_posts/273X223/58887a.png", 273),
    ("https://npr.example/crop/7698x5155+0+0/resize/7698x5155!/?url=x", 7698),
    ("https://i0.wp.example/a.jpg?w=700&ssl=1", 700),
    ("https://i.guim.example/img/master/4000.jpg?width=460&quality=85&s=9f", 460),
    ("https://i0.wp.example/a.jpg?fit=1200%2C800&ssl=1", 1200),
    ("https://i0.wp.example/a.jpg?resize=640,480", 640),
    ("https://static1.squarespace.example/t/1471987830419/?format=1000w", 1000),
    ("https://ichef.bbci.example/ace/standard/240/cpsprodpb/x.jpg", 240),
    ("https://ichef.bbci.example/news/1024/branded_news/x.jpg", 1024),
    ("https://bp.blogspot.example/-x/AAA/s1600/cat.jpg", 1600),
    ("https://lh3.googleusercontent.example/abc=s640", 640),
    ("https://bp.blogspot.example/x/w640-h360/cat.jpg", 640),
    ("https://i1.mirror.example/article.ece/ALTERNATES/s615/CAT.jpg", 615),
    ("https://substackcdn.example/image/fetch/w_1456,c_limit,f_auto/https%3A%2F%2Fx", 1456),
    ("https://i.ytimg.com/vi/dQw4w9WgXcQ/hqdefault.jpg", 480),
    ("https://i.ytimg.com/vi/dQw4w9WgXcQ/maxresdefault.jpg", 1280),
    ("https://a.example/cat.jpg", None),
    ("https://a.example/2024/05/06/cat.jpg", None),
    ("https://a.example/cat.jpg?id=700", None),
    ("https://a.example/cat.jpg?w=0", None),
    ("https://a.example/x-99999x1.jpg", None),
]


@pytest.mark.parametrize(("url", "width"), WIDTHS)
def test_the_width_that_an_address_speaks_of(url: str, width: int | None) -> None:
    assert guess_width(url) == width


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.example/u/cat-150x150.jpg", "https://a.example/u/cat.jpg"),
        ("https://i0.a.example/u/cat-150x150.jpg?ssl=1", "https://i1.a.example/u/cat-1024x768.jpg"),
        ("https://i.guim.example/m/4000.jpg?width=140&s=aa", "https://i.guim.example/m/4000.jpg?width=700&s=bb"),
        (
            "https://i2.mirror.example/a.ece/ALTERNATES/s98/X.jpg",
            "https://i1.mirror.example/a.ece/ALTERNATES/s615/X.jpg",
        ),
        ("https://s1.lemde.example/644x322/5059_x.jpg", "https://s1.lemde.example/1200x600/5059_x.jpg"),
    ],
)
def test_one_picture_in_two_sizes_has_one_key(one: str, other: str) -> None:
    assert picture_key(one) == picture_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.example/image.php?id=1", "https://a.example/image.php?id=2"),
        ("https://a.example/1.jpg", "https://a.example/2.jpg"),
        ("https://a.example/1.jpg", "https://b.example/1.jpg"),
        ("https://a.example/2023/1.jpg", "https://a.example/2024/1.jpg"),
    ],
)
def test_two_pictures_have_two_keys(one: str, other: str) -> None:
    assert picture_key(one) != picture_key(other)
