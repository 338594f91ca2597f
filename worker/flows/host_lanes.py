"""The feeds of one message by host: which may be begun, and which may be asked now.

A host with many feeds, or one that stalls, keeps no other host waiting, and takes up no more of those who fetch than
it has slots.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

from storyfold.errors import FetchError
from worker.model.feed import Feed
from worker.sources.fetch.web_address import parse_web_address

T = TypeVar("T")

AHEAD = 8
"""Feeds of one host that are begun together when it has fewer slots: a round trip for each two would cost more than
the poll. Those that are not asked in time are given back."""


def host_of(feed: Feed) -> str:
    """The host that is asked for a feed; "" when its address is none, which its poll will say."""
    try:
        return parse_web_address(feed.asked_url or feed.url).host
    except FetchError:
        return ""


class HostLane(Generic[T]):
    """Feeds of one host.

    Attributes:
        host: its name.
        waiting: ids of feeds that are not begun.
        begun: feeds whose attempt is noted.
        slots: leased ones.
        running: requests that are under way.
        is_held: the schedule was told that its feeds are in hand.
    """

    __slots__ = ("begun", "host", "is_held", "running", "slots", "waiting")

    def __init__(self, host: str) -> None:
        self.host = host
        self.waiting: deque[str] = deque()
        self.begun: deque[T] = deque()
        self.slots = 0
        self.running = 0
        self.is_held = False

    def wanted_slots(self, limit: int) -> int:
        """How many more slots it could use."""
        feeds = self.running + len(self.begun) + len(self.waiting)
        return max(0, min(limit, feeds) - self.slots)

    def is_empty(self) -> bool:
        """Nothing is left of it."""
        return not (self.waiting or self.begun or self.running)


class HostLanes(Generic[T]):
    """The lanes of one run. A lane is open as long as feeds wait in it and none is begun."""

    def __init__(self) -> None:
        self._lanes: dict[str, HostLane[T]] = {}
        self._open: deque[HostLane[T]] = deque()
        self._runnable: deque[HostLane[T]] = deque()
        self._emptied: dict[str, int] = {}

    def add(self, host: str, feed_id: str) -> None:
        """Let a feed wait."""
        lane = self._lanes.get(host)
        if lane is None:
            lane = self._lanes[host] = HostLane(host)
            self._open.append(lane)
        lane.waiting.append(feed_id)

    def take_open(self, most: int) -> list[HostLane[T]]:
        """Open lanes, to begin feeds of them: at most so many."""
        return [self._open.popleft() for _ in range(min(most, len(self._open)))]

    def begin(self, lane: HostLane[T], feeds: Iterable[T]) -> None:
        """Feeds of a lane that was taken may be asked from now on; without any it opens again or ends."""
        lane.begun.extend(feeds)
        if not lane.begun:
            self._without_begun(lane)
        elif lane.running < lane.slots:
            self._runnable.append(lane)

    def next(self) -> tuple[HostLane[T], T] | None:
        """A feed that may be asked now; the caller says :meth:`done` afterwards."""
        if not self._runnable:
            return None
        lane = self._runnable.popleft()
        feed = lane.begun.popleft()
        lane.running += 1
        if not lane.begun:
            self._without_begun(lane)
        elif lane.running < lane.slots:
            self._runnable.append(lane)
        return lane, feed

    def done(self, lane: HostLane[T]) -> None:
        """A request has ended."""
        lane.running -= 1
        if lane.begun:
            if lane.running == lane.slots - 1:  # it was full, so it stands in no row
                self._runnable.append(lane)
        elif lane.is_empty():
            self._end(lane)

    def emptied(self) -> dict[str, int]:
        """Hosts whose lanes have ended since the last call, with the slots that they held."""
        emptied, self._emptied = self._emptied, {}
        return emptied

    def living(self) -> Iterator[HostLane[T]]:
        """Lanes that have not ended."""
        yield from self._lanes.values()

    def _without_begun(self, lane: HostLane[T]) -> None:
        if lane.waiting:
            self._open.append(lane)
        elif lane.is_empty():
            self._end(lane)

    def _end(self, lane: HostLane[T]) -> None:
        if self._lanes.pop(lane.host, None) is not None and lane.slots:
            self._emptied[lane.host] = lane.slots
