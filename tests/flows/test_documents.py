"""Which files and objects become entries, and with what faults others are refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from storyfold.errors import DocumentError, SourceError
from storyfold.front_matter import write_document
from worker.flows.file_content import (
    MAX_SUBSCRIPTIONS,
    MAX_VALUES,
    FileContent,
    json_objects,
    read_file,
    read_objects,
)
from worker.model.entry import Entry, Source
from worker.model.item import Item

ToItem = Callable[[Entry], Item]

STORY = """---
category: tech
title: "Ferry sails again"
excerpt: "After two years."
publishedDateTime: 2026-03-01T10:00:00Z
originalUrl: "https://harbor.example/ferry"
webUrl: "https://harbor.example/ferry"
type: article
quality: 39
heat: -1
published: false

provider:
  name: Harbor Herald
  domain: harbor.example

country: no
---

"""
FEED = """<rss version="2.0"><channel><title>H</title><link>https://harbor.example/</link>
<item><title>One</title><link>/one</link><guid>g1</guid></item>
<item><title>Two</title><link>https://harbor.example/two</link></item></channel></rss>"""


def _read(to_item: ToItem, text: str | bytes, name: str, collection: str = "news") -> FileContent:
    body = text.encode() if isinstance(text, str) else text
    return read_file(body, name, collection=collection, to_item=to_item)


def test_a_story_document_is_taken_as_it_stands(to_item: ToItem) -> None:
    (entry,) = _read(to_item, STORY, "a.md").entries

    assert entry.document is not None
    assert write_document(entry.document) == STORY
    assert to_item(entry).collection == "tech", "the document's own collection wins"


def test_a_document_without_category_goes_to_its_folders_collection(to_item: ToItem) -> None:
    (entry,) = _read(to_item, STORY.replace("category: tech\n", ""), "a.md", "politics").entries

    assert to_item(entry).collection == "politics"


def test_any_front_matter_with_title_and_url_is_completed_by_the_rules(to_item: ToItem) -> None:
    text = (
        "---\ntitle: Robots learn to knit\nurl: https://www.bbc.co.uk/knit?utm_source=x\n"
        "date: 2026-03-01\nlayout: post\n---\nBody text.\n"
    )

    (entry,) = _read(to_item, text, "loose.md").entries
    item = to_item(entry)

    assert (item.title, item.provider.domain) == ("Robots learn to knit", "bbc.co.uk")
    assert item.web_url == "https://www.bbc.co.uk/knit"
    assert item.published_at.isoformat() == "2026-03-01T00:00:00+00:00"
    assert item.given is not None
    assert [extra.text for extra in item.given.extras] == ["layout: post"]
    assert item.given.content == "Body text.\n"


def test_what_a_loose_document_gives_is_kept(to_item: ToItem) -> None:
    text = "---\ntitle: T of it\nurl: https://a.example/x\nquality: 7\ntopics:\n  - Knitting\n---\n"

    item = to_item(_read(to_item, text, "loose.md").entries[0])

    assert (item.quality, item.topics) == (7, ("Knitting",))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("---\ntitle: T\n---\n", "originalUrl: required key is missing"),
        ("---\nurl: https://a.example/x\n---\n", "title: required key is missing"),
        (STORY.replace("heat: -1", "heat: warm"), "heat"),
        (STORY.replace("type: article", "type: podcast"), "type: must be article or video"),
        ("---\ntitle: [a\n---\n", "front matter"),
    ],
    ids=["no url", "no title", "heat", "type", "no yaml"],
)
def test_a_bad_document_is_refused_with_the_path_of_its_fault(to_item: ToItem, text: str, fault: str) -> None:
    with pytest.raises(DocumentError) as caught:
        _read(to_item, text, "bad.md")

    assert fault in str(caught.value)


def test_a_dropped_feed_resolves_against_its_own_site(to_item: ToItem) -> None:
    content = _read(to_item, FEED, "whatever.txt")

    assert [to_item(entry).web_url for entry in content.entries] == [
        "https://harbor.example/one",
        "https://harbor.example/two",
    ]
    assert {entry.source for entry in content.entries} == {Source.DROP}


def test_a_dropped_feed_that_names_its_address_has_the_identity_of_the_live_one(to_item: ToItem) -> None:
    live = "https://harbor.example/feed.xml"
    link = f'<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="self" href="{live}"/>'

    content = _read(to_item, FEED.replace("<title>H</title>", f"<title>H</title>{link}"), "feed.xml")

    assert {entry.feed_url for entry in content.entries} == {live}


@pytest.mark.parametrize("form", ["object", "list", "lines"])
def test_json_comes_as_object_list_or_lines(to_item: ToItem, form: str) -> None:
    rows = [{"title": f"Title {n}", "url": f"https://a.example/{n}"} for n in range(1 if form == "object" else 3)]
    text = {"object": json.dumps(rows[0]), "list": json.dumps(rows), "lines": "\n".join(map(json.dumps, rows))}[form]

    content = _read(to_item, text, "rows.jsonl" if form == "lines" else "rows.json")

    assert [to_item(entry).title for entry in content.entries] == [row["title"] for row in rows]


def test_faults_of_many_objects_are_named_by_number_and_none_is_taken(to_item: ToItem) -> None:
    rows: list[Any] = [{"title": "a", "url": "https://a.example/"}, {"title": "b"}, 7]

    with pytest.raises(DocumentError) as caught:
        read_objects(rows, collection="news", source=Source.TASK, to_item=to_item)

    assert caught.value.faults[0].startswith("[1].originalUrl")
    assert caught.value.faults[1].startswith("[2].document")


def test_json_that_is_none_says_in_which_line() -> None:
    with pytest.raises(DocumentError, match="line 2"):
        json_objects(b'{"a": 1}\n{oops\n', lines=True)


def test_lists_of_feeds_become_subscriptions(to_item: ToItem) -> None:
    opml = '<opml version="2.0"><body><outline text="H" xmlUrl="https://h.example/f"/></body></opml>'

    assert [each.url for each in _read(to_item, opml, "a.opml").subscriptions] == ["https://h.example/f"]
    listed = _read(to_item, "https://a.example/f\n# no\nhttps://b.example/f Title\n", "a.urls").subscriptions
    assert [each.url for each in listed] == ["https://a.example/f", "https://b.example/f"]


@pytest.mark.parametrize(
    ("body", "failure"),
    [
        (b"", "empty"),
        (b"<!doctype html><html><body>x</body></html>", "not-a-document"),
        (b"\x00\x01\x02", "not-a-document"),
        (b"ftp://a.example/x\nhttps://a.example/f\n", "bad-line"),
        (b'<rss version="2.0"><channel><title>x</title></channel></rss>', "no-entries"),
    ],
)
def test_what_storyfold_does_not_read_has_a_named_failure(to_item: ToItem, body: bytes, failure: str) -> None:
    name = "list.urls" if failure == "bad-line" else "x"
    with pytest.raises(SourceError) as caught:
        _read(to_item, body, name)

    assert caught.value.failure == failure


def test_a_date_that_a_document_does_not_give_is_known_to_be_ours(to_item: ToItem) -> None:
    """So that the same document dropped again does not move its story to a new date."""
    (without,) = _read(to_item, "---\ntitle: Ferry sails\nurl: https://harbor.example/f\n---\n", "a.md").entries
    (given,) = _read(
        to_item, "---\ntitle: Ferry\nurl: https://harbor.example/f\ndate: 2026-03-01\n---\n", "a.md"
    ).entries

    assert to_item(without).provenance["published_at"] == "first-seen"
    assert to_item(given).provenance["published_at"] not in ("first-seen", "clamped")


def test_a_date_that_cannot_be_read_refuses_the_document(to_item: ToItem) -> None:
    """The time of arrival must not stand in for a date that was given."""
    text = "---\ntitle: Ferry\nurl: https://harbor.example/f\ndate: 2024-13-45\n---\n"
    with pytest.raises(DocumentError) as caught:
        _read(to_item, text, "a.md")

    assert [fault.partition(":")[0] for fault in caught.value.faults] == ["publishedDateTime"]


@pytest.mark.parametrize(
    ("lines", "published"),
    [
        ("draft: true\n", False),
        ("draft: True\n", False),
        ("draft: false\n", None),
        ("draft: no\n", None),
        ("draft:\n", None),
        ("published: true\ndraft: true\n", True),
        ("published: false\ndraft: false\n", False),
        ("", None),
    ],
)
@pytest.mark.parametrize("whole", [True, False], ids=["whole", "loose"])
def test_a_draft_is_not_published_and_keeps_its_key(
    to_item: ToItem, lines: str, published: bool | None, whole: bool
) -> None:
    text = "---\ntitle: T of it\nurl: https://a.example/x\n" + lines + "---\n"
    if whole:
        text = STORY.replace("published: false\n", lines, 1)
        assert text != STORY or lines == "published: false\n"
    (entry,) = _read(to_item, text, "draft.md").entries
    item = to_item(entry)

    assert item.given is not None
    assert item.given.published is published
    assert ("draft" in [extra.key for extra in item.given.extras]) == ("draft" in lines)


@pytest.mark.parametrize(
    ("lines", "how"), [("", "derived"), ("topics: [Knitting]\n", "given")], ids=["worked out", "given"]
)
def test_only_topics_that_a_document_gives_are_called_given(to_item: ToItem, lines: str, how: str) -> None:
    """The operator's rules leave given topics alone, and change all others."""
    text = f"---\ntitle: Malware in a machine learning library\nurl: https://a.example/x\n{lines}---\n"

    item = to_item(_read(to_item, text, "loose.md").entries[0])

    assert item.topics
    assert item.provenance["topics"] == how
    assert item.provenance["title"] == "given"


def test_a_summary_under_another_name_is_made_an_excerpt_and_an_own_excerpt_is_kept(to_item: ToItem) -> None:
    loose = {"title": "T of it", "url": "https://a.example/x"}
    (other, own) = read_objects(
        [{**loose, "summary": "<p>One &amp; two</p>"}, {**loose, "excerpt": "<p>One</p>"}],
        collection="news",
        source=Source.TASK,
        to_item=to_item,
    )

    assert (to_item(other).excerpt, to_item(own).excerpt) == ("One & two", "<p>One</p>")


def test_json_that_is_not_utf8_is_a_named_fault() -> None:
    body = '{"title": "Föhn"}'.encode("latin-1")
    for lines in (False, True):
        with pytest.raises(DocumentError, match="not UTF-8"):
            json_objects(body, lines=lines)


def test_after_fifty_faults_the_rest_of_a_list_is_not_looked_at(to_item: ToItem) -> None:
    rows: list[Any] = [7] * 200_000

    with pytest.raises(DocumentError) as caught:
        read_objects(rows, collection="news", source=Source.TASK, to_item=to_item)

    assert len(caught.value.faults) == 51
    assert caught.value.faults[-1] == "and more; 199,949 objects were not looked at"


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b"[" + b"[]," * MAX_VALUES + b"[]]", "a.json"),
        (b"{}\n" * (MAX_VALUES + 1), "a.jsonl"),
        (b"x\n" * (MAX_SUBSCRIPTIONS + 1), "a.urls"),
    ],
    ids=["list", "lines", "addresses"],
)
def test_a_file_of_too_many_values_is_refused_before_it_is_taken_apart(
    to_item: ToItem, body: bytes, name: str
) -> None:
    with pytest.raises(SourceError) as caught:
        _read(to_item, body, name)

    assert caught.value.failure == "too-large"


def test_commas_in_the_texts_of_a_json_file_are_no_values(to_item: ToItem) -> None:
    row = {"title": "T of it", "url": "https://a.example/x", "content": "," * (MAX_VALUES + 1) + '\\"['}

    assert _read(to_item, json.dumps([row]), "a.json").entries


def test_faults_of_a_long_list_of_addresses_are_told_up_to_fifty(to_item: ToItem) -> None:
    body = "https://a.example/f\n" + "ftp://a.example/\n" * 500

    with pytest.raises(SourceError, match=r"and 450 more$"):
        _read(to_item, body, "a.urls")


def test_json_front_matter_is_read(to_item: ToItem) -> None:
    text = '{\n  "title": "T of it",\n  "url": "https://a.example/x",\n  "id": "0123"\n}\n\nBody.\n'

    item = to_item(_read(to_item, text, "hugo.md").entries[0])

    assert item.given is not None
    assert (item.title, item.given.content) == ("T of it", "Body.\n")
    assert [extra.text for extra in item.given.extras] == ['id: "0123"']
