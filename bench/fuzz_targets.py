"""The readers that are fuzzed: what they read, and which exceptions may come out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from bench.corpus import OWN_FEEDS, REAL, feed_paths
from config.settings import BUNDLED_FOLDER
from storyfold.errors import DocumentError, SourceError
from storyfold.front_matter import read_document, read_record, write_document
from worker.flows.documents import entry_from_record
from worker.model.entry import Entry, Source
from worker.model.item import Item
from worker.normalize.item import Context, normalize
from worker.normalize.providers import load_organizations
from worker.normalize.text import plain_text
from worker.normalize.topics import load_taxonomy
from worker.sources.page.page_document import read_page
from worker.sources.parse.feed_document import parse_feed

NOW: Final = datetime(2026, 3, 1, tzinfo=UTC)
_PAGE_URL: Final = "https://paper.example/news/1"
_MOST_REAL_BYTES: Final = 32 * 1024
_MOST_REAL_DOCUMENTS: Final = 200
_DOCUMENT: Final = b"""---
category: news
title: "Harbour ferry late: no boat before nine"
excerpt: "The morning boat left at nine, \\"for once\\"."
publishedDateTime: 2026-03-03T08:15:00Z
originalUrl: "https://harbour.example/ferry?utm_source=x"
webUrl: "https://harbour.example/ferry"
type: article
quality: 60
heat: 60
published: true

provider:
  name: Harbour News
  domain: harbour.example
  images:
    - url: "https://harbour.example/logo.png"
      width: 100
      height: 50
      isCached: false

topics:
  - Transport

images:
  - url: "https://harbour.example/ferry.jpg"
    isCached: false

related:
  - title: "Ferry late"
    publishedDateTime: 2026-03-03T09:00:00Z
    webUrl: "https://other.example/1"
    type: article
    provider:
      name: Other
      domain: other.example

country: no
version: 1.10
---

Body with *marks*.
"""
_LOOSE: Final = (
    b"---\ntitle: Ferry late\nurl: https://harbour.example/ferry\ndate: 3 March 2026\ntags: [sea]\n---\nText\n",
    b'+++\ntitle = "Ferry late"\nurl = "https://harbour.example/ferry"\ndate = 2026-03-03T08:15:00Z\n+++\nText.\n',
    b'{"title": "Ferry late", "url": "https://harbour.example/ferry", "draft": true}\n\nText.\n',
    b"---\ntitle: |\n  Ferry\n  late\nlink: 'https://e.example/ferry'\nsummary: >-\n  One\n  two\ntags:\n- a\n---\n",
    b"---\na: &x [1, 2]\nb: *x\ntitle: t\nurl: https://e.example/\nnorway: NO\noctal: 0123\nnone: ~\n---\n",
)
_PAGE: Final = b"""<!doctype html><html lang=en><head><title>Ferry late | Harbour News</title>
<meta property="og:title" content="Ferry late"><meta property="og:image" content="/ferry.jpg">
<link rel="canonical" href="https://paper.example/news/1"><link rel=amphtml href="/amp/news/1">
<script type="application/ld+json">{"@context":"https://schema.org","@type":"NewsArticle","headline":"Ferry late",
"image":["a.jpg",{"url":"b.jpg","width":640}],"datePublished":"2026-03-03T08:15:00Z",
"author":[{"@type":"Person","name":"Ada"}],"publisher":{"name":"Harbour News"}}</script></head>
<body><article itemscope itemtype="https://schema.org/Article"><h1 itemprop=headline>Ferry late</h1>
<time datetime="2026-03-03">today</time><p>The morning boat left at nine, <em>late</em>.</p></article></body></html>
"""
_HTML: Final = (
    _PAGE,
    b"<p>The <b>ferry</b> left&nbsp;at nine &amp; came&#8217;s late.<br/>Read more</p><script>var a='<b>';</script>",
    b"<div><img src='a.jpg' width=640 height=360 srcset='b.jpg 2x, c.jpg 3x'><!-- c --><style>p{}</style><td>x</div>",
    b'<iframe width="560" src="https://www.youtube.com/embed/abcdefghijk?rel=0" allowfullscreen></iframe>',
    "<p>日本語の見出し &mdash; عنوان <bdo dir=rtl>x</bdo> e\u0301 👩\u200d👩\u200d👧</p>".encode(),
    b"5 < 6 &amp;lt;b&amp;gt; <3 a<b <notatag a='>'> &copy &#x110000; &#xD800; </ >",
)


class Target(NamedTuple):
    """A reader under fire.

    Attributes:
        name: on the command line.
        corpus: gives sound documents to damage.
        run: reads one; whatever it raises besides ``allowed`` is a failure.
        allowed: exceptions that a caller is told of.
    """

    name: str
    corpus: Callable[[], Sequence[bytes]]
    run: Callable[[bytes], object]
    allowed: tuple[type[Exception], ...]


def _real(pattern: str) -> list[bytes]:
    """Real documents beside the checkout, cut to a size that leaves time for many."""
    if not REAL.is_dir():
        return []
    paths = sorted(path for path in REAL.glob(pattern) if path.is_file() and path.name != "README.md")
    step = max(1, len(paths) // _MOST_REAL_DOCUMENTS)
    return [path.read_bytes()[:_MOST_REAL_BYTES] for path in paths[::step]]


def feed_corpus() -> list[bytes]:
    """The tests' own feeds and the real ones."""
    return [path.read_bytes() for path in feed_paths(OWN_FEEDS)] + _real("feeds/*/*")


def document_corpus() -> list[bytes]:
    """Story documents and loose front matter."""
    return [_DOCUMENT, *_LOOSE * 4, *_real("archive/_news/*.md")]


def html_corpus() -> list[bytes]:
    """Fragments, pages, and the markup inside of real feeds."""
    contents = []
    for body in _real("feeds/*/*"):
        try:
            entries = parse_feed(body, feed_url=_PAGE_URL).entries[:3]
        except SourceError:
            continue
        contents += [entry.content or entry.summary for entry in entries]
    texts = [text.encode("utf-8", "replace") for text in contents if text]
    pages = [_PAGE.replace(b"</article>", text + b"</article>") for text in texts]
    return [*_HTML * 8, *texts, *pages]


@cache
def _context() -> Context:
    return Context(
        collection="news",
        taxonomy=load_taxonomy(BUNDLED_FOLDER / "topics"),
        organizations=load_organizations(BUNDLED_FOLDER / "organizations"),
    )


def _to_item(entry: Entry) -> Item:
    return normalize(entry, now=NOW, context=_context())


def _read_feed(data: bytes) -> None:
    content_type = ("", "text/xml; charset=utf-8", "application/rss+xml; charset=iso-8859-1")[len(data) % 3]
    feed = parse_feed(data, feed_url="https://feeds.example/x", content_type=content_type)
    for entry in feed.entries:
        for text in (entry.guid, entry.link, entry.title, entry.summary, entry.content):
            text.encode("utf-8")  # Redis and JSON take nothing else


def _read_document(data: bytes) -> None:
    """As a whole story document, and as any front matter that the rules complete."""
    try:
        write_document(read_document(data))
    except DocumentError:
        entry = entry_from_record(read_record(data), collection="news", source=Source.DROP, to_item=_to_item)
        _to_item(entry)


def _read_html(data: bytes) -> None:
    """As the text of an entry, and as a page."""
    markup = data.decode("utf-8", "replace")
    plain_text(markup).encode("utf-8")
    entry = Entry(source=Source.FEED, link=_PAGE_URL, title=markup[:3_000], summary=markup, content=markup)
    with suppress(SourceError):
        _to_item(entry)
    read_page(data, url=_PAGE_URL)


TARGETS: Final = {
    target.name: target
    for target in (
        Target("feed", feed_corpus, _read_feed, (SourceError,)),
        Target("front-matter", document_corpus, _read_document, (DocumentError, SourceError)),
        Target("html", html_corpus, _read_html, (SourceError,)),
    )
}
"""One more reader is one more row."""


def save(folder: Path, name: str, number: int, data: bytes) -> Path:
    """Keep an input that failed."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{number}.bin"
    path.write_bytes(data)
    return path
