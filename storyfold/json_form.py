"""A document as JSON: the ``document`` of an event, and what JSON drops hold.

The keys are those of the front matter; ``content`` is the body.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from storyfold.document import Document, Related, StoryType
from storyfold.errors import DocumentError
from storyfold.instants import parse_instant
from storyfold.json_values import value_faults
from storyfold.records import CONTENT, Record, metadata_of, record_from_document, record_from_json
from storyfold.validation import check_record


def document_to_json(document: Document) -> dict[str, Any]:
    """Give a document as values that JSON can hold.

    Unknown keys follow the known ones: a scalar as its text, so that ``id: 0123`` is "0123", a collection
    as it loads. ``content`` comes last, when there is a body; an unknown key of that name has no
    place in this form and is left out.

    Raises:
        DocumentError: an extra's text is no YAML of its key.
    """
    record = record_from_document(document)
    content = record.setdefault(CONTENT, "")
    plain = metadata_of(record)
    del plain[CONTENT]
    return {**plain, CONTENT: content} if content else plain


def document_from_json(mapping: Mapping[str, Any]) -> Document:
    """Make a document of its JSON form. Null is an absent key; unknown keys become extras.

    Raises:
        DocumentError: with every fault of the values, by path.
    """
    faults = value_faults(mapping)
    if faults:
        raise DocumentError(faults)
    return document_from_record(record_from_json(mapping))


def document_from_record(record: Record) -> Document:
    """Make a document of a record.

    Raises:
        DocumentError: with every fault of the record, by path.
    """
    try:
        document = msgspec.convert(record, Document)
    except msgspec.ValidationError as error:
        # msgspec ends at the first fault, the check goes on.
        raise DocumentError(check_record(record) or [f"document: {error}"]) from error
    if _lacks_web_url(document) or _leaves_calendar(document):
        raise DocumentError(check_record(record))
    return document


def _leaves_calendar(document: Document) -> bool:
    """Whether a date has no UTC in the years 1 to 9999: ``0001-01-01T00:00:00+14:00``. msgspec takes it as it is."""
    items: list[Document | Related] = [document, *document.related]
    dates = (item.published_at for item in items)
    return any(date.utcoffset() and parse_instant(date.isoformat()) is None for date in dates)


def _lacks_web_url(document: Document) -> bool:
    items: list[Document | Related] = [document, *document.related]
    return any(item.web_url is None and item.type is StoryType.ARTICLE for item in items)
