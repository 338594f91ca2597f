"""Story documents keep what they give."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from storyfold.document import Document, Extra, Image, Provider, Related, StoryType
from storyfold.front_matter import read_document
from worker.model.entry import Entry, Source
from worker.model.item import Item
from worker.normalize.item import Context, normalize
from worker.normalize.providers import Organizations
from worker.normalize.taxonomy import Taxonomy

NOW = datetime(2020, 11, 20, 8, 30, tzinfo=UTC)
AT = datetime(1969, 7, 20, 20, 17, tzinfo=UTC)
CONTEXT = Context(collection="other", taxonomy=Taxonomy(), organizations=Organizations())
PROVIDER = Provider(name="A  Name", domain="a.example")
RELATED = Related(
    title="Rel  <b>ated",
    published_at=AT,
    web_url="https://b.example/x?utm_source=kept",
    type=StoryType.ARTICLE,
    provider=PROVIDER,
)
DOCUMENT = Document(
    category="news",
    title="Ti  tle &amp; <b>",
    excerpt="x" * 400,
    published_at=AT,
    original_url="https://a.example/x?utm_source=kept",
    web_url="https://a.example/x?utm_source=kept",
    type=StoryType.ARTICLE,
    quality=154,
    heat=-1,
    published=False,
    provider=PROVIDER,
    topics=("Parent", "Child"),
    images=(Image(url="/relative.jpg"),),
    related=(RELATED,),
    secured="AAAA;BBBB",
    extras=(Extra(key="id", text="id: 0123"),),
    content="The body.",
)


def item_of(document: Document) -> Item:
    return normalize(Entry(source=Source.DROP, document=document), now=NOW, context=CONTEXT)


def rebuilt_related(item: Item) -> Related:
    return Related(
        title=item.title,
        excerpt=item.excerpt if "excerpt" in item.provenance else None,
        published_at=item.published_at,
        web_url=item.web_url,
        amp_web_url=item.amp_web_url,
        cdn_amp_web_url=item.cdn_amp_web_url,
        type=item.type,
        provider=item.provider,
        quality=item.quality if item.provenance["quality"] == "given" else None,
        images=item.images,
    )


def rebuilt(item: Item) -> Document:
    """The document that an item came from, out of nothing but the item."""
    assert item.given is not None
    return Document(
        category=item.collection,
        title=item.title,
        excerpt=item.excerpt if "excerpt" in item.provenance else None,
        published_at=item.published_at,
        original_url=item.original_url,
        web_url=item.web_url,
        amp_web_url=item.amp_web_url,
        cdn_amp_web_url=item.cdn_amp_web_url,
        type=item.type,
        quality=item.given.quality,
        heat=item.given.heat,
        published=item.given.published,
        featured_content=item.featured_content,
        provider=item.provider,
        topics=item.topics,
        images=item.images,
        related=tuple(rebuilt_related(one) for one in item.related),
        secured=item.given.secured,
        extras=item.given.extras,
        content=item.given.content,
    )


@pytest.mark.parametrize(
    "document",
    [
        DOCUMENT,
        replace(DOCUMENT, excerpt="", quality=0, heat=0, topics=(), images=(), related=()),
        replace(DOCUMENT, excerpt=None, quality=None, heat=None, published=None, secured=None, web_url=None),
    ],
    ids=["full", "empty values", "absent values"],
)
def test_every_value_of_a_document_can_be_read_back_from_its_item(document: Document) -> None:
    assert rebuilt(item_of(document)) == document


def test_a_given_quality_stays_and_a_missing_one_is_scored() -> None:
    assert item_of(DOCUMENT).quality == 154
    scored = item_of(replace(DOCUMENT, quality=None))
    assert 0 < scored.quality <= 100
    assert scored.provenance["quality"] == "scored"


def test_a_document_and_a_feed_entry_of_the_same_page_are_the_same_item() -> None:
    entry = Entry(source=Source.FEED, feed_url="https://f.example/", link="http://www.a.example/x/", title="T")
    from_feed = normalize(entry, now=NOW, context=CONTEXT)
    from_document = item_of(DOCUMENT)
    assert from_feed.item_id == from_document.item_id
    assert set(from_feed.url_keys) & set(from_document.url_keys)


def test_related_items_have_identities_of_their_own() -> None:
    item = item_of(DOCUMENT)
    assert [one.original_url for one in item.related] == ["https://b.example/x?utm_source=kept"]
    assert item.related[0].url_keys == ("https://b.example/x",)
    assert item.related[0].item_id != item.item_id


def test_a_related_video_without_an_address_is_known_by_provider_and_words() -> None:
    video = replace(RELATED, web_url=None, type=StoryType.VIDEO)
    one, other = item_of(replace(DOCUMENT, related=(video, replace(video, title="Another")))).related
    assert one.original_url == other.original_url == ""
    assert one.url_keys == ()
    assert one.item_id != other.item_id
    assert item_of(replace(DOCUMENT, related=(video,))).related[0].item_id == one.item_id


def test_the_real_archive_and_the_example_can_be_read_back(shared_dir: Path) -> None:
    paths = [*(shared_dir / "data" / "archive" / "_news").glob("*.md"), *(shared_dir / "seed").glob("*.md")]
    assert len(paths) > 100
    for path in paths:
        document = read_document(path.read_text(encoding="utf-8"))
        assert rebuilt(item_of(document)) == document, path.name
