"""Dead letters: what was given up, with its reason, kept for a person to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from worker.store.client import Client, store_errors
from worker.store.keys import Keys


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was given up.

    Attributes:
        letter_id: its stream id in the dead-letter stream, "" before it lies there.
        origin: id of what was given up: stream id of an event or of a backlog entry, id of a task; feed and guid
            of an entry.
        group: consumer group that gave it up; ``lane``, ``tasks`` or ``normalize`` for what never became an event.
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


_LOOKED_BACK = 500

_FIELDS = {"first_at": "first", "last_at": "last"}


class DeadLetters:
    """The dead-letter stream of one collection."""

    def __init__(self, client: Client, collection: str) -> None:
        self._client = client
        self._keys = Keys(collection)

    def add(self, letter: DeadLetter, *, backlog_entry: str = "") -> None:
        """Keep a letter and, in the same transaction, take its entry out of the lane's backlog."""
        with store_errors(), self._client.pipeline(transaction=True) as pipe:
            pipe.xadd(self._keys.dead, letter_fields(letter))
            if backlog_entry:
                pipe.xdel(self._keys.backlog, backlog_entry)
            pipe.execute()

    def add_new(self, letters: Sequence[DeadLetter]) -> int:
        """Keep letters, all or none, but for those that lie among the newest 500 already, whatever their times.

        A file that is taken up again after a crash, or dropped each day, leaves its letters once.

        Returns:
            How many were new.
        """
        if not letters:
            return 0
        known = {_sameness(letter) for letter in self.newest(_LOOKED_BACK)}
        new = list({_sameness(letter): letter for letter in letters if _sameness(letter) not in known}.values())
        if new:
            with store_errors(), self._client.pipeline(transaction=True) as pipe:
                for letter in new:
                    pipe.xadd(self._keys.dead, letter_fields(letter))
                pipe.execute()
        return len(new)

    def newest(self, count: int = 100) -> list[DeadLetter]:
        """The newest letters first."""
        with store_errors():
            entries = self._client.xrevrange(self._keys.dead, count=count)
        return [_from_fields(letter_id, fields) for letter_id, fields in entries]

    def count(self) -> int:
        """Number of dead letters."""
        with store_errors():
            return int(self._client.xlen(self._keys.dead))


def _sameness(letter: DeadLetter) -> tuple[str, ...]:
    return (letter.group, letter.origin, letter.error, letter.payload)


def letter_fields(letter: DeadLetter) -> dict[str, str]:
    """A letter as the fields of its stream entry."""
    values = msgspec.to_builtins(letter)
    values.pop("letter_id")
    return {_FIELDS.get(name, name): str(value) for name, value in values.items()}


def _from_fields(letter_id: str, fields: Mapping[str, str]) -> DeadLetter:
    names = {wire: name for name, wire in _FIELDS.items()}
    values = {names.get(name, name): value for name, value in fields.items()}
    return msgspec.convert({**values, "letter_id": letter_id}, DeadLetter, strict=False)
