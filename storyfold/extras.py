"""Keys that the schema does not know: their YAML text, cut from a document or made from a value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from storyfold.document import Extra
from storyfold.errors import DocumentError
from storyfold.yaml_nodes import Mapping, Node, Pair, Scalar, Sequence, parse_yaml
from storyfold.yaml_scalars import (
    NULL_WORDS,
    Value,
    is_plain_syntax,
    plain_or_quoted,
    scalar_text,
    scalar_value,
)

_ONE_LINE = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*:[ ][^\n]*")


def extra_from_source(source: str, key: str, pair: Pair, above: int) -> Extra:
    """Cut a key with its value out of the YAML text that it was read from.

    The text is kept as written, with comments in its lines and right above it, moved to the left
    margin. Where that would not read back to the same value (a key in braces, a quoted text
    that runs over lines and the like), the value is written anew.

    Args:
        source: the YAML text.
        key: the key's name.
        pair: where it stands, and its value.
        above: index after what precedes the key.
    """
    for text in _cuts(source, pair, above):
        if _reads_back(text, key, pair.value):
            return Extra(key=key, text=text)
    return Extra(key=key, text="\n".join(_node_lines(plain_or_quoted(key) + ":", pair.value)))


def _cuts(source: str, pair: Pair, above: int) -> Iterator[str]:
    end = pair.value.end
    if pair.in_flow:
        yield source[pair.start : end]
        return
    start = _start_of_comments(source, above, pair.start - pair.column)
    if source[end - 1] != "\n":
        line_end = source.find("\n", end)
        end = len(source) if line_end < 0 else line_end
    cut = _move_left(source[start:end], pair.column)
    yield cut.rstrip("\n")
    # The line ends after a block scalar with a plus sign belong to its value.
    yield cut.removesuffix("\n")


def _start_of_comments(source: str, above: int, line_start: int) -> int:
    start = line_start
    while start > above:
        previous = source.rfind("\n", 0, start - 1) + 1
        if previous < above or not source[previous:start].lstrip(" \t").startswith("#"):
            break
        start = previous
    return start


def _move_left(text: str, columns: int) -> str:
    if not columns:
        return text
    # The key's own line may begin with the dash of a list: `- alt: text`.
    lines = text.split("\n")
    return "\n".join(line[min(columns, len(line) - len(line.lstrip(" -"))) :] for line in lines)


def _reads_back(text: str, key: str, value: Node) -> bool:
    if _ONE_LINE.fullmatch(text) and isinstance(value, Scalar):
        return text.startswith(key + ":")
    try:
        pairs = parse_yaml(text + "\n").pairs
    except DocumentError:
        return False
    return list(pairs) == [key] and is_same(pairs[key].value, value)


def is_same(one: Node, other: Node) -> bool:
    """Tell whether two nodes hold the same, wherever they stand."""
    if isinstance(one, Scalar) and isinstance(other, Scalar):
        return (one.text, one.plain) == (other.text, other.plain)
    if isinstance(one, Sequence) and isinstance(other, Sequence):
        return len(one.items) == len(other.items) and all(map(is_same, one.items, other.items))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return list(one.pairs) == list(other.pairs) and all(
            is_same(one.pairs[key].value, other.pairs[key].value) for key in one.pairs
        )
    return False


def extra_from_value(key: str, value: Value) -> Extra:
    """Write a key and a value of JSON as YAML text that reads back to the same value."""
    return Extra(key=key, text="\n".join(value_lines(plain_or_quoted(key) + ":", value)))


def extra_value(extra: Extra) -> Value:
    """Give an extra's value for JSON: a scalar's text (null stays null), a collection as it loads.

    Raises:
        DocumentError: the text is no YAML of this key.
    """
    pairs = parse_yaml(extra.text + "\n").pairs
    if list(pairs) != [extra.key]:
        raise DocumentError([f"{extra.key}: the kept text is not that of this key: {extra.text[:60]!r}"])
    node = pairs[extra.key].value
    if isinstance(node, Scalar):
        return None if node.plain and node.text in NULL_WORDS else node.text
    return node_value(node)


def node_value(node: Node) -> Value:
    """Give the value of a node for which no schema fixes types; see :func:`scalar_value`."""
    if isinstance(node, Scalar):
        return scalar_value(node.text, plain=node.plain)
    if isinstance(node, Sequence):
        return [node_value(item) for item in node.items]
    return {key: node_value(pair.value) for key, pair in node.pairs.items()}


def value_lines(head: str, value: Value) -> Iterator[str]:
    """Write a value in the layout's block style.

    Args:
        head: what stands before the value in its line: ``key:`` or ``-``.
        value: what JSON can hold.
    """
    if isinstance(value, dict) and value:
        yield from _block(head, (value_lines(plain_or_quoted(key) + ":", item) for key, item in value.items()))
    elif isinstance(value, list) and value:
        yield from _block(head, (value_lines("-", item) for item in value))
    elif isinstance(value, dict | list):
        yield f"{head} {'{}' if isinstance(value, dict) else '[]'}"
    else:
        yield f"{head} {scalar_text(value)}"


def _node_lines(head: str, node: Node) -> Iterator[str]:
    """Write a node anew; a plain scalar keeps its text, whatever it means."""
    if isinstance(node, Mapping) and node.pairs:
        pairs = node.pairs.items()
        yield from _block(head, (_node_lines(plain_or_quoted(key) + ":", pair.value) for key, pair in pairs))
    elif isinstance(node, Sequence) and node.items:
        yield from _block(head, (_node_lines("-", item) for item in node.items))
    elif isinstance(node, Mapping | Sequence):
        yield f"{head} {'{}' if isinstance(node, Mapping) else '[]'}"
    else:
        yield f"{head} {_scalar_source(node)}".rstrip(" ")


def _scalar_source(scalar: Scalar) -> str:
    if scalar.plain and (scalar.text == "" or is_plain_syntax(scalar.text)):
        return scalar.text
    return plain_or_quoted(scalar.text)


def _block(head: str, children: Iterable[Iterable[str]]) -> Iterator[str]:
    """Put children below a key, or beside a dash."""
    lines = (line for child in children for line in child)
    if head == "-":
        yield f"- {next(iter(lines))}"
    else:
        yield head
    for line in lines:
        yield f"  {line}"
