"""The taxonomy: keywords on word boundaries, points, children before parents."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyfold.errors import SettingsError
from storyfold.front_matter import read_document
from worker.normalize.keyword_trie import KeywordTrie
from worker.normalize.taxonomy import Taxonomy
from worker.normalize.topic import Keyword, Topic
from worker.normalize.topics import load_taxonomy

TAXONOMY = Taxonomy(
    [
        Topic(name="AI", keywords=("AI", "artificial intelligence", "AI model", "AI models"), hashtags=("#AI",)),
        Topic(name="Computer Vision", parent="AI", keywords=("facial recognition", "computer vision")),
        Topic(name="Face Search", parent="Computer Vision", keywords=("face search engine",)),
        Topic(name="Language Models", parent="AI", keywords=("language model", "LLM")),
        Topic(
            name="Software",
            keywords=(
                "C++",
                "C#",
                "open source",
                "model-driven apps",
                "Moore's law",
                "robot",
                "robots",
                Keyword(text="Go", case=True, weight=0.5),
                Keyword(text="Rust", case=True, weight=0.5),
            ),
            hashtags=("#Dev #Code",),
        ),
        Topic(name="World", keywords=("US", "WHO", "IT", "Überraschung", "Élysée", "日本", "ไทย", "서울")),
        Topic(name="Space", keywords=(Keyword(text="NASA", case=False),)),
        Topic(name="Scripts", keywords=("хакеры", "ذكاء اصطناعي", "कृत्रिम बुद्धिमत्ता", "می‌خواهم", "人工智能", "知能")),
        Topic(name="Malware", keywords=(Keyword(text="ransomware", weight=2.0),)),
    ]
)


@pytest.mark.parametrize(
    ("title", "names"),
    [
        ("LAPD ban facial recognition", ("Computer Vision", "AI")),
        ("Facial Recognition ban", ("Computer Vision", "AI")),
        ("Facial-recognition ban", ("Computer Vision", "AI")),
        ("FACIAL RECOGNITION BAN", ("Computer Vision", "AI")),
        ("A facial and recognition", ()),
        ("superficial recognition", ()),
        ("facial recognitions", ()),
        ("A face search engine", ("Face Search", "Computer Vision", "AI")),
        ("AI is here", ("AI",)),
        ("“AI”, they say", ("AI",)),
        ("ai ai ai, and aid", ()),
        ("Language model sees by computer vision", ("Computer Vision", "Language Models", "AI")),
        ("Written in C++, not C#", ("Software",)),
        ("Vitamin C", ()),
        ("Model driven apps", ("Software",)),
        ("Moore’s law ends", ("Software",)),
        ("Moore's law ends", ("Software",)),
        ("eine überraschung!", ("World",)),
        ("Nothing of note", ()),
        ("", ()),
        ("Join in #code", ("Software",)),
        ("It's #ai time", ("AI",)),
    ],
)
def test_keywords_in_a_title_match_whole_words_and_bring_their_parents_behind_them(
    title: str, names: tuple[str, ...]
) -> None:
    assert TAXONOMY.match(title) == names


@pytest.mark.parametrize(
    ("title", "names"),
    [
        ("Trust us, said the US", ("World",)),
        ("Trust us", ()),
        ("Who said it?", ()),
        ("The WHO said it", ("World",)),
        ("Where IT is going", ("World",)),
        ("TRUST US AND GO", ()),
        ("IT IS OVER for us", ()),
        ("AI", ("AI",)),
        ("US NEWS", ()),
        ("Nasa lands again", ("Space",)),
        ("NASA LANDS AGAIN", ("Space",)),
        ("Rust and Go compared", ("Software",)),
        ("Where to Go This Summer", ()),
        ("Why rust eats the bridge and what may go wrong", ()),
    ],
)
def test_words_that_are_names_only_in_capitals_count_only_as_written(title: str, names: tuple[str, ...]) -> None:
    """And not at all where everything stands in capitals."""
    assert TAXONOMY.match(title) == names


@pytest.mark.parametrize(
    ("title", "names"),
    [
        ("Опасные хакеры пойманы", ("Scripts",)),
        ("Хакеры!", ("Scripts",)),
        ("антихакеры", ()),
        ("عن ذكاء اصطناعي جديد", ("Scripts",)),
        ("عن ذكاء اصطناعية", ()),
        ("नई कृत्रिम बुद्धिमत्ता आई", ("Scripts",)),
        ("कृत्रिम बुद्धि", ()),
        ("من می‌خواهم بروم", ("Scripts",)),
        ("中国人工智能发展", ("Scripts",)),
        ("人工知能の時代", ("Scripts",)),
        ("全日本選手権", ("World",)),
        ("ประเทศไทยวันนี้", ("World",)),
        ("서울에서 만난", ("World",)),
        ("最新のAI技術", ("AI",)),
        ("ＡＩ技術", ("AI",)),
        ("E\u0301lyse\u0301e in Paris", ("World",)),
        ("L’Élysée parle", ("World",)),
    ],
)
def test_words_end_where_readers_of_their_script_see_them_end(title: str, names: tuple[str, ...]) -> None:
    assert TAXONOMY.match(title) == names


@pytest.mark.parametrize(
    ("title", "excerpt", "labels", "points"),
    [
        ("AI", "", (), 3),
        ("", "AI", (), 1),
        ("", "AI and AI and AI", (), 1),
        ("", "AI and artificial intelligence", (), 2),
        ("AI", "AI and artificial intelligence", (), 4),
        ("", "An AI model", (), 1),
        ("", "An AI model, more AI models", (), 1),
        ("", "An AI model, and AI itself", (), 2),
        ("", "#AI", (), 4),
        ("", "", ("ai",), 6),
        ("", "", ("Facts on AI",), 3),
    ],
)
def test_points_are_those_of_the_table(title: str, excerpt: str, labels: tuple[str, ...], points: float) -> None:
    """Each keyword counts once at its best place; its plural, and one inside a longer one, is no second one."""
    (score,) = [each for each in TAXONOMY.explain(title, excerpt, labels) if each.name == "AI"]
    assert score.points == points


def test_one_passing_mention_does_not_tag_and_two_keywords_do() -> None:
    assert TAXONOMY.match("Council meets", "They spoke of computer vision.") == ()
    assert TAXONOMY.match("Council meets", "Of computer vision, computer vision, and Computer Vision.") == ()
    assert TAXONOMY.match("Council meets", "Of computer vision and facial recognition.") == ("Computer Vision", "AI")
    assert TAXONOMY.match("Council meets", "A robot met robots.") == ()


def test_weights_make_a_keyword_tell_more_or_less() -> None:
    assert TAXONOMY.match("Council meets", "It was ransomware.") == ("Malware",)
    assert TAXONOMY.match("Learn Go", "A course.") == ()
    assert TAXONOMY.match("Learn Go", "A course for Rust people.") == ("Software",)


def test_a_keyword_does_not_span_two_fields() -> None:
    assert TAXONOMY.match("The facial", "recognition") == ()
    assert TAXONOMY.match("x", "", ("facial", "recognition")) == ()


@pytest.mark.parametrize(
    ("label", "names"),
    [
        ("Open Source", ("Software",)),
        ("opensource", ()),
        ("dev", ("Software",)),
        ("#Dev", ("Software",)),
        ("us", ("World",)),
        ("Contact us", ()),
        ("computer vision", ("Computer Vision", "AI")),
        ("Face Search", ("Face Search", "Computer Vision", "AI")),
        ("", ()),
    ],
)
def test_a_label_counts_as_keyword_hashtag_or_name_of_a_topic(label: str, names: tuple[str, ...]) -> None:
    assert TAXONOMY.match("x", "", (label,)) == names


def test_explanation_names_what_was_found_and_what_stayed_below() -> None:
    scores = TAXONOMY.explain("Facial recognition in court", "Robots were asked.", ())
    assert [(score.name, score.points, score.is_tagged, score.brought_by) for score in scores] == [
        ("Computer Vision", 3, True, ()),
        ("AI", 0, True, ("Computer Vision",)),
        ("Software", 1, False, ()),
    ]
    (found,) = scores[0].found
    assert (found.keyword, found.place, found.points) == ("facial recognition", "title", 3)
    assert [found.keyword for found in scores[2].found] == ["robots"]


@given(st.text(), st.text(), st.lists(st.text(max_size=20), max_size=3))
def test_matching_is_total_and_explanation_agrees_with_it(title: str, excerpt: str, labels: list[str]) -> None:
    names = TAXONOMY.match(title, excerpt, labels)
    assert len(set(names)) == len(names)
    assert names == tuple(score.name for score in TAXONOMY.explain(title, excerpt, labels) if score.is_tagged)


@given(st.permutations(["ban of facial recognition", "open source", "trust the US"]))
def test_order_is_that_of_the_taxonomy_not_of_the_text(parts: list[str]) -> None:
    assert TAXONOMY.match(", ".join(parts)) == ("Computer Vision", "AI", "Software", "World")


def test_removed_topic_takes_narrower_ones_along() -> None:
    names = ("Face Search", "Computer Vision", "AI", "World")
    assert TAXONOMY.without(names, ("Computer Vision",)) == ("AI", "World")
    assert TAXONOMY.complete(("World", "Face Search", "nobody's")) == (
        "Face Search",
        "Computer Vision",
        "AI",
        "World",
    )


class CountedTokens(list[str]):
    """A text's tokens that count how often the search looks at one."""

    looks = 0

    def __getitem__(self, at):  # type: ignore[no-untyped-def]
        self.looks += 1
        return super().__getitem__(at)


def test_steps_of_a_search_do_not_grow_with_the_number_of_keywords() -> None:
    """Even when all of them begin with the same words."""
    tokens = ["the", "big", "bank"] * 100
    looks = []
    for count in (10, 10_000):
        trie: KeywordTrie[int] = KeywordTrie()
        for number in range(count):
            trie.add(["the", "big", "bank", f"of{number}"], number)
        counted = CountedTokens(tokens)
        assert list(trie.find(counted)) == []
        looks.append(counted.looks)
    assert looks[0] == looks[1] <= 4 * len(tokens)


def test_ten_thousand_keywords_cost_little_more_than_a_hundred() -> None:
    text = " ".join(f"the quick word{number} meets some other thing" for number in range(0, 200_000, 100))
    seconds = []
    for count in (100, 10_000):
        keywords = tuple(f"quick word{number} meets" for number in range(count))
        taxonomy = Taxonomy([Topic(name="Words", keywords=keywords)])
        best = min(_cpu_seconds(taxonomy, text) for _ in range(3))
        assert taxonomy.match("x", text) == (() if count == 100 else ("Words",))
        seconds.append(best)
    assert seconds[1] < 5 * seconds[0]


def _cpu_seconds(taxonomy: Taxonomy, text: str) -> float:
    start = time.process_time()
    taxonomy.match("x", text)
    return time.process_time() - start


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


def test_real_documents_get_the_topics_that_people_gave_them(shared_dir: Path) -> None:
    """One mention in the excerpt is not enough there, either: without the points a third of the topics are wrong."""
    archive = shared_dir / "data" / "archive"
    taxonomy = load_taxonomy(archive / "_data" / "topics")
    right = wrong = missed = 0
    for path in sorted(archive.rglob("*.md")):
        if path.name == "README.md" or path.parent.name == "organizations":
            continue
        document = read_document(path.read_bytes())
        given = set(document.topics)
        found = set(taxonomy.match(document.title, " ".join((document.excerpt or "").split())))
        right, wrong, missed = right + len(given & found), wrong + len(found - given), missed + len(given - found)
    assert right / (right + wrong) >= 0.99
    assert right / (right + missed) >= 0.8
