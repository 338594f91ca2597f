"""Story documents as Markdown files with front matter: read from any layout, written in one.

Read are YAML between ``---``, TOML between ``+++``, and a JSON object at the beginning of the file, as Hugo has it.

>>> document = read_document(text)
>>> write_document(document) == text  # when the text had the canonical layout
True
"""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any

import frontmatter
from frontmatter.default_handlers import BaseHandler
from msgspec import Struct

from storyfold.document import Document
from storyfold.errors import DocumentError
from storyfold.json_form import document_from_record
from storyfold.json_values import text_fault, value_faults
from storyfold.records import (
    CONTENT,
    Record,
    metadata_of,
    record_from_document,
    record_from_nodes,
    record_from_values,
)
from storyfold.validation import check_record
from storyfold.yaml_layout import front_matter_lines
from storyfold.yaml_nodes import MAX_DEPTH, parse_yaml

MAX_BYTES = 10 * 1024 * 1024
_MAX_TOML_CHARACTERS = 1024 * 1024  # tomllib takes 3 seconds for 10 MiB

_YAML_MARKER = "---"
_TOML_MARKER = "+++"
_JSON_MARKER = "{"
_OPENING = re.compile(r"(---|\+\+\+)[ \t]*(\r?\n|\Z)")
_CLOSINGS = {
    # YAML 1.2 section 9.1.2: three dots end a document, too.
    _YAML_MARKER: re.compile(r"^(?:---|\.\.\.)[ \t\r]*$", re.MULTILINE),
    _TOML_MARKER: re.compile(r"^\+\+\+[ \t\r]*$", re.MULTILINE),
}
# A key of more parts than there may be levels. tomllib keeps each of its beginnings: 40 kB of `a.a.a...` took 1.5 GB.
_TOML_PART = r"""(?:[A-Za-z0-9_-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+"""
_DEEP_TOML_KEY = re.compile(rf"(?<![A-Za-z0-9_-]){_TOML_PART}(?:\.[ \t]*+{_TOML_PART}){{{MAX_DEPTH}}}")
_LINE_END = re.compile(r"\r?\n")


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value in pairs:
        if key in values:
            raise ValueError(f"the key {key[:60]!r} occurs twice")
        values[key] = value
    return values


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is a number that JSON does not have")


_JSON = json.JSONDecoder(object_pairs_hook=_distinct, parse_constant=_no_number)


class _Parts(Struct, frozen=True, kw_only=True):
    """A file, split: the marker around its front matter, that front matter, the body."""

    marker: str
    block: str
    first_line: int
    body: str


def read_document(text: str | bytes) -> Document:
    """Read a story document, in whatever layout its YAML (or TOML, between ``+++``) is written.

    Args:
        text: the file; bytes are UTF-8, with or without a byte order mark. A file with CRLF line ends is
            read as with LF; otherwise the body is kept as it is.

    Raises:
        DocumentError: with every fault, by path: no front matter, no YAML, or not the schema.
    """
    faults: list[str] = []
    record = _read(text, faults)
    if faults:
        raise DocumentError(faults + check_record(record))
    return document_from_record(record)


def read_record(text: str | bytes) -> Record:
    """Read any front matter as a record, with ``content``, for a caller that completes it.

    Unknown keys are kept as extras; what the schema has against the record is not asked.

    Raises:
        DocumentError: no front matter, or it is no YAML.
    """
    return _read(text, None)


def _read(text: str | bytes, faults: list[str] | None) -> Record:
    parts = _split(_decode(text))
    return {**_read_block(parts, faults), CONTENT: parts.body}


def read_front_matter(text: str | bytes) -> tuple[dict[str, Any], str]:
    """Read any front matter as plain values, with the body; keys need not be the schema's.

    The schema's keys have the schema's types where their values allow it, and dates are
    ``YYYY-MM-DDTHH:MM:SSZ``. Every other scalar is its text (``draft: no`` gives "no"), null is None.

    Raises:
        DocumentError: no front matter, or it is no YAML.
    """
    parts = _split(_decode(text))
    return metadata_of(_read_block(parts)), parts.body


def write_document(document: Document) -> str:
    """Write a document in the canonical layout."""
    return _write(record_from_document(document), document.content)


class StoryHandler(BaseHandler):
    """Teaches python-frontmatter the layout: ``frontmatter.load(path, handler=StoryHandler())``.

    Metadata are plain values as :func:`read_front_matter` gives them. A file that cannot be read
    raises DocumentError, where python-frontmatter by itself would give empty metadata. Note that
    python-frontmatter strips the body, and that ``frontmatter.parse`` alone bears front matter keys with the
    names ``content`` and ``handler``.
    """

    FM_BOUNDARY = re.compile(r"^(?:---|\+\+\+)[ \t]*$", re.MULTILINE)
    START_DELIMITER = END_DELIMITER = _YAML_MARKER

    def detect(self, text: str) -> bool:
        """Tell whether the text begins with front matter."""
        return _OPENING.match(_start(text)) is not None

    def split(self, text: str) -> tuple[str, str]:
        """Part the front matter, with its opening line, from the body."""
        parts = _split(_decode(text))
        return f"{parts.marker}\n{parts.block}", parts.body

    def load(self, fm: str) -> dict[str, Any]:
        """Read what :meth:`split` gave, or YAML without markers, as plain values."""
        opening = _OPENING.match(fm)
        marker = opening[1] if opening else _YAML_MARKER
        block = fm[opening.end() :] if opening else fm
        return metadata_of(_read_block(_Parts(marker=marker, block=block, first_line=2, body="")))

    def export(self, metadata: dict[str, object], **_: object) -> str:
        """Write metadata as the lines between the markers."""
        return "\n".join(front_matter_lines(_record_of_metadata(metadata)))

    def format(self, post: frontmatter.Post, **_: object) -> str:
        """Write a post as a whole file."""
        return _write(_record_of_metadata(post.metadata), post.content)


def _write(record: Record, body: str) -> str:
    return "\n".join((_YAML_MARKER, *front_matter_lines(record), _YAML_MARKER, "", body))


def _record_of_metadata(metadata: dict[str, object]) -> Record:
    faults = value_faults(metadata)
    if faults:
        raise DocumentError(faults)
    return record_from_values(metadata)


def _decode(text: str | bytes) -> str:
    if len(text) > MAX_BYTES:
        raise DocumentError([f"document: is larger than {MAX_BYTES // 1024 // 1024} MiB; make it smaller"])
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError as error:
            fault = f"document: is not UTF-8 at byte {error.start}; save it as UTF-8"
            raise DocumentError([fault]) from error
    fault_of_text = text_fault(text)
    if fault_of_text:
        raise DocumentError([f"document: {fault_of_text}"])
    return text


def _start(text: str) -> str:
    return text.removeprefix("\ufeff").lstrip(" \t\r\n")


def _split(text: str) -> _Parts:
    start = _start(text)
    opening = _OPENING.match(start)
    if opening is None and start.startswith(_JSON_MARKER):
        return _split_json(start)
    if opening is None:
        raise DocumentError(["front matter: there is none; begin the file with a line `---`"])
    if opening[2] == "\r\n":
        start = start.replace("\r\n", "\n")
        opening = _OPENING.match(start) or opening
    marker = opening[1]
    closing = _CLOSINGS[marker].search(start, opening.end())
    if closing is None:
        raise DocumentError([f"front matter: does not end; put a line `{marker}` after it"])
    return _Parts(
        marker=marker,
        block=start[opening.end() : closing.start()],
        first_line=text.count("\n", 0, len(text) - len(text.lstrip("\ufeff \t\r\n"))) + 2,
        body=_body(start[closing.end() :]),
    )


def _split_json(start: str) -> _Parts:
    """Part a JSON object from the body. It ends where its last brace is; that is known by reading it."""
    try:
        _, end = _JSON.raw_decode(start)
    except RecursionError as error:
        raise DocumentError([f"front matter: has more than {MAX_DEPTH} levels of nesting"]) from error
    except ValueError as error:
        raise DocumentError([f"front matter: is no JSON: {error}"]) from error
    return _Parts(marker=_JSON_MARKER, block=start[:end], first_line=1, body=_body(start[end:].replace("\r\n", "\n")))


def _body(rest: str) -> str:
    """Drop the end of the closing line, and the empty line after it."""
    for _ in range(2):
        line_end = _LINE_END.match(rest)
        rest = rest[line_end.end() :] if line_end else rest
    return rest


def _read_block(parts: _Parts, faults: list[str] | None = None) -> Record:
    if parts.marker == _TOML_MARKER:
        return _read_toml(parts.block)
    if parts.marker == _JSON_MARKER:
        return _record_of_metadata(_JSON.decode(parts.block))
    root = parse_yaml(parts.block, first_line=parts.first_line, faults=faults)
    return record_from_nodes(parts.block, root)


def _read_toml(block: str) -> Record:
    if len(block) > _MAX_TOML_CHARACTERS:
        raise DocumentError([f"front matter: has more than {_MAX_TOML_CHARACTERS:,} characters of TOML"])
    if _DEEP_TOML_KEY.search(block):
        raise DocumentError([f"front matter: has a key of more than {MAX_DEPTH} parts"])
    try:
        mapping = tomllib.loads(block)
    except tomllib.TOMLDecodeError as error:
        raise DocumentError([f"front matter: is no TOML: {error}"]) from error
    except (ValueError, RecursionError) as error:
        # int() refuses more than 4,300 digits; tomllib goes down one call a level.
        fault = "front matter: has a number with too many digits, or too many levels"
        raise DocumentError([fault]) from error
    return _record_of_metadata(mapping)
