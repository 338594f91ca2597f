"""JSON Schema of the story document, made from the types of :mod:`storyfold.document`.

``python -m storyfold.schema`` prints it; ``schema/story.schema.json`` is that output.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from typing import Any

import msgspec
from msgspec import Struct

from storyfold.document import Document, Image, Provider, Related

SCHEMA_VERSION = 1
SCHEMA_ID = f"https://storyfold.example/schema/story/{SCHEMA_VERSION}"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"

_ATTRIBUTE_LINE = re.compile(r"(\w+): (.*)")


def story_schema() -> dict[str, Any]:
    """Give the JSON Schema (2020-12) of the document as JSON: front matter, and ``content`` for the body.

    Keys that it does not name are allowed everywhere. A key is absent rather than null.
    """
    (_, definitions) = msgspec.json.schema_components([Document], ref_template="#/$defs/{name}")
    for struct in (Document, Image, Provider, Related):
        definitions[struct.__name__] = _definition(struct, definitions[struct.__name__])
    definitions.pop("Extra")
    root = definitions.pop("Document")
    root["properties"]["content"] = {
        "type": "string",
        "description": "the body, Markdown; only in the JSON form, absent when empty",
    }
    return {
        "$schema": _DIALECT,
        "$id": SCHEMA_ID,
        "title": "Story",
        **{key: value for key, value in root.items() if key != "title"},
        "$defs": dict(sorted(definitions.items())),
    }


def _definition(struct: type[Struct], generated: dict[str, Any]) -> dict[str, Any]:
    summary, attributes = _documented(struct)
    properties = {
        key: {**_without_null(value), "description": attributes[key]}
        for key, value in generated["properties"].items()
        if key != "extras"
    }
    definition = {**generated, "description": summary, "properties": properties}
    if "webUrl" in properties:
        # A video may be an embed only; an article is a page.
        definition["if"] = {"properties": {"type": {"const": "article"}}, "required": ["type"]}
        definition["then"] = {"required": ["webUrl"]}
    return definition


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    choices = [choice for choice in schema.get("anyOf", ()) if choice != {"type": "null"}]
    rest = {key: value for key, value in schema.items() if key not in {"anyOf", "default"}}
    return {**rest, **choices[0]} if choices else rest


def _documented(struct: type[Struct]) -> tuple[str, dict[str, str]]:
    """Read a type's docstring: its first sentence, and what it says of each key."""
    text = inspect.getdoc(struct) or ""
    summary, _, section = text.partition("\n\nAttributes:\n")
    names = dict(zip(struct.__struct_fields__, struct.__struct_encode_fields__, strict=True))
    described = dict.fromkeys(names.values(), "")
    current = ""
    for line in section.splitlines():
        match = _ATTRIBUTE_LINE.match(line.removeprefix("    "))
        if match and match[1] in names:
            current = names[match[1]]
            described[current] = match[2]
        elif current:
            described[current] += " " + line.strip()
    return _plain_prose(summary.partition(". ")[0]), {key: _plain_prose(value) for key, value in described.items()}


def _plain_prose(text: str) -> str:
    """Word a docstring for JSON: no markup, and None, which stands for an absent key, as that."""
    text = re.sub(r"``|:\w+:`([^`]+)`", lambda match: match[1] or "", " ".join(text.split()))
    return re.sub(r"\bNone\b", "absent", text).replace("False", "false").removesuffix(".")


def schema_text() -> str:
    """Give the schema as the text of ``schema/story.schema.json``."""
    return json.dumps(story_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text())
