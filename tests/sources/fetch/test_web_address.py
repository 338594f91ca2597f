"""Addresses are asked as given; only what decides the connection is made canonical."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyfold.errors import FetchError
from worker.sources.fetch.web_address import parse_web_address, public_url, redirect_address

TARGETS = [
    *(
        "/",
        "/Feed.XML",
        "/a/../b",
        "/a//b",
        "/%7euser/%2fx%2F",
        "/feed?",
        "/feed?b=2&a=1&a=",
        "/feed?x=a+b%20c",
    ),
    *("/a;v=1", "/x'y(z)*!", "/a|b", "/[x]", "/{x}", "/^`", '/"<>', "/a\\b", "/%zz%", "/?url=http://a@b/c?d"),
]


@pytest.mark.parametrize("target", TARGETS)
def test_path_and_query_stay_byte_for_byte(target: str) -> None:
    assert parse_web_address("http://example.com" + target).target == target


def test_the_fragment_is_left_out() -> None:
    assert parse_web_address("http://example.com/feed?a=1#top?x").url == "http://example.com/feed?a=1"


def test_an_address_without_a_path_asks_for_the_root() -> None:
    assert parse_web_address("http://example.com?a=1").target == "/?a=1"


def test_what_a_request_line_cannot_carry_is_escaped_as_utf8() -> None:
    assert parse_web_address("http://example.com/ö x").target == "/%C3%B6%20x"


@pytest.mark.parametrize(
    ("host", "connects_to"),
    [
        ("EXAMPLE.com", "example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("straße.de", "xn--strae-oqa.de"),
        ("a_b.example", "a_b.example"),
        ("127.1", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("0", "0.0.0.0"),  # noqa: S104 an address to judge, none to bind
        ("127。0。0。1", "127.0.0.1"),
        ("①②⑦.0.0.1", "127.0.0.1"),
        ("127.0.0.1.", "127.0.0.1"),
        ("[::FFFF:127.0.0.1]", "::ffff:7f00:1"),
        ("[0:0:0:0:0:0:0:1]", "::1"),
    ],
)
def test_the_host_is_read_as_what_will_be_connected_to(host: str, connects_to: str) -> None:
    assert parse_web_address(f"http://{host}/").host == connects_to


@pytest.mark.parametrize(
    "url",
    [
        *(
            "file:///etc/passwd",
            "FILE:///etc/passwd",
            "gopher://h/",
            "ftp://h/",
            "dict://h:11211/",
            "data:,x",
        ),
        *(
            "jar:http://h/!/",
            "feed://h/",
            "feed:http://h/",
            "unix:/run/x.sock",
            "javascript:alert(1)",
            "h/feed",
        ),
        *("", "http:", "http:/h", "http://", "http:///feed", "http://?x", "https://:443/", "//h/feed"),
        *(
            "http://user@h/",
            "http://user:secret@h/",
            "http://@h/",
            "http://allowed\\@127.0.0.1/",
            "http://a\\b/",
        ),
        *(
            "http://a b/",
            "http://a\tb/",
            "http://a\nb/",
            "http://a\x00b/",
            "http://h/\r\nX: y",
            "http://a%41.com/",
        ),
        *(
            "http://[::1/",
            "http://[fe80::1%25lo]/",
            "http://[x]/",
            "http://h:0/",
            "http://h:65536/",
            "http://h:x/",
        ),
        *(
            "http://h:-1/",
            "http://1.2.3.4.5/",
            "http://256.256.256.256/",
            "http://0x/",
            "http://" + "é" * 70 + "/",
        ),
    ],
)
def test_an_address_that_may_mean_something_else_is_refused(url: str) -> None:
    with pytest.raises(FetchError) as caught:
        parse_web_address(url)
    assert caught.value.failure == "blocked"
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("location", "leads_to"),
    [
        ("/b?c=%7e", "http://h.example:8080/b?c=%7e"),
        ("c", "http://h.example:8080/a/c"),
        ("?x=1", "http://h.example:8080/a/b?x=1"),
        ("//other.example/x", "http://other.example/x"),
        ("https://Other.example/A/../B?#f", "https://other.example/A/../B?"),
        (" /b ", "http://h.example:8080/b"),
    ],
)
def test_a_location_is_resolved_against_the_address_that_gave_it(location: str, leads_to: str) -> None:
    base = parse_web_address("http://h.example:8080/a/b?q=1")
    assert redirect_address(base, location).url == leads_to


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:pass@example.com:8080/a?token=1#f", "https://example.com:8080/a"),
        ("https://example.com/a?next=http://u:p@x/", "https://example.com/a"),
        ("https://a@b@example.com/", "https://example.com/"),
        ("http://a\nb/", "http://ab/"),
        ("http:\\\\user:pass@h/", "http:\\\\h/"),
        ("http:/\t/user:pass@h/", "http://h/"),
        ("https://social.example/@name.rss", "https://social.example/@name.rss"),
    ],
)
def test_the_public_form_holds_no_credentials_and_no_query(url: str, shown: str) -> None:
    assert public_url(url) == shown


@given(
    st.text(max_size=40),
    st.sampled_from(["", "http://", "https://h/", "http://h?", "http://[", "http://u:p@"]),
)
def test_any_text_is_an_address_or_refused(text: str, start: str) -> None:
    try:
        address = parse_web_address(start + text)
    except FetchError as error:
        assert error.failure == "blocked"  # noqa: PT017 both outcomes are right, no other is
    else:
        assert parse_web_address(address.url) == address
        assert address.target.isascii()
        assert not any(character <= " " for character in address.url)
