"""JSON Schema of the event, made from the names of :mod:`storyfold.event`.

``python -m storyfold.event_schema`` prints it; ``schema/event.schema.json`` is that output. An event has two
forms, and the schema accepts both: the JSON form (CloudEvents JSON format, ``data`` an object) and the stream
entry (the same attributes as flat fields, ``data`` that object as JSON text). The story's schema is bundled and all
references are local, so that a validator needs no second file and no network.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from storyfold.document import SLUG_PATTERN
from storyfold.event import CONTENT_TYPE, DATA_SCHEMA, SPEC_VERSION, EventType
from storyfold.schema import story_schema

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_STORY_ID = {"type": "string", "pattern": "^[0-9a-f]{16}$"}
_RFC3339_UTC = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?Z$"
_FORMS = {
    "JsonForm": "the event as one JSON object, CloudEvents JSON format",
    "StreamEntry": "the event as it lies on the stream: every field is text",
}


def event_schema() -> dict[str, Any]:
    """Give the JSON Schema (2020-12) of an event in both of its forms.

    Attributes and keys that it does not name are allowed: consumers pass over what they do not know.
    """
    data: dict[str, dict[str, Any]] = {
        "JsonForm": {"$ref": "#/$defs/Data", "description": "the change"},
        "StreamEntry": {
            "type": "string",
            "contentMediaType": CONTENT_TYPE,
            "contentSchema": {"$ref": "#/$defs/Data"},
            "description": "the change, as JSON text",
        },
    }
    forms = {name: _form(_FORMS[name], data[name]) for name in _FORMS}
    forms["JsonForm"] |= _merged_says_into()
    return {
        "$schema": _DIALECT,
        "$id": DATA_SCHEMA,
        "title": "Event",
        "description": "One change of a story, a CloudEvent",
        "anyOf": [{"$ref": f"#/$defs/{name}"} for name in _FORMS],
        "$defs": {**forms, "Data": _data_schema(), **_story_definitions()},
    }


def _story_definitions() -> dict[str, Any]:
    story = story_schema()
    parts = story.pop("$defs")
    del story["$schema"]
    return {"Story": {"$comment": story.pop("$id"), **story}, **parts}


def _form(description: str, data: dict[str, Any]) -> dict[str, Any]:
    attributes = {**_attributes(), "data": data}
    return {"type": "object", "description": description, "properties": attributes, "required": list(attributes)}


def _attributes() -> dict[str, Any]:
    return {
        "specversion": {"const": SPEC_VERSION, "description": "version of CloudEvents"},
        "id": {
            "type": "string",
            "pattern": r"^[0-9a-f]{16}\.[1-9][0-9]*\.[0-9a-f]{12}$",
            "description": "STORY.REVISION.FINGERPRINT; the same whenever the same event is sent again",
        },
        "source": {
            "type": "string",
            "format": "uri-reference",
            "minLength": 1,
            "description": "the collection, /storyfold/news",
        },
        "type": {"enum": [str(kind) for kind in EventType], "description": "what happened to the story"},
        "subject": {**_STORY_ID, "description": "id of the story"},
        "time": {
            "type": "string",
            "format": "date-time",
            "pattern": _RFC3339_UTC,
            "description": "when it was committed, RFC 3339, UTC",
        },
        "datacontenttype": {"const": CONTENT_TYPE, "description": "how data is written"},
        "dataschema": {
            "const": DATA_SCHEMA,
            "description": "this schema, whose Data is that of data; the version is its last part",
        },
    }


def _merged_says_into() -> dict[str, Any]:
    merged = {"properties": {"type": {"const": str(EventType.MERGED)}}, "required": ["type"]}
    return {"if": merged, "then": {"properties": {"data": {"required": ["into"]}}}}


def _data_schema() -> dict[str, Any]:
    keys: dict[str, Any] = {
        "id": {**_STORY_ID, "description": "id of the story"},
        "revision": {"type": "integer", "minimum": 1, "description": "the story's state that this event tells"},
        "path": {
            "type": "string",
            "pattern": rf"^_{SLUG_PATTERN}/[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}-[a-z0-9-]+\.md$",
            "description": "where the document belongs in a folder of documents; kept for the story's life",
        },
        "document": {
            "$ref": "#/$defs/Story",
            "description": "the story's document; of a merged story, the last one that was told",
        },
        "changes": {
            "type": "array",
            "items": {"type": "string", "minLength": 1},
            "uniqueItems": True,
            "description": "keys of the document that differ from the revision before; all of them for a new story",
        },
    }
    optional: dict[str, Any] = {
        "into": {**_STORY_ID, "description": "id of the story that took this one in; its last revision"},
        "reason": {
            "type": "string",
            "minLength": 1,
            "description": "what a person did to the story, with their words; absent when no person did anything",
        },
        "omitted": {
            "type": "object",
            "additionalProperties": {"type": "integer", "minimum": 1},
            "description": "what was left out of the document to keep the event under 64 KiB: key and amount",
        },
        "extraText": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": "YAML text of the keys that the story's schema does not know",
        },
    }
    return {
        "title": "Data",
        "description": "What an event says of its story",
        "type": "object",
        "properties": {**keys, **optional},
        "required": list(keys),
    }


def schema_text() -> str:
    """Give the schema as the text of ``schema/event.schema.json``."""
    return json.dumps(event_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text())
