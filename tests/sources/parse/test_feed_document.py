"""parse_feed: every supported format, the faults of real feeds, the choice of the reader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storyfold.errors import SourceError
from worker.model.entry import Entry, Source
from worker.sources.parse.feed_document import Reason, choose, parse_feed
from worker.sources.parse.parsed_feed import ParsedFeed

FEED_URL = "https://feeds.example/news/feed.xml"
PAIRS = sorted((Path(__file__).parent / "feeds").glob("*.expected.json"))
ENTRY = b"<item><title>t</title></item>"


def lean(value: Any) -> Any:
    """Without what is empty, so that an expectation states only what is there."""
    if isinstance(value, dict):
        members = {key: lean(member) for key, member in value.items()}
        return {key: member for key, member in members.items() if member not in ("", None, [], {}, False)}
    return [lean(member) for member in value] if isinstance(value, (list, tuple)) else value


def shown(feed: ParsedFeed) -> Any:
    """As the expectations have it: an entry leaves out what it has from the feed and from its address."""
    value = lean(json.loads(msgspec.json.encode(feed)))
    inherited = {
        "source": "feed",
        "feed_url": FEED_URL,
        "base_url": FEED_URL,
        "feed_title": feed.title,
        "site_url": feed.site_url,
    }
    for entry in value.get("entries", []):
        for key, member in inherited.items():
            if entry.get(key) == member:
                del entry[key]
    return value


def outcome_of(body: bytes) -> ParsedFeed | SourceError:
    try:
        return parse_feed(body, feed_url=FEED_URL)
    except SourceError as error:
        return error


def document_of(expectation: Path) -> Path:
    stem = expectation.name.removesuffix(".expected.json")
    (document,) = (p for p in expectation.parent.glob(f"{stem}.*") if p != expectation)
    return document


@pytest.mark.parametrize("expectation", PAIRS, ids=lambda path: path.name.removesuffix(".expected.json"))
def test_document_reads_as_expected(expectation: Path) -> None:
    """A pair NAME.* and NAME.expected.json in feeds/ is a test; no code has to be written for it."""
    expected = json.loads(expectation.read_text(encoding="utf-8"))
    content_type = expected.pop("content_type", "")
    body = document_of(expectation).read_bytes()
    if "failure" in expected:
        with pytest.raises(SourceError) as raised:
            parse_feed(body, feed_url=FEED_URL, content_type=content_type)
        assert {"failure": raised.value.failure, "detail": raised.value.detail} == expected
    else:
        assert shown(parse_feed(body, feed_url=FEED_URL, content_type=content_type)) == expected


def test_there_are_pairs_to_test() -> None:
    assert len(PAIRS) >= 30


def _feed(entries: int, *, ill_formed: bool = False, skipped: int = 0, truncated: int = 0) -> ParsedFeed:
    entry = Entry(source=Source.FEED, title="t")
    return ParsedFeed(
        reader="lean", entries=(entry,) * entries, ill_formed=ill_formed, skipped=skipped, truncated=truncated
    )


@pytest.mark.parametrize(
    ("first", "marks", "reason"),
    [
        (_feed(3), 3, Reason.NONE),
        (_feed(0), 0, Reason.NONE),
        (_feed(0), 2, Reason.NO_ENTRIES),
        (_feed(0, skipped=2), 2, Reason.NONE),
        (_feed(2), 3, Reason.NONE),
        (_feed(2, ill_formed=True), 3, Reason.FEWER_ENTRIES),
        (_feed(2, ill_formed=True, skipped=1), 3, Reason.NONE),
        (_feed(2, ill_formed=True, truncated=1), 3, Reason.NONE),
        (SourceError("not-a-feed", ""), 1, Reason.REFUSED),
        (SourceError("ill-formed", ""), 1, Reason.REFUSED),
        (SourceError("not-a-feed", ""), 0, Reason.NONE),
        (SourceError("too-deep", ""), 9, Reason.NONE),
        (SourceError("empty", ""), 9, Reason.NONE),
    ],
)
def test_second_reader_is_asked_for_a_reason(first: ParsedFeed | SourceError, marks: int, reason: Reason) -> None:
    assert choose(first, marks) is reason


def test_ids_that_differ_by_case_or_escaping_stay_apart() -> None:
    """RFC 4287 section 4.2.6.1: compared character by character."""
    ids = ["urn:A", "urn:a", "http://a.example/%7e", "http://a.example/%7E", "http://A.example/~"]
    entries = "".join(f"<entry><id>{guid}</id></entry>" for guid in ids)
    feed = parse_feed(f'<feed xmlns="http://www.w3.org/2005/Atom">{entries}</feed>'.encode(), feed_url="")
    assert [entry.guid for entry in feed.entries] == ids


def test_dropped_file_without_address_has_no_base() -> None:
    feed = parse_feed(b"<rss><channel>" + ENTRY + b"</channel></rss>", feed_url="")
    assert (feed.entries[0].feed_url, feed.entries[0].base_url) == ("", "")


@pytest.mark.parametrize("address", ["http://[", "::", "//", "\x00", "http://a b/"])
def test_impossible_base_leaves_the_outer_one(address: str) -> None:
    body = f"<rss><channel xml:base='{address}'><item><title>t</title></item></channel></rss>"
    assert parse_feed(body.encode(), feed_url=FEED_URL).entries[0].base_url.startswith(("http:", "https:"))


_PIECES = [
    piece.replace("_", " ").encode("latin-1")
    for piece in [
        "<rss>",
        "<channel>",
        "<item>",
        "</item>",
        "<entry>",
        "<feed>",
        "<title>",
        "</title>",
        "<guid/>",
        "<link_href='",
        "'/>",
        "<![CDATA[",
        "]]>",
        "&amp;",
        "&#0;",
        "&nbsp;",
        "<!DOCTYPE_a_[",
        "]>",
        "<?xml_",
        "?>",
        "<!--",
        "-->",
        "ÿ",
        "ï»¿",
        "ÿþ",
        "{",
        "}",
        "{}",
        "]",
        '"items":[',
        '"version":"https://jsonfeed.org/version/1",',
        "<media:content",
        "_url=x>",
        "<source>",
        "<author>",
        "<div>",
        "\x00",
        "<html>",
        "<content_type='xhtml'>",
        "_encoding='utf-16'",
        "<p>",
        "</p>",
        "<br>",
    ]
]


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.lists(st.sampled_from(_PIECES), max_size=30).map(b"".join)))
def test_any_bytes_give_a_feed_or_a_source_error(body: bytes) -> None:
    outcome = outcome_of(body)
    if isinstance(outcome, SourceError):
        assert outcome.failure in {"empty", "not-a-feed", "ill-formed", "too-deep", "too-large"}
    else:
        msgspec.json.encode(outcome).decode("utf-8")


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60), st.integers(0, 400))
def test_damaged_feed_gives_a_feed_or_a_source_error(noise: bytes, place: int) -> None:
    body = b"<?xml version='1.0'?><rss><channel><title>x</title>" + ENTRY * 10 + b"</channel></rss>"
    assert isinstance(outcome_of(body[:place] + noise + body[place:]), (ParsedFeed, SourceError))
