"""Every namespace that matters, read by the lean reader, and the same from feedparser where that tells it."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import asdict

from worker.model.entry import Entry, Media
from worker.sources.parse.feed_document import parse_feed
from worker.sources.parse.feed_fallback import read_with_feedparser
from worker.sources.parse.parsed_feed import ParsedFeed

FEED_URL = "https://feeds.example/feed.xml"
PREFIXES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
    "georss": "http://www.georss.org/georss",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "media": "http://search.yahoo.com/mrss/",
    "pheedo": "http://www.pheedo.com/namespace/pheedo",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
    "thr": "http://purl.org/syndication/thread/1.0",
    "wfw": "http://wellformedweb.org/CommentAPI/",
    "xhtml": "http://www.w3.org/1999/xhtml",
}
DECLARED = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in PREFIXES.items())


def rss(item: str, head: str = "") -> bytes:
    return (
        f'<rss version="2.0" {DECLARED}><channel><title>F</title>{head}<item>{item}</item></channel></rss>'.encode()
    )


def atom(entry: str, head: str = "") -> bytes:
    declared = f'xmlns="http://www.w3.org/2005/Atom" {DECLARED}'
    return f"<feed {declared}><title>F</title>{head}<entry>{entry}</entry></feed>".encode()


def image(url: str, **more: Any) -> Media:
    return Media(url=url, kind="image", **more)


# name -> document, what of the entry it sets
ROWS: dict[str, tuple[bytes, dict[str, Any]]] = {
    "content:encoded beside a description": (
        rss("<description>short</description><content:encoded>&lt;p&gt;long&lt;/p&gt;</content:encoded>"),
        {"summary": "short", "content": "<p>long</p>"},
    ),
    "content:encoded alone": (
        rss("<content:encoded><![CDATA[<p>long</p>]]></content:encoded>"),
        {"content": "<p>long</p>"},
    ),
    "fullitem is content": (
        rss("<description>s</description><fullitem>&lt;p>long&lt;/p></fullitem>"),
        {"summary": "s", "content": "<p>long</p>"},
    ),
    "dc: creator, date, language, subject, title": (
        rss(
            "<dc:creator>Ada</dc:creator><dc:date>2026-02-03T04:05:06Z</dc:date><dc:language>de</dc:language>"
            "<dc:subject>Sea</dc:subject><dc:title>T</dc:title>"
        ),
        {
            "author": "Ada",
            "published": "2026-02-03T04:05:06Z",
            "language": "de",
            "categories": ("Sea",),
            "title": "T",
        },
    ),
    "dc:description is a summary": (
        rss("<title>t</title><dc:description>s</dc:description>"),
        {"title": "t", "summary": "s"},
    ),
    "dc:identifier is a guid when there is no other": (
        rss("<dc:identifier>doi:1</dc:identifier>"),
        {"guid": "doi:1"},
    ),
    "dc:identifier gives way to the guid": (
        rss('<dc:identifier>doi:1</dc:identifier><guid isPermaLink="false">g</guid>'),
        {"guid": "g"},
    ),
    "dcterms: issued and modified": (
        rss(
            "<title>t</title><dcterms:issued>2026-01-01</dcterms:issued><dcterms:modified>2026-01-02</dcterms:modified>"
        ),
        {"title": "t", "published": "2026-01-01", "updated": "2026-01-02"},
    ),
    "dcterms:created is the last choice of when it was published": (
        atom("<id>1</id><dcterms:created>2026-01-01</dcterms:created><updated>2026-01-03</updated>"),
        {"guid": "1", "published": "2026-01-01", "updated": "2026-01-03"},
    ),
    "itunes: author, summary, image, keywords": (
        rss(
            "<title>t</title><itunes:author>Ada</itunes:author><itunes:summary>s</itunes:summary>"
            '<itunes:image href="https://e.example/i.jpg"/><itunes:keywords>a, b</itunes:keywords>'
            "<itunes:duration>1:00</itunes:duration><itunes:explicit>no</itunes:explicit>",
            '<itunes:image href="https://e.example/channel.jpg"/>',
        ),
        {
            "title": "t",
            "author": "Ada",
            "summary": "s",
            "media": (image("https://e.example/i.jpg"),),
            "categories": ("a", "b"),
        },
    ),
    "the channel's itunes:image is none of the entry's": (
        rss("<title>t</title>", '<itunes:image href="https://e.example/channel.jpg"/>'),
        {"title": "t"},
    ),
    "media:content with its sizes": (
        rss(
            '<title>t</title><media:content url="https://e.example/1" medium="image" width="640" height="360"/>'
            '<media:content url="https://e.example/2" type="video/mp4"/>'
            '<media:content url="https://e.example/3.mp3"/><media:content url="https://e.example/4"/>'
        ),
        {
            "title": "t",
            "media": (
                image("https://e.example/1", width=640, height=360),
                Media(url="https://e.example/2", kind="video", media_type="video/mp4"),
                Media(url="https://e.example/3.mp3", kind="audio"),
                Media(url="https://e.example/4"),
            ),
        },
    ),
    "media:thumbnail and media:player": (
        rss(
            '<title>t</title><media:thumbnail url="https://e.example/t.jpg" width="75" height="50"/>'
            '<media:player url="https://e.example/play" width="400" height="300"/>'
        ),
        {
            "title": "t",
            "media": (
                Media(url="https://e.example/t.jpg", kind="thumbnail", width=75, height=50),
                Media(url="https://e.example/play", kind="player", width=400, height=300),
            ),
        },
    ),
    "media:thumbnail with its address as text": (
        rss("<title>t</title><media:thumbnail>https://e.example/t.jpg</media:thumbnail>"),
        {"title": "t", "media": (Media(url="https://e.example/t.jpg", kind="thumbnail"),)},
    ),
    "media:group with title and description, as YouTube has it": (
        atom(
            "<id>yt:1</id><title>T</title><media:group><media:title>another</media:title>"
            '<media:content url="https://e.example/v/1" type="application/x-flash" width="640" height="390"/>'
            '<media:thumbnail url="https://e.example/t.jpg" width="480" height="360"/>'
            "<media:description>What it &lt;shows&gt;</media:description></media:group>"
        ),
        {
            "guid": "yt:1",
            "title": "T",
            "title_is_html": False,
            "summary": "What it &lt;shows&gt;",
            "media": (
                Media(url="https://e.example/v/1", media_type="application/x-flash", width=640, height=390),
                Media(url="https://e.example/t.jpg", kind="thumbnail", width=480, height=360),
            ),
        },
    ),
    "media:title where there is no other": (
        rss("<guid isPermaLink='false'>1</guid><media:title>T</media:title>"),
        {"guid": "1", "title": "T"},
    ),
    "media:keywords and media:category": (
        rss("<title>t</title><media:keywords>a,b</media:keywords><media:category>c</media:category>"),
        {"title": "t", "categories": ("a", "b", "c")},
    ),
    "enclosures, by type and by the ending of the address": (
        rss(
            '<title>t</title><enclosure url="https://e.example/a" type="image/png" length="1"/>'
            '<enclosure url="https://e.example/b.JPG?x=1"/>'
            '<enclosure url="https://e.example/c.mp3" type="application/octet-stream"/>'
            '<enclosure url="https://e.example/d.webp" type="audio/mpeg"/>'
            '<enclosure url="https://e.example/e.mp4" type="audio/mp4"/>'
            '<enclosure url="https://e.example/f"/>'
        ),
        {
            "title": "t",
            "media": (
                image("https://e.example/a", media_type="image/png"),
                image("https://e.example/b.JPG?x=1"),
                Media(url="https://e.example/c.mp3", kind="audio", media_type="application/octet-stream"),
                image("https://e.example/d.webp", media_type="audio/mpeg"),
                Media(url="https://e.example/e.mp4", kind="audio", media_type="audio/mp4"),
                Media(url="https://e.example/f"),
            ),
        },
    ),
    "Atom's enclosure": (
        atom('<id>1</id><link rel="enclosure" type="audio/mpeg" href="https://e.example/a.mp3"/>'),
        {"guid": "1", "media": (Media(url="https://e.example/a.mp3", kind="audio", media_type="audio/mpeg"),)},
    ),
    "feedburner:origLink is the page's own address": (
        rss(
            "<link>https://feedproxy.example/~r/1</link>"
            "<feedburner:origLink>https://e.example/1</feedburner:origLink>"
        ),
        {"link": "https://feedproxy.example/~r/1", "page_url": "https://e.example/1"},
    ),
    "pheedo:origLink is, too": (
        rss("<link>https://p.example/1</link><pheedo:origLink>https://e.example/1</pheedo:origLink>"),
        {"link": "https://p.example/1", "page_url": "https://e.example/1"},
    ),
    "RSS source names the provider": (
        rss('<title>t</title><source url="https://p.example/feed.xml">The Paper</source>'),
        {"title": "t", "provider_name": "The Paper", "provider_url": "https://p.example/feed.xml"},
    ),
    "Atom source names the provider": (
        atom(
            "<id>1</id><source><id>2</id><title>The Paper</title>"
            '<link rel="self" href="https://p.example/feed.xml"/><link href="https://p.example/"/></source>'
        ),
        {"guid": "1", "provider_name": "The Paper", "provider_url": "https://p.example/"},
    ),
    "Atom in RSS: link, updated, author, summary": (
        rss(
            '<title>t</title><atom:link rel="alternate" href="https://e.example/1"/>'
            "<atom:updated>2026-01-02T00:00:00Z</atom:updated><pubDate>Thu, 01 Jan 2026 00:00:00 GMT</pubDate>"
            '<atom:author><atom:name>Ada</atom:name></atom:author><atom:summary type="html">&lt;b&gt;s</atom:summary>'
        ),
        {
            "title": "t",
            "link": "https://e.example/1",
            "published": "Thu, 01 Jan 2026 00:00:00 GMT",
            "updated": "2026-01-02T00:00:00Z",
            "author": "Ada",
            "summary": "<b>s",
        },
    ),
    "what is of no use here": (
        rss(
            "<title>t</title><slash:comments>3</slash:comments><wfw:commentRss>https://e.example/c</wfw:commentRss>"
            '<thr:total>3</thr:total><georss:point>1 2</georss:point><thr:in-reply-to ref="x" href="https://x.example/"/>'
        ),
        {"title": "t"},
    ),
}
# What feedparser does not tell, so that its reading cannot be set right: it takes the last title there is, and
# description for HTML.
UNTOLD = {"media:group with title and description, as YouTube has it": {"title", "summary"}}
DEFAULTS = asdict(Entry(source="feed", feed_url=FEED_URL, base_url=FEED_URL, feed_title="F"))  # type: ignore[arg-type]


def values(feed: ParsedFeed) -> dict[str, Any]:
    (entry,) = feed.entries
    return {key: value for key, value in asdict(entry).items() if value != DEFAULTS[key]}


@pytest.mark.parametrize("name", ROWS)
def test_the_lean_reader_reads_what_matters_of_a_namespace(name: str) -> None:
    body, expected = ROWS[name]
    feed = parse_feed(body, feed_url=FEED_URL)
    assert feed.reader == "lean"
    assert values(feed) == {key: value for key, value in expected.items() if value != DEFAULTS[key]}


@pytest.mark.parametrize("name", ROWS)
def test_feedparser_gives_the_same_entry(name: str) -> None:
    """But for the order of files, which it does not keep."""
    body, _ = ROWS[name]
    lean = values(parse_feed(body, feed_url=FEED_URL))
    other = values(read_with_feedparser(body, feed_url=FEED_URL, base_url=FEED_URL))
    for found in (lean, other):
        found["media"] = {media.url: media for media in found.get("media", ())}
        for untold in UNTOLD.get(name, set()):
            found.pop(untold, None)
    assert other == lean
