"""The addresses of an entry, and the keys by which it is known again."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyfold.errors import SourceError
from worker.model.entry import Entry, Media, Source
from worker.normalize.links import Links, read_links
from worker.normalize.urls import clean_url

FEED = "https://feeds.daily.example/news.xml"
PAGE = "https://daily.example/ferry"


def links(link: str = "", **values: Any) -> Links:
    return read_links(Entry(source=Source.FEED, link=link, **{"feed_url": FEED, **values}))


@pytest.mark.parametrize(
    ("link", "web", "how"),
    [
        (PAGE, PAGE, "given"),
        ("/ferry", "https://feeds.daily.example/ferry", "given"),
        (f"{PAGE}?b=%7e&a=+&a=", f"{PAGE}?b=%7e&a=+&a=", "given"),
        (f"{PAGE}?utm_source=rss&b=%7e", f"{PAGE}?b=%7e", "cleaned"),
        (f"{PAGE}?ref=feeds.daily.example", PAGE, "cleaned"),
        (f"{PAGE}?ref=main", f"{PAGE}?ref=main", "given"),
        (f"{PAGE}?utm_source=rss&sig=1", f"{PAGE}?utm_source=rss&sig=1", "given"),
        (f"https://www.google.com/url?q={PAGE}%3Futm_source%3D1&sa=D", PAGE, "unwrapped"),
        ("https://daily-example.cdn.ampproject.org/c/s/daily.example/ferry", PAGE, "amp-cache"),
        ("https://www.google.com/amp/s/daily.example/ferry", PAGE, "amp-cache"),
        ("https://daily.example/amp/ferry", "https://daily.example/amp/ferry", "given"),
        ("https://t.co/abc", "https://t.co/abc", "given"),
    ],
)
def test_the_original_stays_and_the_published_address_is_clean(link: str, web: str, how: str) -> None:
    found = links(link)
    assert found.original in (link, web)
    assert (found.web, found.how) == (web, how)
    assert clean_url(found.web) == found.web or "sig=" in web


def test_the_pages_own_address_wins_over_a_link_that_leads_there_and_both_are_claimed() -> None:
    counted = "http://feedproxy.google.com/~r/daily/~3/abc/ferry"
    found = links(counted, page_url=f"{PAGE}?utm_source=feedburner")
    assert (found.original, found.web, found.how) == (counted, PAGE, "stated")
    assert found.keys == (PAGE, "https://feedproxy.google.com/~r/daily/~3/abc/ferry")
    assert found.page_key == PAGE


@pytest.mark.parametrize("page_url", ["javascript:alert(1)", "data:text/html,x", "https://u:p@a.example/"])
def test_a_stated_page_that_is_no_address_is_passed_over(page_url: str) -> None:
    assert links(PAGE, page_url=page_url).web == PAGE


def test_a_permalink_guid_stands_in_for_an_opaque_link() -> None:
    assert links("https://bit.ly/abc", guid=PAGE, guid_is_permalink=True).web == PAGE
    assert links("https://bit.ly/abc", guid=PAGE).web == "https://bit.ly/abc"
    assert links("https://bit.ly/abc", guid="https://t.co/x", guid_is_permalink=True).web == "https://bit.ly/abc"
    assert (
        links("https://daily.example/other", guid=PAGE, guid_is_permalink=True).web == "https://daily.example/other"
    )


def test_all_addresses_of_an_entry_are_claimed_once() -> None:
    found = links(f"https://www.google.com/url?q={PAGE}", amp_url=f"{PAGE}?amp=1")
    assert found.keys == (PAGE, "https://google.com/url?q=https://daily.example/ferry")
    assert found.amp == f"{PAGE}?amp=1"
    assert found.cdn_amp == "https://daily-example.cdn.ampproject.org/c/s/daily.example/ferry?amp=1"


def test_an_entry_of_a_cache_and_one_of_the_page_share_a_key() -> None:
    cached = links("https://daily-example.cdn.ampproject.org/v/s/daily.example/ferry?amp_js_v=1")
    assert PAGE in cached.keys
    assert cached.amp == "https://daily.example/ferry?amp_js_v=1"


@pytest.mark.parametrize("link", ["https://daily.example/", "https://www.daily.example/?utm_source=1"])
def test_the_address_of_a_whole_site_names_no_article(link: str) -> None:
    found = links(link, guid="1")
    assert (found.keys, found.page_key) == ((), "")


def test_the_page_that_the_feed_belongs_to_names_no_article() -> None:
    assert links("https://daily.example/news/", site_url="https://daily.example/news").keys == ()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"guid": PAGE, "guid_is_permalink": True}, PAGE),
        ({"media": (Media(url="https://daily.example/a.mp3", kind="audio"),)}, "https://daily.example/a.mp3"),
    ],
)
def test_without_a_link_the_next_best_address_counts(values: dict[str, Any], expected: str) -> None:
    assert links("", **values).original == expected


@pytest.mark.parametrize("link", ["", "javascript:alert(1)", "mailto:a@b.example", "https://"])
def test_an_entry_without_an_address_is_a_named_failure(link: str) -> None:
    with pytest.raises(SourceError) as caught:
        links(link, feed_url="", guid="1")
    assert caught.value.failure == "no-link"


def test_the_failure_names_the_address_without_its_secret() -> None:
    with pytest.raises(SourceError) as caught:
        links("https://user:secret@a.example/x", feed_url="")
    assert "a.example/x" in str(caught.value)
    assert "secret" not in str(caught.value)


# A page that several entries share, told apart by fragment.

CHANGES = "https://daily.example/changes"


def test_entries_of_a_changelog_are_pages_of_their_own() -> None:
    """A feed whose GUIDs are the addresses with their fragments."""
    entries = [links(f"{CHANGES}?utm_source=rss#v{n}", guid=f"{CHANGES}#v{n}") for n in (1, 2, 3)]
    assert [one.page_key for one in entries] == [f"{CHANGES}#v1", f"{CHANGES}#v2", f"{CHANGES}#v3"]
    assert [one.web for one in entries] == [f"{CHANGES}#v1", f"{CHANGES}#v2", f"{CHANGES}#v3"]
    assert not set(entries[0].keys) & set(entries[1].keys)


def test_entries_of_a_diary_without_guids_are_pages_of_their_own() -> None:
    """A feed without GUIDs: the link is all that names the entry."""
    entries = [links(f"https://diary.example/2008/11/24#1124-{name}") for name in ("tv", "tram")]
    assert len({one.page_key for one in entries}) == 2
    assert links("https://diary.example/#monday").page_key == "https://diary.example#monday"


def test_what_one_entry_is_does_not_depend_on_other_polls_or_entries() -> None:
    assert links(f"{CHANGES}#v1", guid=f"{CHANGES}#v1") == links(f"{CHANGES}#v1", guid=f"{CHANGES}#v1")


def test_every_address_of_such_an_entry_carries_its_part() -> None:
    found = links(f"https://www.google.com/url?q={CHANGES}%23v1", guid="#v1", amp_url=f"{CHANGES}/amp")
    assert found.page_key == f"{CHANGES}#v1"
    assert all(key.endswith("#v1") for key in found.keys)


@pytest.mark.parametrize(
    ("link", "guid"),
    [
        (f"{PAGE}#part", "tag:daily.example,2020:1"),
        (f"{PAGE}#part", PAGE),
        (f"{PAGE}#part", f"{PAGE}#other"),
        (f"{PAGE}#rss", f"{PAGE}#rss"),
        (f"{PAGE}#comments", f"{PAGE}#comments"),
        (f"{PAGE}#comment-12", f"{PAGE}#comment-12"),
        (f"{PAGE}#respond", ""),
        (f"{PAGE}#ref=rss", f"{PAGE}#ref=rss"),
        (f"{PAGE}#utm_source=rss&utm_medium=feed", ""),
        (f"{PAGE}#xtor=RSS-1", f"{PAGE}#xtor=RSS-1"),
        (f"{PAGE}#:~:text=ferry", f"{PAGE}#:~:text=ferry"),
        (f"{PAGE}#more-12", f"{PAGE}#more-12"),
        (f"{PAGE}#.VtCA1eS6FaQ", f"{PAGE}#.VtCA1eS6FaQ"),
        (f"{PAGE}#0", f"{PAGE}#0"),
        (f"{PAGE}#Echobox=1605787200", f"{PAGE}#Echobox=1605787200"),
        (f"{PAGE}#", f"{PAGE}#"),
    ],
)
def test_a_fragment_that_only_scrolls_or_counts_names_no_page(link: str, guid: str) -> None:
    assert links(link, guid=guid).page_key == PAGE


@given(st.text(), st.text(), st.text(), st.text())
def test_links_are_read_whatever_the_source_says(link: str, page_url: str, guid: str, amp_url: str) -> None:
    found = links(f"{PAGE}/{link}", page_url=page_url, guid=guid, amp_url=amp_url, guid_is_permalink=True)
    assert found.web.startswith(("http://", "https://"))
    assert all(key.startswith("https://") for key in found.keys)
    assert found.page_key == "" or found.page_key in found.keys
