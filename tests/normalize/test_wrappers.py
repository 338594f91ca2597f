"""Redirectors are unwrapped when the whole target stands in the URL, and known as opaque when not (M 12)."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.normalize.address import resolve
from worker.normalize.wrappers import ANY_PATH, OPAQUE_HOSTS, WRAPPERS, is_opaque, unwrap

TARGET = "https://a.example/x?id=1&b=%C3%A9"
QUOTED = quote(TARGET, safe="")

ROWS = [
    (host, "/any" if path == ANY_PATH else path, name)
    for host, paths in WRAPPERS.items()
    for path, names in paths.items()
    for name in names
]


def google_news(url: str, more: bytes = b"\xd2\x01\x00") -> str:
    """An address of Google News as it was made before 2024."""
    length = len(url)
    varint = bytes([length]) if length < 128 else bytes([length & 0x7F | 0x80, length >> 7])
    message = b'\x08\x13"' + varint + url.encode() + more
    return f"https://news.google.com/rss/articles/{urlsafe_b64encode(message).decode().rstrip('=')}?oc=5"


@pytest.mark.parametrize(("host", "path", "name"), ROWS)
def test_every_row_of_the_table_unwraps(host: str, path: str, name: str) -> None:
    for prefix in ("", "www."):
        assert unwrap(f"https://{prefix}{host}{path}?x=1&{name}={QUOTED}&y=2") == TARGET


@pytest.mark.parametrize(
    ("wrapped", "target"),
    [
        ("https://www.google.com/url?rct=j&sa=t&url=https://a.example/x&ct=ga", "https://a.example/x"),
        ("https://www.google.co.uk/url?q=https%3A%2F%2Fa.example%2Fx%3Fid%3D1", "https://a.example/x?id=1"),
        ("https://L.Facebook.com/l.php?u=https%3A%2F%2Fa.example%2Fx&h=AT0", "https://a.example/x"),
        (
            "http://www.bing.com/news/apiclick.aspx?ref=x&url=https%3a%2f%2fa.example%2fx",
            "https://a.example/x",
        ),
        ("https://out.reddit.com/t3_abc?url=https%3A%2F%2Fa.example%2F&token=1", "https://a.example/"),
        (f"https://l.facebook.com/l.php?u={quote(f'https://www.google.com/url?q={QUOTED}', safe='')}", TARGET),
        ("https://href.li/?https://a.example/x?id=1", "https://a.example/x?id=1"),
        ("https://www.deviantart.com/users/outgoing?https://a.example/x", "https://a.example/x"),
        ("https://12ft.io/https://a.example/x?id=1", "https://a.example/x?id=1"),
        (
            "http://rss.feedsportal.com/c/1/f/2/s/3/sc/4/l/0Lnews0Ba0Bexample0N0Cworld0Cx0E1234250Bhtml0Did0F5/story01.htm",
            "http://news.a.example.com/world/x-123425.html?id=5",
        ),
        (
            "http://rss.feedsportal.com/c/1/f/2/s/3/l/0L0Sa0N0Cyear20A20A/story01.htm",
            "http://www.a.com/year2020",
        ),
        (google_news("https://a.example/x"), "https://a.example/x"),
        (google_news(f"https://a.example/{'x' * 200}"), f"https://a.example/{'x' * 200}"),
        (
            google_news("https://a.example/x", b"\xd2\x01\x17https://a.example/amp/x"),
            "https://a.example/x",
        ),
    ],
)
def test_a_known_wrapper_gives_its_target(wrapped: str, target: str) -> None:
    assert unwrap(wrapped) == target


@pytest.mark.parametrize(
    "url",
    [
        "https://www.google.com/url?url=javascript:alert(1)",
        "https://www.google.com/url?url=file:///etc/passwd",
        "https://www.google.com/url?url=https://user:pass@a.example/",
        "https://www.google.com/url?url=",
        "https://www.google.com/search?q=https://a.example/",
        "https://google.evil.example/url?q=https://a.example/",
        "https://a.example/url?url=https://b.example/",
        "https://l.facebook.com.evil.example/l.php?u=https://a.example/",
        "https://t.co/abc",
        "https://a.example/",
        "https://12ft.io/",
        "https://12ft.io/about",
        "https://href.li/",
        "https://www.deviantart.com/ann/art?https://a.example/",
        "https://rss.feedsportal.com/c/1/f/2/s/3/l/0Lnews0Zexample/story01.htm",
        "https://news.google.com/rss/articles/CBMiK0FVX3lxTE5",
        "https://news.google.com/rss/articles/x",
        google_news("javascript:alert(1)"),
        "https://web.archive.org/web/20201119000000/https://a.example/x",
        "https://translate.google.com/translate?u=https://a.example/x",
    ],
)
def test_everything_else_stays(url: str) -> None:
    assert unwrap(url) == url


def test_a_chain_of_wrappers_is_followed_three_steps_and_no_further() -> None:
    url = TARGET
    for _ in range(5):
        url = f"https://www.google.com/url?q={quote(url, safe='')}"
    assert unwrap(url).count("google.com") == 2


@pytest.mark.parametrize("host", sorted(OPAQUE_HOSTS))
def test_every_opaque_host_is_known_by_its_paths(host: str) -> None:
    beginning = OPAQUE_HOSTS[host][0] or "/"
    assert is_opaque(f"https://{host}{beginning}abc?x=1")
    assert is_opaque(f"http://www.{host.upper()}{beginning}abc")
    assert not is_opaque(f"https://{host}/")
    assert not is_opaque(f"https://not{host}{beginning}abc")


@pytest.mark.parametrize(
    "url",
    ["https://a.example/x", "https://news.google.com/topstories", "https://feeds.feedburner.com/daily", "", "t.co/x"],
)
def test_what_is_no_redirector_is_not_opaque(url: str) -> None:
    assert not is_opaque(url)


@given(st.text() | st.text().map(lambda rest: f"https://news.google.com/rss/articles/CBMi{rest}"))
def test_unwrapping_never_raises_and_gives_only_http(url: str) -> None:
    target = unwrap(url)
    assert target == url or resolve("", target) == target
    assert is_opaque(url) in (True, False)
