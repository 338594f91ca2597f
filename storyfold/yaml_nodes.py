"""YAML text read as a tree of nodes that know their place in the text.

Made for text from strangers. It goes event by event with a stack of its own, so that neither depth
nor size costs more than the bounds below; it never builds an object, follows an alias or guesses
a scalar's type: :mod:`storyfold.records` gives types by the schema.
"""

from __future__ import annotations

from typing import Any

import yaml
from msgspec import Struct

from storyfold.errors import DocumentError
from storyfold.yaml_scalars import unfit_number

MAX_DEPTH = 50
MAX_NODES = 100_000
MAX_KEY_CHARACTERS = 1_000  # YAML 1.2 section 7.4.2 lets a key have 1,024 with its quotes

# libyaml reads the seed seven times faster than PyYAML's own parser.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_YAML = "tag:yaml.org,2002:"
_TEXT_TAGS = frozenset({"!", f"{_YAML}str"})
_SCALAR_TAGS = _TEXT_TAGS | {f"{_YAML}int", f"{_YAML}float", f"{_YAML}bool", f"{_YAML}null"}
_COLLECTION_TAGS = frozenset({"!", f"{_YAML}map", f"{_YAML}seq"})


class Scalar(Struct, kw_only=True):
    """A scalar.

    Attributes:
        text: as it reads, without quotes and escapes.
        plain: other types than text are possible: it is written without quotes and not as a block, or
            has a tag such as ``!!int``.
        start: index of its first character in the YAML text.
        end: index after its last one.
    """

    text: str
    plain: bool
    start: int
    end: int


class Sequence(Struct, kw_only=True):
    """A list; ``end`` is the index after the last character of it that is no comment or space."""

    items: list[Node]
    end: int


class Pair(Struct, kw_only=True):
    """A key with its value.

    Attributes:
        start: index of the key's first character.
        column: characters before the key in its line.
        in_flow: the mapping is written with braces.
    """

    start: int
    column: int
    in_flow: bool
    value: Node


class Mapping(Struct, kw_only=True):
    """A mapping; ``end`` as in :class:`Sequence`."""

    pairs: dict[str, Pair]
    end: int


Node = Scalar | Sequence | Mapping


class _Frame(Struct, kw_only=True):
    """An open collection: its node, the key that waits for a value, and where it stands."""

    node: Sequence | Mapping
    path: str
    in_flow: bool
    key: Scalar | None = None
    key_column: int = 0
    lines: dict[str, int] = {}


def parse_yaml(text: str, *, first_line: int = 1, faults: list[str] | None = None) -> Mapping:
    """Read YAML text that is one mapping.

    Args:
        text: the YAML, without document markers.
        first_line: the number, in the file, of the text's first line; for messages.
        faults: where to put faults after which the reading can go on (a key twice, an unfit value), so
            that a caller can add others to them; without it they are raised.

    Raises:
        DocumentError: the text is no YAML or no mapping, has aliases, tags other than those of YAML's
            own scalars, a key twice, numbers that JSON does not have, more than 50 levels or
            more than 100,000 values.
    """
    builder = _Builder(first_line)
    try:
        loader = _Loader(text)
        try:
            root = _consume(loader, builder)
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        raise DocumentError([_syntax_fault(error, first_line)]) from error
    if not isinstance(root, Mapping):
        if isinstance(root, Scalar) and root.text == "" and root.plain:
            root = None
        what = "empty" if root is None else "a list" if isinstance(root, Sequence) else "a single value"
        raise DocumentError([f"front matter: is {what}; write `key: value` lines"])
    if builder.faults and faults is None:
        raise DocumentError(builder.faults)
    if faults is not None:
        faults.extend(builder.faults)
    return root


def _consume(loader: Any, builder: _Builder) -> Node | None:
    event = loader.get_event()
    while not isinstance(event, yaml.StreamEndEvent):
        if isinstance(event, yaml.NodeEvent | yaml.CollectionEndEvent):
            builder.take(event)
        event = loader.get_event()
    return builder.root


def _syntax_fault(error: yaml.YAMLError, first_line: int) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        where = f"line {error.problem_mark.line + first_line}"
        what = " ".join(part for part in (error.context, error.problem) if part)
        return f"front matter: {where} is no YAML: {what}"
    if isinstance(error, yaml.reader.ReaderError):
        return f"front matter: holds the control character U+{_code(error.character):04X}; remove it"
    return f"front matter: is no YAML: {error}"


def _code(character: Any) -> int:
    return character if isinstance(character, int) else ord(character)


class _Builder:
    """Puts nodes together from parser events; gathers the faults that need not end the reading."""

    def __init__(self, first_line: int) -> None:
        self.root: Node | None = None
        self.faults: list[str] = []
        self._first_line = first_line
        self._open: list[_Frame] = []
        self._count = 0
        self._content_end = 0

    def take(self, event: Any) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._count_node()
            self._take_scalar(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._close(event)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._count_node()
            self._open_collection(event)
        else:
            raise self._fatal(event, "an alias (`*name`), which is not read here; write the value out")

    def _fatal(self, event: Any, what: str) -> DocumentError:
        return DocumentError([*self.faults, f"front matter: line {self._line(event)} has {what}"])

    def _line(self, event: Any) -> int:
        return int(event.start_mark.line) + self._first_line

    def _count_node(self) -> None:
        self._count += 1
        if self._count > MAX_NODES:
            raise DocumentError([f"front matter: has more than {MAX_NODES:,} values; split the document"])

    def _take_scalar(self, event: Any) -> None:
        tag = event.tag
        if tag is not None and tag not in _SCALAR_TAGS:
            raise self._fatal(event, f"the tag `{_shown(tag)}`, which is not read here; remove it")
        scalar = Scalar(
            text=event.value,
            plain=not event.style if tag is None else tag not in _TEXT_TAGS,
            start=event.start_mark.index,
            end=event.end_mark.index,
        )
        self._content_end = scalar.end
        frame = self._open[-1] if self._open else None
        if frame is not None and frame.key is None and isinstance(frame.node, Mapping):
            self._take_key(frame, scalar, event)
            return
        self._check_scalar(scalar)
        self._put(scalar)

    def _check_scalar(self, scalar: Scalar) -> None:
        fault = unfit_number(scalar.text) if scalar.plain else None
        if "\x00" in scalar.text:
            fault = "holds the character NUL; remove it"
        if fault:
            self.faults.append(f"{self._path() or 'front matter'}: {fault}")

    def _take_key(self, frame: _Frame, key: Scalar, event: Any) -> None:
        frame.key = key
        frame.key_column = event.start_mark.column
        path = self._path()
        if not key.text or len(key.text) > MAX_KEY_CHARACTERS or "\x00" in key.text:
            raise self._fatal(event, f"a key that is empty or longer than {MAX_KEY_CHARACTERS:,} characters")
        if key.text in frame.lines:
            lines = f"{frame.lines[key.text]} and {self._line(event)}"
            self.faults.append(f"{path}: key occurs twice, in lines {lines}; keep one")
        frame.lines[key.text] = self._line(event)

    def _path(self) -> str:
        if not self._open:
            return ""
        frame = self._open[-1]
        if isinstance(frame.node, Sequence):
            return f"{frame.path}[{len(frame.node.items)}]"
        key = frame.key.text if frame.key else ""
        return f"{frame.path}.{key}" if frame.path else key

    def _open_collection(self, event: Any) -> None:
        if event.tag is not None and event.tag not in _COLLECTION_TAGS:
            raise self._fatal(event, f"the tag `{_shown(event.tag)}`, which is not read here; remove it")
        if len(self._open) >= MAX_DEPTH:
            raise self._fatal(event, f"more than {MAX_DEPTH} levels of nesting")
        if self._open and self._open[-1].key is None and isinstance(self._open[-1].node, Mapping):
            raise self._fatal(event, "a list or mapping as a key; keys are words")
        path = self._path()
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        node = Mapping(pairs={}, end=0) if is_mapping else Sequence(items=[], end=0)
        self._open.append(_Frame(node=node, path=path, in_flow=bool(event.flow_style), lines={}))

    def _close(self, event: Any) -> None:
        frame = self._open.pop()
        if frame.in_flow:
            self._content_end = event.end_mark.index
        frame.node.end = self._content_end
        self._put(frame.node)

    def _put(self, node: Node) -> None:
        if not self._open:
            self.root = node
            return
        frame = self._open[-1]
        if isinstance(frame.node, Sequence):
            frame.node.items.append(node)
        elif frame.key is not None:
            frame.node.pairs[frame.key.text] = Pair(
                start=frame.key.start, column=frame.key_column, in_flow=frame.in_flow, value=node
            )
            frame.key = None


def _shown(tag: str) -> str:
    short = tag.replace(_YAML, "!!")
    return short if len(short) <= 60 else short[:57] + "..."
