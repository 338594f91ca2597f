"""Whose page is it, and which of its addresses are believed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from storyfold.document import Provider
from worker.model.entry import Source
from worker.model.item import Item
from worker.model.page import PageFacts
from worker.normalize.page_identity import believed_canonical, has_own_page, is_page_of, title_likeness
from worker.normalize.urls import comparison_key

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
TITLE = "The old lighthouse shines again"


def item(web_url: str | None = "https://harbor.example/2026/light", guid: str = "") -> Item:
    return Item(
        item_id="a" * 16,
        collection="news",
        source=Source.FEED,
        title=TITLE,
        published_at=NOW,
        original_url=web_url or "https://harbor.example/",
        web_url=web_url,
        provider=Provider(name="harbor.example", domain="harbor.example"),
        guid=guid,
        url_keys=(comparison_key(web_url or ""),),
        first_seen_at=NOW,
    )


@pytest.mark.parametrize(
    ("web_url", "guid", "expected"),
    [
        ("https://harbor.example/2026/light", "", True),
        ("https://harbor.example/?p=5", "", True),
        ("https://harbor.example/", "", False),
        ("https://harbor.example", "", False),
        (None, "", False),
        ("https://harbor.example/changelog#2026-03-02", "https://harbor.example/changelog#2026-03-02", False),
        ("https://harbor.example/light#comments", "1", True),
    ],
)
def test_an_item_has_a_page_of_its_own_or_none(web_url: str | None, guid: str, expected: bool) -> None:
    assert has_own_page(item(web_url, guid)) is expected


@pytest.mark.parametrize(
    ("link", "found_at", "canonical", "title", "expected"),
    [
        # where it was looked for, or where its keys say
        ("https://harbor.example/light", "https://harbor.example/light", "", "Other", True),
        ("http://harbor.example/light", "https://www.harbor.example/light/?utm_source=x", "", "", True),
        ("https://harbor.example/light", "https://m.example/x", "https://harbor.example/light", "Other", True),
        # redirected within the site
        ("https://harbor.example/?p=5", "https://harbor.example/2026/light", "", TITLE, True),
        (
            "https://harbor.example/?p=5",
            "https://harbor.example/2026/light",
            "",
            "Lighthouse shines once again",
            True,
        ),
        (
            "https://harbor.example/?p=5",
            "https://harbor.example/2026/light",
            "",
            "Sea bathing is free from May on",
            False,
        ),
        ("https://harbor.example/light", "https://harbor.example/", "", TITLE, False),
        ("https://harbor.example/light", "https://harbor.example/login?next=/light", "", TITLE, False),
        ("https://harbor.example/light", "https://harbor.example/en/subscribe", "", TITLE, False),
        ("https://harbor.example/light", "https://harbor.example/404.html", "", TITLE, False),
        ("https://harbor.example/light", "https://harbor.example/2026", "", "", False),
        # a redirector
        ("https://t.co/abc", "https://harbor.example/light", "", "Other", True),
        ("https://t.co/abc", "https://harbor.example/", "", TITLE, False),
        ("https://t.co/abc", "https://harbor.example/signin", "", TITLE, False),
        ("https://t.co/abc", "https://bit.ly/xyz", "", TITLE, False),
        # another site without a known redirector: only a page that tells the same
        ("https://old.example/light", "https://new.example/light", "", TITLE, True),
        ("https://old.example/light", "https://parking.example/light", "", "This domain is for sale", False),
    ],
)
def test_a_page_that_was_fetched_is_the_items_or_is_not(
    link: str, found_at: str, canonical: str, title: str, expected: bool
) -> None:
    assert is_page_of(item(link), PageFacts(url=found_at, canonical_url=canonical, title=title)) is expected


@pytest.mark.parametrize(
    ("page", "canonical", "believed"),
    [
        ("https://harbor.example/light", "https://harbor.example/light", True),
        ("https://harbor.example/light?x=y", "https://harbor.example/light", True),
        ("https://harbor.example/?p=5", "https://harbor.example/2026/light", True),
        ("https://harbor.example/light", "http://harbor.example/light", True),
        ("https://amp.example.com/light", "https://www.example.com/light", True),
        ("https://harbor.example/light", "https://other.example/light", False),
        ("https://ann.github.io/light", "https://bob.github.io/light", False),
        ("https://harbor.example/light", "https://harbor.example/", False),
        ("https://harbor.example/light", "https://harbor.example/index.html", False),
        ("https://harbor.example/light", "https://harbor.example/login", False),
        ("https://harbor.example/news/2026/light", "https://harbor.example/news", False),
        ("https://harbor.example/news/2026/light", "https://harbor.example/news/2026/", False),
        ("https://harbor.example/news/light/amp", "https://harbor.example/news/light", True),
        ("https://harbor.example/news/light/page/2", "https://harbor.example/news/light", True),
        ("https://harbor.example/news/light/print", "https://harbor.example/news/light", True),
        ("https://harbor.example/story?id=5", "https://harbor.example/story", False),
        ("https://harbor.example/story?id=5", "https://harbor.example/story?id=5", True),
        ("https://harbor.example/story?sid=abc", "https://harbor.example/story", False),
        ("https://harbor.example/story?view=wide", "https://harbor.example/story", True),
        ("https://harbor.example/light", "", False),
    ],
)
def test_a_canonical_address_is_believed_by_the_rules(page: str, canonical: str, believed: bool) -> None:
    facts = PageFacts(url=page, canonical_url=canonical)

    assert believed_canonical(facts) == (canonical if believed else "")


def test_the_fragment_of_a_canonical_address_is_left_out() -> None:
    facts = PageFacts(url="https://harbor.example/light", canonical_url="https://harbor.example/x#top")

    assert believed_canonical(facts) == "https://harbor.example/x"


def test_an_amp_page_may_lie_anywhere_below_its_canonical_address() -> None:
    facts = PageFacts(
        url="https://harbor.example/news/light/v2-mobile",
        canonical_url="https://harbor.example/news/light",
        is_amp=True,
    )

    assert believed_canonical(facts) == "https://harbor.example/news/light"


@pytest.mark.parametrize(
    ("title", "other", "alike"),
    [
        (TITLE, TITLE, True),
        (TITLE, f"{TITLE} | Harbor Herald", True),
        (TITLE, "Old lighthouse shines again after 20 years of darkness", True),
        ("灯台の光が二十年ぶりに戻った", "灯台の光が二十年ぶりに戻った - 港新聞", True),
        ("Маяк снова светит", "маяк снова светит!", True),
        (TITLE, "Sea bathing is free from May on", False),
        (TITLE, "Log in to your account", False),
        (TITLE, "", False),
        ("", "", False),
        ("!!", "??", False),
    ],
)
def test_titles_are_alike_when_they_tell_the_same(title: str, other: str, alike: bool) -> None:
    assert (title_likeness(title, other) >= 0.4) is alike
