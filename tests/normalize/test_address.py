"""Absolute http(s) addresses, and nothing else, come out of resolving."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.normalize.address import MAX_URL_CHARS, resolve, split

BASE = "https://news.example/section/page?x=1"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/x?b=1&b=2#f", "https://a.example/x?b=1&b=2#f"),
        ("HTTP://A.example/X", "http://A.example/X"),
        ("/story", "https://news.example/story"),
        ("story", "https://news.example/section/story"),
        ("?y=2", "https://news.example/section/page?y=2"),
        ("//cdn.example/a.jpg", "https://cdn.example/a.jpg"),
        (" \n https://a.example/x\t ", "https://a.example/x"),
        ("https://a.example/two words", "https://a.example/two%20words"),
        ("https://bücher.example/ü", "https://bücher.example/ü"),
        ("http://[2001:db8::1]:8080/x", "http://[2001:db8::1]:8080/x"),
        ("https://a.example/\u202egpj.x", "https://a.example/%E2%80%AEgpj.x"),
    ],
)
def test_a_usable_address_becomes_absolute_and_keeps_its_characters(url: str, expected: str) -> None:
    assert resolve(BASE, url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "\x01javascript:alert(1)",
        "vbscript:x",
        "data:text/html,<b>",
        "file:///etc/passwd",
        "ftp://a.example/x",
        "mailto:a@b.example",
        "https://user:secret@a.example/",
        "https://a.example@evil.example/",
        "http:///path",
        "http:a.example",
        "https://a.example\\@evil.example/",
        "https://a.example:99999/",
        "https://[::1/",
        "",
        "   ",
        "https://a.example/" + "x" * MAX_URL_CHARS,
    ],
)
def test_what_is_no_http_address_or_hides_its_host_is_refused(url: str) -> None:
    assert resolve(BASE, url) is None


def test_a_relative_address_without_a_base_is_refused() -> None:
    assert resolve("", "/story") is None


@given(st.text(), st.text())
def test_resolving_never_raises_and_gives_only_http(base: str, url: str) -> None:
    resolved = resolve(base, url)
    assert resolved is None or (resolved.startswith(("http://", "https://")) and split(resolved) is not None)


@given(st.text().map(lambda rest: f"https://a.example/{rest}"))
def test_resolving_twice_changes_nothing(url: str) -> None:
    once = resolve("", url)
    assert once is None or resolve("", once) == once


@pytest.mark.parametrize(
    ("base", "url", "expected"),
    [
        ("https://user:secret@a.example/feed", "/story", "https://a.example/story"),
        ("https://user@a.example/feed", "story", "https://a.example/story"),
        ("https://a.example/feed?token=secret", "#one", "https://a.example/feed#one"),
        ("https://a.example/feed?token=secret", "?id=1", "https://a.example/feed?id=1"),
        ("https://a.example/feed?token=secret", "story", "https://a.example/story"),
        ("https://a.example/feed?token=secret", "//b.example/", "https://b.example/"),
    ],
)
def test_the_secret_of_a_feeds_address_is_not_handed_on_to_its_links(base: str, url: str, expected: str) -> None:
    assert resolve(base, url) == expected


@pytest.mark.parametrize(
    "base", ["https://\u202eevil.example/", "https://a\u200b.example/x", "https://a.example\u2066/"]
)
def test_a_base_with_a_hidden_character_in_its_host_gives_no_address(base: str) -> None:
    assert resolve(base, "story") is None


def test_what_a_base_brings_into_an_address_is_mended_too() -> None:
    assert resolve("https://a.example/\u202eb/", "c") == "https://a.example/%E2%80%AEb/c"


def test_characters_that_end_an_attribute_or_a_tag_are_encoded_as_browsers_do() -> None:
    assert resolve("", 'https://a.example/"onload="x?<b>') == "https://a.example/%22onload=%22x?%3Cb%3E"
