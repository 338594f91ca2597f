"""Story to event: the change of a story as its consumers get it."""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b
from typing import Any

import msgspec

from storyfold.document import Document
from storyfold.event import Event, EventType
from storyfold.json_form import document_to_json
from worker.model.story import Story

#: Keys without which a document breaks its schema.
_NEEDED = frozenset({"category", "title", "publishedDateTime", "originalUrl", "webUrl", "type", "provider"})
_LEAST_TITLE_CHARACTERS = 1000
MAX_DATA_BYTES = 60 * 1024  # of the 64 KiB of an event; the rest is for the attributes


def build_event(
    story: Story,
    document: Document,
    *,
    source: str,
    kind: EventType,
    changes: tuple[str, ...],
    now: datetime,
    reason: str = "",
) -> Event:
    """The event of a story's newest revision; ``reason`` says what a person did to it.

    The fingerprint leaves the private part out, which holds times of our own clock: the same input told
    again from empty gives the same event ids.
    """
    data: dict[str, Any] = {"id": story.story_id, "revision": story.revision, "path": story.path}
    if story.merged_into:
        data["into"] = story.merged_into
    data["document"] = document_to_json(document)
    data["changes"] = list(changes)
    if reason:
        data["reason"] = reason
    if document.extras:
        data["extraText"] = {extra.key: extra.text for extra in document.extras}
    public = msgspec.structs.replace(document, secured=None)
    print_bytes = msgspec.json.encode([str(kind), story.merged_into, msgspec.to_builtins(public)])
    fingerprint = blake2b(print_bytes, digest_size=6).hexdigest()
    return Event(
        id=f"{story.story_id}.{story.revision}.{fingerprint}",
        source=source,
        type=kind,
        subject=story.story_id,
        time=now,
        data=cap_data(data),
    )


def cap_data(data: dict[str, Any]) -> dict[str, Any]:
    """Bring the data under the limit.

    The body goes first, then unknown keys' text, ``related`` from its end, the other texts and lists that a
    document can lack, the largest first; last the title is cut. What was left out is counted under
    ``omitted``: texts in characters, lists in items.
    """
    if _size(data) <= MAX_DATA_BYTES:
        return data
    document = dict(data["document"])
    omitted: dict[str, int] = {}
    capped = {**data, "document": document, "omitted": omitted}
    if document.get("content"):
        omitted["content"] = len(document.pop("content"))
    if data.get("extraText") and _size(capped) > MAX_DATA_BYTES:
        omitted["extras"] = len(capped.pop("extraText"))
    _cap_related(capped, document, omitted)
    _cap_values(capped, document, omitted, frozenset(data.get("extraText") or ()))
    if _size(capped) > MAX_DATA_BYTES:
        omitted["title"] = len(document["title"]) - _LEAST_TITLE_CHARACTERS
        document["title"] = document["title"][:_LEAST_TITLE_CHARACTERS]
    return capped


def _cap_values(
    capped: dict[str, Any], document: dict[str, Any], omitted: dict[str, int], unknown: frozenset[str]
) -> None:
    """Leave out what a document can lack, the largest first. Unknown keys are counted together already."""
    sizes = {name: _size(value) for name, value in document.items() if name not in _NEEDED}
    left = _size(capped)
    for name in sorted(sizes, key=lambda key: (-sizes[key], key)):
        if left <= MAX_DATA_BYTES:
            return
        if name in unknown:
            del document[name]
            left -= sizes[name] + _size(name) + 2  # the colon and the comma
        elif isinstance(document[name], str | list | dict):
            omitted[name] = len(document.pop(name))
            left = _size(capped)


def _cap_related(capped: dict[str, Any], document: dict[str, Any], omitted: dict[str, int]) -> None:
    related = list(document.get("related", ()))
    while related and _size(capped) > MAX_DATA_BYTES:
        keep = len(related) * 3 // 4
        omitted["related"] = omitted.get("related", 0) + len(related) - keep
        related = related[:keep]
        document["related"] = related


def _size(value: Any) -> int:
    return len(msgspec.json.encode(value))
