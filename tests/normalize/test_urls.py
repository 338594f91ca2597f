"""The published link and the comparison key."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.normalize.urls import clean_url, comparison_key, is_home_page

TRACKING = (
    "fbclid _openstat fb_action_ids fb_action_types fb_ref fb_source fb_comment_id hmb_campaign hmb_source "
    "itm_campaign itm_medium itm_source gclid dclid gbraid wbraid gclsrc campaign_id campaign_medium "
    "campaign_name campaign_source campaign_term campaign_content srsltid yclid ysclid twclid msclkid mc_cid "
    "mc_eid mc_tc wickedid hsa_cam _hsenc __hssc __hstc __hsfp _hsmi hsctatracking rb_clickid oly_anon_id "
    "oly_enc_id vero_id vero_conv mkt_tok sc_cid _bhlid _branch_match_id _branch_referrer __readwiseLocation "
    "utm_source utm_anything mtm_campaign"
)
PAGE = "https://a.example/x"

pieces = st.sampled_from(
    [
        *(
            "/",
            "//",
            "/.",
            "/..",
            "/index.html",
            "/index.php",
            "%2F",
            "%2e",
            "%7e",
            "%",
            "%%37E",
            "?",
            "&",
            "=",
        ),
        *(
            "#",
            "#!",
            "#/",
            "utm_source=1",
            "utm%5Fsource",
            "%61mp",
            "amp=1",
            "ref=a.example",
            ";",
            "é",
            "。",
            " ",
        ),
        *(
            "www.",
            "m.",
            ":80",
            ":443",
            ":0443",
            ":8080",
            ".",
            "a",
            "A",
            "İ",
            "\\",
            "@",
            "|",
            "\u202e",
            "\ud800",
        ),
        *(
            "cdn.ampproject.org",
            "/c/s/",
            "/amp/s/",
            "google.com",
            "a-example.",
            "youtube.com",
            "si=1",
            "[",
            "]",
        ),
    ]
)
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
    ],
)
def test_the_link_loses_its_tracking_and_nothing_else(url: str, cleaned: str) -> None:
    assert clean_url(url, {"feed.example"}) == cleaned


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example/x?ref=main&id=1&p=2&s=3&page=4&v=5&source=6",
        "https://a.example/x?b=2&a=1&a=%zz&=&c",
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
    ],
)
def test_different_pages_have_different_keys(one: str, other: str) -> None:
    assert comparison_key(one) != comparison_key(other)


@pytest.mark.parametrize("text", ["", "a.example/x", "javascript:alert(1)", "https://", "https://u@a.example/"])
def test_what_is_no_address_has_no_key(text: str) -> None:
    assert comparison_key(text) == ""


@settings(max_examples=2_000)
@given(addresses)
def test_the_key_is_idempotent_and_total(url: str) -> None:
    key = comparison_key(url)
    assert key == "" or key.startswith("https://")
    assert comparison_key(key) == key


@settings(max_examples=500)
@given(addresses)
def test_cleaning_twice_changes_nothing_and_keeps_the_key(url: str) -> None:
    cleaned = clean_url(url)
    assert clean_url(cleaned) == cleaned
    assert comparison_key(cleaned) == comparison_key(url)


@pytest.mark.parametrize(
    ("url", "expected"),
    [("https://a.example/", True), ("https://a.example/x", False), ("https://a.example/?p=1", False)],
)
def test_a_home_page_is_known_by_its_key(url: str, expected: bool) -> None:
    assert is_home_page(comparison_key(url)) is expected
