"""Plain text, titles and excerpts."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.normalize.text import clean_text, clean_title, cut_excerpt, plain_text, without_boilerplate

TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--")


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("One  two\n three", "One two three"),
        ("<p>One</p><p>two</p>", "One two"),
        ("A<br>B<br/>C", "A B C"),
        ("un<b>believ</b>able <a href='https://a.example/?x=1'>link</a>", "unbelievable link"),
        ("<ul><li>One<li>two</ul>", "One two"),
        ("<script>if (a < b) { x(); }</script>after", "after"),
        ("<style>p > b { }</style>after<!-- <b>not</b> this -->", "after"),
        ("<svg><style><img src=x onerror=alert(1)></style></svg>after", "after"),
        ('<img alt="1 > 2" src="x">after', "after"),
        ("AT&amp;T &copy; 5 &lt; 6 &#8217;", "AT&T © 5 < 6 ’"),
        ("&lt;b&gt;", "<b>"),
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
        ("5 < 6 > 4", "5 < 6 > 4"),
        ("x<y is hard", "x<y is hard"),
        ('cut off <a href="https://a.exam', "cut off"),
        ("<![CDATA[<p>wrapped twice</p>]]>", "wrapped twice"),
        ("&nbsp;a&nbsp;b", "a b"),
        ("", ""),
        ("<p></p>", ""),
    ],
)
def test_markup_becomes_what_its_reader_sees(markup: str, text: str) -> None:
    assert plain_text(markup) == text


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a\x00b\x1b[31mc\r\nd", "ab[31mc d"),
        ("a\u202eb\u2066c\u200fd", "abcd"),
        ("a\u200bb\ufeffc\u00add\u2060", "abcd"),
        ("a\u200db", "ab"),
        (
            "\U0001f468\u200d\U0001f469 \u0645\u06cc\u200c\u062e",
            "\U0001f468\u200d\U0001f469 \u0645\u06cc\u200c\u062e",
        ),
        ("a\ud800b\ufffe", "ab"),
        ("one\u2028two\u3000three", "one two three"),
    ],
)
def test_characters_that_nobody_sees_go_and_those_that_spell_words_stay(text: str, cleaned: str) -> None:
    assert clean_text(text) == cleaned
    assert plain_text(text) == cleaned


def test_a_title_of_type_text_is_never_read_as_markup() -> None:
    assert clean_title("<script> &amp; me", is_html=False) == "<script> &amp; me"
    assert clean_title("<i>Old</i> &amp; new") == "Old & new"


@pytest.mark.parametrize("code", ["&#x202e;", "&#8203;", "&#0;"])
def test_an_invisible_character_does_not_come_back_as_an_entity(code: str) -> None:
    assert plain_text(f"a{code}b") in ("ab", "a\ufffdb")


@given(st.text(alphabet="ab <>/!?\"'=-[]p\u200b\n").filter(lambda text: "&" not in text))
def test_text_without_entities_comes_out_without_tags_and_stays_so(markup: str) -> None:
    once = plain_text(markup)
    assert TAG.search(once) is None
    assert plain_text(once) == once


@given(st.text())
def test_plain_text_is_one_line_of_encodable_characters(markup: str) -> None:
    text = plain_text(markup)
    text.encode("utf-8")
    assert text == " ".join(text.split())


def test_hostile_nesting_ends_soon() -> None:
    for markup in ("<a " * 20_000, "<a '" * 20_000, "<" * 50_000, "<!--" * 20_000, '<b x="' * 20_000):
        assert isinstance(plain_text(markup[:20_000]), str)


@given(st.text(max_size=400), st.integers(min_value=5, max_value=300))
def test_an_excerpt_is_a_beginning_within_its_limit(text: str, limit: int) -> None:
    line = clean_text(text)
    cut = cut_excerpt(line, limit)
    assert len(cut) <= limit
    assert line.startswith(cut)


def test_an_excerpt_ends_with_a_whole_word_and_no_ellipsis() -> None:
    text = "word " * 100
    assert cut_excerpt(text.strip(), 22) == "word word word word"
    assert cut_excerpt("exactly ten", 7) == "exactly"
    assert cut_excerpt("short", 300) == "short"


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("日本語の長い見出し", 4, "日本語の"),
        ("aaaae\u0301", 5, "aaaa"),
        ("aaa\U0001f468\u200d\U0001f469", 5, "aaa"),
        ("aa\U0001f1e9\U0001f1ea", 3, "aa"),
        ("aaa\U0001f44d\U0001f3fd", 4, "aaa"),
    ],
)
def test_text_without_spaces_is_cut_between_graphemes(text: str, limit: int, expected: str) -> None:
    assert cut_excerpt(text, limit) == expected


@pytest.mark.parametrize(
    "ending",
    [
        "The post A title appeared first on A Site.",
        "The post A title first appeared on A Site.",
        "Continue reading A title →",
        "Read more...",
        "[…]",
        "[...]",
    ],
)
def test_phrases_of_publishing_systems_do_not_end_an_excerpt(ending: str) -> None:
    assert without_boilerplate(f"The news is this. {ending}") == "The news is this."


def test_a_sentence_that_only_resembles_them_stays() -> None:
    text = "Read more books, she says. It helps."
    assert without_boilerplate(text) == text
