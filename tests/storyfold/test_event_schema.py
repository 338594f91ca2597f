"""The published schema of the event, and the AsyncAPI document that refers to it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from storyfold.event import Event, EventType
from storyfold.event_schema import event_schema, schema_text

STORY_ID = "0123456789abcdef"
DOCUMENT = {
    "category": "news",
    "title": "A title",
    "publishedDateTime": "2026-03-01T08:05:00Z",
    "originalUrl": "https://a.example/1",
    "webUrl": "https://a.example/1",
    "type": "article",
    "provider": {"name": "A", "domain": "a.example"},
    "mine": {"kept": ["as it is"]},
}


def make_event(kind: EventType = EventType.CREATED, **data: Any) -> Event:
    path = "_news/2026-03-01-a-title.md"
    given: dict[str, Any] = {"id": STORY_ID, "revision": 1, "path": path, "document": DOCUMENT, "changes": ["title"]}
    return Event(
        id=f"{STORY_ID}.1.0123456789ab",
        source="/storyfold/news",
        type=kind,
        subject=STORY_ID,
        time=datetime(2026, 3, 1, 9, 0, 0, 120_000, tzinfo=UTC),
        data={**given, **data},
    )


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    return Draft202012Validator(event_schema())


def form(validator: Draft202012Validator, name: str) -> Draft202012Validator:
    return validator.evolve(schema={**event_schema(), "anyOf": [{"$ref": f"#/$defs/{name}"}]})


def test_committed_schema_is_current(project_root: Path) -> None:
    """When this fails: python -m storyfold.event_schema > schema/event.schema.json"""
    assert (project_root / "schema" / "event.schema.json").read_text(encoding="utf-8") == schema_text()


def test_schema_is_valid_and_needs_no_other_file() -> None:
    schema = event_schema()
    Draft202012Validator.check_schema(schema)
    names = set(schema["$defs"])
    references = [part.partition('"')[0] for part in schema_text().split('"$ref": "')[1:]]
    assert references
    assert {reference.removeprefix("#/$defs/") for reference in references} <= names


def test_dataschema_of_an_event_is_the_address_of_the_schema() -> None:
    assert make_event().to_fields()["dataschema"] == event_schema()["$id"]


@pytest.mark.parametrize("kind", list(EventType))
def test_both_forms_of_every_type_are_valid(validator: Draft202012Validator, kind: EventType) -> None:
    event = make_event(kind, into="f" * 16, omitted={"related": 3}, extraText={"mine": "mine: 1"})
    form(validator, "JsonForm").validate(event.to_json())
    form(validator, "StreamEntry").validate(event.to_fields())


def test_forms_are_not_mixed_up(validator: Draft202012Validator) -> None:
    event = make_event()
    assert not form(validator, "JsonForm").is_valid(event.to_fields())
    assert not form(validator, "StreamEntry").is_valid(event.to_json())


def test_merged_event_names_the_story_that_took_it_in(validator: Draft202012Validator) -> None:
    assert not validator.is_valid(make_event(EventType.MERGED).to_json())
    assert validator.is_valid(make_event(EventType.MERGED, into="f" * 16).to_json())


@pytest.mark.parametrize("name", ["specversion", "id", "source", "type", "subject", "time", "dataschema", "data"])
def test_each_attribute_is_required(validator: Draft202012Validator, name: str) -> None:
    for whole in (make_event().to_json(), make_event().to_fields()):
        assert not validator.is_valid({key: value for key, value in whole.items() if key != name})


@pytest.mark.parametrize("name", ["id", "revision", "path", "document", "changes"])
def test_each_key_of_the_data_is_required(validator: Draft202012Validator, name: str) -> None:
    data = {key: value for key, value in make_event().data.items() if key != name}
    assert not validator.is_valid({**make_event().to_json(), "data": data})


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": "story.1.print"},
        {"id": f"{STORY_ID}.0.0123456789ab"},
        {"source": ""},
        {"type": "storyfold.story.changed"},
        {"time": "2026-03-01T09:00:00"},
        {"time": "2026-03-01T10:00:00+01:00"},
        {"specversion": "0.3"},
        {"dataschema": "https://storyfold.example/schema/event/2"},
    ],
)
def test_wrong_attribute_is_refused(validator: Draft202012Validator, wrong: dict[str, str]) -> None:
    assert not validator.is_valid({**make_event().to_json(), **wrong})


@pytest.mark.parametrize(
    "wrong",
    [
        {"revision": 0},
        {"path": "../outside.md"},
        {"path": "_news/a.md"},
        {"changes": "title"},
        {"omitted": {"related": 0}},
        {"document": {**DOCUMENT, "heat": -2}},
        {"document": {key: value for key, value in DOCUMENT.items() if key != "webUrl"}},
        {"document": {**DOCUMENT, "related": [{"title": "no address"}]}},
    ],
)
def test_wrong_data_is_refused(validator: Draft202012Validator, wrong: dict[str, Any]) -> None:
    assert not validator.is_valid(make_event(**wrong).to_json())


def test_attributes_of_cloudevents_are_plain_names(validator: Draft202012Validator) -> None:
    """CloudEvents 1.0: lower-case letters and digits; what a consumer does not know, it passes over."""
    assert all(name.isalnum() and name.islower() for name in make_event().to_fields())
    assert validator.is_valid({**make_event().to_json(), "traceparent": "00-x", "data": make_event(more=1).data})


@pytest.fixture(scope="module")
def asyncapi(project_root: Path) -> dict[str, Any]:
    text = (project_root / "schema" / "asyncapi.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def resolve(asyncapi: dict[str, Any], folder: Path, reference: str) -> Any:
    file, _, pointer = reference.partition("#/")
    node: Any = json.loads((folder / file).read_text(encoding="utf-8")) if file else asyncapi
    for key in pointer.split("/"):
        node = node[key]
    return node


def references_in(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [found for value in node.values() for found in references_in(value)]
    return [found for each in node for found in references_in(each)] if isinstance(node, list) else []


def test_asyncapi_names_stream_and_dead_letters(asyncapi: dict[str, Any]) -> None:
    assert asyncapi["asyncapi"] == "3.0.0"
    addresses = {channel["address"] for channel in asyncapi["channels"].values()}
    assert addresses == {"storyfold:{CATEGORY}:stories", "storyfold:{CATEGORY}:dead"}


def test_asyncapi_names_every_type_of_event(asyncapi: dict[str, Any], project_root: Path) -> None:
    folder = project_root / "schema"
    messages = [
        resolve(asyncapi, folder, each["$ref"]) for each in asyncapi["channels"]["stories"]["messages"].values()
    ]
    assert [message["name"] for message in messages] == [str(kind) for kind in EventType]
    for message in messages:
        schema = resolve(asyncapi, folder, message["payload"]["$ref"])["schema"]
        assert schema["allOf"][1]["properties"]["type"]["const"] == message["name"]
        assert schema["allOf"][0]["$ref"] == "./event.schema.json#/$defs/StreamEntry"


def test_every_reference_of_asyncapi_leads_somewhere(asyncapi: dict[str, Any], project_root: Path) -> None:
    references = references_in(asyncapi)
    assert len(references) > 20
    for reference in references:
        assert resolve(asyncapi, project_root / "schema", reference)
