"""Entries become items."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from storyfold.document import Image, Provider, StoryType
from storyfold.errors import SourceError
from worker.model.entry import Entry, Media, Source
from worker.model.item import Item
from worker.normalize.item import Context, normalize
from worker.normalize.providers import Organizations
from worker.normalize.taxonomy import Taxonomy
from worker.normalize.topic import Topic

NOW = datetime(2020, 11, 20, 8, 30, 15, 500, tzinfo=UTC)
CONTEXT = Context(
    collection="news",
    taxonomy=Taxonomy([Topic(name="AI", keywords=("AI",))]),
    organizations=Organizations([Provider(name="The Daily", domain="daily.example")]),
)
ENTRY = Entry(
    source=Source.FEED,
    feed_url="https://feeds.daily.example/rss",
    site_url="https://www.daily.example/",
    base_url="https://www.daily.example/",
    guid="tag:daily.example,2020:1",
    link="/2020/story?id=1&utm_source=rss",
    title="AI &amp; <i>us</i>",
    summary="<p>The story of it. </p><img src='/lead.jpg' width='640' height='360'>",
    published="Thu, 19 Nov 2020 16:21:00 GMT",
    language="en",
)


def item_of(**changes: Any) -> Item:
    return normalize(replace(ENTRY, **changes), now=NOW, context=CONTEXT)


def test_a_typical_entry_becomes_an_item_in_the_terms_of_the_schema() -> None:
    item = item_of()
    assert item.title == "AI & us"
    assert item.excerpt == "The story of it."
    assert item.published_at == datetime(2020, 11, 19, 16, 21, tzinfo=UTC)
    assert item.original_url == "https://www.daily.example/2020/story?id=1&utm_source=rss"
    assert item.web_url == "https://www.daily.example/2020/story?id=1"
    assert item.provider.name == "The Daily"
    assert item.topics == ("AI",)
    assert item.images == (Image(url="https://www.daily.example/lead.jpg", width=640, height=360, is_cached=False),)
    assert item.type is StoryType.ARTICLE
    assert item.url_keys == ("https://daily.example/2020/story?id=1",)
    assert item.first_seen_at == NOW.replace(microsecond=0)
    assert item.provenance == {
        "published_at": "given",
        "provider": "registry",
        "web_url": "cleaned",
        "language": "given",
    }
    assert item.quality > 40
    assert item.given is None


def test_normalizing_again_gives_the_same_item() -> None:
    assert item_of() == item_of()


@pytest.mark.parametrize(
    "changes",
    [{"title": "AI  &amp; us "}, {"link": "http://daily.example/2020/story/?id=1#x"}, {"guid": "other"}],
)
def test_the_id_stays_when_only_the_dress_changes(changes: dict[str, Any]) -> None:
    assert item_of(**changes).item_id == item_of().item_id


@pytest.mark.parametrize(
    ("changes", "failure"),
    [
        ({"link": "javascript:alert(1)"}, "no-link"),
        ({"link": "", "guid": "https://daily.example/x", "guid_is_permalink": False}, "no-link"),
        ({"title": "", "summary": ""}, "no-title"),
        ({"title": "<b></b>", "summary": "\u200b"}, "no-title"),
    ],
)
def test_an_entry_that_cannot_become_an_item_is_refused_by_name(changes: dict[str, Any], failure: str) -> None:
    with pytest.raises(SourceError) as caught:
        item_of(**changes)
    assert caught.value.failure == failure


def test_a_permalink_guid_and_an_enclosure_stand_in_for_a_missing_link() -> None:
    permalink = item_of(link="", guid="https://daily.example/x", guid_is_permalink=True)
    assert permalink.web_url == "https://daily.example/x"
    episode = item_of(link="", media=(Media(url="https://cdn.example/1.mp3", kind="audio"),))
    assert episode.original_url == "https://cdn.example/1.mp3"


def test_text_gives_the_title_when_there_is_none() -> None:
    item = item_of(title="", summary="word " * 50)
    assert item.title.startswith("word word")
    assert len(item.title) <= 80


def test_entries_that_all_link_to_the_home_page_stay_apart_by_their_guids() -> None:
    one, other = (item_of(link="https://daily.example/", guid=guid) for guid in ("1", "2"))
    assert one.item_id != other.item_id
    assert one.url_keys == other.url_keys == ()


def test_a_stated_amp_page_comes_with_its_cache_address() -> None:
    item = item_of(amp_url="https://www.daily.example/amp/story")
    assert item.amp_web_url == "https://www.daily.example/amp/story"
    cached = "https://www-daily-example.cdn.ampproject.org/c/s/www.daily.example/amp/story"
    assert item.cdn_amp_web_url == cached
    assert item_of(link=cached).url_keys == ("https://daily.example/amp/story",)
    assert "https://daily.example/amp/story" in item.url_keys


def test_an_amp_cache_link_gives_way_to_its_page() -> None:
    cached = "https://www-daily-example.cdn.ampproject.org/c/s/www.daily.example/story"
    item = item_of(link=cached)
    assert item.original_url == cached
    assert item.web_url == "https://www.daily.example/story"
    assert item.cdn_amp_web_url == cached


def test_a_wrapped_link_is_published_unwrapped() -> None:
    item = item_of(link="https://www.google.com/url?url=https://other.example/x%3Futm_source%3Dg&ct=ga")
    assert item.web_url == "https://other.example/x"
    assert item.provider.domain == "other.example"


def test_a_video_has_an_embed_and_no_page() -> None:
    item = item_of(link="https://www.youtube.com/watch?v=dQw4w9WgXcQ", summary="About it")
    assert item.type is StoryType.VIDEO
    assert item.web_url is None
    assert item.original_url == "https://www.youtube.com/watch?v=dQw4w9WgXcQ"
    assert item.featured_content is not None
    assert "https://www.youtube.com/embed/dQw4w9WgXcQ" in item.featured_content
    assert item.images[0].url == "https://i.ytimg.com/vi/dQw4w9WgXcQ/hqdefault.jpg"


def test_a_wordless_page_with_a_framed_video_is_a_video_and_an_article_with_one_is_not() -> None:
    frame = '<iframe src="https://www.youtube.com/embed/dQw4w9WgXcQ"></iframe>'
    video = item_of(summary="", content=frame)
    assert (video.type, video.web_url is not None) == (StoryType.VIDEO, True)
    assert item_of(summary="", content=f"<p>Words.</p>{frame}").type is StoryType.ARTICLE


def test_a_future_date_cannot_pin_an_item_on_top() -> None:
    item = item_of(published="Thu, 01 Jan 2099 00:00:00 GMT")
    assert item.published_at == NOW.replace(microsecond=0)
    assert item.provenance["published_at"] == "clamped"


def test_every_entry_of_real_feeds_becomes_an_item_or_a_named_failure(shared_dir: Path) -> None:
    feed_document = pytest.importorskip("worker.sources.parse.feed_document")
    items, failures = 0, []
    for path in sorted((shared_dir / "data" / "feeds").rglob("*")):
        if not path.is_file() or path.name == "README.md":
            continue
        feed = feed_document.parse_feed(path.read_bytes(), feed_url=f"https://feeds.example/{path.name}")
        for entry in feed.entries:
            try:
                item = normalize(entry, now=NOW, context=CONTEXT)
            except SourceError as error:
                failures.append(error.failure)
                continue
            items += 1
            assert item.title
            assert len(item.excerpt) <= 300
            assert item.original_url.startswith(("http://", "https://"))
            assert item.published_at.tzinfo is UTC
            assert 0 <= item.quality <= 100
            assert len(item.item_id) == 16
    assert items > 1_900
    assert set(failures) <= {"no-link", "no-title"}
    assert len(failures) < 30


def test_one_video_under_its_many_addresses_shares_a_claim() -> None:
    addresses = ("https://www.youtube.com/watch?v=dQw4w9WgXcQ", "https://youtu.be/dQw4w9WgXcQ")
    shares = "https://youtube.com/shorts/dQw4w9WgXcQ"
    keys = [set(item_of(link=link).url_keys) for link in (*addresses, shares)]
    assert set.intersection(*keys)


def test_an_article_that_shows_a_video_does_not_claim_the_video() -> None:
    frame = '<p>Many words about it.</p><iframe src="https://www.youtube.com/embed/dQw4w9WgXcQ"></iframe>'
    assert item_of(summary=frame).url_keys == item_of().url_keys
