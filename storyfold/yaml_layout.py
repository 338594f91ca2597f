"""The canonical layout of a story's front matter.

Keys stand in the schema's order, in blocks parted by one empty line; lists are indented under their
key; prose and addresses are double-quoted, other scalars plain where that is safe. Unknown keys come
last, as a block of their own, with the text that they were read with.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from storyfold.extras import value_lines
from storyfold.instants import is_written_instant
from storyfold.records import DOCUMENT_SHAPE, EXTRAS, Kind, ListShape, Record, RecordShape, Shape
from storyfold.yaml_scalars import plain_or_quoted, quote, scalar_text

_QUOTED = frozenset(
    {
        "title",
        "excerpt",
        "originalUrl",
        "webUrl",
        "ampWebUrl",
        "cdnAmpWebUrl",
        "featuredContent",
        "url",
        "secured",
    }
)
_EMPTY: tuple[Any, ...] = ([], ())
_BLOCK_STARTS = frozenset({"featuredContent", "provider", "topics", "images", "related", "secured"})


def front_matter_lines(record: Record) -> list[str]:
    """Write a record as the lines between the two ``---``, without line ends.

    A known key that holds what the schema does not allow is written as YAML of that value.
    """
    lines: list[str] = []
    for key, shape in DOCUMENT_SHAPE.keys.items():
        value = record.get(key)
        if value is None or value in _EMPTY:
            continue
        if key in _BLOCK_STARTS and lines:
            lines.append("")
        _add_key(lines, "", key, value, shape)
    extras = record.get(EXTRAS)
    if extras and lines:
        lines.append("")
    _add_extras(lines, "", extras or ())
    return lines


def _add_key(lines: list[str], indent: str, key: str, value: Any, shape: Shape) -> None:
    if isinstance(value, str):
        lines.append(f"{indent}{key}: {_text(key, value, shape)}")
    elif isinstance(value, bool | int | float):
        lines.append(f"{indent}{key}: {scalar_text(value)}")
    elif isinstance(shape, RecordShape) and isinstance(value, dict):
        lines.append(f"{indent}{key}:")
        _add_record(lines, indent + "  ", value, shape)
    elif isinstance(shape, ListShape) and isinstance(value, list | tuple):
        lines.append(f"{indent}{key}:")
        for item in value:
            _add_item(lines, indent + "  ", item, shape.item)
    else:
        lines.extend(indent + line for line in value_lines(f"{key}:", value))


def _text(key: str, text: str, shape: Shape) -> str:
    if key in _QUOTED:
        return quote(text)
    # An instant was put into its one form before; plain, although YAML 1.1 has a type for it.
    return text if shape is Kind.INSTANT and is_written_instant(text) else plain_or_quoted(text)


def _add_record(lines: list[str], indent: str, record: Record, shape: RecordShape) -> None:
    start = len(lines)
    for key, key_shape in shape.keys.items():
        value = record.get(key)
        if value is not None and value not in _EMPTY:
            _add_key(lines, indent, key, value, key_shape)
    _add_extras(lines, indent, record.get(EXTRAS, ()))
    if len(lines) == start:
        lines.append(f"{indent}{{}}")


def _add_extras(lines: list[str], indent: str, extras: Iterable[Record]) -> None:
    for extra in extras:
        lines.extend(indent + line if line else line for line in extra["text"].split("\n"))


def _add_item(lines: list[str], indent: str, item: Any, shape: Shape) -> None:
    if isinstance(item, str):
        lines.append(f"{indent}- {plain_or_quoted(item)}")
    elif isinstance(item, dict) and isinstance(shape, RecordShape):
        start = len(lines)
        _add_record(lines, indent + "  ", item, shape)
        lines[start] = f"{indent}- {lines[start][len(indent) + 2 :]}"
    else:
        lines.extend(indent + line for line in value_lines("-", item))
