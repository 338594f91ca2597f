"""Front matter from strangers: refused with a reason and its place, at little cost."""

from __future__ import annotations

import time

import pytest

from storyfold.errors import DocumentError
from storyfold.front_matter import MAX_BYTES, read_document

EXPECTED_DATE = "must be a date and time such as 2020-11-19T16:21:00Z"
MINIMAL = {
    "category": "news",
    "title": "A title",
    "publishedDateTime": "2026-03-01T08:05:00Z",
    "originalUrl": "https://a.example/1",
    "webUrl": "https://a.example/1",
    "type": "article",
    "provider": "{name: A, domain: a.example}",
}


def front(**changes: str | None) -> str:
    """A small document with some keys replaced, added or (None) removed, as YAML source."""
    lines = [f"{key}: {value}" for key, value in {**MINIMAL, **changes}.items() if value is not None]
    return "\n".join(["---", *lines, "---", ""])


def faults_of(text: str | bytes) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        read_document(text)
    return caught.value.faults


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("a: &x 1\nb: *x", "line 10 has an alias"),
        ("a: &x {b: *x}", "line 9 has an alias"),
        ('a: !!python/object/apply:os.system ["true"]', "the tag `!!python/object/apply:os.system`"),
        ("a: !!python/name:os.system", "the tag `!!python/name:os.system`"),
        ("a: !!binary aGk=", "the tag `!!binary`"),
        ("a: !!set {b}", "the tag `!!set`"),
        ("a: !mine x", "the tag `!mine`"),
        ("!mine a: x", "the tag `!mine`"),
        ("a: " + "[" * 5000, "line 9 has more than 50 levels"),
        ("a: " + "{b: " * 60, "line 9 has more than 50 levels"),
        ("title: again", "title: key occurs twice, in lines 3 and 9"),
        ("m: {a: 1, a: 2}", "m.a: key occurs twice"),
        ("l:\n  - a: 1\n  - b: 1\n    b: 2", "l[1].b: key occurs twice, in lines 11 and 12"),
        ("n: " + "9" * 5000, "n: a number of 5,000 characters"),
        ("n: [.nan]", "n[0]: .nan is a number that JSON does not have"),
        ("n: -.inf", "n: -.inf is a number"),
        ("quality: " + "9" * 5000, "quality: a number of 5,000"),
        ("quality: .NaN", "quality: .NaN is a number"),
        ("? [a]\n: b", "line 9 has a list or mapping as a key"),
        ("? {a: b}\n: b", "line 9 has a list or mapping as a key"),
        ('"": b', "line 9 has a key that is empty"),
        ("? " + "k" * 2000 + "\n: b", "line 9 has a key that is empty or longer"),
        ('a: "\\0"', "a: holds the character NUL"),
        ("a: b: c", "line 9 is no YAML: mapping values are not allowed"),
        ("a: [b", "is no YAML"),
        ("a: 'b", "is no YAML"),
        ("\ta: b", "is no YAML"),
        ("a: @b", "is no YAML"),
        ("a: \x07", "the control character U+0007"),
        ("%YAML 1.2", "is no YAML"),
    ],
)
def test_hostile_yaml_is_refused_with_its_place(source: str, fault: str) -> None:
    text = front(extra=None).replace("\n---\n", f"\n{source}\n---\n")
    faults = faults_of(text)
    assert any(fault in each for each in faults), faults


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "there is none"),
        ("Just prose.\n", "there is none"),
        ('{"title": "x"\n\nBody\n', "is no JSON"),
        ('{"title": "x", "title": "y"}\n', "the key 'title' occurs twice"),
        ('{"a": NaN}\n', "NaN is a number that JSON does not have"),
        ('{"a": 1e999}\n', "a: is inf, a number that JSON does not have"),
        ('{"a": ' + "9" * 5000 + "}\n", "is no JSON"),
        ('{"a": "\\ud800"}\n', "holds half a character"),
        ('{"a": ' + "[" * 5000 + "]" * 5000 + "}\n", "levels"),
        ("---\ntitle: x\n", "does not end"),
        ("+++\ntitle = 1\n---\n", "does not end"),
        ("---", "does not end"),
        ("---\n---\n", "is empty"),
        ("---\n# only\n---\n", "is empty"),
        ("---\n- a\n---\n", "is a list"),
        ("---\nword\n---\n", "is a single value"),
        ("+++\ntitle\n+++\n", "is no TOML"),
        ("+++\na = " + "[" * 5000 + "\n+++\n", "too many levels"),
        ("+++\na = " + "9" * 5000 + "\n+++\n", "too many digits"),
        ("+++\n" + "a." * 5000 + "a = 1\n+++\n", "a key of more than 50 parts"),
        ("+++\n[" + "'a' . " * 5000 + "a]\n+++\n", "a key of more than 50 parts"),
        ("+++\na = nan\n+++\n", "a: is nan, a number that JSON does not have"),
        ("---\na: \x00\n---\n", "holds the character NUL"),
        ("---\na: 1\n---\n\x00", "holds the character NUL"),
        ("---\na: \ud800\n---\n", "lone surrogate"),
        (b"---\ntitle: caf\xe9\n---\n", "is not UTF-8 at byte 14"),
        (b"\xff\xfe-\x00", "is not UTF-8 at byte 0"),
        (b"x" * (MAX_BYTES + 1), "is larger than 10 MiB"),
    ],
    ids=lambda value: repr(value[:24]),
)
def test_what_is_no_document_is_refused(text: str | bytes, fault: str) -> None:
    faults = faults_of(text)
    assert len(faults) == 1
    assert fault in faults[0]


def test_all_faults_are_given_at_once_by_path_in_order() -> None:
    text = front(
        category="Not a slug",
        title=None,
        webUrl=None,
        type="letter",
        heat="warm",
        related="[{title: x, type: article, publishedDateTime: 2024-13-45, provider: {name: n}}, text]",
    )
    assert faults_of(text) == [
        'category: must be a slug: lower-case letters, digits, - and _, not "Not a slug"',
        "title: required key is missing",
        'type: must be article or video, not "letter"',
        'heat: must be a whole number, not "warm"',
        f'related[0].publishedDateTime: {EXPECTED_DATE}, not "2024-13-45"',
        "related[0].webUrl: required key is missing",
        "related[0].provider.domain: required key is missing",
        'related[1]: must be a mapping, not "text"',
    ]


def test_faults_of_yaml_and_of_the_schema_come_together() -> None:
    text = front(title=None, n=".nan")
    assert [fault.split(":")[0] for fault in faults_of(text)] == ["n", "title"]


def test_article_without_a_page_is_refused_a_video_is_not() -> None:
    assert faults_of(front(webUrl=None)) == ["webUrl: required key is missing"]
    assert read_document(front(webUrl=None, type="video")).web_url is None


@pytest.mark.parametrize(
    "block",
    [
        "a: " + "[" * 3_000_000,
        "- " * 1_500_000,
        "x: 1\n" + "#\n" * 1_500_000 + "y: 2",
        "".join(f"k{number}: {number}\n" for number in range(60_000)),
        "a: {" + "b," * 1_000_000 + "}",
        "a: &" + "a" * 3_000_000 + " 1\nb: *a",
    ],
    ids=["flow", "dashes", "comments", "keys", "pairs", "anchor"],
)
def test_large_input_costs_little(block: str) -> None:
    """Read or refused, within seconds."""
    started = time.perf_counter()
    with pytest.raises(DocumentError):
        read_document(f"---\n{block}\n---\n")
    assert time.perf_counter() - started < 5
