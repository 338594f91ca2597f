"""File content: the bytes of a dropped file become entries or subscriptions."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from io import BytesIO
from typing import Any

import msgspec
from msgspec.structs import replace

from storyfold.errors import DocumentError, SourceError
from storyfold.front_matter import read_record
from storyfold.json_values import value_faults
from storyfold.records import record_from_json
from worker.flows.documents import ToItem, entry_from_record
from worker.model.entry import Entry, Source
from worker.sources.parse.feed_document import parse_feed
from worker.sources.parse.opml import Outline, read_opml
from worker.sources.parse.sniff import Kind, sniff
from worker.sources.parse.url_list import read_url_list

_SHOWN_FAULTS = 50
MAX_SUBSCRIPTIONS = 100_000
"""Of one list."""
MAX_VALUES = 250_000
"""Of one JSON file: list members and keys of objects, roughly. JSON lines are taken apart one by one, and only
counted."""
MAX_DOCUMENT_BYTES = 6 * 1024 * 1024
"""Of one document, and of a list of them in one JSON value. Reading it takes six times as much memory."""
MAX_DOCUMENTS = 25_000
"""Of one file. Normalizing so many takes five seconds, in which the folder's other files wait."""
_HEAD_BYTES = 4_096
_JSON_TEXT = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)


class FileContent(msgspec.Struct, frozen=True, kw_only=True):
    """What a file holds.

    Attributes:
        entries: articles, in the order of the file.
        subscriptions: feeds to follow.
    """

    entries: tuple[Entry, ...] = ()
    subscriptions: tuple[Outline, ...] = ()


def read_file(body: bytes, name: str, *, collection: str, to_item: ToItem) -> FileContent:
    """Read a dropped file, by its content more than by its name.

    Args:
        body: all of it.
        name: of the file.
        collection: for documents that name none.
        to_item: normalizes an entry.

    Raises:
        SourceError: nothing that Storyfold reads, or more than it bears.
        DocumentError: a document with faults, each by path; a list of documents names the bad ones by number
            and none of them is taken.
    """
    kind = sniff(body, name)
    if kind in (Kind.JSON_DOCUMENTS, Kind.DOCUMENT):
        _check_bytes(body)
        _check_amount(body)
    if kind in (Kind.XML_FEED, Kind.JSON_FEED):
        return FileContent(entries=_feed_entries(body))
    if kind is Kind.OPML:
        return FileContent(subscriptions=_outlines(body))
    if kind is Kind.URL_LIST:
        return FileContent(subscriptions=_listed(body))
    if kind is Kind.DOCUMENT:
        record = read_record(body)
        entry = entry_from_record(record, collection=collection, source=Source.DROP, to_item=to_item)
        return FileContent(entries=(entry,))
    if kind in (Kind.JSON_DOCUMENTS, Kind.JSON_LINES):
        objects = JsonLines(body) if kind is Kind.JSON_LINES else json_objects(body, lines=False)
        _check_documents(len(objects))
        entries = read_objects(objects, collection=collection, source=Source.DROP, to_item=to_item)
        return FileContent(entries=entries)
    raise _refusal(kind, body)


def read_objects(objects: Collection[Any], *, collection: str, source: Source, to_item: ToItem) -> tuple[Entry, ...]:
    """The entries of JSON objects, all or none.

    Raises:
        DocumentError: the faults of the objects, by number where there are several: ``[3].title: ...``. After 50 the
            rest is not looked at.
    """
    entries: list[Entry] = []
    faults: list[str] = []
    for number, value in enumerate(objects):
        at = f"[{number}]" if len(objects) > 1 else ""
        try:
            entries.append(_read_object(value, collection=collection, source=source, to_item=to_item))
        except DocumentError as error:
            faults.extend(f"{at}.{fault}" if at else fault for fault in error.faults)
        except SourceError as error:
            faults.append(f"{at or 'document'}: {error.detail}")
        if len(faults) > _SHOWN_FAULTS:  # a million objects with a fault each would take a minute
            faults[_SHOWN_FAULTS:] = [f"and more; {len(objects) - number - 1:,} objects were not looked at"]
            break
    if faults:
        raise DocumentError(faults)
    return tuple(entries)


def json_objects(body: bytes, *, lines: bool) -> list[Any]:
    """The JSON values of a file: one a line, or one value that may be a list.

    Raises:
        DocumentError: it is no JSON; says where.
    """
    if lines:
        return list(JsonLines(body))
    value = _decode_json(body.removeprefix(b"\xef\xbb\xbf"), "document")
    return value if isinstance(value, list) else [value]


class JsonLines(Collection[Any]):
    """The JSON values of the lines of a file, each made when it is its turn.

    Raises:
        DocumentError: while it is gone through: a line is no JSON; says which.
    """

    def __init__(self, body: bytes) -> None:
        self._text = body.removeprefix(b"\xef\xbb\xbf")
        self._lines = self._text.count(b"\n") + (not self._text.endswith(b"\n"))

    def __len__(self) -> int:
        return self._lines

    def __contains__(self, value: object) -> bool:
        return any(value == each for each in self)

    def __iter__(self) -> Iterator[Any]:
        for number, line in enumerate(BytesIO(self._text), start=1):
            if line.strip():
                _check_bytes(line)
                yield _decode_json(line, f"line {number}")


def _check_bytes(document: bytes) -> None:
    if len(document) > MAX_DOCUMENT_BYTES:
        most = f"{MAX_DOCUMENT_BYTES // 2**20} MiB"
        raise SourceError("too-large", f"a document has more than {most}; make it smaller, a list of them JSON lines")


def _check_documents(count: int) -> None:
    if count > MAX_DOCUMENTS:
        raise SourceError("too-large", f"the file has more than {MAX_DOCUMENTS:,} documents; split it")


def _decode_json(text: bytes, where: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except UnicodeDecodeError as error:
        raise DocumentError([f"{where}: holds a text that is not UTF-8; save it as UTF-8"]) from error
    except (msgspec.DecodeError, RecursionError) as error:
        raise DocumentError([f"{where}: is no JSON: {error}"]) from error


def _read_object(value: Any, *, collection: str, source: Source, to_item: ToItem) -> Entry:
    if not isinstance(value, dict):
        raise DocumentError([f"document: is no object but {type(value).__name__}"])
    faults = value_faults(value)
    if faults:
        raise DocumentError(faults)
    return entry_from_record(record_from_json(value), collection=collection, source=source, to_item=to_item)


def _feed_entries(body: bytes) -> tuple[Entry, ...]:
    """The entries of a feed document in a file. They are known under the feed's own address, if it says one,
    so that the same entries polled later are the same items."""
    parsed = parse_feed(body, feed_url="")
    home = next((url for url in (parsed.self_url, parsed.site_url) if url.startswith(("http://", "https://"))), "")
    if home:
        parsed = parse_feed(body, feed_url=home)
    feed_url = home if home == parsed.self_url else ""
    if not parsed.entries:
        raise SourceError("no-entries", "the feed document holds no entries")
    return tuple(replace(entry, source=Source.DROP, feed_url=feed_url) for entry in parsed.entries)


def _listed(body: bytes) -> tuple[Outline, ...]:
    if body.count(b"\n") > MAX_SUBSCRIPTIONS:
        raise _too_many_feeds()
    listed = read_url_list(body)
    if listed.faults:
        more = f"; and {len(listed.faults) - _SHOWN_FAULTS:,} more" if len(listed.faults) > _SHOWN_FAULTS else ""
        raise SourceError("bad-line", "; ".join(listed.faults[:_SHOWN_FAULTS]) + more)
    return listed.outlines


def _outlines(body: bytes) -> tuple[Outline, ...]:
    if body.count(b"xmlUrl") > MAX_SUBSCRIPTIONS:
        raise _too_many_feeds()
    outlines = tuple(read_opml(body))
    if len(outlines) > MAX_SUBSCRIPTIONS:
        raise _too_many_feeds()
    return outlines


def _too_many_feeds() -> SourceError:
    return SourceError("too-large", f"the list has more than {MAX_SUBSCRIPTIONS:,} lines or feeds; split it")


def _check_amount(body: bytes) -> None:
    """Refuse JSON of so many values that they would fill the memory: a value takes up to 100 bytes, a digit one.

    Commas and opening brackets are counted; those in texts only when there are many, as that takes ten times longer.
    """
    if body[:_HEAD_BYTES].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] not in (b"[", b"{"):
        return
    if _marks(body) > MAX_VALUES and _marks(_JSON_TEXT.sub(b"", body)) > MAX_VALUES:
        raise SourceError("too-large", f"the file has more than {MAX_VALUES:,} values; split it")


def _marks(body: bytes) -> int:
    return sum(map(body.count, (b",", b"[", b"{")))


def _refusal(kind: Kind, body: bytes) -> SourceError:
    if kind is Kind.EMPTY:
        return SourceError("empty", "the file is empty")
    if kind is Kind.HTML:
        return SourceError("not-a-document", "the file is a web page; drop a feed, a document or a list of feeds")
    shown = body[:40].decode("utf-8", "replace")
    return SourceError("not-a-document", f"nothing that Storyfold reads: the file begins with {shown!r}")
