"""Topics: keywords on word boundaries, children before parents."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyfold.errors import SettingsError
from worker.normalize.topics import Taxonomy, Topic, load_taxonomy

TAXONOMY = Taxonomy(
    [
        Topic(name="AI", keywords=("AI", "artificial intelligence"), hashtags=("#AI",)),
        Topic(name="Computer Vision", parent="AI", keywords=("facial recognition", "computer vision")),
        Topic(name="Language Models", parent="AI", keywords=("language model", "LLM")),
        Topic(
            name="Software",
            keywords=("C++", "C#", "open source", "model-driven apps"),
            hashtags=("#Dev #Code",),
        ),
        Topic(name="World", keywords=("US", "Überraschung", "日本")),
    ]
)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("LAPD ban facial recognition", ("Computer Vision", "AI")),
        ("FACIAL RECOGNITION ban", ("Computer Vision", "AI")),
        ("Facial-recognition ban", ("Computer Vision", "AI")),
        ("A facial and recognition", ()),
        ("superficial recognition", ()),
        ("AI is here", ("AI",)),
        ("“AI”, they say", ("AI",)),
        ("ai ai ai, and aid", ()),
        ("Trust us, said the US", ("World",)),
        ("Trust us", ()),
        ("Language model sees by computer vision", ("Computer Vision", "Language Models", "AI")),
        ("Written in C++, not C#", ("Software",)),
        ("Vitamin C", ()),
        ("Model driven apps", ("Software",)),
        ("eine überraschung!", ("World",)),
        ("Nothing of note", ()),
        ("", ()),
        ("Join in #code", ("Software",)),
        ("It's #ai time", ("AI",)),
    ],
)
def test_keywords_match_whole_words_and_bring_their_parents_behind_them(text: str, names: tuple[str, ...]) -> None:
    assert TAXONOMY.match((text,)) == names


def test_a_keyword_does_not_span_two_fields() -> None:
    assert TAXONOMY.match(("The facial", "recognition")) == ()


def test_a_label_of_the_source_counts_as_keyword_or_hashtag() -> None:
    assert TAXONOMY.match(("x",), ("Open Source",)) == ("Software",)
    assert TAXONOMY.match(("x",), ("dev",)) == ("Software",)


@given(st.text())
def test_matching_never_raises_and_never_names_one_twice(text: str) -> None:
    names = TAXONOMY.match((text, text), (text,))
    assert len(set(names)) == len(names)


def test_long_texts_cost_linear_time() -> None:
    assert TAXONOMY.match(("facial " * 100_000,)) == ()


@pytest.mark.parametrize(
    "topics",
    [
        [Topic(name="a", parent="b")],
        [Topic(name="a", parent="a")],
        [Topic(name="a", parent="b"), Topic(name="b", parent="a")],
        [Topic(name="a"), Topic(name="a")],
    ],
    ids=["no parent", "own parent", "circle", "twice"],
)
def test_topics_that_do_not_fit_together_are_refused(topics: list[Topic]) -> None:
    with pytest.raises(SettingsError):
        Taxonomy(topics)


@pytest.mark.parametrize(
    "text", ["- a\n", "keywords: [a]\n", "name: a\nkeywords: b\n", "name: a\nkeywords: [no]\n", "a: ["]
)
def test_an_unusable_file_is_named_in_the_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "bad.yaml").write_text(text)
    with pytest.raises(SettingsError, match=r"bad\.yaml"):
        load_taxonomy(tmp_path)


def test_the_topics_that_come_with_the_product_fit_the_example_of_the_format(project_root: Path) -> None:
    taxonomy = load_taxonomy(project_root / "config" / "topics")
    assert len(taxonomy) >= 12
    names = taxonomy.match(("Police stop facial recognition after misuse",))
    assert names[:2] == ("Computer Vision", "AI")


def test_real_topics_are_read(shared_dir: Path) -> None:
    taxonomy = load_taxonomy(shared_dir / "data" / "archive" / "_data" / "topics")
    assert taxonomy.match(("Canvas apps in Power Apps",)) == ("Canvas apps", "Power Apps")
    assert taxonomy.match(("Meet #MSTeams",)) == ("Teams integration", "Power Apps")
