"""The window: the index of those days' stories that arriving items could join, kept true to the store.

A day is read from the store when it is first needed. After that the stream tells what others changed, so that a
process which gets the lane back goes on where it left off.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import structlog

from worker.flows.story_days import StoryDays
from worker.fold.match import FoldRules
from worker.fold.vocabulary import Vocabulary
from worker.store.stories import StoryStore
from worker.store.vocabularies import VocabularyStore

SAVED_AFTER_STORIES = 2_000
SAVED_AFTER = timedelta(minutes=5)

_CATCH_UP_LIMIT = 20_000
_NEVER = datetime.min.replace(tzinfo=UTC)

log = structlog.get_logger()


class Window(StoryDays):
    """The in-process index of one collection."""

    def __init__(self, store: StoryStore, rules: FoldRules, vocabularies: VocabularyStore) -> None:
        self._store = store
        self._vocabularies = vocabularies
        self._vocabulary_at: datetime | None = None
        self._kept_stories = 0
        self._seen = ""
        super().__init__(lambda first, last: store.load_sound(store.ids_between(first, last)), rules)

    def reset(self) -> None:
        """Forget everything; the store is asked anew."""
        self._seen = ""
        super().reset()

    def catch_up(self) -> None:
        """Take over what other holders of the lane changed since we last looked."""
        if self._vocabulary_at is None:
            self._load_vocabulary()
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

    def _load_vocabulary(self) -> None:
        self._vocabulary_at = _NEVER
        packed = self._vocabularies.load()
        if packed is None:
            return
        try:
            self.vocabulary = Vocabulary.from_bytes(packed)
        except ValueError:
            log.warning("vocabulary unreadable, learning anew", collection=self._store.keys.collection)
        self._kept_stories = self.vocabulary.stories
        self.reset()

    def keep_vocabulary(self, now: datetime) -> None:
        """Save what was learned, if it is much or some time has gone by. A crash costs what was learned since."""
        learned = abs(self.vocabulary.stories - self._kept_stories)
        waited = now - (self._vocabulary_at or _NEVER)
        if learned >= SAVED_AFTER_STORIES or (learned and waited >= SAVED_AFTER):
            self._vocabularies.save(self.vocabulary.to_bytes())
            self._vocabulary_at, self._kept_stories = now, self.vocabulary.stories

    def committed(self, stream_id: str) -> None:
        """Our own events up to this one need not be read again."""
        if stream_id:
            self._seen = stream_id


def _order(stream_id: str) -> tuple[int, int]:
    milliseconds, _, sequence = stream_id.partition("-")
    return int(milliseconds), int(sequence or 0)
