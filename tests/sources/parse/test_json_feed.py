"""JSON Feed 1.0 and 1.1, sound and otherwise."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from storyfold.errors import SourceError
from worker.model.entry import Entry, Media
from worker.sources.parse.caps import MAX_ENTRIES, MAX_MEDIA, Flag
from worker.sources.parse.feed_document import parse_feed
from worker.sources.parse.parsed_feed import ParsedFeed

FEED_URL = "https://feeds.example/feed.json"


def read(*items: Any, version: str = "https://jsonfeed.org/version/1.1", **members: Any) -> ParsedFeed:
    document = {"version": version, "title": "F", "items": list(items), **members}
    return parse_feed(json.dumps(document).encode(), feed_url=FEED_URL)


def entry(**members: Any) -> Entry:
    (found,) = read({"id": "1", **members}).entries
    return found


@pytest.mark.parametrize("version", ["https://jsonfeed.org/version/1", "https://jsonfeed.org/version/1.1"])
def test_both_versions_are_read(version: str) -> None:
    feed = read({"id": "1"}, version=version)
    assert (feed.reader, len(feed.entries), feed.flags) == ("json-feed", 1, ())


@pytest.mark.parametrize(
    ("stated", "guid"),
    [("a", "a"), (" a ", "a"), (17, "17"), (0, "0"), (1.5, "1.5"), (-3, "-3"), (10**30, str(10**30))],
)
def test_an_id_is_text_or_a_number(stated: Any, guid: str) -> None:
    assert [found.guid for found in read({"id": stated}).entries] == [guid]


@pytest.mark.parametrize(
    "item", [{}, {"id": ""}, {"id": None}, {"id": True}, {"id": []}, {"id": {}}, "text", 1, None, []]
)
def test_an_item_without_id_is_set_aside_and_counted(item: Any) -> None:
    feed = read({"id": "before"}, item, {"id": "after"})
    assert [found.guid for found in feed.entries] == ["before", "after"]
    assert (feed.skipped, feed.flags) == (1, (Flag.ENTRIES_SKIPPED,))


@pytest.mark.parametrize(
    ("members", "author"),
    [
        ({"authors": [{"name": "Ada"}, {"name": "Bo"}]}, "Ada"),
        ({"authors": [{"url": "https://e.example/"}, {"name": "Bo"}]}, "Bo"),
        ({"author": {"name": "Ada"}}, "Ada"),
        ({"authors": [], "author": {"name": "Ada"}}, "Ada"),
        ({"authors": "Ada"}, "Feed"),
        ({}, "Feed"),
    ],
)
def test_authors_of_1_1_and_author_of_1_0(members: dict[str, Any], author: str) -> None:
    (found,) = read({"id": "1", **members}, author={"name": "Feed"}).entries
    assert found.author == author


def test_text_is_not_markup_and_html_is() -> None:
    found = entry(title="a <b> &amp;", content_text="<script>1</script> & 2", summary="<i>")
    assert (found.title, found.title_is_html) == ("a <b> &amp;", False)
    assert (found.content, found.summary) == ("&lt;script&gt;1&lt;/script&gt; &amp; 2", "&lt;i&gt;")
    assert entry(content_html="<b>x</b>", content_text="x").content == "<b>x</b>"


def test_pictures_come_first_then_attachments_with_kind_and_size() -> None:
    found = entry(
        image="https://e.example/i",
        banner_image="banner.png",
        attachments=[
            {"url": "https://e.example/a", "mime_type": "audio/mpeg"},
            {"url": "https://e.example/b.PNG", "mime_type": "application/octet-stream", "width": 10, "height": "x"},
            {"url": "", "mime_type": "audio/mpeg"},
            "no attachment",
        ],
    )
    assert found.media == (
        Media(url="https://e.example/i", kind="image"),
        Media(url="banner.png", kind="image"),
        Media(url="https://e.example/a", kind="audio", media_type="audio/mpeg"),
        Media(url="https://e.example/b.PNG", kind="image", media_type="application/octet-stream", width=10),
    )
    assert len(entry(attachments=[{"url": str(n)} for n in range(1_000)]).media) == MAX_MEDIA


@pytest.mark.parametrize(("stated", "expired"), [(True, True), (False, False), ("true", False), (1, False)])
def test_expired_is_expired_only_when_true(stated: Any, expired: bool) -> None:
    assert read({"id": "1"}, expired=stated).expired is expired


def test_hub_next_page_and_own_address_are_told() -> None:
    feed = read(
        {"id": "1"},
        hubs=[{"type": "rssCloud", "url": "https://no.example/"}, {"type": "WebSub", "url": "https://hub.example/"}],
        next_url="https://feeds.example/2.json",
        feed_url=FEED_URL,
    )
    assert (feed.hub_url, feed.next_url, feed.self_url) == (
        "https://hub.example/",
        "https://feeds.example/2.json",
        FEED_URL,
    )


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_a_mark_and_wide_encodings_are_tolerated(encoding: str) -> None:
    text = '{"version": "https://jsonfeed.org/version/1", "items": [{"id": "é"}]}'
    assert parse_feed(text.encode(encoding), feed_url="").entries[0].guid == "é"


def test_a_hundred_thousand_items_are_bounded_in_number_and_time() -> None:
    start = time.monotonic()
    feed = read(*({"id": number} for number in range(100_000)))
    assert (len(feed.entries), feed.truncated, feed.flags) == (MAX_ENTRIES, 100_000 - MAX_ENTRIES, (Flag.TRUNCATED,))
    assert time.monotonic() - start < 5


@pytest.mark.parametrize("items", ["none", None, {}, 3])
def test_items_that_are_no_list_are_none(items: Any) -> None:
    feed = parse_feed(json.dumps({"version": "https://jsonfeed.org/version/1", "items": items}).encode(), feed_url="")
    assert feed.entries == ()


@pytest.mark.parametrize(
    "document", ["{}", "[]", '{"items": []}', '{"version": 1}', '{"version": "https://x.example"}']
)
def test_other_json_is_no_feed(document: str) -> None:
    with pytest.raises(SourceError, match="not-a-feed"):
        parse_feed(document.encode(), feed_url="")


def test_a_document_that_breaks_off_gives_the_items_before() -> None:
    """With what the feed says of itself, as far as it is there."""
    whole = json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": "F",
            "items": [{"id": "1"}, {"id": "2"}, {"id": "3"}],
        }
    )
    feed = parse_feed(whole[: whole.index('"3"')].encode(), feed_url="")
    assert ([found.guid for found in feed.entries], feed.title) == (["1", "2"], "F")
    assert feed.flags == (Flag.ILL_FORMED,)


def test_half_an_emoji_costs_no_entry() -> None:
    body = b'{"version": "https://jsonfeed.org/version/1", "items": [{"id": "1", "title": "a\\ud83d"}, {"id": "2"}]}'
    feed = parse_feed(body, feed_url="")
    assert [found.guid for found in feed.entries] == ["1", "2"]
    feed.entries[0].title.encode("utf-8")
    assert feed.flags == (Flag.ILL_FORMED,)
