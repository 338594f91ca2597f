"""Late looks: when a small story looks again whether another one has become its own.

What came first on an event is often worded like nothing else; what would have taken it in grows only hours later.
Times are those of the items, so an archive is folded as the live news was.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush

HOURS = (12.0,)
"""After its first item: while what came since may still join it. One look a story, so that none waits for ever."""

MOST_ITEMS = 6
"""Of a story that looks again. One that has grown has looked each time it grew."""

MOST_AT_ONCE = 1
"""For each arriving item, so that its work is bounded; the others are taken with the next ones."""


class LateLooks:
    """The stories that will look again, by the hour at which they do."""

    def __init__(self) -> None:
        self._due: list[tuple[float, str, int]] = []

    def schedule(self, story_id: str, first_hour: float) -> None:
        """Have a story look again in its time."""
        heappush(self._due, (first_hour + HOURS[0], story_id, 0))

    def due(self, hour: float) -> Iterator[str]:
        """Ids of the stories whose time has come at ``hour``, a few at most; each comes once for each look."""
        for _ in range(MOST_AT_ONCE):
            if not self._due or self._due[0][0] > hour:
                return
            at, story_id, look = heappop(self._due)
            if look + 1 < len(HOURS):
                heappush(self._due, (at - HOURS[look] + HOURS[look + 1], story_id, look + 1))
            yield story_id
