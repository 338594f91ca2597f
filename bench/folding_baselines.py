"""Plain ways of folding to hold the product against: equal titles, and the nearest story by tf-idf.

Both let a story take items for as long as the product does: 24 hours after its last item, 72 after its first.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from datetime import datetime, timedelta
from math import log, sqrt
from typing import NamedTuple

from bench.folding_run import Folded
from bench.folding_words import words_of
from worker.model.item import Item

IDLE, AGE = timedelta(hours=24), timedelta(hours=72)


def fold_equal_titles(items: Sequence[Item]) -> Folded:
    """Items whose titles have the same words in the same order tell one story, nothing else does."""
    newest: dict[tuple[str, ...], tuple[int, datetime, datetime]] = {}
    groups: list[Hashable] = []
    for number, item in enumerate(items):
        key, at = words_of(item.title) or (item.title,), item.published_at
        group, first, last = newest.get(key, (number, at, at))
        if at - last > IDLE or at - first > AGE:
            group, first = number, at
        newest[key] = group, first, at
        groups.append(group)
    return Folded(groups, 0)


class _Centroid:
    """The words of a story's items, and its times."""

    def __init__(self, at: datetime) -> None:
        self.counts: Counter[str] = Counter()
        self.norm = 0.0
        self.first = self.last = at


class NearestStory(NamedTuple):
    """An item joins the story whose summed words are nearest by cosine, each weighted by log(items / items with it).

    The weights are those of the items seen so far; a story's norm is taken anew whenever it grows.

    Attributes:
        threshold: least cosine. Of .10, .15, .20, .30 and .40 the default scores best on the joined gold.
    """

    threshold: float = 0.15

    def fold(self, items: Sequence[Item]) -> Folded:
        """Fold items in order of arrival."""
        stories = _NearestStories(self.threshold)
        return Folded([stories.add(words_of(item.title), item.published_at) for item in items], 0)


class _NearestStories:
    def __init__(self, threshold: float) -> None:
        self._threshold = threshold
        self._alive: dict[int, _Centroid] = {}
        self._postings: defaultdict[str, set[int]] = defaultdict(set)
        self._holding: Counter[str] = Counter()
        self._items = 0

    def add(self, words: tuple[str, ...], at: datetime) -> int:
        """Put an item into its story; the story's number."""
        self._items += 1
        self._holding.update(words)
        if self._items % 100 == 0:
            self._close(at)
        story_id = self._nearest(words, at)
        if story_id < 0:
            story_id = self._items
            self._alive[story_id] = _Centroid(at)
        story = self._alive[story_id]
        story.counts.update(words)
        story.norm = sqrt(sum((count * self._weight(word)) ** 2 for word, count in story.counts.items()))
        story.last = at
        for word in words:
            self._postings[word].add(story_id)
        return story_id

    def _nearest(self, words: tuple[str, ...], at: datetime) -> int:
        sums: defaultdict[int, float] = defaultdict(float)
        for word in words:
            squared = self._weight(word) ** 2
            for story_id in self._postings.get(word, ()):
                sums[story_id] += squared * self._alive[story_id].counts[word]
        norm = sqrt(sum(self._weight(word) ** 2 for word in words)) or 1.0
        best, best_score = -1, self._threshold
        for story_id in sorted(sums):
            story = self._alive[story_id]
            cosine = sums[story_id] / (norm * story.norm) if story.norm else 0.0
            if cosine > best_score and at - story.last <= IDLE and at - story.first <= AGE:
                best, best_score = story_id, cosine
        return best

    def _weight(self, word: str) -> float:
        return log((1 + self._items) / (1 + self._holding[word])) + 1

    def _close(self, at: datetime) -> None:
        over = [id_ for id_, story in self._alive.items() if at - story.last > IDLE or at - story.first > AGE]
        for story_id in over:
            for word in self._alive.pop(story_id).counts:
                self._postings[word].discard(story_id)
