"""A document as a record: a mapping of the schema's keys, typed by the schema, in its order.

A record holds what :func:`msgspec.to_builtins` makes of a :class:`~storyfold.document.Document`:
camelCase keys, instants as text, and under ``extras``, at each level, the keys that the schema does
not know. It may lack keys and hold wrong values; :mod:`storyfold.validation` says which.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from enum import Enum
from typing import Any

import msgspec
from msgspec import Struct, inspect

from storyfold.document import Document, Extra
from storyfold.extras import extra_from_source, extra_from_value, extra_value
from storyfold.instants import format_instant, parse_instant
from storyfold.yaml_nodes import Mapping as MappingNode
from storyfold.yaml_nodes import Node, Scalar, Sequence
from storyfold.yaml_scalars import NULL_WORDS, boolean_value, integer_value

Record = dict[str, Any]

EXTRAS = "extras"
CONTENT = "content"


class Kind(Enum):
    """What the scalar of a key is."""

    TEXT = "text"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    INSTANT = "instant"


class ListShape(Struct, frozen=True):
    """A list of equal things."""

    item: Shape


class RecordShape(Struct, frozen=True):
    """The keys that the schema knows at one level, in their order."""

    keys: dict[str, Shape]


Shape = Kind | ListShape | RecordShape

_KINDS: dict[type[inspect.Type], Kind] = {
    inspect.StrType: Kind.TEXT,
    inspect.EnumType: Kind.TEXT,
    inspect.IntType: Kind.INTEGER,
    inspect.BoolType: Kind.BOOLEAN,
    inspect.DateTimeType: Kind.INSTANT,
}


def _shape(of: inspect.Type) -> Shape:
    if isinstance(of, inspect.UnionType):
        return _shape(next(each for each in of.types if not isinstance(each, inspect.NoneType)))
    if isinstance(of, inspect.VarTupleType):
        return ListShape(_shape(of.item_type))
    if isinstance(of, inspect.StructType):
        return RecordShape(
            {each.encode_name: _shape(each.type) for each in of.fields if each.name not in {EXTRAS, CONTENT}}
        )
    return _KINDS[type(of)]


def _document_shape() -> RecordShape:
    shape = _shape(inspect.type_info(Document))
    if not isinstance(shape, RecordShape):
        raise TypeError("the document is no Struct")
    return shape


DOCUMENT_SHAPE = _document_shape()


def record_from_nodes(source: str, node: MappingNode, shape: RecordShape = DOCUMENT_SHAPE) -> Record:
    """Give the record of front matter; a known key's scalar has the type that the schema wants of it.

    A scalar that has not that type stays text, for the check to find. Null is an absent key.

    Args:
        source: the YAML text that the node was read from.
        node: the front matter.
        shape: the level's keys.
    """
    record: Record = {}
    extras: list[dict[str, str]] = []
    above = 0
    for key, pair in node.pairs.items():
        known = shape.keys.get(key)
        if known is None:
            extras.append(_extra_builtins(extra_from_source(source, key, pair, above)))
        elif (value := _node_value(source, pair.value, known)) is not None:
            record[key] = value
        above = pair.value.end
    if extras:
        record[EXTRAS] = extras
    return record


def _extra_builtins(extra: Extra) -> dict[str, str]:
    return {"key": extra.key, "text": extra.text}


def _node_value(source: str, node: Node, shape: Shape) -> Any:
    if isinstance(node, Scalar):
        return None if node.plain and node.text in NULL_WORDS else _scalar_of_kind(node, shape)
    if isinstance(node, Sequence):
        item = shape.item if isinstance(shape, ListShape) else Kind.TEXT
        return [_node_value(source, each, item) for each in node.items]
    return record_from_nodes(source, node, shape if isinstance(shape, RecordShape) else RecordShape({}))


def _scalar_of_kind(scalar: Scalar, shape: Shape) -> Any:
    if shape is Kind.INSTANT:
        return _instant_text(scalar.text)
    if scalar.plain and isinstance(shape, Kind) and shape is not Kind.TEXT:
        value = integer_value(scalar.text) if shape is Kind.INTEGER else boolean_value(scalar.text)
        return scalar.text if value is None else value
    return scalar.text


def _instant_text(text: str) -> str:
    instant = parse_instant(text)
    return text if instant is None else format_instant(instant)


def record_from_values(mapping: Mapping[str, Any], shape: RecordShape = DOCUMENT_SHAPE) -> Record:
    """Give the record of front matter that another reader loaded (TOML, python-frontmatter).

    Values must be such as :func:`storyfold.json_values.value_faults` finds no fault with. Instants may
    be text or datetimes. None is an absent key.
    """
    record: Record = {}
    extras: list[dict[str, str]] = []
    for key, value in mapping.items():
        known = shape.keys.get(key)
        if known is not None:
            if value is not None:
                record[key] = _typed_value(value, known)
        else:
            extras.append(_extra_builtins(extra_from_value(key, _json_value(value))))
    if extras:
        record[EXTRAS] = extras
    return record


def _json_value(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _json_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json_value(item) for item in value]
    if isinstance(value, datetime):
        return format_instant(value)
    return value.isoformat() if isinstance(value, date | time) else value


def record_from_json(mapping: Mapping[str, Any]) -> Record:
    """Give the record of a document in its JSON form, where ``content`` is the body."""
    record = record_from_values({key: value for key, value in mapping.items() if key != CONTENT})
    content = mapping.get(CONTENT)
    return record if content is None else {**record, CONTENT: content}


def _typed_value(value: Any, shape: Shape) -> Any:
    if isinstance(value, Mapping):
        return record_from_values(value, shape if isinstance(shape, RecordShape) else RecordShape({}))
    if isinstance(value, list | tuple):
        item = shape.item if isinstance(shape, ListShape) else Kind.TEXT
        return [_typed_value(each, item) for each in value]
    if isinstance(value, date):
        return format_instant(value)
    if shape is Kind.INSTANT and isinstance(value, str):
        return _instant_text(value)
    if shape is Kind.INTEGER and isinstance(value, float) and value.is_integer():
        return int(value)  # JSON does not part 39.0 from 39
    return value


def record_from_document(document: Document) -> Record:
    """Give the record of a document; instants are in UTC and whole seconds, lists are tuples."""
    record: Record = msgspec.to_builtins(document)
    record["publishedDateTime"] = format_instant(document.published_at)
    for item, related in zip(record.get("related", ()), document.related, strict=True):
        item["publishedDateTime"] = format_instant(related.published_at)
    return record


def metadata_of(record: Record) -> dict[str, Any]:
    """Give a record as plain values: at each level the unknown keys stand after the known ones.

    An unknown key's scalar is its text (``country: no`` gives "no"); a known key wins over an
    unknown one of its name.

    Raises:
        DocumentError: an extra's text is no YAML of its key.
    """
    plain = {key: _plain(value) for key, value in record.items() if key != EXTRAS}
    for each in record.get(EXTRAS, ()):
        if each["key"] not in record or each["key"] == EXTRAS:
            plain[each["key"]] = extra_value(Extra(key=each["key"], text=each["text"]))
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return metadata_of(value)
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value
