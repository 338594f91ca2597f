"""Profile: what the matcher sees of a story, or of an item that may become one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from math import log

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


class Profile:
    """Word counts, times, languages and providers of some items.

    Attributes:
        story_id: of the story; the item's id for an item alone.
        words: token of a title -> number of items whose title has it.
        size: sum of those numbers.
        items: number of items.
        excerpts: token of an excerpt -> number of items that have it there and not in the title.
        first_hour: when the earliest item was published, hours since 1970.
        last_hour: when the latest item was published, hours since 1970.
        languages: of the items that tell theirs.
        domains: providers of the items.
        told: its lead is a story that somebody told already.
        seen: digests of the items, in the order of joining.
        template: of the first item's title; None for an ordinary one.
        first_title: words of the first item's title, in their order.
    """

    __slots__ = (
        "_weighed_at", "domains", "excerpts", "first_hour", "first_title", "full_norm", "items", "languages",
        "last_hour", "norm", "rarity", "seen", "size", "story_id", "template", "told", "weight", "words",
    )  # fmt: skip

    def __init__(self, story_id: str) -> None:
        self.story_id = story_id
        self.words: dict[str, int] = {}
        self.size = 0
        self.items = 0
        self.excerpts: dict[str, int] = {}
        self.first_hour = float("inf")
        self.last_hour = float("-inf")
        self.languages: frozenset[str] = frozenset()
        self.domains: frozenset[str] = frozenset()
        self.told = False
        self.template: Template | None = None
        self.first_title: tuple[str, ...] = ()
        self.seen: tuple[int, ...] = ()
        self._weighed_at = -1.0
        self.norm = self.full_norm = self.rarity = self.weight = 0.0

    def add(self, item: Item) -> None:
        """Take up an item."""
        words = title_words(item)
        if not self.items:
            self.first_title = words
            self.template = template_of(item.title, item.excerpt, item.published_at, item.language)
        for word in words:
            self.words[word] = self.words.get(word, 0) + 1
        self.size += len(words)
        self.items += 1
        for word in excerpt_words(item):
            if word in self.excerpts or len(self.excerpts) < MOST_EXCERPT_WORDS:
                self.excerpts[word] = self.excerpts.get(word, 0) + 1
        hour = hour_of(item.published_at)
        self.first_hour, self.last_hour = min(self.first_hour, hour), max(self.last_hour, hour)
        language = primary_language(item)
        if language and language not in self.languages:
            self.languages |= {language}
        if item.provider.domain not in self.domains:
            self.domains |= {item.provider.domain}
        self.seen += (_digest_of(item),)
        self._weighed_at = -1.0

    def take_lead(self, lead: Item) -> None:
        """Note whose story it is."""
        self.told = is_told(lead)

    def weigh(self, vocabulary: Vocabulary) -> None:
        """Bring its sums up to date with what the vocabulary knows. They may lag behind it by a twentieth."""
        stories = vocabulary.smoothed_stories
        if self._weighed_at <= stories <= self._weighed_at * _WEIGHED_ANEW_AFTER:
            return
        counts = vocabulary.counts
        norm = rarity = weight = full = 0.0
        for word, count in self.words.items():
            rare = log(stories / (counts.get(word, 0) + 1))
            rarity += rare
            weight += rare * count
            norm += (rare * count) ** 2
        for word, count in self.excerpts.items():
            rare = log(stories / (counts.get(word, 0) + 1))
            full += (rare * (self.words.get(word, 0) + count * EXCERPT_WEIGHT)) ** 2
            full -= (rare * self.words.get(word, 0)) ** 2
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


def profile_of_story(story: Story) -> Profile:
    """The profile of a story as it stands."""
    profile = Profile(story.story_id)
    for item in story.items:
        profile.add(item)
    profile.take_lead(story.lead)
    return profile


def digests_of(items: Iterable[Item]) -> tuple[int, ...]:
    """A number for each item that is another one when something that a profile rests on is different."""
    return tuple(map(_digest_of, items))


def _digest_of(item: Item) -> int:
    return hash((item.title, item.excerpt, item.published_at, item.language, item.provider.domain))
