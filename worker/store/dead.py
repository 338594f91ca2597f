"""Dead letters: what was given up, with its reason, kept for a person to look at."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from worker.store.client import Client, store_errors
from worker.store.keys import Keys


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was given up.

    Attributes:
        letter_id: its stream id in the dead-letter stream, "" before it lies there.
        origin: id of what was given up: stream id of an event or of a backlog entry, id of a task.
        group: consumer group that gave it up; ``lane`` or ``tasks`` for what never became an event.
        error: short name of the reason.
        detail: one sentence.
        count: deliveries or tries.
        first_at: first try.
        last_at: last try.
        payload: what it was, as it lay there.
    """

    letter_id: str = ""
    origin: str
    group: str
    error: str
    detail: str
    count: int = 1
    first_at: datetime
    last_at: datetime
    payload: str = ""


_FIELDS = {"first_at": "first", "last_at": "last"}


class DeadLetters:
    """The dead-letter stream of one collection."""

    def __init__(self, client: Client, collection: str) -> None:
        self._client = client
        self._keys = Keys(collection)

    def add(self, letter: DeadLetter, *, backlog_entry: str = "") -> None:
        """Keep a letter and, in the same transaction, take its entry out of the lane's backlog."""
        with store_errors(), self._client.pipeline(transaction=True) as pipe:
            pipe.xadd(self._keys.dead, _to_fields(letter))
            if backlog_entry:
                pipe.xdel(self._keys.backlog, backlog_entry)
            pipe.execute()

    def newest(self, count: int = 100) -> list[DeadLetter]:
        """The newest letters first."""
        with store_errors():
            entries = self._client.xrevrange(self._keys.dead, count=count)
        return [_from_fields(letter_id, fields) for letter_id, fields in entries]

    def count(self) -> int:
        """Number of dead letters."""
        with store_errors():
            return int(self._client.xlen(self._keys.dead))


def _to_fields(letter: DeadLetter) -> dict[str, str]:
    values = msgspec.to_builtins(letter)
    values.pop("letter_id")
    return {_FIELDS.get(name, name): str(value) for name, value in values.items()}


def _from_fields(letter_id: str, fields: Mapping[str, str]) -> DeadLetter:
    names = {wire: name for name, wire in _FIELDS.items()}
    values = {names.get(name, name): value for name, value in fields.items()}
    return msgspec.convert({**values, "letter_id": letter_id}, DeadLetter, strict=False)
