"""Replay: items become stories in memory, by the steps of the lane; nothing is read and nothing is written.

A backtest replays what is stored under other settings, and the benches and the score gate measure the product by it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from msgspec.structs import replace

from worker.flows.story_days import StoryDays
from worker.fold.apply import Outcome, apply, merge
from worker.fold.decide import Known, decide, keep_apart
from worker.fold.identity import claims_of
from worker.fold.index import StoryIndex
from worker.fold.match import FoldRules, Matcher
from worker.fold.override import may_be_one
from worker.model.item import Item
from worker.model.override import NO_OVERRIDES, Overrides
from worker.model.story import Story

_HALF_LIFE = timedelta(hours=24)  # of heat, which no decision rests on


class Replay:
    """Stories of one collection in memory.

    Attributes:
        stories: story id -> story, those that were merged away left out.
        story_ids: item id -> id of the story that holds it.
        merges: number of stories that were taken in by others.
    """

    def __init__(self, matcher: Matcher, rules: FoldRules, overrides: Overrides = NO_OVERRIDES) -> None:
        """``overrides``: what people said of the items; it wins here as in the lane."""
        self._matcher = matcher
        self._overrides = overrides
        self._item_ids: dict[str, str] = {}
        self._ids_of_day: defaultdict[date, set[str]] = defaultdict(set)
        self._days = StoryDays(self._between, rules)
        self.stories: dict[str, Story] = {}
        self.story_ids: dict[str, str] = {}
        self.merges = 0

    def fold(self, item: Item) -> str:
        """Fold an item as the lane would; returns the id of its story."""
        index, now = self._days.reach_to(item.published_at), item.first_seen_at
        for story_id in index.due_for_a_look(item.published_at):
            self._merge_alike(story_id, index, now, late=True)
        known, overrides = Known(item_ids=self._item_ids, story_ids=self.story_ids), self._overrides
        decision = decide(item, known, self._matcher, index, overrides)
        decision = keep_apart(decision, self.stories, known, overrides)
        self._take(apply(decision, self.stories, now=now, half_life=_HALF_LIFE, overrides=overrides))
        item_id = decision.arriving[0].item_id
        for parted in decision.parted:
            self.fold(parted)
        if decision.targets:
            self._merge_alike(self.story_ids[item_id], index, now)
        return self.story_ids[item_id]

    def _merge_alike(self, story_id: str, index: StoryIndex, now: datetime, *, late: bool = False) -> None:
        barred: frozenset[str] = frozenset()
        while match := self._matcher.partner(story_id, index, barred, late=late):
            pair, overrides = (self.stories[story_id], self.stories[match.story_id]), self._overrides
            if not may_be_one(*pair, overrides, self.story_ids):
                barred |= {match.story_id}
                continue
            outcome = merge(pair, match.why, now=now, half_life=_HALF_LIFE, overrides=overrides)
            self._take(outcome)
            story_id, late = outcome.after.story_id, False

    def hold(self, stories: Iterable[Story]) -> None:
        """Take over stories as they stand, before the first item is folded; the vocabulary learns from them."""
        teacher = StoryIndex(self._days.vocabulary)
        for story in stories:
            teacher.put(story)
            self.stories[story.story_id] = story
            self._ids_of_day[_day(story)].add(story.story_id)
            for item in story.items:
                self.story_ids[item.item_id] = story.story_id
                self._item_ids.update(dict.fromkeys(claims_of(item), item.item_id))

    def groups(self) -> dict[str, tuple[str, ...]]:
        """Story id -> ids of its items, in the order of joining."""
        return {story_id: tuple(item.item_id for item in story.items) for story_id, story in self.stories.items()}

    def _take(self, outcome: Outcome) -> None:
        self._item_ids.update(outcome.claims)
        self.story_ids.update(outcome.items)
        for gone in outcome.absorbed:
            self._ids_of_day[_day(gone)].discard(gone.story_id)
            del self.stories[gone.story_id]
            self._days.put(replace(gone, merged_into=outcome.after.story_id))
            self.merges += 1
        if outcome.before is not None:
            self._ids_of_day[_day(outcome.before)].discard(outcome.before.story_id)
        story = outcome.after
        self.stories[story.story_id] = story
        self._ids_of_day[_day(story)].add(story.story_id)
        self._days.put(story)

    def _between(self, first: datetime, last: datetime) -> Iterable[Story]:
        day, end = first.astimezone(UTC).date(), last.astimezone(UTC).date()
        while day <= end:
            # In the order of the store, for a bounded search takes what came last.
            yield from sorted(map(self.stories.__getitem__, self._ids_of_day[day]), key=_place)
            day += timedelta(days=1)


def _day(story: Story) -> date:
    return story.last_at.astimezone(UTC).date()


def _place(story: Story) -> tuple[datetime, str]:
    return story.last_at, story.story_id
