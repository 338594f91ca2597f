"""The window: the index of those days' stories that arriving items could join.

A day of item time is loaded from the store when an item of its neighbourhood first comes. After that the
stream tells what others changed, so that a process which gets the lane back goes on where it left off.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import UTC, date, datetime, time, timedelta

from worker.fold.index import StoryIndex
from worker.model.story import Story
from worker.store.stories import StoryStore

MAX_DAYS = 30
_DAY = timedelta(days=1)
_CATCH_UP_LIMIT = 20_000


class Window:
    """The in-process index of one collection, kept true to the store."""

    def __init__(self, store: StoryStore, reach: timedelta) -> None:
        """
        Args:
            store: the collection's stories.
            reach: how far from an item's time a story's latest item may lie.
        """
        self._store = store
        self._reach = reach
        self._seen = ""
        self._days: OrderedDict[date, set[str]] = OrderedDict()
        self._day_of: dict[str, date] = {}
        self.index = StoryIndex()

    def reset(self) -> None:
        """Forget everything; the store is asked anew."""
        self._seen = ""
        self._days.clear()
        self._day_of.clear()
        self.index = StoryIndex()

    def catch_up(self) -> None:
        """Take over what other holders of the lane changed since we last looked."""
        still_there, newest = self._store.stream_end(self._seen or "0-0")
        if not still_there:
            # we never looked, what we missed was trimmed, or Redis lost its newest writes and with them stories
            # that the index still holds
            self.reset()
            self._seen = newest
            return
        seen, budget = self._seen, _CATCH_UP_LIMIT
        while _order(seen) < _order(newest) and budget > 0:
            seen, story_ids = self._store.changed_since(seen)
            budget -= len(story_ids)
            for story in self._store.load_sound(story_ids):
                self.put(story)
        if budget <= 0:
            self.reset()
            seen = newest
        self._seen = seen

    def committed(self, stream_id: str) -> None:
        """Our own events up to this one need not be read again."""
        if stream_id:
            self._seen = stream_id

    def reach_to(self, at: datetime) -> StoryIndex:
        """The index, with every story that an item published at ``at`` could join."""
        day = (at - self._reach).astimezone(UTC).date()
        last = (at + self._reach).astimezone(UTC).date()
        while day <= last:
            if day not in self._days:
                self._load(day)
            self._days.move_to_end(day)
            day += _DAY
        while len(self._days) > MAX_DAYS:
            self._forget_oldest()
        return self.index

    def put(self, story: Story) -> None:
        """Take over a story's new state, if its day is loaded."""
        day = story.last_at.astimezone(UTC).date()
        before = self._day_of.get(story.story_id)
        if before is not None and before != day:
            self._days[before].discard(story.story_id)
        if story.is_gone or day not in self._days:
            self.index.remove(story.story_id)
            self._day_of.pop(story.story_id, None)
            return
        self._days[day].add(story.story_id)
        self._day_of[story.story_id] = day
        self.index.put(story)

    def _load(self, day: date) -> None:
        start = datetime.combine(day, time.min, tzinfo=UTC)
        ids = self._store.ids_between(start, start + _DAY - timedelta(microseconds=1))
        stories = self._store.load_sound(ids)
        self._days[day] = set()
        for story in stories:
            self.put(story)

    def _forget_oldest(self) -> None:
        _, story_ids = self._days.popitem(last=False)
        for story_id in story_ids:
            self._day_of.pop(story_id, None)
            self.index.remove(story_id)


def _order(stream_id: str) -> tuple[int, int]:
    milliseconds, _, sequence = stream_id.partition("-")
    return int(milliseconds), int(sequence or 0)
