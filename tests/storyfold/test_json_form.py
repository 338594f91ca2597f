"""The document as JSON."""

from __future__ import annotations

from typing import Any

import pytest

from storyfold.document import Extra
from storyfold.errors import DocumentError
from storyfold.front_matter import read_document, write_document
from storyfold.json_form import document_from_json, document_to_json


def form(**changes: Any) -> dict[str, Any]:
    known = {
        "category": "news",
        "title": "A title",
        "publishedDateTime": "2026-03-01T08:05:00Z",
        "originalUrl": "https://a.example/1",
        "webUrl": "https://a.example/1",
        "type": "article",
        "provider": {"name": "A", "domain": "a.example"},
    }
    return {**known, **changes}


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


def test_form_has_known_keys_then_unknown_ones_then_the_body() -> None:
    document = document_from_json(form(mine="x", content="Body\n", quality=3))
    assert list(document_to_json(document)) == [
        *("category", "title", "publishedDateTime", "originalUrl", "webUrl", "type", "quality", "provider"),
        *("mine", "content"),
    ]


def test_form_without_body_has_no_content() -> None:
    assert document_to_json(document_from_json(form(content=""))) == form()
    assert document_to_json(document_from_json(form(content=None))) == form()


def test_unknown_scalars_are_their_text_and_collections_load() -> None:
    source = "country: no\nid: 0123\nversion: 1.10\nday: 2024-01-01\non: true\nn: 7\nnil: ~\n"
    source += "list: [1, 1.10, no, {a: 1.5}]"
    document = read_document(write_document(document_from_json(form())).replace("\n---\n\n", f"\n{source}\n---\n\n"))
    unknown = {key: value for key, value in document_to_json(document).items() if key not in form()}
    assert unknown == {
        "country": "no",
        "id": "0123",
        "version": "1.10",
        "day": "2024-01-01",
        "on": "true",
        "n": "7",
        "nil": None,
        "list": [1, "1.10", "no", {"a": 1.5}],
    }


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("no", 'mine: "no"'),
        ("0123", 'mine: "0123"'),
        ("a: b", 'mine: "a: b"'),
        (7, "mine: 7"),
        (1e20, "mine: 1.0e+20"),
        (True, "mine: true"),
        (None, "mine: null"),
        ([], "mine: []"),
        ({}, "mine: {}"),
        ([[1, [2]], {"a": [], "b": {"c": "d"}}], "mine:\n  - - 1\n    - - 2\n  - a: []\n    b:\n      c: d"),
    ],
)
def test_unknown_value_becomes_yaml_of_the_same_value(value: Any, text: str) -> None:
    assert document_from_json(form(mine=value)).extras == (Extra(key="mine", text=text),)


def test_unknown_keys_inside_known_ones_are_kept() -> None:
    images = [{"url": "https://a.example/i.png", "alt": "x", "crop": [1, 2]}]
    provider = {"name": "A", "domain": "a.example", "country": "no"}
    assert document_to_json(document_from_json(form(images=images, provider=provider))) == form(
        images=images, provider=provider
    )


def test_dates_may_be_written_otherwise() -> None:
    document = document_from_json(form(publishedDateTime="2026-03-01 10:05:00.25 +0200"))
    assert document == document_from_json(form())


def test_unknown_content_key_of_front_matter_gives_way_to_the_body() -> None:
    text = write_document(document_from_json(form(content="Body"))).replace("\n---\n\n", "\ncontent: mine\n---\n\n")
    assert document_to_json(read_document(text)) == form(content="Body")
    assert document_to_json(read_document(text.removesuffix("Body"))) == form()


@pytest.mark.parametrize(
    ("mapping", "faults"),
    [
        ([1], ["document: must be a mapping of keys to values, not a list"]),
        (
            form(title=None, heat="x"),
            ["title: required key is missing", 'heat: must be a whole number, not "x"'],
        ),
        (form(title=1984), ["title: must be text, not 1984"]),
        (form(quality=True), ["quality: must be a whole number, not true"]),
        (form(quality=-1), ["quality: must be 0 or more, not -1"]),
        (
            form(category="news\n"),
            ['category: must be a slug: lower-case letters, digits, - and _, not "news\\n"'],
        ),
        (form(content=3), ["content: must be text, not 3"]),
        (form(images={"url": "x"}), ["images: must be a list, not a mapping"]),
        (form(mine=float("nan")), ["mine: is nan, a number that JSON does not have"]),
        (
            form(mine=[{"a": "\ud800"}]),
            ["mine[0].a: holds half a character (a lone surrogate) at position 0; remove it"],
        ),
        (form(title="a\x00"), ["title: holds the character NUL; remove it"]),
        (form(mine=10**200), ["mine: is a number of more than 100 digits"]),
        (form(mine=object()), ["mine: is a value of type object, which JSON does not have"]),
        ({**form(), 1: 2}, ["document: the key 1 must be text"]),
        (form(**{"": 1}), ["document: has a key that is empty or longer than 1,000 characters"]),
        (form(mine=[0] * 100_001), ["document: has more than 100,000 values; split it"]),
    ],
)
def test_faults_are_named_by_path(mapping: Any, faults: list[str]) -> None:
    with pytest.raises(DocumentError) as caught:
        document_from_json(mapping)
    assert caught.value.faults == faults


def test_whole_float_is_an_integer() -> None:
    assert document_from_json(form(quality=39.0)).quality == 39


def test_depth_is_bounded() -> None:
    document_from_json(form(mine=nested(49)))
    with pytest.raises(DocumentError, match="nested deeper than 50 levels"):
        document_from_json(form(mine=nested(50)))


def test_extra_whose_text_is_of_another_key_is_refused() -> None:
    from msgspec.structs import replace

    document = replace(document_from_json(form()), extras=(Extra(key="a", text="b: 1"),))
    with pytest.raises(DocumentError, match="a: the kept text is not that of this key"):
        document_to_json(document)
