"""Tags of a page, told apart in linear time."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from worker.sources.page.markup import MAX_TAGS, decode_entities, one_line, read_attributes, scan


def names(page: str) -> list[str]:
    return [("/" if tag.is_end else "") + tag.name for tag in scan(page) if tag.name not in ("", "!")]


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<p>a</p>", ["p", "/p"]),
        ("<P CLASS=x>a</P >", ["p", "/p"]),
        ("<br/>", ["br"]),
        ("<a title='<b>'>", ["a"]),
        ('<a title="a>b" x>', ["a"]),
        ("<a title=it's><i>", ["a", "i"]),
        ("<p it's><b>", ["p", "b"]),
        ("<p =x><b>", ["p", "b"]),
        ("<a b=><c>", ["a", "c"]),
        ("<!-- <p> --><b>", ["b"]),
        ("<!--><b>", ["b"]),
        ("<!---><b>", ["b"]),
        ("<!-- <p> --!><b>", ["b"]),
        ("<!-- <p>", []),
        ("<!doctype html><b>", ["b"]),
        ("<?xml version='1.0'?><b>", ["b"]),
        ("</ x><b>", ["b"]),
        ("<![CDATA[ x ]]><b>", ["b"]),
        ("1 < 2 <b>", ["b"]),
        ("<b><i", ["b"]),
        ("<script>'<p>'</script><b>", ["script", "b"]),
        ("<script>a</SCRIPT ><b>", ["script", "b"]),
        ("<script>a</scripts><i></script><b>", ["script", "b"]),
        ("<script>never closed <b>", ["script"]),
        ("<style><p></style><b>", ["style", "b"]),
        ("<noscript><img src=x></noscript><b>", ["noscript", "b"]),
        ("<textarea><meta></textarea><b>", ["textarea", "b"]),
    ],
)
def test_tags_are_told_as_html_tells_them(page: str, expected: list[str]) -> None:
    assert names(page) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (" a=1 b='2' c=\"3\" d", {"a": "1", "b": "2", "c": "3", "d": ""}),
        (" a=1 A=2", {"a": "1"}),
        ("a='1'b='2'", {"a": "1", "b": "2"}),
        (" a = 1", {"a": "1"}),
        ("/a/b=c/d", {"a": "", "b": "c/d"}),
        (" content='a &amp;lt; b'", {"content": "a &lt; b"}),
        (" href='?a=1&copy=2&lang=3&amp;x'", {"href": "?a=1&copy=2&lang=3&x"}),
        (" a='&copy 2'", {"a": "© 2"}),
        (" a='&#8217;&#x2019;'", {"a": "’’"}),
        (" ⚡", {"⚡": ""}),
    ],
)
def test_attributes_are_read_with_their_entities_decoded_once(source: str, expected: dict[str, str]) -> None:
    assert read_attributes(source) == expected


@pytest.mark.parametrize("text", ["&#" + "9" * 5_000 + ";", "&" + "a" * 100_000, "&;", "&#;", "&#x;", "&#xFFFFFFFF;"])
def test_no_reference_is_too_strange(text: str) -> None:
    assert isinstance(decode_entities(text), str)


def test_a_line_holds_no_lone_surrogate_and_no_zero_byte() -> None:
    assert one_line("a\ud800b\0 \n c", 100) == "ab c"


def test_the_number_of_tags_is_bounded() -> None:
    assert sum(1 for _ in scan("<b>" * (MAX_TAGS + 10))) == MAX_TAGS + 1


_WORDS = st.text("ab <>'\"=&;/-!", max_size=8)
_ATTRIBUTES = st.dictionaries(st.sampled_from(["name", "content", "href", "x-y"]), st.text("ab<>' =&/", max_size=10))


def _tag(name: str, attributes: dict[str, str]) -> str:
    escaped = {key: value.replace("&", "&amp;") for key, value in attributes.items()}
    pairs = " ".join(f'{key}="{value}"' for key, value in escaped.items())
    return f"<{name} {pairs}></{name}>"


@given(st.lists(st.tuples(st.sampled_from(["div", "i", "section"]), _ATTRIBUTES), max_size=5))
@settings(max_examples=150)
def test_well_formed_tags_give_what_a_tree_builder_reads(elements: list[tuple[str, dict[str, str]]]) -> None:
    markup = "".join(_tag(name, attributes) for name, attributes in elements)

    ours = [
        (tag.name, read_attributes(tag.source))
        for tag in scan(markup)
        if tag.name not in ("", "!") and not tag.is_end
    ]

    tree = LexborHTMLParser(f"<body>{markup}</body>").css("body > *")
    assert ours == [(node.tag, {key: value or "" for key, value in node.attributes.items()}) for node in tree]


@given(st.lists(st.one_of(_WORDS, st.sampled_from(["<p", "<!--", "-->", "<script>", "</script>", "<a x='", '"']))))
def test_any_text_is_scanned_to_its_end(pieces: list[str]) -> None:
    assert [tag.name for tag in scan("".join(pieces))][-1] == ""
