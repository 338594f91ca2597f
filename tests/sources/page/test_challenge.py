"""What stands in a feed's place: a challenge, or merely a page."""

from __future__ import annotations

import pytest

from worker.sources.page.challenge import is_challenge

URL = "https://harbor.example/feed"


def _page(title: str, head: str = "", body: str = "") -> bytes:
    return f"<!doctype html><html><head><title>{title}</title>{head}</head><body>{body}</body></html>".encode()


@pytest.mark.parametrize(
    ("page", "url", "expected"),
    [
        (_page("Just a moment..."), URL, True),
        (_page("Attention Required! | Cloudflare"), URL, True),
        (_page("Access Denied"), URL, True),
        (_page("Harbor", "<script>window._cf_chl_opt={}</script>"), URL, True),
        (_page("", body='<div id="px-captcha"></div>'), URL, True),
        (_page("Harbor"), "https://consent.google.com/m?continue=x", True),
        (_page("Harbor"), "https://www.google.com/sorry/index", True),
        (_page("Harbor"), URL, False),
        (_page("Sign in"), URL, False),
        (
            _page("Harbor", "<script>window._pxAppId='x'</script><meta property='og:title' content='Harbor'>"),
            URL,
            False,
        ),
        (
            _page(
                "Harbor",
                "<script>window._pxAppId='x'</script><link rel='alternate' type='application/rss+xml' href='/rss'>",
            ),
            URL,
            False,
        ),
        (_page("Harbor", body="x" * 200_000 + "window._cf_chl_opt"), URL, False),
        (b"", URL, False),
        (b"\xff\xfe\x00", URL, False),
    ],
)
def test_a_wall_is_told_from_a_page_of_the_site(page: bytes, url: str, expected: bool) -> None:
    assert is_challenge(page, url=url, content_type="text/html; charset=utf-8") is expected
