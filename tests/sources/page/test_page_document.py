"""What a page says of itself, and which of it counts."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storyfold.errors import SourceError
from worker.model.entry import Media
from worker.model.page import PageFacts
from worker.sources.page.page_document import read_page

URL = "https://harbor.example/2026/03/the-old-lighthouse-shines-again"
Read = Callable[..., PageFacts]

LD = '<script type="application/ld+json">{"@type":"Article",%s}</script>'
IN_ARTICLE = '<div itemscope itemtype="https://schema.org/Article">%s</div>'
# Field -> how each place says "PLACE" for it, in the order of the documented priority.
PLACES: dict[str, dict[str, tuple[str, str]]] = {
    "title": {
        "jsonld": (LD % '"headline":"VALUE"', ""),
        "og": ('<meta property="og:title" content="VALUE">', ""),
        "twitter": ('<meta name="twitter:title" content="VALUE">', ""),
        "microdata": (
            "",
            IN_ARTICLE % '<h2 itemprop="headline">VALUE</h2>',
        ),
        "meta": ('<meta name="parsely-title" content="VALUE">', ""),
        "html": ("<title>VALUE</title>", ""),
    },
    "excerpt": {
        "jsonld": (LD % '"description":"VALUE"', ""),
        "og": ('<meta property="og:description" content="VALUE">', ""),
        "twitter": ('<meta name="twitter:description" content="VALUE">', ""),
        "microdata": (
            "",
            IN_ARTICLE % '<meta itemprop="description" content="VALUE">',
        ),
        "meta": ('<meta name="description" content="VALUE">', ""),
        "html": ("", f"<article><p>VALUE {'words ' * 20}</p></article>"),
    },
    "published": {
        "jsonld": (LD % '"datePublished":"VALUE"', ""),
        "og": ('<meta property="article:published_time" content="VALUE">', ""),
        "microdata": (
            "",
            IN_ARTICLE % '<time itemprop="datePublished" datetime="VALUE">x</time>',
        ),
        "meta": ('<meta name="sailthru.date" content="VALUE">', ""),
        "html": ("", '<time pubdate datetime="VALUE">x</time>'),
    },
    "updated": {
        "jsonld": (LD % '"dateModified":"VALUE"', ""),
        "og": ('<meta property="article:modified_time" content="VALUE">', ""),
        "microdata": (
            "",
            IN_ARTICLE % '<meta itemprop="dateModified" content="VALUE">',
        ),
        "meta": ('<meta name="last-modified" content="VALUE">', ""),
    },
    "author": {
        "jsonld": (LD % '"author":{"name":"VALUE"}', ""),
        "og": ('<meta property="article:author" content="VALUE">', ""),
        "microdata": (
            "",
            IN_ARTICLE % '<b itemprop="author" itemscope><i itemprop="name">VALUE</i></b>',
        ),
        "meta": ('<meta name="author" content="VALUE">', ""),
    },
    "site_name": {
        "og": ('<meta property="og:site_name" content="VALUE">', ""),
        "jsonld": (LD % '"publisher":{"name":"VALUE"}', ""),
        "meta": ('<meta name="application-name" content="VALUE">', ""),
    },
}


@pytest.mark.parametrize("field", PLACES)
def test_of_all_places_the_first_of_the_table_counts(read: Read, field: str) -> None:
    """Each place alone is read, and with every place below it in the table it wins."""
    places = PLACES[field]
    for position, place in enumerate(places):
        parts = [(name, *places[name]) for name in list(places)[position:]]
        head = "".join(part.replace("VALUE", f"by {name}") for name, part, _ in reversed(parts))
        body = "".join(part.replace("VALUE", f"by {name}") for name, _, part in reversed(parts))

        facts = read(head, body)

        assert getattr(facts, field).startswith(f"by {place}")
        assert facts.obtained[field] == place


@pytest.mark.parametrize(
    ("head", "html", "expected", "place"),
    [
        ("", 'lang="pt-BR"', "pt-BR", "html"),
        ("", 'xml:lang="de"', "de", "html"),
        (LD % '"inLanguage":"fr"', 'lang="en"', "en", "html"),
        (LD % '"inLanguage":{"@type":"Language","name":"French","alternateName":"fr"}', "", "fr", "jsonld"),
        ('<meta property="og:locale" content="en_US">', "", "en-US", "og"),
        ('<meta http-equiv="Content-Language" content="nl, en">', "", "nl", "meta"),
        ("", 'lang="<script>"', "", ""),
        ("", 'lang="english language"', "", ""),
    ],
)
def test_the_language_is_a_tag(read: Read, head: str, html: str, expected: str, place: str) -> None:
    facts = read(head, "", html)

    assert (facts.language, facts.obtained.get("language", "")) == (expected, place)


@pytest.mark.parametrize(
    ("head", "body", "expected"),
    [
        ("<title>Fire | Harbor Herald</title>", "<h1>Fire</h1>", "Fire"),
        ("<title>Fire | Harbor Herald</title>", "<h1>Harbor <b>Daily</b></h1>", "Fire | Harbor Herald"),
        ("<title>Old &amp; new &lt;b&gt;</title>", "", "Old & new <b>"),
        ("", "<h1>Only <i>this</i></h1>", "Only this"),
        ("<title>  </title>", "<h1>Two</h1><h1>Three</h1>", "Two"),
        ("<title>First</title><title>Second</title>", "<svg><title>Icon</title></svg>", "First"),
        ("", "<svg><title>Icon</title></svg>", ""),
    ],
)
def test_the_title_of_last_resort_is_the_heading_that_the_documents_title_repeats(
    read: Read, head: str, body: str, expected: str
) -> None:
    assert read(head, body).title == expected


LONG = "A sentence that goes on for long enough to be a paragraph of an article."


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (f"<main><p>Short.</p><p>{LONG}</p></main>", LONG),
        (f"<main><p>{LONG}</p><p>{LONG}</p></main>", f"{LONG} {LONG}"),
        (f"<article><nav><p>Not {LONG}</p></nav><p>{LONG}</article>", LONG),
        (f"<article><header><p>Not {LONG}</p></header><p>{LONG}</article>", LONG),
        (f"<article><p>{LONG[:20]}<a href=x>{LONG[20:30]}</a>{LONG[30:]}<div>ad</div></article>", LONG),
        (
            f"<main><article><p>{LONG}</p><p>{LONG}</p></article><article><p>Teaser {LONG}</p></article></main>",
            f"{LONG} {LONG}",
        ),
        (f"<main><p>Not {LONG}</p><article><p>{LONG}</p></article></main>", LONG),
        (f"<article><template><p>Not {LONG}</p></template><p>{LONG}</p></article>", LONG),
        (f"<article><p>{LONG}<script>var no</script></p></article>", LONG),
        (f"<p>{LONG}</p>", ""),
        ("<main><p>&lt;b&gt; " + "is text " * 10 + "</p></main>", "<b> " + "is text " * 9 + "is text"),
    ],
)
def test_the_excerpt_of_last_resort_is_the_articles_beginning(read: Read, body: str, expected: str) -> None:
    facts = read("", body)

    assert facts.excerpt == expected
    assert bool(facts.text_chars) == bool(expected)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            "<time datetime=2026-01-01>today</time><article><time datetime=2026-03-02>x</time><p>a</p></article>",
            "2026-03-02",
        ),
        ("<article><header><time datetime=2026-03-02>x</time></header><p>a</p></article>", "2026-03-02"),
        (
            "<article><time datetime=2026-03-02>x</time><time datetime=2026-03-03>x</time><p>a</p></article>",
            "2026-03-02",
        ),
        ("<article><aside><time datetime=2026-03-02>x</time></aside><p>a</p></article>", ""),
        ("<time datetime=2026-01-01>today</time>", ""),
        ("<article><time>2026-03-02</time><p>a</p></article>", ""),
    ],
)
def test_the_date_of_last_resort_stands_in_the_article(read: Read, body: str, expected: str) -> None:
    assert read("", body).published == expected


AB = [("a.jpg", None, None), ("b.jpg", None, None)]
OG = '<meta property="og:image%s" content="%s">'


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (OG % ("", "/a.jpg"), [("a.jpg", None, None)]),
        (OG % ("", "/a.jpg") + OG % (":width", "1200") + OG % (":height", "675px"), [("a.jpg", 1200, 675)]),
        (OG % ("", "http://harbor.example/a.jpg") + OG % (":secure_url", "/a.jpg"), [("a.jpg", None, None)]),
        (OG % ("", "/a.jpg") + OG % (":width", "1000000") + OG % ("", "/b.jpg"), AB),
        (OG % (":url", "/a.jpg") + OG % (":width", "wide"), [("a.jpg", None, None)]),
        ('<meta name="twitter:image" content="/a.jpg"><meta name="twitter:image:src" content="/b.jpg">', AB),
        ('<link rel="image_src" href="/a.jpg">', [("a.jpg", None, None)]),
        ('<meta name="twitter:image" content="/b.jpg">' + OG % ("", "/a.jpg"), AB),
        (OG % ("", "/a.jpg") + LD % '"image":{"url":"/a.jpg","width":9}', [("a.jpg", 9, None)]),
        (OG % ("", "javascript:alert(1)"), []),
        (OG % ("", "data:image/png;base64,AAAA"), []),
        (OG % ("", ""), []),
        (OG % ("", "/" + "x" * 20_000), []),
    ],
)
def test_pictures_are_told_with_their_declared_size(read: Read, head: str, expected: list[Any]) -> None:
    images = read(head).images

    assert images == tuple(
        Media(url=f"https://harbor.example/{name}", kind="image", width=width, height=height)
        for name, width, height in expected
    )


def test_no_more_than_ten_pictures_are_told(read: Read) -> None:
    head = "".join(f'<meta property="og:image" content="/{number}.jpg">' for number in range(100))

    assert len(read(head).images) == 10


def test_a_private_address_stays_an_address_for_the_guard_to_judge(read: Read) -> None:
    facts = read(
        '<meta property="og:image" content="http://127.0.0.1/a.jpg"><link rel=canonical href="http://[::1]/x">'
    )

    assert (facts.images[0].url, facts.canonical_url) == ("http://127.0.0.1/a.jpg", "http://[::1]/x")


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (
            '<meta property="og:video" content="/v"><meta property="og:video:secure_url" content="/w">',
            "https://harbor.example/v",
        ),
        ('<meta name="twitter:player" content="/p">', "https://harbor.example/p"),
        ('<meta property="og:video" content="javascript:x">', ""),
    ],
)
def test_a_player_is_told(read: Read, head: str, expected: str) -> None:
    assert read(head).video_url == expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [("amp", True), ("⚡", True), ("⚡️ lang=en", True), ("AMP", True), ("", False), ("data-amp=1", False)],
)
def test_an_amp_page_says_so(read: Read, html: str, expected: bool) -> None:
    assert read("<title>x</title>", "", html).is_amp is expected


def test_entities_of_an_attribute_are_decoded_once(read: Read) -> None:
    facts = read(
        '<meta property="og:title" content="a &amp;lt; b &amp;amp; c"><meta name=description content="&amp;lt;i">'
    )

    assert (facts.title, facts.excerpt) == ("a &lt; b &amp; c", "&lt;i")


def test_the_address_of_a_profile_is_no_author(read: Read) -> None:
    assert (
        read(
            '<meta property="article:author" content="https://social.example/ann"><meta name=author content=Ann>'
        ).author
        == "Ann"
    )


def test_what_a_comment_injects_by_an_attribute_is_no_tag(read: Read) -> None:
    body = (
        '<p title=\'<meta property="og:title" content="Evil"><link rel=canonical href=https://evil.example/>\'>x</p>'
    )

    facts = read("<title>Own</title>", body)

    assert (facts.title, facts.canonical_url) == ("Own", "")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "text/html"),
        (b"  \n ", ""),
        (b"%PDF-1.7 <html>", "application/pdf"),
        (b"%PDF-1.7 \0\0\0", ""),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR<html>", ""),
        (b'{"a": "b"}', "application/json"),
        (b'{"a": "b"}', "text/html"),
        (b"just some words", "text/html"),
        (b"<html></html>", "image/png"),
        (b"<?xml version='1.0'?><rss><channel><title>a</title></channel></rss>", "text/xml"),
        (b"<feed xmlns='http://www.w3.org/2005/Atom'><title>a</title></feed>", "text/html"),
        (b"<svg><title>a</title></svg>", "text/html"),
    ],
)
def test_what_is_no_page_is_refused_by_name(body: bytes, content_type: str) -> None:
    with pytest.raises(SourceError) as raised:
        read_page(body, url=URL, content_type=content_type)

    assert raised.value.failure == "not-a-page"


@pytest.mark.parametrize(
    "content_type", ["", "text/html; charset=utf-8", "TEXT/HTML", "application/xhtml+xml", "text/plain"]
)
def test_html_is_read_under_the_types_that_servers_give_it(content_type: str) -> None:
    assert read_page(b"<!DOCTYPE html><title>x</title>", url=URL, content_type=content_type).title == "x"


@pytest.mark.parametrize(
    "page",
    [
        "<title>Just a moment...</title>",
        "<title>Access Denied</title><h1>Access Denied</h1>",
        "<title>Bloomberg - Are you a robot?</title>",
        "<title>Attention Required! | Cloudflare</title>",
        "<title>Before you continue to Google Search</title>".replace(" Search", ""),
        "<title>harbor.example</title><script src='https://ct.captcha-delivery.com/c.js'></script>",
        "<title>x</title><script>window._cf_chl_opt={}</script>",
    ],
)
def test_a_challenge_is_no_page(page: str) -> None:
    with pytest.raises(SourceError) as raised:
        read_page(f"<!doctype html>{page}".encode(), url=URL)

    assert raised.value.failure == "blocked-page"


@pytest.mark.parametrize(
    ("url", "blocked"),
    [
        ("https://consent.google.com/ml?continue=x", True),
        ("https://consent.yahoo.com/v2/collectConsent", True),
        ("https://eu.guce.yahoo.com/x", True),
        ("https://www.google.com/sorry/index?continue=x", True),
        ("https://www.google.com/article", False),
        ("https://consent.google.com.evil.example/x", False),
        ("https://harbor.example/sorry/we-are", False),
    ],
)
def test_a_consent_wall_is_known_by_its_address(url: str, blocked: bool) -> None:
    if not blocked:
        assert read_page(b"<title>A story</title>", url=url).title == "A story"
        return
    with pytest.raises(SourceError, match="blocked-page"):
        read_page(b"<title>A story</title>", url=url)


def test_an_article_on_a_challenge_is_a_page(read: Read) -> None:
    assert (
        read('<title>Access denied</title><meta property="og:title" content="Access denied">').title
        == "Access denied"
    )
    assert read("<title>Access denied</title>" + LD % '"headline":"Access denied"').title == "Access denied"


HOSTILE: dict[str, bytes] = {
    "a page of 2 MB": b"<p class=x>Some words <a href='/x'>link</a> more words.</p>\n" * 34_000,
    "nested 100,000 deep": b"<div>" * 100_000,
    "nested articles": b"<article><p>" * 100_000,
    "10^6 attributes": b"<p " + b"a=1 " * 500_000 + b">",
    "different attributes": b"<p " + b" ".join(b"a%d" % n for n in range(200_000)) + b">",
    "an attribute of 10 MB": b'<meta property=og:title content="' + b"x" * 10_000_000 + b'">',
    "nothing but <": b"<" * 2_000_000,
    "open tags": b"<a " * 700_000,
    "open quotes": b'<a x="' * 350_000,
    "open comments": b"<!--" * 500_000,
    "a comment of hyphens": b"<!--" + b"-" * 2_000_000,
    "entities": b"<title>" + b"&" * 1_000_000 + b"</title><h1>" + b"&#38;" * 200_000 + b"</h1>",
    "meta": b"<meta name=a content=b>" * 90_000,
    "canonicals": b"<link rel=canonical href=/a>" * 70_000,
    "scripts": b'<script type="application/ld+json">{"@type":"Article","headline":"x"},</script>' * 25_000,
    "slashes in JSON-LD": b'<script type="application/ld+json">{' + b"//" * 250_000,
    "commas in JSON-LD": b'<script type="application/ld+json">[' + b",   " * 120_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_page_takes_longer_than_a_second(name: str) -> None:
    """Measured: 0.3 s at most; a tree builder takes 20 s and more for three of them."""
    began = time.process_time()

    read_page(b"<!doctype html><html><head>" + HOSTILE[name], url=URL)

    assert time.process_time() - began < 1


def test_no_more_than_the_wanted_characters_are_read() -> None:
    page = b"<!doctype html><html>" + b" " * 1_000 + b"<title>late</title>"

    assert read_page(page, url=URL, max_chars=500).title == ""


PIECES = re.split(
    r"\|",
    "<html>|<head>|</head>|<body>|<meta property=og:title content='|<meta name=robots content=|'>|<base href=|>|"
    '<link rel=canonical href=|<script type=application/ld+json>|</script>|{"@type":"Article",|"headline":"|"}|'
    "<time datetime=|<article>|</article>|<p>|<h1>|<title>|</title>|itemprop=headline |<template>|</template>|-->|"
    "<!--|<div itemtype=https://schema.org/Article itemscope |\0|\ud800|&#55296;|javascript:|http://[|//|#|⚡",
)


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5)), max_size=40).map("".join))
@settings(max_examples=300)
def test_any_text_gives_facts_that_can_be_stored_or_an_error_with_a_name(text: str) -> None:
    facts = facts_or_failure(b"<html>" + text.encode("utf-8", "surrogatepass"))

    assert repr(facts).encode("utf-8")
    if isinstance(facts, PageFacts):
        urls = (facts.canonical_url, facts.amp_url, facts.video_url, *(image.url for image in facts.images))
        assert all(url == "" or url.startswith(("http://", "https://")) for url in urls)


@given(
    st.binary(max_size=400), st.sampled_from(["", "text/html", "text/html; charset=utf-16", "text/html; charset=x"])
)
def test_any_bytes_give_facts_or_an_error_with_a_name(body: bytes, content_type: str) -> None:
    facts = facts_or_failure(body, content_type)

    assert isinstance(facts, PageFacts) or facts in ("not-a-page", "blocked-page")


def facts_or_failure(body: bytes, content_type: str = "") -> PageFacts | str:
    try:
        return read_page(body, url=URL, content_type=content_type)
    except SourceError as error:
        return error.failure
