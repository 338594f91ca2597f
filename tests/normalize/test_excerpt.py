"""Excerpts: where they are cut, and what they leave out."""

from __future__ import annotations

import time

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from worker.normalize.excerpt import MAX_EXCERPT_CHARS, cut_excerpt, make_excerpt, without_title
from worker.normalize.text import clean_text

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
THUMB = "\U0001f44d\U0001f3fd"
FLAG = "\U0001f1e9\U0001f1ea"
RAINBOW = "\U0001f3f3\ufe0f\u200d\U0001f308"
KEYCAP = "5\ufe0f\u20e3"
KSHA = "\u0915\u094d\u0937\u093f"  # one syllable of Devanagari: ka, virama, ssa, vowel sign i
JAMO = "\u1112\u1161\u11ab"  # one syllable of Hangul in three letters
LAM = "\u0644\u064e\u0651"  # an Arabic letter with vowel and doubling


def graphemes(text: str) -> list[str]:
    return regex.findall(r"\X", text)


@pytest.mark.parametrize(
    "grapheme", [FAMILY, THUMB, FLAG, RAINBOW, KEYCAP, KSHA, JAMO, LAM, "n\u0303", "\u0e01\u0e33"]
)
@pytest.mark.parametrize("before", ["", "ab", "日本", "а"])
def test_no_grapheme_is_torn(grapheme: str, before: str) -> None:
    text = before + grapheme * 40
    for limit in range(len(before) + len(grapheme), 40):
        cut = cut_excerpt(text, limit)
        assert (len(cut) - len(before)) % len(grapheme) == 0, limit
        assert cut.startswith(before + grapheme)


TEXTS = st.lists(
    st.sampled_from(
        [
            *(
                FAMILY,
                THUMB,
                FLAG,
                RAINBOW,
                KEYCAP,
                KSHA,
                JAMO,
                LAM,
                " ",
                ". ",
                "。",
                "、",
                "「",
                "」",
                "word",
                "日本",
            ),
            *("ค", "ำ", "\u0600", "\u0301", "\u200d", "\u200c", "\U0001f1e6", "क", "\u094d", "É", "1", "…", "Mr. "),
        ]
    ),
    max_size=80,
).map("".join)


@given(TEXTS | st.text(max_size=400), st.integers(min_value=1, max_value=300))
def test_an_excerpt_is_a_beginning_within_its_limit_that_ends_between_graphemes(text: str, limit: int) -> None:
    line = clean_text(text)
    cut = cut_excerpt(line, limit)
    assert len(cut) <= limit
    assert line.startswith(cut)
    assert bool(cut) == bool(line)
    whole = graphemes(line)
    if len(whole[0]) <= limit if whole else True:
        ends = {0}
        for one in whole:
            ends.add(max(ends) + len(one))
        # A space at the end is never kept, not even in a grapheme (behind U+0600 it is part of one).
        assert len(cut) in ends or (line[len(cut)] == " " and len(cut) + 1 in ends)


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("short", 300, "short"),
        ("word " * 5 + "word", 22, "word word word word"),
        ("exactly ten", 7, "exactly"),
        # a sentence that ends in the last third
        ("One is here now. Two is here. Three comes late", 34, "One is here now. Two is here."),
        ("He said so! She did not say", 16, "He said so!"),
        ("“Is it?” he asked. “Yes,” she said", 22, "“Is it?” he asked."),
        ("It ended (at last.) Then came", 22, "It ended (at last.)"),
        # one that ends before the last third does not count
        ("One. Two three four five six seven", 24, "One. Two three four five"),
        # a full stop that ends no sentence
        ("They had met with Mr. Miller there", 28, "They had met with Mr. Miller"),
        ("They all flew to the U.S. Senate hearing", 34, "They all flew to the U.S. Senate"),
        ("Das kostet etwa 3. Mio Euro im Jahr", 22, "Das kostet etwa 3. Mio"),
        ("We met example.com and others here", 24, "We met example.com and"),
        ("He waited... and then went on home", 21, "He waited... and then"),
        # other scripts
        ("यह पहला वाक्य है। यह दूसरा वाक्य है।", 22, "यह पहला वाक्य है।"),
        ("هذه هي الجملة الأولى؟ وهذه الثانية", 26, "هذه هي الجملة الأولى؟"),
        ("日本語の文です。次の文が続きます。", 10, "日本語の文です。"),
        ("日本語の文です」と言った人がいる", 8, "日本語の文です」"),
        ("日本語の長い見出し", 4, "日本語の"),
        ("これは「引用」です、そして続く", 9, "これは「引用」で"),
        ("これは「引用」です", 4, "これは"),
        ("苹果公司今天发布了新的产品，大家都很高兴", 13, "苹果公司今天发布了新的产"),
        ("ภาษาไทยไม่มีช่องว่าง", 10, "ภาษาไทยไม่"),
        # a long word that would leave nearly nothing is cut
        ("a " + "b" * 60, 30, "a " + "b" * 28),
        ("aaaae\u0301", 5, "aaaa"),
    ],
)
def test_an_excerpt_is_cut_at_the_best_place(text: str, limit: int, expected: str) -> None:
    assert cut_excerpt(text, limit) == expected


def test_a_grapheme_longer_than_the_limit_is_cut_rather_than_lost() -> None:
    assert cut_excerpt("a" + "\u0316" * 400, 300) == "a" + "\u0316" * 299


@pytest.mark.parametrize(
    ("text", "title", "left"),
    [
        ("Ferry returns to port. It sails on Monday.", "Ferry returns to port", "It sails on Monday."),
        ("Ferry returns to port - it sails on Monday.", "Ferry returns to port", "it sails on Monday."),
        ("FERRY RETURNS TO PORT: It sails.", "Ferry returns to port", "It sails."),
        ("Will the ferry return? It will.", "Will the ferry return?", "It will."),
        ("渡船终于回到了港口的码头。周一启航。", "渡船终于回到了港口的码头", "周一启航。"),
    ],
)
def test_a_title_that_the_text_repeats_as_a_sentence_is_left_out(text: str, title: str, left: str) -> None:
    assert without_title(text, title) == left
    assert make_excerpt(text, title) == left


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Ferry returns to port Alder on Monday.", "Ferry returns to port"),
        ("Ferry returns to ports.", "Ferry returns to port"),
        ("Bump it from 3.0.1 to 3.0.3 Bumps it.", "Bump it from 3.0.1 to 3.0"),
        ("Ferry returns to port, the board says.", "Ferry returns to port"),
        ("Ferry: It sails on Monday.", "Ferry"),
        ("It sails. Ferry returns to port.", "Ferry returns to port"),
    ],
)
def test_a_sentence_that_only_begins_like_the_title_stays(text: str, title: str) -> None:
    assert without_title(text, title) == text


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("", "Title"),
        ("Ferry returns to port", "Ferry returns to port"),
        ("ferry returns to port!", "Ferry returns to port"),
        ("By Ann Lee and Bob van der Berg", "Ferry returns to port"),
        ("Von Anna Müller", "Fähre ist zurück"),
        ("Posted on Monday, March 2, 2026 at 10:30 am", "Ferry returns to port"),
        ("2. März 2026", "Fähre ist zurück"),
        ("Comments", "Ferry returns to port"),
        ("12 comments", "Ferry returns to port"),
        ("...", "Ferry returns to port"),
        ("null", "Ferry returns to port"),
        ("Read more", "Ferry returns to port"),
        ("The post Ferry returns to port appeared first on Port Post.", "Ferry returns to port"),
    ],
)
def test_a_text_that_says_nothing_gives_no_excerpt(text: str, title: str) -> None:
    assert make_excerpt(text, title) == ""


@pytest.mark.parametrize(
    "text",
    ["By noon the ferry was back", "May he rest", "In March the ferry will sail", "Comments are closed by the mayor"],
)
def test_a_short_sentence_is_an_excerpt(text: str) -> None:
    assert make_excerpt(text, "Ferry returns to port") == text


@given(st.text(max_size=900), st.text(max_size=60))
def test_any_text_gives_an_excerpt_that_the_schema_takes(text: str, title: str) -> None:
    excerpt = make_excerpt(clean_text(text), clean_text(title))
    assert len(excerpt) <= MAX_EXCERPT_CHARS
    assert clean_text(excerpt) == excerpt


@pytest.mark.parametrize(
    "bait", ["a", ". ", "。", "\u0301", FAMILY, "\u0600", "Mr. ", " ", "「", "\U0001f1e6", "by A "]
)
def test_long_bait_is_cut_at_once(bait: str) -> None:
    text = clean_text(bait * (200_000 // len(bait)))
    started = time.process_time()
    make_excerpt(text, text[:100])
    assert time.process_time() - started < 1
