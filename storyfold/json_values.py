"""Checks that loaded values are such as JSON and YAML text can hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, time
from math import isfinite
from typing import Any

from storyfold.yaml_nodes import MAX_DEPTH, MAX_KEY_CHARACTERS, MAX_NODES
from storyfold.yaml_scalars import plain_or_quoted

_MAX_INTEGER = 10**100


def value_faults(value: Any) -> list[str]:
    """List what in a document's values no text can hold, as ``path: what is wrong``.

    These are: a document that is no mapping, keys that are not text, NUL, lone surrogates, NaN and infinity,
    integers of more than 100 digits, more than 50 levels or 100,000 values, objects of other types. Dates
    and times are allowed, as readers of YAML and TOML give them.
    """
    if not isinstance(value, Mapping):
        return [f"document: must be a mapping of keys to values, not {_kind(value)}"]
    if _has_too_many(value):
        return [f"document: has more than {MAX_NODES:,} values; split it"]
    return [f"{path or 'document'}: {words}" for path, words in _faults(value, "", 1)]


def text_fault(text: str) -> str | None:
    """Say why a text can stand in no file; None when it can."""
    if "\x00" in text:
        return "holds the character NUL; remove it"
    if text.isascii():
        return None
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return f"holds half a character (a lone surrogate) at position {error.start}; remove it"
    return None


def _has_too_many(value: Any) -> bool:
    waiting, count = [value], 0
    while waiting and count <= MAX_NODES:
        each = waiting.pop()
        if isinstance(each, Mapping | list | tuple):
            count += len(each)
            waiting.extend(each.values() if isinstance(each, Mapping) else each)
    return count > MAX_NODES


def _faults(value: Any, path: str, depth: int) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping | list | tuple):
        if depth > MAX_DEPTH:
            yield path, f"is nested deeper than {MAX_DEPTH} levels"
        elif isinstance(value, Mapping):
            yield from _mapping_faults(value, path, depth)
        else:
            for place, item in enumerate(value):
                yield from _faults(item, f"{path}[{place}]", depth + 1)
    elif fault := _scalar_fault(value):
        yield path, fault


def _mapping_faults(mapping: Mapping[Any, Any], path: str, depth: int) -> Iterator[tuple[str, str]]:
    for key, item in mapping.items():
        fault = _key_fault(key)
        if fault:
            yield path, fault
        else:
            yield from _faults(item, f"{path}.{key}" if path else key, depth + 1)


def _key_fault(key: Any) -> str | None:
    if not isinstance(key, str):
        return f"the key {key!r:.40} must be text"
    if not key or len(plain_or_quoted(key)) > MAX_KEY_CHARACTERS:
        return f"has a key that is empty or longer than {MAX_KEY_CHARACTERS:,} characters"
    fault = text_fault(key)
    return f"the key {key!r:.40} {fault}" if fault else None


def _scalar_fault(value: Any) -> str | None:
    if isinstance(value, str):
        return text_fault(value)
    if isinstance(value, float) and not isfinite(value):
        return f"is {value}, a number that JSON does not have"
    if isinstance(value, int) and abs(value) >= _MAX_INTEGER:
        return "is a number of more than 100 digits"
    if value is None or isinstance(value, bool | int | float | date | time):
        return None
    return f"is {_kind(value)}, which JSON does not have"


def _kind(value: Any) -> str:
    return "a list" if isinstance(value, list | tuple) else f"a value of type {type(value).__name__}"
