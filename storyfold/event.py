"""The event: one change of a story, as it lies on the stream.

The attributes are those of CloudEvents 1.0, flat in the stream entry's fields, with the data as JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import msgspec
from msgspec import Struct

from storyfold.document import Document, Extra
from storyfold.errors import SourceError
from storyfold.json_form import document_from_json

SPEC_VERSION = "1.0"
CONTENT_TYPE = "application/json"
DATA_SCHEMA = "https://storyfold.example/schema/event/1"
_REQUIRED = ("id", "source", "type", "subject", "time", "data")


class EventType(StrEnum):
    """What happened to the story."""

    CREATED = "storyfold.story.created"
    UPDATED = "storyfold.story.updated"
    MERGED = "storyfold.story.merged"
    RETIRED = "storyfold.story.retired"


class Event(Struct, frozen=True, kw_only=True):
    """One change of a story.

    Attributes:
        id: STORY.REVISION.FINGERPRINT; the same whenever the same event is sent again.
        source: URI reference of the collection, ``/storyfold/news``.
        type: what happened.
        subject: id of the story.
        time: when it was committed, aware.
        data: ``id``, ``revision``, ``path``, ``document`` (front matter as JSON, ``content`` for the body),
            ``changes`` (names of the keys that differ from the revision before); ``into`` for merged;
            ``reason`` when a person did it; ``omitted`` counts what was left out to keep the event under 64 KiB;
            ``extraText`` has the YAML text of the keys that the schema does not know.
    """

    id: str
    source: str
    type: EventType
    subject: str
    time: datetime
    data: dict[str, Any]

    @property
    def revision(self) -> int:
        """The story's revision that this event tells."""
        return int(self.data["revision"])

    @property
    def path(self) -> str:
        """Where the document belongs in a folder of documents, ``_news/2020-11-19-title.md``."""
        return str(self.data["path"])

    def document(self) -> Document:
        """The story's document. What :attr:`data` counts as ``omitted`` is missing from it.

        Raises:
            DocumentError: the document in the data breaks the schema.
        """
        values = dict(self.data["document"])
        texts: dict[str, str] = self.data.get("extraText", {})
        extras = tuple(Extra(key=key, text=text) for key, text in texts.items())
        known = {key: value for key, value in values.items() if key not in texts}
        return msgspec.structs.replace(document_from_json(known), extras=extras)

    def to_fields(self) -> dict[str, str]:
        """The fields of the stream entry."""
        return {
            "specversion": SPEC_VERSION,
            "id": self.id,
            "source": self.source,
            "type": str(self.type),
            "subject": self.subject,
            "time": self.time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "datacontenttype": CONTENT_TYPE,
            "dataschema": DATA_SCHEMA,
            "data": msgspec.json.encode(self.data).decode(),
        }

    def to_json(self) -> dict[str, Any]:
        """The event as one JSON object in CloudEvents' JSON format."""
        return {**self.to_fields(), "data": self.data}

    @classmethod
    def from_fields(cls, fields: Mapping[str, str]) -> Event:
        """Read the fields of a stream entry. Fields that are not known are passed over.

        Raises:
            SourceError: ``not-an-event``: a field is missing or cannot be read.
        """
        missing = [name for name in _REQUIRED if not fields.get(name)]
        if missing:
            raise SourceError("not-an-event", f"stream entry without {', '.join(missing)}")
        try:
            values = {name: fields[name] for name in _REQUIRED}
            return msgspec.convert({**values, "data": msgspec.json.decode(fields["data"])}, cls)
        except msgspec.MsgspecError as error:
            raise SourceError("not-an-event", f"stream entry {fields['id']}: {error}") from error
