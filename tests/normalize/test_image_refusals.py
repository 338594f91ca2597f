"""What is never shown as a picture, and what looks like it but is one."""

from __future__ import annotations

import pytest

from worker.normalize.image_refusals import is_decoration, is_refused


@pytest.mark.parametrize(
    "url",
    [
        "http://feeds.feedburner.com/~r/x/1",
        "https://feeds.feedburner.com/~ff/x?d=yIl2AUoC8zA",
        "http://feedproxy.example/~r/TechCrunch/~4/abc",
        "https://pixel.wp.com/b.gif?host=x",
        "https://ad.doubleclick.net/x.jpg",
        "https://WWW.Google-Analytics.com/collect?v=1",
        "https://ssl-vg03.met.vgwort.de/na/abc",
        "https://media.npr.org/include/images/tracking/npr-rss-pixel.png?story=1",
        "https://a.example/img/spacer.gif",
        "https://a.example/img/1x1.png",
        "https://a.example/track-1x1.gif",
        "https://a.example/img/blank.gif?x=1",
        "https://a.example/photo.jpg?w=1&h=1",
        "https://a.example/photo.jpg?crop=0&s=24",
        "https://1.gravatar.com/avatar/abc?s=96",
        "https://avatars.githubusercontent.com/u/1?s=400",
        "https://pbs.twimg.example/profile_images/1/x.jpg",
        "https://s.w.org/images/core/emoji/14/72x72/1f6a2.png",
        "https://a.example/wp-includes/images/smilies/icon_smile.gif",
        "https://img.shields.io/badge/build-passing-green",
        "https://a.example/icons/facebook-32x32.png",
        "https://a.example/img/twitter.svg",
        "https://a.example/favicon.ico",
        "https://a.example/apple-touch-icon-180x180.png",
        "https://a.example/assets/logo.png",
        "https://a.example/site-logo.svg",
    ],
)
def test_counters_portraits_and_buttons_are_refused(url: str) -> None:
    assert is_refused(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example/2024/05/cat.jpg",
        "https://a.example/images/shared/social/social-share-post-ignite.png",
        "https://a.example/google-pixel-9-review.jpg",
        "https://a.example/facebook-headquarters.jpg",
        "https://a.example/twitter.jpg",
        "https://a.example/photo.jpg?w=320",
        "https://a.example/photo.jpg?id=1&page=2",
        "https://a.example/crop-1x1/photo.jpg",
        "https://notgravatar.com/photo.jpg",
        "https://gravatar.com.example/photo.jpg",
        "https://a.example/tracking-the-storm/photo.jpg",
        "https://a.example/catalogo.jpg",
    ],
)
def test_pictures_with_like_names_are_not(url: str) -> None:
    assert not is_refused(url)
    assert not is_decoration(url, None)


@pytest.mark.parametrize(
    "name",
    ["ACM-logo.gif", "logo_small.png", "rss-icon.png", "author-avatar-2.jpg", "buy-button.png"],
)
def test_a_name_makes_a_decoration_unless_the_picture_is_wide(name: str) -> None:
    url = f"https://a.example/{name}"
    assert is_decoration(url, None)
    assert is_decoration(url, 399)
    assert not is_decoration(url, 400)
