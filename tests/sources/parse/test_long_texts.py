"""Texts longer than any reader takes are cut before a tree is made; everything else stays as it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.sources.parse.caps import Flag
from worker.sources.parse.feed_document import parse_feed
from worker.sources.parse.long_texts import MAX_TEXT_BYTES, without_long_texts

LONG = MAX_TEXT_BYTES * 2 + 17


def feed(title: bytes, after: bytes = b"") -> bytes:
    return (
        b"<rss><channel><title>t</title><item><guid>1</guid><link>https://e.example/1</link><title>" + title
        + b"</title></item>" + after + b"</channel></rss>"
    )  # fmt: skip


SECOND = b"<item><guid>2</guid><link>https://e.example/2</link><title>Two</title></item>"


@given(st.binary(max_size=3_000))
def test_a_document_without_a_long_text_is_the_same_object(document: bytes) -> None:
    assert without_long_texts(document) is document


@pytest.mark.parametrize(
    "text",
    [
        b"x" * LONG,
        "\u00e9".encode() * (LONG // 2),
        b"a&amp;" * (LONG // 6),
        b"<![CDATA[" + b"<p>x" * (LONG // 4) + b"]]>",
    ],
    ids=["letters", "characters of two bytes", "references", "a CDATA section"],
)
def test_what_stands_after_a_long_text_is_read(text: bytes) -> None:
    parsed = parse_feed(feed(text, SECOND), feed_url="https://e.example/feed")
    assert [entry.guid for entry in parsed.entries] == ["1", "2"]
    assert parsed.entries[1].title == "Two"
    assert Flag.TRUNCATED in parsed.flags
    assert not parsed.ill_formed


def test_a_character_and_a_reference_are_not_parted() -> None:
    for shift in range(8):
        for piece in ("\u00e9".encode(), b"&amp;", "\U0001f6a2".encode()):
            kept = without_long_texts(b"<a>" + b"x" * shift + piece * (LONG // len(piece)) + b"</a>")
            assert len(kept) <= MAX_TEXT_BYTES + 7
            text = kept.removeprefix(b"<a>" + b"x" * shift).removesuffix(b"</a>")
            assert text == piece * (len(text) // len(piece))


def test_a_long_attribute_is_left_to_the_limits_of_the_parser() -> None:
    document = b'<a b="' + b"x" * LONG + b'"/>'
    assert without_long_texts(document) is document


def test_a_long_text_without_an_end_is_cut() -> None:
    assert len(without_long_texts(b"<a>" + b"x" * LONG)) == 3 + MAX_TEXT_BYTES
