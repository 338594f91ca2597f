"""The matcher: do an item and a story tell the same story?

The interface is :class:`Matcher`. The one here compares titles: the share of their words' weight that
they have in common, rare words weighing more.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from math import log, sqrt
from typing import Protocol

from msgspec import Struct

from worker.fold.identity import is_told
from worker.fold.index import Profile, StoryIndex
from worker.fold.tokens import numbers_of, tokens_of
from worker.model.item import Item


class FoldRules(Struct, frozen=True, kw_only=True):
    """The operator's limits on folding.

    Attributes:
        window: how far an item may lie from a story's last item.
        max_span: how long a story may last from its first item to its last.
        threshold: score, 0 to 1, from which two titles tell the same story.
    """

    window: timedelta = timedelta(hours=24)
    max_span: timedelta = timedelta(hours=72)
    threshold: float = 0.55


class Match(Struct, frozen=True, kw_only=True):
    """The story that an item joins.

    Attributes:
        story_id: of the story.
        score: 0 to 1.
        why: the score with its parts, in words.
    """

    story_id: str
    score: float
    why: str


class Matcher(Protocol):
    """Decides by likeness, never by identity."""

    def best(self, item: Item, index: StoryIndex) -> Match | None:
        """The story of the index that the item tells, None when it tells a new one."""


class TitleMatcher:
    """Cosine of titles, each token weighted by how few stories hold it."""

    #: A provider seldom tells one story twice under like titles; it has series, columns and daily reports.
    SAME_PROVIDER_THRESHOLD = 0.8
    MIN_SHARED_TOKENS = 3
    #: Stories that the background is taken to hold, so that a young index does not overrate its words.
    PRIOR_STORIES = 1000

    def __init__(self, rules: FoldRules) -> None:
        self._rules = rules

    def best(self, item: Item, index: StoryIndex) -> Match | None:
        """See :meth:`Matcher.best`. Of equal scores the smaller story id wins."""
        tokens = tokens_of(item.title)
        if len(tokens) < self.MIN_SHARED_TOKENS:
            return None
        told = is_told(item)
        matches = [
            match
            for profile in index.candidates(tokens, self.MIN_SHARED_TOKENS)
            if self._in_time(item.published_at, profile) and not (told and profile.told)
            if (match := self._match(item, tokens, profile, index))
        ]
        return min(matches, key=lambda match: (-match.score, match.story_id), default=None)

    def _in_time(self, at: datetime, profile: Profile) -> bool:
        span = max(profile.last_at, at) - min(profile.first_at, at)
        near = abs(at - profile.last_at) <= self._rules.window or profile.first_at <= at <= profile.last_at
        return near and span <= self._rules.max_span

    def _match(self, item: Item, tokens: frozenset[str], profile: Profile, index: StoryIndex) -> Match | None:
        best: Match | None = None
        for title, provider in zip(profile.titles, profile.providers, strict=True):
            same_provider = provider == item.provider.domain
            needed = max(self._rules.threshold, self.SAME_PROVIDER_THRESHOLD if same_provider else 0.0)
            score = self._score(tokens, title, index)
            if score >= needed and (best is None or score > best.score):
                shared = ", ".join(sorted(tokens & title)[:8])
                why = f"title {score:.2f} of {needed:.2f} needed; shared: {shared}"
                best = Match(story_id=profile.story_id, score=score, why=why)
        return best

    def _score(self, left: frozenset[str], right: frozenset[str], index: StoryIndex) -> float:
        shared = left & right
        if len(shared) < self.MIN_SHARED_TOKENS or _numbers_differ(left, right):
            return 0.0
        norm = sqrt(self._weight(left, index) * self._weight(right, index))
        return self._weight(shared, index) / norm if norm else 0.0

    def _weight(self, tokens: frozenset[str], index: StoryIndex) -> float:
        stories = len(index) + self.PRIOR_STORIES
        # sorted: float addition is not associative, and a score must not depend on a set's order
        return sum(log(1 + stories / (index.frequency(token) + 1)) for token in sorted(tokens))


def _numbers_differ(left: frozenset[str], right: frozenset[str]) -> bool:
    """Both name numbers, and none in common: another release, another quarter, another day."""
    ours, theirs = numbers_of(left), numbers_of(right)
    return bool(ours) and bool(theirs) and not ours & theirs
