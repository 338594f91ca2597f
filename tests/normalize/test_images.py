"""The images of an item: which are shown, and which one leads."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyfold.document import Image
from worker.model.entry import Entry, Media, Source
from worker.normalize.images import choose_images, read_images

BASE = "https://a.example/page"


def urls(*media: Media, markup: str = "", limit: int = 1) -> list[str]:
    return [image.url for image in choose_images(media, markup, BASE, limit)]


def picture(name: str, width: int | None = None, height: int | None = None, kind: str = "image") -> Media:
    return Media(url=f"/{name}", kind=kind, width=width, height=height)


def thumbnail(name: str, width: int | None = None, height: int | None = None) -> Media:
    return picture(name, width, height, "thumbnail")


RULES = [
    # Classes by width
    ("the larger class", [picture("s.jpg", 140, 84), picture("l.jpg", 700, 420)], "", "l.jpg"),
    ("the first of one class", [picture("a.jpg", 900, 600), picture("b.jpg", 1200, 800)], "", "a.jpg"),
    ("unknown, then a known small one", [picture("a.jpg"), picture("s.jpg", 300, 200)], "", "a.jpg"),
    ("a picture before a thumbnail", [thumbnail("t.jpg"), picture("p.jpg")], "", "p.jpg"),
    ("a large thumbnail is a picture", [thumbnail("t.jpg", 1280, 720), picture("s.jpg", 300, 200)], "", "t.jpg"),
    ("a width alone", [picture("s.jpg", 140), picture("l.jpg", 700)], "", "l.jpg"),
    ("a width in the address", [picture("s-150x150.jpg"), picture("l.jpg?w=700")], "", "l.jpg?w=700"),
    # Shape and format
    ("a strip is a banner", [picture("banner.jpg", 728, 90), picture("p.jpg", 500, 400)], "", "p.jpg"),
    ("a tower, too", [picture("tower.jpg", 400, 1600), picture("p.jpg", 500, 400)], "", "p.jpg"),
    ("a strip when there is nothing else", [picture("banner.jpg", 728, 90)], "", "banner.jpg"),
    ("no SVG when there is another", [picture("a.svg", 900, 600), picture("p.jpg", 160, 120)], "", "p.jpg"),
    ("an SVG when there is none", [picture("a.svg?v=1")], "", "a.svg?v=1"),
    ("no logo when there is another", [picture("x-logo.png"), thumbnail("t.jpg")], "", "t.jpg"),
    ("a podcast's cover", [picture("show_logo-100.jpg")], "", "show_logo-100.jpg"),
    # One picture in several sizes
    ("the widest size", [picture("x.jpg?width=140"), picture("x.jpg?width=1600")], "", "x.jpg?width=1600"),
    ("not a huge one", [picture("x.jpg?width=6000"), picture("x.jpg?width=1600")], "", "x.jpg?width=1600"),
    ("a huge one alone", [picture("x.jpg?width=6000")], "", "x.jpg?width=6000"),
    # Declared files and the text
    ("declared before the text", [thumbnail("t.jpg")], "<img src=/x.jpg>", "t.jpg"),
    ("a good one of the text before a poor one", [thumbnail("t.jpg", 75, 75)], "<img src=/x.jpg width=600>", "x.jpg"),
    ("the first good one of the text", [], "<img src=/a.jpg width=500><img src=/b.jpg width=1200>", "a.jpg"),
    ("a good one after small ones", [], "<img src=/a.jpg width=100><img src=/b.jpg width=600>", "b.jpg"),
    ("the first of the text where no size is known", [], "<img src=/a.jpg><img src=/b.jpg>", "a.jpg"),
]  # fmt: skip


@pytest.mark.parametrize(("media", "markup", "expected"), [pytest.param(*rule, id=name) for name, *rule in RULES])
def test_the_rule_of_the_lead_image(media: list[Media], markup: str, expected: str) -> None:
    assert urls(*media, markup=markup) == [f"https://a.example/{expected}"]


def test_the_largest_declared_picture_leads() -> None:
    small = Media(url="/s.jpg", kind="image", width=140, height=84)
    large = Media(url="/l.jpg", kind="image", width=700, height=420)
    assert choose_images([small, large], "", BASE) == (
        Image(url="https://a.example/l.jpg", width=700, height=420, is_cached=False),
    )


def test_several_are_told_in_the_order_of_the_rule() -> None:
    enclosure = Media(url="/p.jpg", kind="", media_type="image/jpeg")
    assert urls(thumbnail("t.jpg"), enclosure, limit=3) == ["https://a.example/p.jpg", "https://a.example/t.jpg"]


def test_one_picture_in_two_sizes_counts_once() -> None:
    small, large = picture("x-300x200.jpg", 300, 200), picture("x-900x600.jpg", 900, 600)
    assert urls(small, large, picture("y.jpg", 850), limit=5) == [
        "https://a.example/x-900x600.jpg",
        "https://a.example/y.jpg",
    ]


SIZES = [
    ((640, 480), (640, 480)),
    ((640, None), (None, None)),
    ((None, 480), (None, None)),
    ((None, None), (None, None)),
    ((99_999_999, 480), (None, None)),
    ((3000, 60), (None, None)),
    ((-5, 480), (None, None)),
]


@pytest.mark.parametrize(("declared", "published"), SIZES)
def test_a_size_is_published_when_both_sides_are_declared_and_can_be(
    declared: tuple[int | None, int | None], published: tuple[int | None, int | None]
) -> None:
    [image] = choose_images([picture("x.jpg", *declared)], "", BASE)
    assert (image.width, image.height) == published


def test_a_guessed_size_is_never_published() -> None:
    [image] = choose_images([picture("x-1024x768.jpg")], "", BASE)
    assert (image.width, image.height) == (None, None)
    markup = '<img src="/a-300.jpg" width="300" height="200" srcset="/a-300.jpg 300w, /a-900.jpg 900w">'
    [image] = choose_images([], markup, BASE)
    assert (image.url, image.width, image.height) == ("https://a.example/a-900.jpg", None, None)


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ('<p><img src="/x.jpg?a=1&amp;b=2"></p>', "https://a.example/x.jpg?a=1&b=2"),
        ("<IMG width=640 SRC='x.jpg'>", "https://a.example/x.jpg"),
        ('<img src="data:image/gif;base64,R0" data-src="/late.jpg">', "https://a.example/late.jpg"),
        ('<img src="/p.gif" width="1" height="1"><img src="/real.jpg">', "https://a.example/real.jpg"),
        ('<img src="/grey.jpg" data-lazy-src="/late.jpg">', "https://a.example/late.jpg"),
        ('<img src="/grey.jpg" data-original="/late.jpg">', "https://a.example/late.jpg"),
        ('<img alt="a > b" src="/x.jpg">', "https://a.example/x.jpg"),
        ("<img alt='5\" screen' src='/x.jpg' title='<b>'>", "https://a.example/x.jpg"),
        ('<img class="wp-smiley" src="/s.png"><img src="/x.jpg">', "https://a.example/x.jpg"),
        ('<img src="/x-logo.png"><img src="/x.jpg">', "https://a.example/x.jpg"),
        ('<img src="/a,b.jpg" srcset="/a,b.jpg 320w, /c,d.jpg 1280w">', "https://a.example/c,d.jpg"),
        ('<img src="/a.jpg" srcset="/a.jpg 640w, /b.jpg 2000w, /c.jpg 5000w">', "https://a.example/b.jpg"),
        ('<img src="/a.jpg" srcset="/b.jpg 3000w, /c.jpg 5000w">', "https://a.example/b.jpg"),
        ('<img src="/a.jpg" srcset="/a.jpg 1x, /b.jpg 2x">', "https://a.example/b.jpg"),
        ('<img src="/a.jpg" srcset="javascript:1 900w">', "https://a.example/a.jpg"),
        ('<img src="data:image/gif;base64,R0" srcset="data:image/gif;base64,R0 1w" data-srcset="/b.jpg 900w">',
         "https://a.example/b.jpg"),
        ('<picture><source srcset="/w.webp 1200w" type="image/webp"><img src="/j.jpg" width="600"></picture>',
         "https://a.example/w.webp"),
        ('<picture><source srcset="/w.webp 1200w"></picture><img src="/j.jpg">', "https://a.example/j.jpg"),
        ('<video poster="/still.jpg" src="/film.mp4"></video>', "https://a.example/still.jpg"),
        ('<!-- <p> --><IMG SRC="/x.jpg">', "https://a.example/x.jpg"),
    ],
)  # fmt: skip
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


def test_the_still_of_a_video_stands_in_when_there_is_no_image() -> None:
    still = "https://i.ytimg.com/vi/dQw4w9WgXcQ/hqdefault.jpg"
    bare = Entry(source=Source.FEED)
    assert [image.url for image in read_images(bare, still)] == [still]
    assert read_images(bare) == ()
    own = Entry(source=Source.FEED, media=(Media(url="https://a.example/x.jpg", kind="image"),))
    assert [image.url for image in read_images(own, still)] == ["https://a.example/x.jpg"]


def test_a_reference_with_endless_digits_is_no_crash() -> None:
    assert urls(markup=f'<img alt="&#{"9" * 5000};" src="/x.jpg">') == ["https://a.example/x.jpg"]


ATTACKS = [
    "<img ",
    '<img "',
    "<img '",
    "<img a='",
    "<img src=x ",
    "<picture ",
    "<source srcset='a 1w,",
    "<img src=/a.jpg>",
]


@pytest.mark.parametrize("part", ATTACKS)
def test_hostile_markup_costs_little_time(part: str) -> None:
    markup = "<img" + part * (500_000 // len(part))
    started = time.perf_counter()
    choose_images([], markup, BASE)
    assert time.perf_counter() - started < 0.5


@given(
    st.lists(
        st.sampled_from(
            ["<img ", "src=", '"', "'", "/a.jpg", ">", "<", " ", "srcset=", "1w", ",", "&amp;", "width=5"]
        ),
        max_size=30,
    )
)
def test_any_markup_gives_absolute_addresses_or_none(parts: list[str]) -> None:
    for image in choose_images([], "".join(parts), BASE, 5):
        assert image.url.startswith("https://a.example/")
