"""How many fetches one host sees at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class HostSlots:
    """Lets at most a fixed number of fetches of one host run; the others wait, in order.

    The wait is here and not in the connection pool, so that a fetch's deadline starts when it is its turn:
    a hundred feeds on one slow host are slow, none of them is a timeout.
    """

    def __init__(self, per_host: int) -> None:
        self._per_host = per_host
        self._hosts: dict[str, tuple[asyncio.Semaphore, set[object]]] = {}

    @asynccontextmanager
    async def hold(self, host: str) -> AsyncIterator[None]:
        """Wait for a free slot of the host and hold it."""
        semaphore, users = self._hosts.setdefault(host, (asyncio.Semaphore(self._per_host), set()))
        user = object()
        users.add(user)
        try:
            async with semaphore:
                yield
        finally:
            users.discard(user)
            if not users:
                del self._hosts[host]
