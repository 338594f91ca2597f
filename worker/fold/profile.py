"""Profile: what the matcher sees of a story, or of an item that may become one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import lru_cache
from math import isnan, log, nan

from worker.fold.identity import is_told
from worker.fold.series import Template, template_of
from worker.fold.vocabulary import Vocabulary
from worker.fold.words import excerpt_words, primary_language, title_words
from worker.model.item import Item
from worker.model.story import Story

MOST_EXCERPT_WORDS = 120
"""Different ones that a profile takes up. The first reports of a story have said by then what it is about."""

EXCERPT_WEIGHT = 0.5
"""Of a word of an excerpt, where one of a title has 1."""

_SECONDS_AN_HOUR = 3600.0
_WEIGHED_ANEW_AFTER = 1.05


Spell = Callable[[Iterable[str]], tuple[str, ...]]
"""Gives words as the strings that others use for them, so that a hundred thousand profiles share them."""

_NO_WORDS: dict[str, int] = {}


class Profile:
    """Word counts, times, languages and providers of some items.

    Most profiles are of one item. They hold their words as a tuple, which takes a third of a table's memory.

    Attributes:
        story_id: of the story; the item's id for an item alone.
        size: sum of the numbers of ``words``.
        items: number of items.
        first_hour: when the earliest item was published, hours since 1970.
        last_hour: when the latest item was published, hours since 1970.
        languages: of the items that tell theirs.
        domains: providers of the items.
        told: its lead is a story that somebody told already.
        seen: digest of the items in the order of joining.
        template: of the first item's title; None for an ordinary one.
        first_title: words of the first item's title, in their order.
    """

    __slots__ = (
        "_counts", "_excerpt", "_excerpt_counts", "_weighed_at", "domains", "first_hour", "first_title", "full_norm",
        "items", "languages", "last_hour", "norm", "rarity", "seen", "size", "story_id", "template", "told", "weight",
    )  # fmt: skip

    def __init__(self, story_id: str) -> None:
        self.story_id = story_id
        self.first_title: tuple[str, ...] = ()
        self._excerpt: tuple[str, ...] = ()
        self._counts: dict[str, int] | None = None
        self._excerpt_counts = _NO_WORDS
        self.size = 0
        self.items = 0
        self.first_hour = float("inf")
        self.last_hour = float("-inf")
        self.languages: frozenset[str] = frozenset()
        self.domains: frozenset[str] = frozenset()
        self.told = False
        self.template: Template | None = None
        self.seen = 0
        self._weighed_at = -1.0
        self.norm = self.full_norm = self.rarity = self.weight = 0.0

    @property
    def words(self) -> dict[str, int]:
        """Token of a title -> number of items whose title has it. Not to be changed; made anew for a lone item."""
        return dict.fromkeys(self.first_title, 1) if self._counts is None else self._counts

    @property
    def excerpts(self) -> dict[str, int]:
        """Token of an excerpt -> number of items that have it there and not in the title. As ``words``."""
        if self._counts is not None:
            return self._excerpt_counts
        return dict.fromkeys(self._excerpt, 1) if self._excerpt else _NO_WORDS

    def add(self, item: Item, spell: Spell = tuple) -> None:
        """Take up an item."""
        words, excerpt = spell(title_words(item)), spell(excerpt_words(item))
        if not self.items:
            self.first_title, self._excerpt = words, excerpt
            self.template = template_of(item.title, item.excerpt, item.published_at, item.language)
        else:
            self._count(words, excerpt)
        self.size += len(words)
        self.items += 1
        hour = hour_of(item.published_at)
        if self.items == 1:
            self.first_hour = self.last_hour = hour
        self.first_hour, self.last_hour = min(self.first_hour, hour), max(self.last_hour, hour)
        self.languages = _with(self.languages, primary_language(item))
        self.domains = _with(self.domains, item.provider.domain)
        self.seen = hash((self.seen, _digest_of(item)))
        self._weighed_at = -1.0

    def _count(self, words: tuple[str, ...], excerpt: tuple[str, ...]) -> None:
        if self._counts is None:
            self._counts = self.words
            self._excerpt_counts, self._excerpt = dict.fromkeys(self._excerpt, 1), ()
        for word in words:
            self._counts[word] = self._counts.get(word, 0) + 1
        for word in excerpt:
            if word in self._excerpt_counts or len(self._excerpt_counts) < MOST_EXCERPT_WORDS:
                self._excerpt_counts[word] = self._excerpt_counts.get(word, 0) + 1

    def leave(self) -> None:
        """Be found no more: its times are no numbers from now on, which lie in no range."""
        self.first_hour = self.last_hour = nan

    @property
    def has_left(self) -> bool:
        """Whether it is found no more."""
        return isnan(self.first_hour)

    def take_lead(self, lead: Item) -> None:
        """Note whose story it is."""
        self.told = is_told(lead)

    def weigh(self, vocabulary: Vocabulary) -> None:
        """Bring its sums up to date with what the vocabulary knows. They may lag behind it by a twentieth."""
        stories = vocabulary.smoothed_stories
        if self._weighed_at <= stories <= self._weighed_at * _WEIGHED_ANEW_AFTER:
            return
        counts, words = vocabulary.counts, self.words
        norm = rarity = weight = full = 0.0
        for word, count in words.items():
            rare = log(stories / (counts.get(word, 0) + 1))
            rarity += rare
            weight += rare * count
            norm += (rare * count) ** 2
        for word, count in self.excerpts.items():
            rare = log(stories / (counts.get(word, 0) + 1))
            full += (rare * (words.get(word, 0) + count * EXCERPT_WEIGHT)) ** 2
            full -= (rare * words.get(word, 0)) ** 2
        self.norm, self.rarity, self.weight, self.full_norm = norm, rarity, weight, norm + full
        self._weighed_at = stories


def hour_of(at: datetime) -> float:
    """Hours since 1970."""
    return at.timestamp() / _SECONDS_AN_HOUR


def profile_of_item(item: Item) -> Profile:
    """The profile of an item alone."""
    profile = Profile(item.item_id)
    profile.add(item)
    profile.take_lead(item)
    return profile


def profile_of_story(story: Story, spell: Spell = tuple) -> Profile:
    """The profile of a story as it stands."""
    profile = Profile(story.story_id)
    for item in story.items:
        profile.add(item, spell)
    profile.take_lead(story.lead)
    return profile


def digest_of(items: Iterable[Item]) -> int:
    """A number for items in their order that is another one when something that a profile rests on is different."""
    digest = 0
    for item in items:
        digest = hash((digest, _digest_of(item)))
    return digest


def _digest_of(item: Item) -> int:
    return hash((item.title, item.excerpt, item.published_at, item.language, item.provider.domain))


@lru_cache(maxsize=4_096)
def _with(known: frozenset[str], more: str) -> frozenset[str]:
    """A set with one more of a few words; the same set for the same ones."""
    return known | {more} if more else known
