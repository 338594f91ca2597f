"""The window: the index of those days' stories that arriving items could join, kept true to the store.

A day is read from the store when it is first needed. After that the stream tells what others changed, so that a
process which gets the lane back goes on where it left off.
"""

from __future__ import annotations

from worker.flows.story_days import StoryDays
from worker.fold.match import FoldRules
from worker.store.stories import StoryStore

_CATCH_UP_LIMIT = 20_000


class Window(StoryDays):
    """The in-process index of one collection."""

    def __init__(self, store: StoryStore, rules: FoldRules) -> None:
        self._store = store
        self._seen = ""
        super().__init__(lambda first, last: store.load_sound(store.ids_between(first, last)), rules)

    def reset(self) -> None:
        """Forget everything; the store is asked anew."""
        self._seen = ""
        super().reset()

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


def _order(stream_id: str) -> tuple[int, int]:
    milliseconds, _, sequence = stream_id.partition("-")
    return int(milliseconds), int(sequence or 0)
