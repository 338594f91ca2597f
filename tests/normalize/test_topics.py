"""Topic files: what they may hold, and that the bundled ones are good."""

from __future__ import annotations

from pathlib import Path

import pytest

from storyfold.errors import SettingsError
from storyfold.front_matter import read_document
from worker.normalize.topic import Keyword
from worker.normalize.topics import load_taxonomy


def test_a_file_gives_plain_and_weighed_keywords(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "name: Software\nparent:\nkeywords: [open source, {text: Go, case: true, weight: 0.5}]\nhashtags: ['#Dev']\n"
        "unknown: is left alone\n"
    )
    (topic,) = load_taxonomy(tmp_path).topics
    assert topic.keywords == ("open source", Keyword(text="Go", case=True, weight=0.5))
    assert topic.hashtags == ("#Dev",)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("- a\n", "needs a name"),
        ("keywords: [a]\n", "needs a name"),
        ("name: a\nparent: [b]\n", "parent is the name"),
        ("name: a\nkeywords: b\n", "keywords is a list"),
        ("name: a\nkeywords: [no]\n", "False is no text"),
        ("name: a\nkeywords: ['--']\n", "no text with a letter"),
        ("name: a\nkeywords: [{text: b, wieght: 2}]\n", "'wieght' is none of"),
        ("name: a\nkeywords: [{weight: 2}]\n", "None is no text"),
        ("name: a\nkeywords: [{text: b, weight: heavy}]\n", "weight 'heavy'"),
        ("name: a\nkeywords: [{text: b, weight: 0}]\n", "weight 0"),
        ("name: a\nkeywords: [{text: b, case: 1}]\n", "case 1"),
        ("name: a\nkeywords: [" + "b" * 201 + "]\n", "longer than 200"),
        ("name: a\nhashtags: [1]\n", "hashtags: 1 is no text"),
        ("a: [", "no YAML"),
    ],
)
def test_an_unusable_file_is_named_in_one_line(tmp_path: Path, text: str, fault: str) -> None:
    (tmp_path / "bad.yaml").write_text(text)
    with pytest.raises(SettingsError, match=r"bad\.yaml") as caught:
        load_taxonomy(tmp_path)
    assert fault in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("title", "excerpt", "names"),
    [
        ("Police stop facial recognition after misuse", "", ("Computer Vision", "AI", "Technology")),
        ("Central bank holds interest rates", "Inflation is down.", ("Economy",)),
        ("Nasa delays moon landing", "", ("Space", "Science")),
        ("Where to Go This Summer", "Python sightings are rare.", ()),
        ("Actor takes the stage", "The president of the club was glad.", ()),
        ("Ransomware shuts hospitals", "", ("Malware", "Security", "Technology")),
    ],
)
def test_the_topics_that_come_with_the_product(
    project_root: Path, title: str, excerpt: str, names: tuple[str, ...]
) -> None:
    assert load_taxonomy(project_root / "config" / "topics").match(title, excerpt) == names


def test_the_model_document_gets_its_topics(project_root: Path, shared_dir: Path) -> None:
    taxonomy = load_taxonomy(project_root / "config" / "topics")
    document = read_document((shared_dir / "seed" / "lapd-ban-facial-recognition.md").read_bytes())
    assert taxonomy.match(document.title, document.excerpt or "")[:2] == document.topics == ("Computer Vision", "AI")


def test_real_topics_are_read(shared_dir: Path) -> None:
    taxonomy = load_taxonomy(shared_dir / "data" / "archive" / "_data" / "topics")
    assert taxonomy.match("Canvas apps in Power Apps") == ("Canvas apps", "Power Apps")
    assert taxonomy.match("Meet #MSTeams") == ("Teams integration", "Power Apps")
