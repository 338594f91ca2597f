"""Counts: how much has gone through a collection since it began."""

from __future__ import annotations

from collections import Counter

from worker.store.client import Client, store_errors
from worker.store.keys import Keys


class Counts:
    """Running totals, gathered in the process and added to Redis at the end of each turn.

    They are for people: a crash may lose the last turn's. No decision rests on them.
    """

    def __init__(self, client: Client, collection: str) -> None:
        self._client = client
        self._key = Keys(collection).counts
        self._pending: Counter[str] = Counter()

    def add(self, **amounts: int) -> None:
        """Add to totals by name: ``items``, ``created``, ``updated``, ``folded``, ``merged``, ..."""
        self._pending.update({name: int(amount) for name, amount in amounts.items()})

    def flush(self) -> None:
        """Add what was gathered to the totals in Redis."""
        pending, self._pending = +self._pending, Counter()
        if not pending:
            return
        with store_errors(), self._client.pipeline(transaction=False) as pipe:
            for name, amount in pending.items():
                pipe.hincrby(self._key, name, amount)
            pipe.execute()

    def read(self) -> dict[str, int]:
        """The totals by name."""
        with store_errors():
            totals = self._client.hgetall(self._key)
        return {name: int(value) for name, value in sorted(totals.items())}
