"""The published link and the comparison key (criteria M 7 to 11)."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.normalize.urls import clean_url, comparison_key, is_home_page, resolve

TRACKING = (
    "fbclid _openstat fb_action_ids fb_action_types fb_ref fb_source fb_comment_id hmb_campaign hmb_source "
    "itm_campaign itm_medium itm_source gclid dclid gbraid wbraid gclsrc campaign_id campaign_medium "
    "campaign_name campaign_source campaign_term campaign_content srsltid yclid ysclid twclid msclkid mc_cid "
    "mc_eid mc_tc wickedid hsa_cam _hsenc __hssc __hstc __hsfp _hsmi hsctatracking rb_clickid oly_anon_id "
    "oly_enc_id vero_id vero_conv mkt_tok sc_cid _bhlid _branch_match_id _branch_referrer __readwiseLocation "
    "utm_source utm_anything mtm_campaign"
)
PAGE = "https://a.example/x"

# fmt: off
PIECES = [
    "/", "//", "/.", "/..", "/index.html", "/index.php", "%2F", "%2e", "%7e", "%", "%%37E", "?", "&", "=", "#",
    "#!", "#/", "utm_source=1", "utm%5Fsource", "%61mp", "amp=1", "ref=a.example", ";", "\xe9", "\u3002", " ",
    "www.", "m.", ":80", ":443", ":0443", ":8080", ".", "a", "A", "\u0130", "\\", "@", "|", "\u202e", "\ud800",
    "cdn.ampproject.org", "/c/s/", "/amp/s/", "google.com", "a-example.", "youtube.com", "si=1", "[", "]",
]
# fmt: on
pieces = st.sampled_from(PIECES)
addresses = st.lists(pieces, max_size=12).map(lambda parts: "https://" + "".join(parts)) | st.text()


@pytest.mark.parametrize("name", TRACKING.split())
@pytest.mark.parametrize(
    "form", ["{0}=1", "{0}=", "{0}", "{0}=1&{0}=2", "amp;{0}=1"], ids=["one", "empty", "bare", "twice", "amp"]
)
def test_every_listed_parameter_leaves_the_key_and_the_link(name: str, form: str) -> None:
    for spelled in (name, name.upper(), name.replace("_", "%5F")):
        url = f"{PAGE}?id=3&{form.format(spelled)}"
        assert comparison_key(url) == comparison_key(f"{PAGE}?id=3")
        assert clean_url(url) == f"{PAGE}?id=3"


@pytest.mark.parametrize(
    ("url", "cleaned"),
    [
        ("https://a.example/x?b=%7e&utm_source=1&a=2&&b=+", "https://a.example/x?b=%7e&a=2&&b=+"),
        ("https://a.example/x?utm_source=1", "https://a.example/x"),
        ("https://a.example/x?utm_source=1#part", "https://a.example/x#part"),
        ("https://a.example/x#utm_source=1", "https://a.example/x"),
        ("https://a.example/x#xtor=RSS-1", "https://a.example/x"),
        ("https://a.example/x?ref=feed.example", "https://a.example/x"),
        ("https://www.youtube.com/watch?v=abc&feature=share", "https://www.youtube.com/watch?v=abc"),
        ("https://a.example/x?UTM%5FSource=1&id=2", "https://a.example/x?id=2"),
        ("https://a.example/x?utm_source=1&utm_source=2", "https://a.example/x"),
        ("https://a.example/x?utm_source=1&", "https://a.example/x"),
        ("https://a.example/x?id=1&utm_source=1&", "https://a.example/x?id=1&"),
        ("https://a.example/x?id=1&amp;utm_source=rss", "https://a.example/x?id=1"),
        ("https://a.example/x?id=1#utm_source=rss&part", "https://a.example/x?id=1#part"),
        ("https://a.example/x?ref=https%3A%2F%2Fwww.feed.example", "https://a.example/x"),
        ("https://a.example/x;jsessionid=0A1B.node2?id=1", "https://a.example/x?id=1"),
        ("https://a.example:8080/x;jsessionid=0A1B/y;v=1", "https://a.example:8080/x/y;v=1"),
        ("https://a.example/x?PHPSESSID=0a1b2c&id=1", "https://a.example/x?id=1"),
        ("HTTP://A.example:/X?id=1&fbclid=2", "HTTP://A.example:/X?id=1"),
    ],
)
def test_the_link_loses_its_tracking_and_nothing_else(url: str, cleaned: str) -> None:
    assert clean_url(url, {"feed.example"}) == cleaned


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example/x?ref=main&id=1&p=2&s=3&page=4&v=5&source=6",
        "https://a.example/x?b=2&a=1&a=%zz&=&c",
        "https://a.example/x?",
        "https://a.example/x?id=1&",
        "https://a.example/x;v=1?id=1;id=2",
        "https://a.example/x?a=b%20c+d&a=%C3%A9&A=\u00e9",
        "https://a.example/x;jsessionid=1?utm_source=1&Signature=abc",
        "https://a.example/x?utm_source=1&hdnts=exp~hmac#utm_source=1",
        "https://a.example/x?utm_source=1&X-Amz-Signature=abc",
        "https://a.example/x?utm_source=1&sig=abc",
        "https://a.example/x?utm_source=1&token=abc",
        "https://a.example/#!/page?utm_source=1",
        "https://a.example",
        "no address",
    ],
)
def test_a_link_without_tracking_and_a_signed_link_stay_untouched(url: str) -> None:
    assert clean_url(url, {"feed.example"}) == url


@pytest.mark.parametrize(
    "variant",
    [
        "http://a.example/x?b=2&c=3",
        "https://www.a.example/x?b=2&c=3",
        "https://m.a.example/x?b=2&c=3",
        "https://mobile.a.example/x?b=2&c=3",
        "https://A.EXAMPLE:443/x/?b=2&c=3",
        "http://a.example:80/x/index.html?b=2&c=3",
        "https://a.example/x?c=3&b=2#part",
        "https://a.example/./y/../x?b=2&c=3&",
        "https://a.example/%78?b=2&c=3&amp=1",
        "https://a-example.cdn.ampproject.org/c/s/a.example/x?b=2&c=3",
        "https://www.google.com/amp/s/a.example/x?b=2&c=3",
        "https://amp.a.example/x?b=2&c=3",
        "https://m.www.a.example/x?b=2&c=3",
        "https://a.example./x?b=2&c=3",
        "https://a.example/x?b=2&&c=3#",
        "https://a.example/x/default.aspx?c=3&b=2",
        "https://a.example/x;jsessionid=0A1B?b=2&c=3",
        "https://a.example/x?b=2&c=3&PHPSESSID=1",
        "https://a.example/x?b=2&UTM%5Fsource=1&c=3&utm_source=2",
        "https://a.example/x?%62=2&c=%33",
    ],
)
def test_spellings_of_one_page_have_one_key(variant: str) -> None:
    assert comparison_key(variant) == "https://a.example/x?b=2&c=3"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.example/X", "https://a.example/x"),
        ("https://a.example/a%2Fb", "https://a.example/a/b"),
        ("https://a.example/#!/one", "https://a.example/#!/two"),
        ("https://a.example/x?id=1", "https://a.example/x?id=2"),
        ("https://a.example/x?id=a", "https://a.example/x?id=A"),
        ("https://a.example/x?id=1&id=2", "https://a.example/x?id=2&id=1"),
        ("https://a.example:8080/x", "https://a.example/x"),
        ("https://one.a.example/x", "https://two.a.example/x"),
        ("https://a.example/x?ref=main", "https://a.example/x"),
        ("https://a.example/#/one", "https://a.example/#/two"),
        ("https://a.example/x?a=1&A=1", "https://a.example/x?A=1&a=2"),
        ("https://a.example/x?id=1", "https://a.example/x?id=1%26b"),
        ("https://a.example/x;v=1", "https://a.example/x;v=2"),
        ("https://m.co.uk/x", "https://www.co.uk/x"),
        ("https://a.example/x?a=1&sig=1", "https://a.example/x?a=1&sig=2"),
    ],
)
def test_different_pages_have_different_keys(one: str, other: str) -> None:
    assert comparison_key(one) != comparison_key(other)


def test_the_key_of_a_signed_address_keeps_every_parameter_in_its_place() -> None:
    url = "https://a.example/x?utm_source=1&b=2&amp=1&a=1&X-Amz-Signature=abc"
    assert comparison_key(url) == url


@pytest.mark.parametrize("text", ["", "a.example/x", "javascript:alert(1)", "https://", "https://u@a.example/"])
def test_what_is_no_address_has_no_key(text: str) -> None:
    assert comparison_key(text) == ""


@settings(max_examples=2_000)
@given(addresses)
def test_the_key_is_idempotent_and_total(url: str) -> None:
    key = comparison_key(url)
    assert key == "" or key.startswith("https://")
    assert comparison_key(key) == key


def test_ten_thousand_random_addresses_have_a_key_that_is_its_own_key() -> None:
    chance = random.Random(20261123)  # the same addresses in each run
    parts = [*PIECES, *("b", "/slug-of-four-words", "/2020/", "/amp", ".amp.html", ";jsessionid=1", "&x=2", "#part")]
    keyed = 0
    for _ in range(10_000):
        url = "https://a" + "".join(chance.choices(parts, k=chance.randrange(10)))
        key = comparison_key(url)
        keyed += bool(key)
        assert key == "" or key.startswith("https://")
        assert comparison_key(key) == key
        absolute = resolve("", url) or ""
        cleaned = clean_url(absolute)
        assert clean_url(cleaned) == cleaned
        assert comparison_key(cleaned) == comparison_key(absolute)
    assert keyed > 3_000


@settings(max_examples=500)
@given(addresses)
def test_cleaning_twice_changes_nothing_and_keeps_the_key(url: str) -> None:
    absolute = resolve("", url) or ""
    cleaned = clean_url(absolute)
    assert clean_url(cleaned) == cleaned
    assert resolve("", cleaned) == (cleaned or None)
    assert comparison_key(cleaned) == comparison_key(absolute)


@pytest.mark.parametrize(
    ("url", "expected"),
    [("https://a.example/", True), ("https://a.example/x", False), ("https://a.example/?p=1", False)],
)
def test_a_home_page_is_known_by_its_key(url: str, expected: bool) -> None:
    assert is_home_page(comparison_key(url)) is expected


@pytest.mark.parametrize(
    "bait",
    ["/index.html", "/amp", ".amp", "../", "%", "a-", ";jsessionid=", "?a&", "&amp;", "#", "12345", "&utm_source"],
)
def test_bait_is_folded_at_once(bait: str) -> None:
    start = time.perf_counter()
    url = f"https://a.example/{bait * 5_000}"
    assert comparison_key(comparison_key(url)) == comparison_key(url)
    clean_url(url)
    assert time.perf_counter() - start < 1
