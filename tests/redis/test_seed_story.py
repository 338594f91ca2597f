"""The model document's story, told by feeds of three providers: the ban is one story, the webinar another."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from storyfold.document import Document, Related
from storyfold.front_matter import read_document
from worker.flows.engine import Engine
from worker.flows.file_content import read_file
from worker.flows.ingest import ingest_content
from worker.model.item import Item
from worker.sources.parse.feed_document import parse_feed


def feed_of(article: Document | Related, url: str) -> bytes:
    published = article.published_at.strftime("%a, %d %b %Y %H:%M:%S +0000")
    return (
        f"<rss version='2.0'><channel><title>{escape(article.provider.name)}</title><item>"
        f"<guid>{url}</guid><link>{url}</link><title>{escape(article.title)}</title>"
        f"<description>{escape(article.excerpt or '')}</description>"
        f"<pubDate>{published}</pubDate></item></channel></rss>"
    ).encode()


def items_of(engine: Engine, document: Document) -> list[Item]:
    items = []
    for article in (document, *document.related):
        url = article.web_url
        assert url
        parsed = parse_feed(feed_of(article, url), feed_url=f"https://{article.provider.domain}/feed")
        items += [engine.to_item("news")(entry) for entry in parsed.entries]
    return items


@pytest.fixture
def document(shared_dir: Path) -> Document:
    """The model document, where it stands beside the checkout."""
    return read_document((shared_dir / "seed" / "lapd-ban-facial-recognition.md").read_bytes())


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_ban_is_one_story_and_the_webinar_another_in_any_order(
    engine: Engine, document: Document, fold: Callable[..., None], order: tuple[int, ...]
) -> None:
    items = items_of(engine, document)
    for place in order:
        fold(engine, items[place])
    stories = {frozenset(item.title for item in story.items) for story in engine.stories("news").all()}
    ban = frozenset({document.title, document.related[0].title})
    assert stories == {ban, frozenset({document.related[1].title})}


def test_a_dropped_document_that_relates_them_makes_one_story_of_all(
    engine: Engine, document: Document, fold: Callable[..., None], shared_dir: Path
) -> None:
    fold(engine, *items_of(engine, document))
    body = (shared_dir / "seed" / "lapd-ban-facial-recognition.md").read_bytes()
    content = read_file(body, "ban.md", collection="news", to_item=engine.to_item("news", by_rules=False))
    ingest_content(engine, content, "news")
    assert engine.drain("news").run(20.0) is False
    (story,) = engine.stories("news").all()
    assert {item.title for item in story.items} == {document.title, *(each.title for each in document.related)}
