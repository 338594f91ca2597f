"""Which address an entry gets, and what relative ones are relative to."""

from __future__ import annotations

from urllib.parse import urljoin

import pytest

from worker.model.entry import Entry
from worker.sources.parse.feed_document import parse_feed

FEED_URL = "https://feeds.example/news/feed.xml"


def entry_of(body: str, *, content_location: str = "", feed_url: str = FEED_URL) -> Entry:
    (entry,) = parse_feed(body.encode(), feed_url=feed_url, content_location=content_location).entries
    return entry


def atom(inside: str, *, base: str = "", entry_base: str = "") -> str:
    head = f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"{base}>'
    return f"{head}<title>F</title><entry{entry_base}><id>urn:1</id>{inside}</entry></feed>"


def xml_base(url: str) -> str:
    return f' xml:base="{url}"'


@pytest.mark.parametrize(
    ("body", "content_location", "link"),
    [
        (atom('<link href="a"/>'), "", "https://feeds.example/news/a"),
        (atom('<link href="a"/>'), "/other/", "https://feeds.example/other/a"),
        (atom('<link href="a"/>'), "https://origin.example/x/y", "https://origin.example/x/a"),
        (atom('<link href="a"/>', base=xml_base("b/")), "", "https://feeds.example/news/b/a"),
        (atom('<link href="a"/>', base=xml_base("b/")), "/other/", "https://feeds.example/other/b/a"),
        (atom('<link href="a"/>', base=xml_base("https://b.example/")), "/other/", "https://b.example/a"),
        (
            atom('<link href="a"/>', base=xml_base("b/"), entry_base=xml_base("c/")),
            "",
            "https://feeds.example/news/b/c/a",
        ),
        (
            atom('<link xml:base="d/" href="a"/>', base=xml_base("b/"), entry_base=xml_base("c/")),
            "",
            "https://feeds.example/news/b/c/d/a",
        ),
        (
            '<rss xml:base="b/"><channel xml:base="c/"><item><link>a</link></item></channel></rss>',
            "",
            "https://feeds.example/news/b/c/a",
        ),
    ],
)
def test_bases_go_from_the_innermost_xml_base_to_content_location_to_the_address_after_redirects(
    body: str, content_location: str, link: str
) -> None:
    """RFC 3986 section 5.1, XML Base 1.0 section 4."""
    entry = entry_of(body, content_location=content_location)
    assert urljoin(entry.base_url, entry.link) == link


def test_the_feed_keeps_its_own_address_whatever_the_base() -> None:
    assert entry_of(atom('<link href="a"/>'), content_location="/other/").feed_url == FEED_URL


def test_content_with_a_base_of_its_own_has_it_and_the_rest_is_made_absolute() -> None:
    entry = entry_of(
        atom(
            '<link href="a"/><link rel="enclosure" href="a.mp3"/>'
            '<content type="html" xml:base="https://text.example/t/">&lt;img src="i.png"&gt;</content>'
        )
    )
    assert entry.base_url == "https://text.example/t/"
    assert (entry.link, entry.media[0].url) == ("https://feeds.example/news/a", "https://feeds.example/news/a.mp3")


def test_without_any_base_addresses_stay_as_published() -> None:
    entry = entry_of(atom('<link href="a"/>'), feed_url="")
    assert (entry.link, entry.base_url) == ("a", "")


@pytest.mark.parametrize(
    ("links", "link"),
    [
        ('<link href="1"/>', "1"),
        ('<link rel="" href="1"/>', "1"),
        ('<link rel="ALTERNATE" href="1"/>', "1"),
        ('<link rel="http://www.iana.org/assignments/relation/alternate" href="1"/>', "1"),
        ('<link rel="self" href="0"/><link rel="edit" href="0"/><link href="1"/>', "1"),
        ('<link type="application/pdf" href="0"/><link type="text/html; charset=utf-8" href="1"/>', "1"),
        ('<link type="application/pdf" href="0"/><link href="1"/>', "1"),
        ('<link type="application/pdf" href="0"/>', "0"),
        ('<link hreflang="de" href="0"/><link hreflang="en-GB" href="1"/>', "1"),
        ('<link hreflang="de" href="0"/><link href="1"/>', "1"),
        ('<link hreflang="de" href="0"/><link hreflang="fr" href="1"/>', "0"),
        ('<link hreflang="de" type="text/html" href="0"/><link hreflang="en" type="text/plain" href="1"/>', "0"),
        ('<link href=""/><link href="1"/>', "1"),
        ('<link rel="related" href="0"/>', ""),
        ('<link rel="replies" href="0"/><content src="1"/>', "1"),
    ],
)
def test_the_page_is_chosen_among_the_links_the_same_way_each_time(links: str, link: str) -> None:
    """No rel is alternate (RFC 4287 section 4.2.7.2); a web page, then the feed's language, then the order."""
    assert entry_of(atom(links)).link == link


RSS = "<rss><channel><title>F</title><item><title>t</title>{}</item></channel></rss>"


@pytest.mark.parametrize(
    ("inside", "guid", "link", "is_permalink"),
    [
        ("<guid>https://e.example/1</guid>", "https://e.example/1", "https://e.example/1", True),
        ('<guid isPermaLink="true">https://e.example/1</guid>', "https://e.example/1", "https://e.example/1", True),
        ('<guid isPermaLink="false">https://e.example/1</guid>', "https://e.example/1", "", False),
        ('<guid isPermaLink="False">https://e.example/1</guid>', "https://e.example/1", "", False),
        ('<guid isPermaLink=" false ">https://e.example/1</guid>', "https://e.example/1", "", False),
        ('<guid isPermaLink="0">https://e.example/1</guid>', "https://e.example/1", "", False),
        ('<guid ispermalink="false">https://e.example/1</guid>', "https://e.example/1", "", False),
        ("<guid>17</guid>", "17", "", False),
        ("<guid>javascript:alert(1)</guid>", "javascript:alert(1)", "", False),
        ("<guid/>", "", "", False),
        ("<guid></guid>", "", "", False),
        ("<guid> </guid>", "", "", False),
        ('<guid isPermaLink="true"/>', "", "", False),
        ("<guid/><guid>2</guid>", "2", "", False),
        (
            "<link>https://e.example/2</link><guid>https://e.example/1</guid>",
            "https://e.example/1",
            "https://e.example/2",
            True,
        ),
        ("<link/><guid>https://e.example/1</guid>", "https://e.example/1", "https://e.example/1", True),
        ("<guid><b>1</b></guid>", "1", "", False),
        ("<guid>%7e</guid>", "%7e", "", False),
    ],
)
def test_a_guid_is_a_link_only_when_its_source_lets_it_be_one(
    inside: str, guid: str, link: str, is_permalink: bool
) -> None:
    entry = entry_of(RSS.format(inside))
    assert (entry.guid, entry.link, entry.guid_is_permalink) == (guid, link, is_permalink)


@pytest.mark.parametrize(
    ("entry_id", "link"),
    [("https://e.example/1", "https://e.example/1"), ("tag:e.example,2026:1", ""), ("urn:uuid:1", "")],
)
def test_an_atom_id_is_a_link_when_it_is_an_address_and_there_is_no_other(entry_id: str, link: str) -> None:
    body = f'<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>{entry_id}</id></entry></feed>'
    assert (entry_of(body).link, entry_of(body).guid_is_permalink) == (link, False)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ('<content type="text">a &lt;b&gt; &amp;amp;</content>', "a &lt;b&gt; &amp;amp;"),
        ("<content>a &lt;b&gt;</content>", "a &lt;b&gt;"),
        ('<content type="html">a &lt;b&gt;c&lt;/b&gt;</content>', "a <b>c</b>"),
        ('<content type="text/html">a &lt;b&gt;c&lt;/b&gt;</content>', "a <b>c</b>"),
        ('<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">a <b>c</b></div></content>', "a <b>c</b>"),
        (
            '<content type="xhtml"><x:div xmlns:x="http://www.w3.org/1999/xhtml">a <x:b>c</x:b></x:div></content>',
            "a <b>c</b>",
        ),
        ('<content type="text/plain">a &lt;b&gt;</content>', "a &lt;b&gt;"),
        ('<content type="image/png">iVBORw0KGgo=</content>', ""),
        ('<content type="text/html" mode="base64">PGI+YzwvYj4=</content>', "<b>c</b>"),
        ('<content type="text/html" mode="base64">!!</content>', ""),
        ('<content type="video/mp4" src="https://e.example/v.mp4"/>', ""),
    ],
)
def test_content_is_read_by_its_type(content: str, text: str) -> None:
    """RFC 4287 section 4.1.3.3; text is never markup."""
    assert entry_of(atom(content)).content == text
