"""The matcher: do an item and a story, or two stories, tell the same story?

Likeness only; identity was asked before. An item joins the story of the best evidence. A story that has grown looks
for another one that it has turned out to be. Both ask the same question of the same evidence, so a lone item that
two orders of arrival bring to a story ends in it either way.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from math import log, log1p
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from worker.fold.evidence import FITTED_ALIVE, Parts, odds_of, parts_of, probability
from worker.fold.index import StoryIndex
from worker.fold.profile import EXCERPT_WEIGHT, Profile, profile_of_item, profile_of_story
from worker.fold.refusals import LEAST_WORDS, refusal
from worker.fold.search import PRIOR_WORDS, Query
from worker.fold.tokens import as_written
from worker.fold.words import excerpt_words, title_words
from worker.model.item import Item
from worker.model.story import Story

SAME_PROVIDER_MARGIN = 3.5
"""Log odds more are needed within one provider: it has series, columns and daily reports under like titles."""

MERGE_MARGIN = 0.5
"""Log odds more are needed to make one story of two that have several items each: an error concerns them all."""

LATE_MARGIN = 0.3
"""Log odds less for a story that looks again and is still small."""

LEAST_MEAN, LEAST_MEAN_OF_MANY = 0.15, 0.15
"""Mean log-likelihood ratio a word from which a lone item is compared, and what each e-fold of stories adds."""

JOIN_POSTINGS, JOIN_CANDIDATES = 300, 5
MERGE_POSTINGS, MERGE_CANDIDATES, MERGE_WORDS = 300, 5, 30

_HOUR = timedelta(hours=1)


class FoldRules(Struct, frozen=True, kw_only=True):
    """The operator's limits on folding.

    Attributes:
        window: how far an item may lie from a story's last item.
        max_span: how long a story may last from its first item to its last.
        threshold: probability, 0 to 1, from which an item and a story are one.
    """

    window: timedelta = timedelta(hours=24)
    max_span: timedelta = timedelta(hours=72)
    threshold: float = 0.55


class Match(Struct, frozen=True, kw_only=True):
    """What an item or a story was compared with, and what came of it.

    Attributes:
        story_id: of the story.
        score: probability that it is the same story, 0 to 1.
        needed: from which they are one.
        refused: the rule that forbids it whatever the score; "" when none does.
        parts: what the score is made of; None when no word is shared.
        shared: words that both have, the weightiest first.
    """

    story_id: str
    score: float
    needed: float
    refused: str = ""
    parts: Parts | None = None
    shared: tuple[str, ...] = ()

    @property
    def folds(self) -> bool:
        """Whether they are one story."""
        return not self.refused and self.score >= self.needed

    @property
    def why(self) -> str:
        """The score with its reasons in words."""
        text = f"{self.score:.2f} of {self.needed:.2f} needed"
        if self.shared:
            text += ": shared " + ", ".join(f"`{word}`" for word in self.shared)
        return f"{text}; {self.refused}" if self.refused else text


class Matcher(Protocol):
    """Decides by likeness, never by identity."""

    def best(self, item: Item, index: StoryIndex, barred: frozenset[str] = frozenset()) -> Match | None:
        """The story of the index that the item tells, None when it tells a new one."""

    def partner(
        self, story_id: str, index: StoryIndex, barred: frozenset[str] = frozenset(), *, late: bool = False
    ) -> Match | None:
        """Another story of the index that is the same one, None when there is none. ``late``: it looks again."""


class WordMatcher:
    """Compares the words of titles and excerpts, the times and the sizes; see :mod:`worker.fold.evidence`."""

    def __init__(self, rules: FoldRules) -> None:
        self._rules = rules
        self._window = rules.window / _HOUR
        self._max_span = rules.max_span / _HOUR
        self._odds = odds_of(rules.threshold)

    def best(self, item: Item, index: StoryIndex, barred: frozenset[str] = frozenset()) -> Match | None:
        """See :meth:`Matcher.best`. Of equal scores the smaller story id wins."""
        words = title_words(item)
        if len(words) < LEAST_WORDS:
            return None
        query = dict.fromkeys(excerpt_words(item), EXCERPT_WEIGHT) | dict.fromkeys(words, 1.0)
        one = profile_of_item(item)
        candidates = self._search(one, query, index, JOIN_POSTINGS, JOIN_CANDIDATES)
        match = self._strongest(one, candidates, index, barred)
        return _in_words_of(item, match) if match is not None else None

    def partner(
        self, story_id: str, index: StoryIndex, barred: frozenset[str] = frozenset(), *, late: bool = False
    ) -> Match | None:
        """See :meth:`Matcher.partner`. One that looks again needs a little less: time has made it a small story."""
        one = index.profile(story_id)
        if one is None or one.size < LEAST_WORDS:
            return None
        candidates = self._search(one, _core(one, index), index, MERGE_POSTINGS, MERGE_CANDIDATES)
        return self._strongest(one, candidates, index, barred, late=late)

    def compare(self, item: Item, story: Story, index: StoryIndex) -> Match:
        """The item and a story, whatever comes of it. Neither has to be in the index."""
        return _in_words_of(item, self._compared(profile_of_item(item), profile_of_story(story), index))

    def compare_stories(self, left: Story, right: Story, index: StoryIndex) -> Match:
        """Two stories as wholes, whatever comes of it. ``story_id`` of the match is the right one's."""
        match = self._compared(profile_of_story(left), profile_of_story(right), index)
        return _in_words_of(left.lead, match)

    def _search(
        self, one: Profile, query: dict[str, float], index: StoryIndex, most_postings: int, most: int
    ) -> list[Profile]:
        """The candidates of the best mean log-likelihood ratio a word; of equals, those of the smaller id."""
        weight = sum(query.values())
        least = _least_mean(len(index)) if one.items == 1 else 0.0
        first, last = one.first_hour - self._window, one.last_hour + self._window
        asked = Query(
            words=query, first_hour=first, last_hour=last, most_postings=most_postings, least_ratio=least * weight
        )
        found = index.search(asked)
        found.pop(one, None)
        ranked = sorted(
            (log1p(profile.size / PRIOR_WORDS) - ratio / weight, profile.story_id, profile)
            for profile, ratio in found.items()
        )
        return [profile for mean, _, profile in ranked[:most] if -mean >= least]

    def _strongest(
        self,
        one: Profile,
        others: Iterable[Profile],
        index: StoryIndex,
        barred: frozenset[str],
        *,
        late: bool = False,
    ) -> Match | None:
        best: tuple[float, str, Profile, Parts] | None = None
        for other in others:
            if other.story_id in barred:
                continue
            parts = parts_of(one, other, index.vocabulary, len(index))
            if parts is None:
                continue
            score = probability(sum(parts))
            if score < self._needed(one, other, late=late) or (best and (-score, other.story_id) > best[:2]):
                continue
            if not self._refusal(one, other):  # asked last: most candidates fall short of the score
                best = (-score, other.story_id, other, parts)
        return self._match(one, best[2], index, best[3], late=late) if best else None

    def _compared(self, one: Profile, other: Profile, index: StoryIndex) -> Match:
        return self._match(one, other, index, parts_of(one, other, index.vocabulary, len(index)))

    def _match(
        self, one: Profile, other: Profile, index: StoryIndex, parts: Parts | None, *, late: bool = False
    ) -> Match:
        return Match(
            story_id=other.story_id,
            score=probability(sum(parts)) if parts else 0.0,
            needed=self._needed(one, other, late=late),
            refused=self._refusal(one, other),
            parts=parts,
            shared=_shared(one, other, index) if parts else (),
        )

    def _refusal(self, one: Profile, other: Profile) -> str:
        return refusal(one, other, self._window, self._max_span)

    def _needed(self, one: Profile, other: Profile, *, late: bool) -> float:
        """The probability that is needed."""
        margin = -LATE_MARGIN if late else 0.0
        if one.items > 1 and other.items > 1:
            margin += MERGE_MARGIN
        if one.domains == other.domains and len(one.domains) == 1:
            margin += SAME_PROVIDER_MARGIN
        return probability(self._odds + margin)


def _in_words_of(item: Item, match: Match) -> Match:
    """The match with its shared words as the item's title writes them."""
    return replace(match, shared=as_written(item.title, match.shared))


def _least_mean(alive: int) -> float:
    """Mean log-likelihood ratio a word below which no lone item has ever become part of a story."""
    return LEAST_MEAN + LEAST_MEAN_OF_MANY * log(max(alive, FITTED_ALIVE) / FITTED_ALIVE)


def _core(one: Profile, index: StoryIndex) -> dict[str, float]:
    """The words that tell most of a story, with their counts; a story of two hundred reports has a thousand words."""
    share, words = index.vocabulary.share, one.words

    def told(word: str) -> tuple[float, str]:
        count = words[word]
        return (-count * log1p(count / (PRIOR_WORDS * share(word))), word)

    first = sorted(words, key=told)[:MERGE_WORDS] if len(words) > MERGE_WORDS else words
    return {word: float(words[word]) for word in first}


def _shared(one: Profile, other: Profile, index: StoryIndex) -> tuple[str, ...]:
    """Words of titles that both have, the weightiest first, at most six."""
    counts, ours, theirs = index.vocabulary.counts, one.words, other.words

    def weight(word: str) -> tuple[float, str]:
        both = ours[word] / one.items * theirs[word] / other.items
        return (-both / (counts.get(word, 0) + 1), word)

    return tuple(sorted((word for word in ours if word in theirs), key=weight)[:6])
