"""Days of stories: an index of the stories that arriving items could join, by days of item time.

A day is loaded when an item of its neighbourhood first comes, and let go when there is no room for it. Which one
goes is decided as by GreedyDual-Size (Cao and Irani, 1997): each use lifts a day by what loading it again would cost,
above those that went before. So a first poll whose entries are spread over years does not push out the days that all
other feeds live in, and a great day of last week does not stay for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta

from worker.fold.index import StoryIndex
from worker.fold.match import FoldRules
from worker.fold.vocabulary import Vocabulary
from worker.model.story import Story

Load = Callable[[datetime, datetime], Iterable[Story]]
"""The living stories whose latest item was published in the closed range."""

SPARE_DAYS = 4
"""Kept beyond those that the newest item reaches."""

_DAY = timedelta(days=1)
_STORIES_LOADED_IN_THE_TIME_OF_A_QUESTION = 5


class StoryDays:
    """Some days of a collection's stories, in one index.

    Attributes:
        index: the stories of all days that are loaded.
        vocabulary: what all stories that were put here have taught.
    """

    def __init__(self, load: Load, rules: FoldRules) -> None:
        self._load_between = load
        # An item joins a story whose latest item lies within the window, or one whose span it falls into.
        self._back, self._ahead = rules.window, max(rules.window, rules.max_span)
        self._most_days = (self._back + self._ahead) // _DAY + 2 + SPARE_DAYS
        self.vocabulary = Vocabulary()
        self.reset()

    def reset(self) -> None:
        """Forget all stories; the store is asked anew. What the vocabulary has learned stays."""
        self.index = StoryIndex(self.vocabulary)
        self._days: dict[date, set[str]] = {}
        self._day_of: dict[str, date] = {}
        self._rank: dict[date, float] = {}
        self._floor = 0.0
        self._reached: tuple[date, date] | None = None

    def reach_to(self, at: datetime) -> StoryIndex:
        """The index, with every story that an item published at ``at`` could join."""
        reach = ((at - self._back).astimezone(UTC).date(), (at + self._ahead).astimezone(UTC).date())
        if reach != self._reached:
            self._reach(*reach)
            self._reached = reach
        return self.index

    def _reach(self, first: date, last: date) -> None:
        day = first
        while day <= last:
            if day not in self._days:
                self._load(day)
            self._rank[day] = self._floor + 1 + len(self._days[day]) / _STORIES_LOADED_IN_THE_TIME_OF_A_QUESTION
            day += _DAY
        while len(self._days) > self._most_days:
            self._let_go(first, last)

    def put(self, story: Story, *, learn: bool = True) -> None:
        """Take over a story's new state, if its day is loaded. ``learn``: the vocabulary has not counted it yet."""
        day = story.last_at.astimezone(UTC).date()
        before = self._day_of.get(story.story_id)
        if before is not None and before != day:
            self._days[before].discard(story.story_id)
        if story.is_gone or day not in self._days:
            if before is not None:
                self._days[before].discard(story.story_id)
                del self._day_of[story.story_id]
            self.index.remove(story.story_id, forget=learn and story.is_gone)
            return
        self._days[day].add(story.story_id)
        self._day_of[story.story_id] = day
        self.index.put(story, learn=learn)

    def _load(self, day: date) -> None:
        self._days[day] = set()
        start = datetime.combine(day, time.min, tzinfo=UTC)
        for story in self._load_between(start, start + _DAY - timedelta.resolution):
            self.put(story, learn=False)

    def _let_go(self, first: date, last: date) -> None:
        day = min((day for day in self._days if not first <= day <= last), key=lambda day: (self._rank[day], day))
        self._floor = self._rank.pop(day)
        for story_id in self._days.pop(day):
            del self._day_of[story_id]
            self.index.remove(story_id)
