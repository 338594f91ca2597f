"""The event stream as operators see it: how long it is, and how far each group has come."""

from __future__ import annotations

from typing import Any

from redis.exceptions import ResponseError

from worker.store.client import Client, store_errors
from worker.store.keys import Keys


class EventStream:
    """The stream of one collection."""

    def __init__(self, client: Client, collection: str) -> None:
        self._client = client
        self._key = Keys(collection).stream

    def length(self) -> int:
        """Number of events on the stream."""
        with store_errors():
            return int(self._client.xlen(self._key))

    def groups(self) -> list[dict[str, Any]]:
        """For each consumer group: ``name``, ``consumers``, ``pending``, and ``lag``, None when Redis cannot tell."""
        with store_errors():
            try:
                groups = self._client.xinfo_groups(self._key)
            except ResponseError as error:
                if "no such key" in str(error):
                    return []
                raise
        names = ("name", "consumers", "pending", "lag")
        return [{name: group.get(name) for name in names} for group in groups]

    def forget_group(self, group: str) -> None:
        """Remove a consumer group, so that it begins anew; nothing happens when it does not exist."""
        with store_errors():
            try:
                self._client.xgroup_destroy(self._key, group)
            except ResponseError as error:
                if "requires the key to exist" not in str(error):
                    raise
