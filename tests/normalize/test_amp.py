"""AMP cache addresses, both ways."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.normalize.amp import amp_cache_url, cache_prefix, origin_of_amp_cache

PAIRS = [
    ("https://example.com/amp/x", "https://example-com.cdn.ampproject.org/c/s/example.com/amp/x"),
    ("http://example.com/amp/x", "https://example-com.cdn.ampproject.org/c/example.com/amp/x"),
    (
        "https://hello-world.com/a?b=c",
        "https://hello--world-com.cdn.ampproject.org/c/s/hello-world.com/a?b=c",
    ),
]


@pytest.mark.parametrize(("origin", "cached"), PAIRS)
def test_page_and_cache_address_name_each_other(origin: str, cached: str) -> None:
    assert amp_cache_url(origin) == cached
    assert origin_of_amp_cache(cached) == origin


@pytest.mark.parametrize(
    ("host", "prefix"),
    [
        ("hello-world.com", "hello--world-com"),
        ("a.b-c.org", "a-b--c-org"),
        ("my-site.example.co.uk", "0-my--site-example-co-uk-0"),
        ("en-us.example.com", "0-en--us-example-com-0"),
        ("xn--bcher-kva.example", "xn--bcher-example-wob"),
        ("bücher.example", "xn--bcher-example-wob"),
    ],
)
def test_the_readable_prefix_follows_the_published_algorithm(host: str, prefix: str) -> None:
    assert cache_prefix(host) == prefix


@pytest.mark.parametrize("host", ["localhost", "a" * 60 + ".example.com", "itsנוצר.com", "ab--c.com"])
def test_a_host_without_a_readable_prefix_gets_52_characters_of_its_hash(host: str) -> None:
    prefix = cache_prefix(host)
    assert len(prefix) == 52
    assert prefix.isalnum()


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://cdn.ampproject.org/c/s/example.com/x", "https://example.com/x"),
        ("https://www.google.com/amp/s/example.com/x", "https://example.com/x"),
        ("https://www.google.co.uk/amp/example.com/x", "http://example.com/x"),
        ("https://example-com.cdn.ampproject.org/v/s/example.com/x", "https://example.com/x"),
        ("https://example-com.cdn.ampproject.org/i/s/example.com/a.png", "https://example.com/a.png"),
    ],
)
def test_older_forms_give_their_origin(url: str, origin: str) -> None:
    assert origin_of_amp_cache(url) == origin


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.cdn.ampproject.org.attacker.net/c/s/example.com/x",
        "https://a-com.cdn.ampproject.org/c/s/b.com/",
        "https://a-com.cdn.ampproject.org/c/s/user@a.com/",
        "https://example.com/amp/s/other.example/x",
        "https://cdn.ampproject.org/c/s/",
        "https://cdn.ampproject.org/v0.js",
        "amp",
    ],
)
def test_what_is_no_cache_address_or_contradicts_itself_gives_nothing(url: str) -> None:
    assert origin_of_amp_cache(url) is None


@pytest.mark.parametrize("url", ["no address", "https://example.com:8443/x"])
def test_an_address_that_the_format_cannot_hold_gives_none(url: str) -> None:
    assert amp_cache_url(url) is None


@given(st.from_regex(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?(\.[a-z]{2,5}){1,2}", fullmatch=True))
def test_every_host_survives_the_way_there_and_back(host: str) -> None:
    url = f"https://{host}/x?y=z"
    cached = amp_cache_url(url)
    assert cached is not None
    assert origin_of_amp_cache(cached) == url
    assert len(cached.removeprefix("https://").partition(".")[0]) <= 63


@given(st.text())
def test_a_prefix_exists_for_any_text(host: str) -> None:
    assert cache_prefix(host)
