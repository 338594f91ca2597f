"""The host tally: how many requests that were no polls each host has seen, by kind, from all workers together.

It is for people, as :mod:`worker.store.counts`: a crash may lose the last turn's. Feeds are not in it, for their own
records count their polls.
"""

from __future__ import annotations

from collections import Counter

from worker.store.client import Client, store_errors
from worker.store.keys import HOST_TALLY

MAX_FIELDS = 100_000
"""A field is one host and one kind of request. Past this number only known ones are counted further."""


class HostTally:
    """Requests by host and kind, gathered in the process and added to Redis at the end of each turn."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._pending: Counter[str] = Counter()

    def add(self, kind: str, host: str) -> None:
        """Count one request."""
        self._pending[f"{kind} {host}"] += 1

    def flush(self) -> None:
        """Add what was gathered to Redis."""
        pending, self._pending = self._pending, Counter()
        if not pending:
            return
        with store_errors():
            fields = list(pending)
            if self._client.hlen(HOST_TALLY) + len(fields) > MAX_FIELDS:
                known = self._client.hmget(HOST_TALLY, fields)
                fields = [field for field, value in zip(fields, known, strict=True) if value is not None]
            with self._client.pipeline(transaction=False) as pipe:
                for field in fields:
                    pipe.hincrby(HOST_TALLY, field, pending[field])
                pipe.execute()

    def read(self) -> dict[str, dict[str, int]]:
        """Host -> kind of request -> how many."""
        tally: dict[str, dict[str, int]] = {}
        with store_errors():
            for field, number in self._client.hscan_iter(HOST_TALLY, count=1000):
                kind, _, host = field.partition(" ")
                tally.setdefault(host, {})[kind] = int(number)
        return tally
