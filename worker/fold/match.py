"""The matcher: do an item and a story, or two stories, tell the same story?

Likeness only; identity was asked before. An item joins the story of the best evidence. A story that has grown looks
for another one that it has turned out to be. Both ask the same question of the same evidence, so a lone item that
two orders of arrival bring to a story ends in it either way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from math import log1p
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from worker.fold.evidence import Parts, gap_hours, odds_of, parts_of, probability, span_hours
from worker.fold.index import PRIOR_WORDS, StoryIndex
from worker.fold.profile import EXCERPT_WEIGHT, Profile, profile_of_item, profile_of_story
from worker.fold.tokens import as_written
from worker.fold.words import excerpt_words, title_words
from worker.model.item import Item
from worker.model.story import Story

LEAST_WORDS = 2
"""Of a title. One word alone tells no story."""

MOST_ITEMS = 500
"""Of a story; it takes no more by likeness. What more have in common is a subject, and a commit writes them all."""

SAME_PROVIDER_MARGIN = 3.5
"""Log odds more are needed within one provider: it has series, columns and daily reports under like titles."""

CORE_ITEMS = 4
"""From so many items on, a word that stands in half of the titles says alone what a story is about."""

FEW_ITEMS = 3
"""Below it a story has not shown yet which of its words matter."""

SHARED_BEYOND_A_NAME = 3
"""Words that titles of few items have to share, or half of the shorter title: a name has two."""

SERIES_LIKENESS = 0.7
"""Share of words in common from which titles that differ in their numbers are parts of a series, not of a story."""

SERIES_LIKENESS_WITH_SHARED_NUMBERS = 0.9
"""The same where they share a number, too: volume 21, number 4 and volume 21, number 5."""

MERGE_MARGIN = 0.5
"""Log odds more are needed to make one story of two that have several items each: an error concerns them all."""

LATE_MARGIN = 0.5
"""Log odds less for a story that looks again and is still small."""

JOIN_HITS, JOIN_CANDIDATES = 150, 6
MERGE_HITS, MERGE_CANDIDATES, MERGE_WORDS = 300, 5, 30

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
        found = self._search(one, query, index, JOIN_HITS)
        match = self._strongest(one, _first(found, sum(query.values()), JOIN_CANDIDATES), index, barred)
        return _in_words_of(item, match) if match is not None else None

    def partner(
        self, story_id: str, index: StoryIndex, barred: frozenset[str] = frozenset(), *, late: bool = False
    ) -> Match | None:
        """See :meth:`Matcher.partner`. One that looks again needs a little less: time has made it a small story."""
        one = index.profile(story_id)
        if one is None or one.size < LEAST_WORDS:
            return None
        found = self._search(one, _core(one, index), index, MERGE_HITS)
        found.pop(one, None)
        return self._strongest(one, _first(found, one.size, MERGE_CANDIDATES), index, barred, late=late)

    def compare(self, item: Item, story: Story, index: StoryIndex) -> Match:
        """The item and a story, whatever comes of it. Neither has to be in the index."""
        return _in_words_of(item, self._match(profile_of_item(item), profile_of_story(story), index))

    def compare_stories(self, left: Story, right: Story, index: StoryIndex) -> Match:
        """Two stories as wholes, whatever comes of it. ``story_id`` of the match is the right one's."""
        match = self._match(profile_of_story(left), profile_of_story(right), index)
        return _in_words_of(left.lead, match)

    def _search(self, one: Profile, query: dict[str, float], index: StoryIndex, hits: int) -> dict[Profile, float]:
        return index.search(query, one.first_hour - self._window, one.last_hour + self._window, hits)

    def _strongest(
        self,
        one: Profile,
        others: Iterable[Profile],
        index: StoryIndex,
        barred: frozenset[str],
        *,
        late: bool = False,
    ) -> Match | None:
        matches = [self._match(one, other, index, late=late) for other in others if other.story_id not in barred]
        folding = (match for match in matches if match.folds)
        return min(folding, key=lambda match: (-match.score, match.story_id), default=None)

    def _match(self, one: Profile, other: Profile, index: StoryIndex, *, late: bool = False) -> Match:
        needed = self._needed(one, other, late=late)
        refused = self._refusal(one, other)
        parts = parts_of(one, other, index.vocabulary, len(index))
        score = probability(sum(parts)) if parts else 0.0
        shared = _shared(one, other, index) if parts else ()
        return Match(story_id=other.story_id, score=score, needed=needed, refused=refused, parts=parts, shared=shared)

    def _needed(self, one: Profile, other: Profile, *, late: bool) -> float:
        """The probability that is needed."""
        margin = -LATE_MARGIN if late else 0.0
        if one.items > 1 and other.items > 1:
            margin += MERGE_MARGIN
        if one.domains == other.domains and len(one.domains) == 1:
            margin += SAME_PROVIDER_MARGIN
        return probability(self._odds + margin)

    def _refusal(self, one: Profile, other: Profile) -> str:
        """Why the two are no story together whatever they say; "" when nothing forbids it."""
        gap, span = gap_hours(one, other), span_hours(one, other)
        if gap > self._window:
            return f"too far apart in time: {gap:.0f} hours, of {self._window:g} allowed"
        if span > self._max_span:
            return f"they would span {span:.0f} hours, of {self._max_span:g} allowed"
        if one.languages and other.languages and not one.languages & other.languages:
            return f"other languages: {', '.join(sorted(one.languages))} and {', '.join(sorted(other.languages))}"
        if one.told and other.told:
            return "both were told already, by documents"
        if one.items + other.items > MOST_ITEMS:
            return f"a story takes no more than {MOST_ITEMS} items by likeness"
        if min(len(one.words), len(other.words)) < LEAST_WORDS:
            return "a title of one word tells no story"
        return _words_apart(one, other)


def _in_words_of(item: Item, match: Match) -> Match:
    """The match with its shared words as the item's title writes them."""
    return replace(match, shared=as_written(item.title, match.shared))


def _words_apart(one: Profile, other: Profile) -> str:
    """Why the words themselves forbid it, "" when they do not."""
    shared = [word for word in one.words if word in other.words]
    if len(shared) == 1 and (min(one.items, other.items) > 1 or not _is_core_of_one(shared[0], one, other)):
        return "one word alone is shared"
    if max(one.items, other.items) < FEW_ITEMS and _is_only_a_name(len(shared), one, other):
        return "a name alone is shared"
    ours, theirs = _numbers(one), _numbers(other)
    if ours - theirs and theirs - ours and _likeness_beside_numbers(one, other) >= _series_likeness(ours & theirs):
        return f"the same words with other numbers: {_listed(ours - theirs)} and {_listed(theirs - ours)}"
    return ""


def _is_core_of_one(word: str, *profiles: Profile) -> bool:
    """Whether a word stands in half of several titles: it is what they are about."""
    return any(profile.items >= CORE_ITEMS and profile.words[word] * 2 >= profile.items for profile in profiles)


def _is_only_a_name(shared: int, one: Profile, other: Profile) -> bool:
    """Whether so little is shared that it may be the name of a place or a person of whom there is other news."""
    told = sum(word in other.excerpts for word in one.words) + sum(word in one.excerpts for word in other.words)
    return shared + told < SHARED_BEYOND_A_NAME and shared * 2 < min(len(one.words), len(other.words))


def _numbers(profile: Profile) -> set[str]:
    return {word for word in profile.words if word[0].isdigit()}


def _likeness_beside_numbers(one: Profile, other: Profile) -> float:
    """The share in common of the words that are no numbers. Near 1: an edition, a quarter, an episode of a series."""
    left = {word for word, count in one.words.items() if count * 2 >= one.items and not word[0].isdigit()}
    right = {word for word, count in other.words.items() if count * 2 >= other.items and not word[0].isdigit()}
    return len(left & right) / (len(left | right) or 1)


def _series_likeness(shared_numbers: set[str]) -> float:
    return SERIES_LIKENESS_WITH_SHARED_NUMBERS if shared_numbers else SERIES_LIKENESS


def _listed(words: set[str]) -> str:
    return ", ".join(sorted(words))


def _first(found: dict[Profile, float], weight: float, count: int) -> Iterator[Profile]:
    """The candidates of the best mean log-likelihood ratio a word; of equals, those of the smaller id."""
    ranked = sorted(
        (log1p(profile.size / PRIOR_WORDS) - ratio / weight, profile.story_id, profile)
        for profile, ratio in found.items()
    )
    return (profile for _, _, profile in ranked[:count])


def _core(one: Profile, index: StoryIndex) -> dict[str, float]:
    """The words that tell most of a story, with their counts; a story of two hundred reports has a thousand words."""
    share = index.vocabulary.share

    def told(word: str) -> tuple[float, str]:
        count = one.words[word]
        return (-count * log1p(count / (PRIOR_WORDS * share(word))), word)

    return {word: float(one.words[word]) for word in sorted(one.words, key=told)[:MERGE_WORDS]}


def _shared(one: Profile, other: Profile, index: StoryIndex) -> tuple[str, ...]:
    """Words of titles that both have, the weightiest first, at most six."""
    counts = index.vocabulary.counts

    def weight(word: str) -> tuple[float, str]:
        both = one.words[word] / one.items * other.words[word] / other.items
        return (-both / (counts.get(word, 0) + 1), word)

    return tuple(sorted((word for word in one.words if word in other.words), key=weight)[:6])
