"""Feeds of a page: what it says are feeds, the best first, and in time linear in its length."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.sources.page.feed_links import MAX_LINKS, find_feed_links

PAGE = "https://www.site.example/blog/"


def _urls(page: str, url: str = PAGE) -> list[str]:
    return [link.url for link in find_feed_links(page, url)]


STATED = {
    "rss": ('<link rel=alternate type="application/rss+xml" href="/f">', "https://www.site.example/f"),
    "atom": ('<link rel="alternate" type="application/atom+xml" href="f">', "https://www.site.example/blog/f"),
    "json feed": ('<link rel=alternate type=application/feed+json href="//c.example/f">', "https://c.example/f"),
    "json feed 1.0": ('<link rel=alternate type=application/json href="/feed.json">', "https://www.site.example/feed.json"),
    "xml": ('<link rel=alternate type=text/xml href="/f">', "https://www.site.example/f"),
    "type with parameter": ('<link rel=alternate type="application/rss+xml; charset=utf-8" href=/f>', "https://www.site.example/f"),
    "type in capitals": ('<LINK REL="ALTERNATE" TYPE="Application/RSS+XML" HREF="/f">', "https://www.site.example/f"),
    "several words of rel": ('<link rel="home  alternate" type=application/rss+xml href=/f>', "https://www.site.example/f"),
    "rel feed": ('<link rel=feed href=/f>', "https://www.site.example/f"),
    "feed scheme": ('<link rel=feed href="feed://c.example/f">', "http://c.example/f"),
    "feed before a whole address": ('<link rel=feed href="feed:https://c.example/f">', "https://c.example/f"),
    "base": ('<base href="/x/"><link rel=feed href=f>', "https://www.site.example/x/f"),
    "base after the link": ('<link rel=feed href=f><base href="/x/">', "https://www.site.example/x/f"),
    "entities": ('<link rel=feed href="/f?a=1&amp;b=2">', "https://www.site.example/f?a=1&b=2"),
    "in the body": ('<body><p>x</p><link rel=alternate type=application/rss+xml href=/f>', "https://www.site.example/f"),
    "without its fragment": ('<link rel=feed href="/f#top">', "https://www.site.example/f"),
}  # fmt: skip


@pytest.mark.parametrize(("page", "url"), STATED.values(), ids=STATED.keys())
def test_what_a_page_says_is_a_feed_is_found(page: str, url: str) -> None:
    assert _urls(page) == [url]


NONE = {
    "stylesheet": '<link rel="alternate stylesheet" type="application/rss+xml" href=/f>',
    "another language": '<link rel=alternate hreflang=de href=/de>',
    "an app": '<link rel=alternate type="application/json+oembed" href="/oembed">',
    "an interface of WordPress": '<link rel=alternate type=application/json href="/wp-json/wp/v2/posts/1">',
    "no address": "<link rel=alternate type=application/rss+xml>",
    "a script's address": '<link rel=feed href="javascript:alert(1)">',
    "a file": '<link rel=feed href="file:///etc/passwd">',
    "an address with a password": '<link rel=feed href="https://u:p@c.example/f">',
    "in a comment": "<!-- <link rel=feed href=/f> -->",
    "in a script": "<script>'<link rel=feed href=/f>'</script>",
    "another site's link": '<a href="https://other.example/feed">feed</a>',
    "an ordinary link": '<a href="/feedback">a</a><a href="/rss-explained.html">b</a><a href="/index.html">c</a>',
    "a sitemap": '<a href="/sitemap.xml">a</a><a href="/news-sitemap_index.xml">b</a>',
}  # fmt: skip


@pytest.mark.parametrize("page", NONE.values(), ids=NONE.keys())
def test_what_is_no_feed_is_not_found(page: str) -> None:
    assert _urls(page) == []


LIKE_FEEDS = ("/feed", "/feed/", "/rss", "/rss.xml", "/atom.xml", "/index.xml", "/a/b/feed.json", "/?feed=rss2",
              "/x?format=rss", "/index.rdf", "/feeds/posts/default", "/news.rss", "https://feeds.feedburner.com/site",
              "https://site.example/feed", "https://feeds.site.example/rss")  # fmt: skip


@pytest.mark.parametrize("href", LIKE_FEEDS)
def test_links_that_look_like_feeds_count_when_the_page_states_none(href: str) -> None:
    link = f'<a href="{href}">Subscribe</a>'
    assert len(_urls(link)) == 1
    assert _urls(link + "<link rel=feed href=/stated>") == ["https://www.site.example/stated"]


def test_comments_and_other_formats_of_the_same_content_come_last() -> None:
    page = """
      <link rel=alternate type=application/rss+xml title="Site &raquo; Comments Feed" href=/comments/feed/>
      <link rel=alternate type=application/rss+xml title="Site RSS" href=/rss>
      <link rel=alternate type=application/atom+xml title="Site (Atom)" href=/atom>
      <link rel=alternate type=application/rss+xml title="Podcast" href=/podcast>
      <link rel=alternate type=application/rss+xml title="Kommentare" href=/k>
      <link rel=alternate type=application/rss+xml title="Again" href=/rss>"""
    assert [url.removeprefix("https://www.site.example") for url in _urls(page)] == [
        "/rss", "/podcast", "/atom", "/comments/feed/", "/k"
    ]  # fmt: skip


def test_no_more_than_a_bounded_number_is_kept() -> None:
    links = "".join(f"<link rel=feed title={n} href=/{n}>" for n in range(500))
    assert len(_urls(links)) == MAX_LINKS
    assert len(_urls("".join(f'<a href="/{n}/feed">x</a>' for n in range(500)))) == MAX_LINKS


HOSTILE = {
    "open tags": "<link rel=alternate type=application/rss+xml href=feed " * 20_000,
    "attributes": "<link " + "a=b " * 300_000 + ">",
    "anchors": "<a href=/feed>" * 100_000,
    "a long address": '<a href="' + "/feed" * 200_000 + '">',
    "many longish addresses": ('<a href="' + "/rss." * 1_600 + '">') * 200,
    "titles": '<link rel=feed href=/f title="' + "comment " * 100_000 + '">',
}


@pytest.mark.parametrize("page", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_markup_takes_no_long_time(page: str) -> None:
    started = time.process_time()
    find_feed_links(page, PAGE)
    assert time.process_time() - started < 2.0


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from('<>="/ abdefhiklnorst:#?&;x[]\0\u202e'), max_size=200), st.text(max_size=40))
def test_any_page_and_any_address_can_be_looked_through(page: str, url: str) -> None:
    for link in find_feed_links(f"<link rel=feed href='{page}'>" + page, url):
        assert link.url.startswith(("http://", "https://"))
