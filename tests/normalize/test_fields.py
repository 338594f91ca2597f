"""What each field becomes when its source gives a bad value: empty, absurdly long, hostile, of the wrong type.

Feeds go through parser and normalizing, documents through their reader. Whatever comes of it must be a document that
its schema takes, in an event that is not too large. `docs/fields.md` tells the same in words.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from storyfold.errors import DocumentError, SourceError
from storyfold.event import EventType
from storyfold.front_matter import read_record, write_document
from storyfold.json_form import document_to_json
from storyfold.validation import check_document
from worker.flows.document_limits import limit_faults
from worker.flows.file_content import json_objects, read_objects
from worker.fold.document import build_document
from worker.fold.event import MAX_DATA_BYTES, build_event
from worker.model.entry import Entry, Media, Source
from worker.model.item import Item
from worker.model.story import Member, Story
from worker.normalize.item import Context, normalize
from worker.normalize.providers import Organizations
from worker.normalize.taxonomy import Taxonomy
from worker.score.heat import heat_of
from worker.sources.parse.feed_document import parse_feed

NOW = datetime(2026, 3, 1, tzinfo=UTC)
CONTEXT = Context(collection="news", taxonomy=Taxonomy(), organizations=Organizations())
HALF_LIFE = timedelta(hours=24)
FEED_URL = "https://a.example/feed"
LONG = "x" * 2_000_000
SURROGATE = "\ud800"
HUGE = 10**30
NOT_TEXT: tuple[Any, ...] = (None, True, -5, HUGE, 1.5, float("nan"), [1], {})

ITEM = {
    "id": "1",
    "url": "https://a.example/1",
    "title": "A title for a test",
    "content_html": "<p>Some text for it.</p>",
    "date_published": "2026-02-28T00:00:00Z",
}
STORY = {
    "category": "news",
    "title": "A title for a test",
    "publishedDateTime": "2026-02-28T00:00:00Z",
    "originalUrl": "https://a.example/1",
    "webUrl": "https://a.example/1",
    "type": "article",
    "provider": {"name": "A", "domain": "a.example"},
}
LOOSE = {"title": "A title for a test", "url": "https://a.example/1"}
ENTRY = Entry(source=Source.FEED, feed_url=FEED_URL, guid="1", link="https://a.example/1", title="A title for a test")


def of_json_feed(**values: Any) -> Item:
    """The item of a JSON Feed whose only entry has these values."""
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "F", "items": [{**ITEM, **values}]}
    (entry,) = parse_feed(json.dumps(feed).encode(), feed_url=FEED_URL).entries
    return of_entry(entry)


def of_rss(inside: str) -> Item:
    """The item of an RSS feed whose only entry has these elements besides address and title."""
    names = 'xmlns:media="http://search.yahoo.com/mrss/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    item = f"<item><link>https://a.example/1</link><title>A title for a test</title>{inside}</item>"
    feed = f'<rss version="2.0" {names}><channel><title>F</title>{item}</channel></rss>'
    (entry,) = parse_feed(feed.encode(), feed_url=FEED_URL).entries
    return of_entry(entry)


def of_entry(entry: Entry) -> Item:
    return told(normalize(entry, now=NOW, context=CONTEXT))


def of_document(values: Any) -> Item:
    """The item of a document in its JSON form."""
    objects = json_objects(json.dumps(values).encode(), lines=False)
    (entry,) = read_objects(objects, collection="news", source=Source.TASK, to_item=to_item)
    return told(to_item(entry))


def to_item(entry: Entry) -> Item:
    return normalize(entry, now=NOW, context=CONTEXT)


def told(item: Item) -> Item:
    """The item, after its story was scored, stored, written, checked and put into an event."""
    given = item.given
    story = Story(
        story_id=item.item_id,
        collection=item.collection,
        revision=1,
        path="_news/a.md",
        lead_id=item.item_id,
        members=tuple(Member(item=each, joined_at=NOW) for each in (item, *item.related)),
        content=given.content if given else "",
        extras=given.extras if given else (),
        secured=given.secured if given else None,
        created_at=NOW,
        updated_at=NOW,
    )
    heat = heat_of(story, NOW, HALF_LIFE)
    story = replace(story, heat=heat.value, cools_at=heat.cools_at)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(story), type=Story) == story
    document = build_document(story)
    assert check_document(document_to_json(document)) == []
    assert write_document(document).encode()
    event = build_event(story, document, source="/a", kind=EventType.CREATED, changes=(), now=NOW)
    assert len(msgspec.json.encode(event.data)) <= MAX_DATA_BYTES
    return item


# Feeds.


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("", "Some text for it."),
        ("\u200b\u202e", "Some text for it."),
        (LONG, "x" * 300),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),  # text in JSON Feed: data, not markup
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("one \u202ereversed\u202c two", "one reversed two"),
        (f"half {SURROGATE} character", "half \ufffd character"),
        ("nul\x00bell\x07escape\x1b end", "nulbellescape end"),
        *((value, "Some text for it.") for value in NOT_TEXT),
    ],
)
def test_a_bad_title_is_cleaned_or_replaced(title: Any, expected: str) -> None:
    assert of_json_feed(title=title).title == expected


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("<![CDATA[<script>alert(1)</script>A <b onclick='x()'>bold</b> title]]>", "A bold title"),
        ("&lt;img src=x onerror=alert(1)&gt;A title of its own", "A title of its own"),
        ("<![CDATA[<a href='javascript:alert(1)'>A linked title</a>]]>", "A linked title"),
    ],
)
def test_markup_in_a_title_of_html_is_gone(title: str, expected: str) -> None:
    feed = f"<rss><channel><item><link>https://a.example/1</link><title>{title}</title></item></channel></rss>"
    (entry,) = parse_feed(feed.encode(), feed_url=FEED_URL).entries
    assert of_entry(entry).title == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        (LONG, "x" * 300),
        ("<script>alert(1)</script>", ""),
        ("<p onclick='x()'>One line.</p><iframe src='javascript:alert(1)'></iframe>", "One line."),
        ("one \u202ereversed\u202c two", "one reversed two"),
        (f"half {SURROGATE} character", "half \ufffd character"),
        ("nul\x00bell\x07escape\x1b end", "nulbellescape end"),
        *((value, "") for value in NOT_TEXT),
    ],
)
def test_a_bad_text_gives_a_clean_excerpt_or_none(text: Any, expected: str) -> None:
    assert of_json_feed(content_html=text).excerpt == expected


def test_an_entry_without_any_words_is_a_named_failure() -> None:
    with pytest.raises(SourceError) as refused:
        of_json_feed(title="", content_html="<script>alert(1)</script>")
    assert refused.value.failure == "no-title"


@pytest.mark.parametrize(
    "url",
    [
        "",
        LONG,
        "https://a.example/" + "\U0001f600" * 4_000,
        "https://" + "a" * 300 + ".example/",
        "javascript:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "file:///etc/passwd",
        "https://user:secret@a.example/",
        "https://a.example:99999/",
        *NOT_TEXT,
    ],
)
def test_an_entry_without_a_usable_address_is_a_named_failure(url: Any) -> None:
    with pytest.raises(SourceError) as refused:
        of_json_feed(url=url)
    assert refused.value.failure == "no-link"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/a\u202eb c", "https://a.example/a%E2%80%AEb%20c"),
        ("https://a.exam\x00ple/a\x07b", "https://a.example/ab"),
        (f"https://a.example/{SURROGATE}", "https://a.example/\ufffd"),
        (" /relative\n", "https://a.example/relative"),
    ],
)
def test_a_hostile_address_is_mended(url: str, expected: str) -> None:
    item = of_json_feed(url=url)
    assert (item.original_url, item.web_url) == (expected, expected)


@pytest.mark.parametrize(
    "url",
    ["", "javascript:alert(1)", "data:text/html,x", "https://" + "a" * 300 + ".example/", LONG, SURROGATE * 9_000],
)
def test_a_bad_amp_address_is_left_out(url: str) -> None:
    item = of_entry(replace(ENTRY, amp_url=url))
    assert (item.amp_web_url, item.cdn_amp_web_url) == (None, None)


@pytest.mark.parametrize(
    ("date", "how"),
    [
        ("", "first-seen"),
        (LONG, "first-seen"),
        ("<script>alert(1)</script>", "first-seen"),
        ("0001-01-01T00:00:00Z", "first-seen"),
        ("1970-01-01T00:00:00Z", "first-seen"),
        ("-2026-02-28", "repaired"),
        ("9999-12-31T23:59:59-14:00", "first-seen"),
        ("2026-02-30T00:00:00Z", "first-seen"),
        ("2600-01-01T00:00:00Z", "clamped"),
        (f"2026-02-28{SURROGATE}", "repaired"),
        *((value, "first-seen") for value in NOT_TEXT),
    ],
)
def test_a_bad_date_gives_way_to_the_time_at_which_the_entry_was_seen(date: Any, how: str) -> None:
    item = of_json_feed(date_published=date)
    assert item.provenance["published_at"] == how
    assert item.published_at == (datetime(2026, 2, 28, tzinfo=UTC) if how == "repaired" else NOW)


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("", False),
        ("javascript:alert(1)", False),
        ("data:image/png;base64,iVBORw0KGgo=", False),
        ("https://user:secret@a.example/i.jpg", False),
        (LONG, False),
        ("https://a.example/\u202egpj.jpg", True),
        *((value, False) for value in NOT_TEXT),
    ],
)
def test_a_bad_image_address_is_left_out_or_mended(url: Any, kept: bool) -> None:
    images = of_json_feed(image=url).images
    assert [image.url for image in images] == (["https://a.example/%E2%80%AEgpj.jpg"] if kept else [])


@pytest.mark.parametrize(
    ("width", "height", "size"),
    [
        ("800", "600", (800, 600)),
        ("", "", (None, None)),
        ("-800", "-600", (None, None)),
        ("99999999999999999999", "600", (None, None)),
        ("65536", "600", (None, None)),
        ("800", "100%", (None, None)),
        ("&lt;b&gt;", "NaN", (None, None)),
        ("60000", "40", (None, None)),
    ],
)
def test_a_bad_image_size_is_left_unpublished(width: str, height: str, size: tuple[int | None, int | None]) -> None:
    (image,) = of_rss(f'<media:content medium="image" url="/i.jpg" width="{width}" height="{height}"/>').images
    assert (image.width, image.height) == size


@pytest.mark.parametrize("sides", ["width='0' height='0'", "width='1' height='1'", "width='31' height='600'"])
def test_an_image_with_a_side_of_fewer_than_32_pixels_is_left_out(sides: str) -> None:
    assert of_rss(f"<media:content medium='image' url='/i.jpg' {sides}/>").images == ()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("", "b.example"),
        ("\u202e\u200b", "b.example"),
        ("x" * 101, "b.example"),
        (LONG, "b.example"),
        ("<![CDATA[<script>alert(1)</script>The Bee]]>", "The Bee"),
        ("--", "b.example"),
    ],
)
def test_a_bad_publishers_name_gives_way_to_the_domain(name: str, expected: str) -> None:
    provider = of_rss(f"<source url='https://b.example/feed'>{name}</source>").provider
    assert (provider.name, provider.domain) == (expected, "b.example")


@pytest.mark.parametrize("url", ["", "javascript:alert(1)", "https://user:secret@b.example/", "https://" + "a" * 300])
def test_a_publisher_with_a_bad_address_is_passed_over(url: str) -> None:
    assert of_rss(f"<source url='{url}'>The Bee</source>").provider.domain == "a.example"


@pytest.mark.parametrize(
    "player",
    [
        "javascript:alert(1)",
        "https://evil.example/embed/aaaaaaaaaaa",
        "https://www.youtube.com/embed/&quot;&gt;&lt;script&gt;",
        "https://www.youtube.com@evil.example/embed/aaaaaaaaaaa",
        "data:text/html,x",
    ],
)
def test_a_bad_player_makes_no_video(player: str) -> None:
    item = of_rss(f'<media:content medium="video" url="{player}"/><media:player url="{player}"/>')
    assert (item.type, item.featured_content) == ("article", None)


@pytest.mark.parametrize(
    ("label", "labels"),
    [
        ("", ()),
        ("x" * 101, ()),
        (LONG, ()),
        ("\u202eone\x00\x07", ("one",)),
        (f"half {SURROGATE}", ("half \ufffd",)),
        *((value, ()) for value in NOT_TEXT),
    ],
)
def test_a_bad_label_is_cleaned_or_left_out(label: Any, labels: tuple[str, ...]) -> None:
    assert of_json_feed(tags=[label]).labels == labels


def test_of_many_labels_twenty_are_kept() -> None:
    assert len(of_json_feed(tags=[f"label {number}" for number in range(5_000)]).labels) == 20


@pytest.mark.parametrize(
    ("name", "author"),
    [
        ("", ""),
        (LONG, "x" * 2_000),
        ("Ann\u202e\x00\x07 Bee", "Ann Bee"),
        (f"Ann {SURROGATE}", "Ann \ufffd"),
        *((value, "") for value in NOT_TEXT),
    ],
)
def test_a_bad_author_is_cleaned_cut_or_left_out(name: Any, author: str) -> None:
    assert of_json_feed(authors=[{"name": name}]).author == author


@pytest.mark.parametrize("language", ["", LONG, "<b>", "javascript:x", "xx-\u202e", "english please", *NOT_TEXT])
def test_a_bad_language_is_none(language: Any) -> None:
    item = of_json_feed(language=language)
    assert item.language == ""
    assert "language" not in item.provenance


@pytest.mark.parametrize("guid", ["", LONG, None, True, [1], {}])
def test_a_json_feeds_entry_with_a_bad_id_is_set_aside_and_counted(guid: Any) -> None:
    feed = {"version": "https://jsonfeed.org/version/1.1", "items": [{**ITEM, "id": guid}, ITEM]}
    parsed = parse_feed(json.dumps(feed).encode(), feed_url=FEED_URL)
    assert (len(parsed.entries), parsed.skipped) == (1, 1)


@pytest.mark.parametrize("guid", ["<script>", "javascript:alert(1)", "a\u202eb", "-5", "x" * 4_096])
def test_a_hostile_guid_is_kept_as_an_opaque_name_and_never_published(guid: str) -> None:
    item = of_json_feed(id=guid)
    assert item.guid == guid
    assert guid not in write_document(build_document(_story(item)))


def _story(item: Item) -> Story:
    return Story(
        story_id=item.item_id,
        collection="news",
        revision=1,
        path="_news/a.md",
        lead_id=item.item_id,
        members=(Member(item=item, joined_at=NOW),),
        created_at=NOW,
        updated_at=NOW,
    )


_ANY_TEXT = st.text(st.characters(exclude_categories=()) | st.sampled_from("<>&\"'\x00\u202e:/?#%=."), max_size=60)
_HTML = st.lists(st.sampled_from(["<script>", "<p>", "</p>", "<img src=x", ">", "&#0;", "&lt;"]) | _ANY_TEXT).map(
    "".join
)
_LINK = st.just("https://a.example/") | _ANY_TEXT.map(lambda rest: f"https://{rest}") | _ANY_TEXT
_SIDE = st.none() | st.integers(-5, 10**9)
_MEDIA = st.builds(
    Media, url=_LINK, kind=st.sampled_from(["image", "thumbnail", "player", "video", ""]), width=_SIDE, height=_SIDE
)


@settings(max_examples=150, deadline=None)
@given(
    st.builds(
        Entry,
        source=st.just(Source.FEED),
        feed_url=st.just(FEED_URL),
        guid=st.text(max_size=20),
        link=_LINK,
        title=_HTML,
        title_is_html=st.booleans(),
        summary=_HTML,
        content=_HTML,
        published=_ANY_TEXT,
        updated=_ANY_TEXT,
        categories=st.lists(_ANY_TEXT, max_size=3).map(tuple),
        author=_ANY_TEXT,
        language=_ANY_TEXT,
        media=st.lists(_MEDIA, max_size=3).map(tuple),
        amp_url=_LINK,
        provider_name=_HTML,
        provider_url=_LINK,
    )
)
def test_any_entry_gives_a_document_that_its_schema_takes_or_a_named_failure(entry: Entry) -> None:
    try:
        of_entry(entry)
    except SourceError as refused:
        if refused.failure not in ("no-link", "no-title"):
            raise


# Documents.

WRONG_TYPES: tuple[Any, ...] = (-5, HUGE, 1.5, True, [1], {})


def fault_of(values: dict[str, Any]) -> str:
    with pytest.raises(DocumentError) as refused:
        of_document(values)
    return refused.value.faults[0]


@pytest.mark.parametrize("value", ["", *WRONG_TYPES])
def test_a_title_of_a_document_is_a_text_and_not_empty(value: Any) -> None:
    assert fault_of({**STORY, "title": value}).startswith("title: must ")


@pytest.mark.parametrize("key", ["excerpt", "featuredContent", "secured", "content"])
def test_an_optional_text_of_a_document_is_a_text(key: str) -> None:
    for value in WRONG_TYPES:
        assert fault_of({**STORY, key: value}).startswith(f"{key}: must be text")


@pytest.mark.parametrize("key", ["title", "excerpt", "originalUrl", "secured", "content"])
@pytest.mark.parametrize("text", ["a\x00b", f"a{SURROGATE}b"])
def test_no_text_of_a_document_holds_what_no_file_can(key: str, text: str) -> None:
    assert fault_of({**STORY, key: text})


@pytest.mark.parametrize("key", ["originalUrl", "webUrl", "ampWebUrl", "cdnAmpWebUrl"])
def test_an_address_of_a_document_is_an_absolute_http_address_of_bounded_length(key: str) -> None:
    for value in ("", "javascript:alert(1)", "data:text/html,x", "/relative", "<b>", *WRONG_TYPES):
        assert fault_of({**STORY, key: value}).startswith(f"{key}: must be ")
    for value in ("\u202ehttps://a.example/", "https://a.example/a b", "https://a.example/\x07"):
        assert fault_of({**STORY, key: value}).startswith(f"{key}: is an address with the character U+")
    assert fault_of({**STORY, key: "https://a.example/" + LONG}).endswith("more than 4,096; shorten it")


@pytest.mark.parametrize(
    "date",
    [
        "",
        LONG,
        "soon",
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "0999-12-31T00:00:00Z",
        "9000-01-01T00:00:00Z",
        "9999-12-31T23:59:59-14:00",
        "2026-02-30T00:00:00Z",
        "10000-01-01T00:00:00Z",
        *WRONG_TYPES,
    ],
)
def test_a_date_of_a_document_is_one_that_calendars_and_paths_have(date: Any) -> None:
    assert fault_of({**STORY, "publishedDateTime": date}).startswith("publishedDateTime: must be ")


@pytest.mark.parametrize("key", ["quality", "heat"])
@pytest.mark.parametrize("value", ["", "many", -5, 2**53, 2**64, HUGE, 1.5, True, [1]])
def test_a_number_of_a_document_is_whole_and_one_that_json_has(key: str, value: Any) -> None:
    assert fault_of({**STORY, key: value}).startswith(f"{key}: must be ")


def test_the_largest_number_of_a_document_is_kept() -> None:
    item = of_document({**STORY, "quality": 2**53 - 1, "heat": 2**53 - 1})
    assert item.quality == 2**53 - 1


@pytest.mark.parametrize("value", ["", "yes please", 1, -5, 1.5, [1]])
def test_published_of_a_document_is_true_or_false(value: Any) -> None:
    assert fault_of({**STORY, "published": value}).startswith("published: must be true or false")


@pytest.mark.parametrize("value", ["", "podcast", "<b>", LONG, *WRONG_TYPES])
def test_a_type_of_a_document_is_article_or_video(value: Any) -> None:
    assert fault_of({**STORY, "type": value}).startswith("type: must be article or video")


@pytest.mark.parametrize(
    "value", ["News", "../up", "a b", "x" * 64, LONG, "\u202enews", "javascript:x", -5, True, [1]]
)
def test_a_category_of_a_document_is_a_slug(value: Any) -> None:
    assert fault_of({**STORY, "category": value}).startswith("category: must be ")


@pytest.mark.parametrize("value", ["", None])
def test_a_document_without_category_belongs_to_the_collection_it_came_by(value: Any) -> None:
    assert of_document({**STORY, "category": value}).collection == "news"


@pytest.mark.parametrize(
    ("provider", "fault"),
    [
        ("A", "provider: must be a mapping"),
        ({"name": "A"}, "provider.domain: required key is missing"),
        ({"name": "", "domain": "a.example"}, "provider.name: must not be empty"),
        ({"name": 5, "domain": "a.example"}, "provider.name: must be text"),
        ({"name": LONG, "domain": "a.example"}, "provider.name: has 2,000,000 characters, more than 500"),
        ({"name": "A", "domain": "a" * 254}, "provider.domain: has 254 characters, more than 253"),
        ({"name": "A", "domain": "a.example", "note": LONG}, "provider: has more than 16,384 bytes"),
        (
            {"name": "A", "domain": "a.example", "images": [{"url": "javascript:alert(1)"}]},
            "provider.images[0].url: must be an http or https address",
        ),
    ],
)
def test_a_provider_of_a_document_is_whole_and_of_bounded_size(provider: Any, fault: str) -> None:
    assert fault_of({**STORY, "provider": provider}).startswith(fault)


@pytest.mark.parametrize(
    ("image", "fault"),
    [
        ("https://a.example/i.jpg", "images[0]: must be a mapping"),
        ({"width": 5}, "images[0].url: required key is missing"),
        ({"url": ""}, "images[0].url: must not be empty"),
        ({"url": 5}, "images[0].url: must be text"),
        ({"url": "javascript:alert(1)"}, "images[0].url: must be an http or https address"),
        ({"url": "java\nscript:alert(1)"}, "images[0].url: is an address with the character U+000A"),
        ({"url": "data:image/png;base64,x"}, "images[0].url: must be an http or https address"),
        ({"url": "https://a.example/" + LONG}, "images[0].url: has 2,000,018 characters, more than 4,096"),
        ({"url": "/i.jpg", "width": -1}, "images[0].width: must be 0 or more"),
        ({"url": "/i.jpg", "height": 2**64}, "images[0].height: must be at most 9,007,199,254,740,991"),
        ({"url": "/i.jpg", "width": "wide"}, "images[0].width: must be a whole number"),
        ({"url": "/i.jpg", "isCached": "yes"}, "images[0].isCached: must be true or false"),
    ],
)
def test_an_image_of_a_document_has_an_address_and_possible_sides(image: Any, fault: str) -> None:
    assert fault_of({**STORY, "images": [image]}).startswith(fault)
    related = {key: value for key, value in STORY.items() if key not in ("category", "originalUrl")}
    assert fault_of({**STORY, "related": [{**related, "images": [image]}]}).startswith(f"related[0].{fault}")


def test_an_image_of_a_document_may_lie_on_the_consumers_own_site() -> None:
    assert of_document({**STORY, "images": [{"url": "/images/i.jpg"}]}).images[0].url == "/images/i.jpg"


@pytest.mark.parametrize(
    ("topics", "fault"),
    [("AI", "topics: must be a list"), ([""], "topics[0]: must not"), ([5], "topics[0]: must be text")],
)
def test_topics_of_a_document_are_a_list_of_texts(topics: Any, fault: str) -> None:
    assert fault_of({**STORY, "topics": topics}).startswith(fault)


@pytest.mark.parametrize(
    ("related", "fault"),
    [
        ("x", "related: must be a list"),
        (["x"], "related[0]: must be a mapping"),
        ([{}], "related[0].title: required key is missing"),
        ([{**STORY, "publishedDateTime": "9999-12-31T23:59:59Z"}], "related[0].publishedDateTime: must be of a year"),
        ([{**STORY, "quality": HUGE}], "related[0].quality: must be at most"),
        ([{**STORY, "webUrl": "javascript:alert(1)"}], "related[0].webUrl: must be an absolute http"),
    ],
)
def test_a_related_item_of_a_document_is_checked_like_the_lead(related: Any, fault: str) -> None:
    assert fault_of({**STORY, "related": related}).startswith(fault)


@pytest.mark.parametrize(
    ("key", "limit"), [("title", 2_000), ("excerpt", 20_000), ("featuredContent", 20_000), ("secured", 1_000_000)]
)
def test_a_text_of_a_document_is_kept_whole_or_refused(key: str, limit: int) -> None:
    of_document({**STORY, key: "é" * limit})
    assert fault_of({**STORY, key: "é" * (limit + 1)}) == (
        f"{key}: has {limit + 1:,} characters, more than {limit:,}; shorten it"
    )


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "javascript:alert(1)", "&lt;b&gt;"])
def test_markup_in_a_text_of_a_document_is_kept_as_its_author_wrote_it(text: str) -> None:
    keys = ("title", "excerpt", "featuredContent", "secured", "content")
    item = of_document({**STORY, **dict.fromkeys(keys, text)})
    assert item.given is not None
    given = item.given
    assert {item.title, item.excerpt, item.featured_content, given.secured, given.content} == {text}


def test_hidden_characters_of_a_document_go_from_what_stands_in_one_line() -> None:
    hidden = "a\u202eb\x07 c"
    item = of_document(
        {**STORY, "title": hidden, "provider": {"name": hidden, "domain": "a.example"}, "topics": [hidden]}
    )
    assert (item.title, item.provider.name, item.topics) == ("ab c", "ab c", ("ab c",))
    assert of_document({**STORY, "excerpt": hidden}).excerpt == "ab c"


def test_the_body_of_a_document_may_be_long_and_its_event_leaves_it_out() -> None:
    item = of_document({**STORY, "content": LONG})
    assert item.given is not None
    assert item.given.content == LONG


@pytest.mark.parametrize("value", ["", "https://a.example/" + LONG, "javascript:alert(1)", "data:text/html,x", "/x"])
def test_a_loose_document_without_a_usable_address_is_refused(value: str) -> None:
    with pytest.raises(DocumentError):
        of_document({**LOOSE, "url": value})


@pytest.mark.parametrize(
    ("changes", "attribute", "expected"),
    [
        ({"image": "javascript:alert(1)"}, "images", ()),
        ({"image": "data:image/png;base64,x"}, "images", ()),
        ({"image": [1]}, "images", ()),
        ({"tags": "one, two"}, "topics", ()),
        ({"tags": [5, None, {}]}, "topics", ()),
        ({"description": ""}, "excerpt", ""),
        ({"description": "one \u202ereversed\u202c two"}, "excerpt", "one reversed two"),
        ({"body": "<script>alert(1)</script><p>One line.</p>"}, "excerpt", "One line."),
        ({"body": LONG}, "excerpt", "x" * 300),
        ({"language": LONG}, "language", ""),
        ({"date": ""}, "published_at", NOW),
        ({"date": "1970-01-01"}, "published_at", NOW),
        ({"date": "9999-12-31"}, "published_at", NOW),
    ],
)
def test_what_is_bad_in_a_loose_document_is_worked_out_by_the_rules(
    changes: dict[str, Any], attribute: str, expected: Any
) -> None:
    assert getattr(of_document({**LOOSE, **changes}), attribute) == expected


def test_a_text_of_a_loose_document_is_bounded_under_every_name() -> None:
    assert fault_of({**LOOSE, "description": LONG}).startswith("excerpt: has 2,000,000 characters, more than 20,000")


def test_no_limit_refuses_a_real_document(shared_dir: Path) -> None:
    archive = sorted((shared_dir / "data" / "archive" / "_news").glob("*.md"))
    assert len(archive) > 100
    for path in archive:
        assert limit_faults(read_record(path.read_bytes())) == [], path.name
