"""Words: in every script they end where they end for its readers."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.normalize.topic_words import hashtags_of, is_shouted, split_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("OpenAI's zero-day", ["OpenAI", "s", "zero", "day"]),
        ("C++ and C#, not C", ["C++", "and", "C#", "not", "C"]),
        ("#news C#", ["news", "C#"]),
        ("“typo’s” — it…", ["typo", "s", "it"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("e\u0301te\u0301", ["été"]),
        ("می‌خواهم", ["میخواهم"]),
        ("最新のAI技術", ["最新の", "AI", "技術"]),
        ("ภาษาไทย C", ["ภาษาไทย", "C"]),
        ("❤️AI 👩‍💻", ["AI"]),
        ("", []),
    ],
)
def test_words_of_a_text(text: str, words: list[str]) -> None:
    assert split_words(text) == words


def test_marks_of_every_script_belong_to_words_and_signs_of_none_do() -> None:
    """Over the whole Basic Multilingual Plane; emoji's own marks are left out."""
    emoji_marks = {*range(0x20D0, 0x2100), *range(0xFE00, 0xFE10)}
    for code in range(0x300, 0xFFFF):
        char = chr(code)
        kind = unicodedata.category(char)
        if kind[0] == "M" and code not in emoji_marks:
            assert unicodedata.normalize("NFKC", char) in split_words(f"a {char}")[-1], f"U+{code:04X}"
        if kind[0] in "PZ" and kind != "Pc":
            folded = unicodedata.normalize("NFKC", char)
            if not any(each.isalnum() or each in "_+#" for each in folded):
                assert char not in "".join(split_words(f"a{char}b")), f"U+{code:04X}"


@pytest.mark.parametrize(
    ("text", "tags"), [("#AI and #ai", ["ai", "ai"]), ("C# is", []), ("#हिन्दी!", ["हिन्दी"]), ("# x", [])]
)
def test_hashtags(text: str, tags: list[str]) -> None:
    assert hashtags_of(text) == tags


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("IT IS OVER", True),
        ("GO HOME", True),
        ("AI", False),
        ("AI and IT", False),
        ("IT IS OVER for us", True),
        ("Apple sues IBM and SAP again", False),
        ("2024 42", False),
        ("日本", False),
    ],
)
def test_capitals_for_emphasis_are_told_from_acronyms(text: str, expected: bool) -> None:
    assert is_shouted(split_words(text)) is expected


@given(st.text(st.characters(max_codepoint=0x17F), max_size=40))
def test_words_do_not_depend_on_what_else_the_text_holds(text: str) -> None:
    """Latin-1 text is parted on a way of its own, and gives the words that it gives beside another script."""
    assert [*split_words(text), "中"] == split_words(f"{text} 中")
