"""The published schema, and the check that goes by it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from storyfold.front_matter import read_document, read_front_matter
from storyfold.json_form import document_from_json, document_to_json
from storyfold.records import record_from_document
from storyfold.schema import SCHEMA_ID, SCHEMA_VERSION, schema_text, story_schema
from storyfold.validation import check_document, check_record

VIDEO = {
    "category": "news",
    "title": "A title",
    "publishedDateTime": "2026-03-01T08:05:00Z",
    "originalUrl": "https://a.example/1",
    "type": "video",
    "provider": {"name": "A", "domain": "a.example"},
}


def test_committed_schema_is_current(project_root: Path) -> None:
    """When this fails: python -m storyfold.schema > schema/story.schema.json"""
    assert (project_root / "schema" / "story.schema.json").read_text(encoding="utf-8") == schema_text()


def test_schema_is_valid_and_versioned() -> None:
    schema = story_schema()
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == SCHEMA_ID
    assert SCHEMA_ID.startswith("https://")
    assert SCHEMA_ID.endswith(f"/{SCHEMA_VERSION}")


def test_every_key_is_described_and_none_is_internal() -> None:
    schema = story_schema()
    levels = [schema, *(each for each in schema["$defs"].values() if "properties" in each)]
    assert len(levels) == 4
    for level in levels:
        assert "extras" not in level["properties"]
        assert all(each["description"] for each in level["properties"].values())
    assert "None" not in schema_text()


def test_unknown_keys_are_allowed_by_the_schema() -> None:
    Draft202012Validator(story_schema()).validate({**VIDEO, "mine": [1], "provider": {**VIDEO["provider"], "x": 1}})


@pytest.mark.parametrize("key", ["category", "title", "publishedDateTime", "originalUrl", "type", "provider"])
def test_each_required_key_is_missed(key: str) -> None:
    mapping = {name: value for name, value in VIDEO.items() if name != key}
    assert check_document(mapping) == [f"{key}: required key is missing"]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"type": "article"}, "webUrl: required key is missing"),
        ({"originalUrl": "/x"}, 'originalUrl: must be an absolute http or https address, not "/x"'),
        ({"webUrl": "javascript:x"}, 'webUrl: must be an absolute http or https address, not "javascript:x"'),
        ({"title": ""}, "title: must not be empty"),
        ({"excerpt": "x" * 50, "heat": "y" * 100}, f'heat: must be a whole number, not "{"y" * 76}..."'),
        ({"heat": -2}, "heat: must be -1 or more, not -2"),
        ({"topics": "AI"}, 'topics: must be a list, not "AI"'),
        ({"images": [{"width": 1}]}, "images[0].url: required key is missing"),
        ({"images": ["x"]}, 'images[0]: must be a mapping, not "x"'),
        ({"provider": "A"}, 'provider: must be a mapping, not "A"'),
        ({"related": [{**VIDEO, "type": "x"}]}, 'related[0].type: must be article or video, not "x"'),
    ],
)
def test_fault_is_worded_with_its_path(changes: dict[str, Any], fault: str) -> None:
    assert check_document({**VIDEO, **changes}) == [fault]


@pytest.mark.parametrize("instant", [datetime(2026, 3, 1, tzinfo=UTC), date(2026, 3, 1), "2026-03-01 10:00"])
def test_dates_in_any_form_pass(instant: object) -> None:
    assert check_document({**VIDEO, "publishedDateTime": instant}) == []


def test_null_is_an_absent_key() -> None:
    assert check_document({**VIDEO, "excerpt": None, "images": None}) == []
    assert check_document({**VIDEO, "title": None}) == ["title: required key is missing"]


def test_record_of_a_document_passes_as_well() -> None:
    """Such a record holds tuples."""
    image = {"url": "https://a.example/i.png"}
    document = document_from_json({**VIDEO, "images": [image], "topics": ["AI"], "mine": 1})
    assert check_record(record_from_document(document)) == []


def test_real_documents_are_valid(shared_dir: Path) -> None:
    paths = [*(shared_dir / "seed").glob("*.md"), *(shared_dir / "data" / "archive" / "_news").glob("*.md")]
    validator = Draft202012Validator(story_schema())
    assert len(paths) > 100
    for path in paths:
        text = path.read_bytes()
        validator.validate(document_to_json(read_document(text)))
        assert check_document(read_front_matter(text)[0]) == []
