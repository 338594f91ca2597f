"""Checks a document's keys and values against the schema and words every fault with its path."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, get_args

from storyfold.document import Slug, WebAddress
from storyfold.instants import parse_instant
from storyfold.json_values import value_faults
from storyfold.records import DOCUMENT_SHAPE, record_from_json

_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
}
_PATTERNS = {
    get_args(WebAddress)[1].pattern: "an absolute http or https address",
    get_args(Slug)[1].pattern: "a slug: lower-case letters, digits, - and _",
}
_LAST = len(DOCUMENT_SHAPE.keys)
# The keys of a related item stand in the same order as those of the document.
_ORDER = {key: place for place, key in enumerate(DOCUMENT_SHAPE.keys)} | {
    "name": 0,
    "domain": 1,
    "url": 0,
    "width": 1,
    "height": 2,
    "isCached": 3,
}

Path = tuple[str | int, ...]


def check_document(mapping: Mapping[str, Any]) -> list[str]:
    """List what keeps a mapping from being a story document: the JSON form, or front matter's metadata.

    Returns:
        One line a fault, ``path: what is wrong``, in the order of the schema; empty when there is none.
        Dates may be in any form that documents may have; keys that the schema does not know may hold
        anything that JSON can.
    """
    faults = value_faults(mapping)
    return faults or check_record(record_from_json(mapping))


def check_record(record: Mapping[str, Any]) -> list[str]:
    """List the faults of a record, as :func:`check_document`."""
    found = {fault: None for error in _validator().iter_errors(record) for fault in _faults(error)}
    return [f"{_dotted(path)}: {words}" for path, words in sorted(found, key=lambda fault: _place(fault[0]))]


@cache
def _validator() -> Any:
    # Imported late: jsonschema takes 75 ms, and a document without faults never comes here; the schema
    # is a module to run, which Python warns of when the package has imported it already.
    from jsonschema import Draft202012Validator, FormatChecker, validators

    from storyfold.schema import story_schema

    formats = FormatChecker(formats=())
    formats.checks("date-time")(lambda value: not isinstance(value, str) or parse_instant(value) is not None)
    # Records of documents hold tuples.
    types = Draft202012Validator.TYPE_CHECKER.redefine("array", lambda _, it: isinstance(it, list | tuple))
    extend: Any = validators.extend
    validator = extend(Draft202012Validator, type_checker=types)
    return validator(story_schema(), format_checker=formats)


def _faults(error: Any) -> Iterator[tuple[Path, str]]:
    path: Path = tuple(error.absolute_path)
    if error.validator == "required":
        for key in error.validator_value:
            if key not in error.instance:
                yield (*path, key), "required key is missing"
        return
    yield path, _words(error)


def _words(error: Any) -> str:
    wanted = error.validator_value
    match error.validator:
        case "type":
            return f"must be {_TYPES[wanted]}, not {_shown(error.instance)}"
        case "enum":
            return f"must be {' or '.join(wanted)}, not {_shown(error.instance)}"
        case "pattern":
            return f"must be {_PATTERNS[wanted]}, not {_shown(error.instance)}"
        case "format":
            return f"must be a date and time such as 2020-11-19T16:21:00Z, not {_shown(error.instance)}"
        case "minimum":
            return f"must be {wanted} or more, not {_shown(error.instance)}"
        case "minLength":
            return "must not be empty"
        case _:
            return str(error.message)


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else text[:77] + '..."'


def _dotted(path: Path) -> str:
    dotted = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return dotted.removeprefix(".") or "document"


def _place(path: Path) -> tuple[int, ...]:
    return tuple(part if isinstance(part, int) else _ORDER.get(part, _LAST) for part in path)
