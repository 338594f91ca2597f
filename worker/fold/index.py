"""The index of stories: which of them could an item join?

An inverted index from word to stories. It is never scanned as a whole, and opens no more of its lists for an
item than a written bound, however common the item's words are. It is rebuilt from the store at will.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from heapq import nsmallest
from itertools import islice
from math import log1p

from worker.fold.late_looks import MOST_ITEMS, LateLooks
from worker.fold.profile import Profile, digests_of, hour_of, profile_of_story
from worker.fold.vocabulary import Vocabulary
from worker.fold.words import title_words
from worker.model.item import Item
from worker.model.story import Story

PRIOR_WORDS = 600.0
"""Dirichlet prior of a story's word model, in words (mu; Zhai and Lafferty, 2004)."""

MOST_CONFIRMED = 64
"""Stories that rare words found, and to which the common words of a query are added."""

MOST_SCANNED_A_HIT = 3
"""Postings looked at for each one that counts: those of stories out of time lie in the same lists."""


class StoryIndex:
    """Profiles of stories by their words, and the vocabulary that they have taught.

    Attributes:
        vocabulary: of all stories that were ever told here, those that have left the index among them.
    """

    def __init__(self, vocabulary: Vocabulary | None = None) -> None:
        self.vocabulary = vocabulary if vocabulary is not None else Vocabulary()
        self._profiles: dict[str, Profile] = {}
        self._postings: dict[str, dict[Profile, None]] = {}
        self._late = LateLooks()

    def __len__(self) -> int:
        return len(self._profiles)

    def __contains__(self, story_id: str) -> bool:
        return story_id in self._profiles

    def profile(self, story_id: str) -> Profile | None:
        """What is known of a story; None when it is not here."""
        return self._profiles.get(story_id)

    def put(self, story: Story, *, learn: bool = True) -> None:
        """Insert a story or take over its new state; one that is gone is removed.

        Args:
            story: as it stands.
            learn: its words are new to the vocabulary; False for a story that was counted when it was told.
        """
        known = self._profiles.get(story.story_id)
        if story.is_gone:
            self.remove(story.story_id, forget=learn)
        elif known is not None and digests_of(story.items)[: known.items] == known.seen:
            self._grow(known, story.items[known.items :], learn)
            known.take_lead(story.lead)
        else:
            self._replace(known, profile_of_story(story), learn)

    def due_for_a_look(self, at: datetime) -> Iterator[str]:
        """Ids of the small stories that shall look for a partner again, for an item published at ``at``."""
        for story_id in self._late.due(hour_of(at)):
            profile = self._profiles.get(story_id)
            if profile is not None and profile.items <= MOST_ITEMS:
                yield story_id

    def remove(self, story_id: str, *, forget: bool = False) -> None:
        """Let a story go; nothing happens when it is not known.

        Args:
            story_id: of the story.
            forget: it is no story any more, so the vocabulary takes its words back; False when only its time is over.
        """
        profile = self._profiles.pop(story_id, None)
        if profile is None:
            return
        self._unlist(profile, profile.words)
        if forget:
            self.vocabulary.forget(profile.words)
            self.vocabulary.stories -= 1

    def _grow(self, profile: Profile, items: Iterable[Item], learn: bool) -> None:
        for item in items:
            gained = [word for word in title_words(item) if word not in profile.words]
            profile.add(item)
            self._list(profile, gained)
            if learn:
                self.vocabulary.learn(gained)

    def _replace(self, known: Profile | None, profile: Profile, learn: bool) -> None:
        if known is not None:
            self._unlist(known, known.words)
        else:
            self._late.schedule(profile.story_id, profile.first_hour)
        self._profiles[profile.story_id] = profile
        self._list(profile, profile.words)
        if learn:
            before = known.words if known is not None else {}
            self.vocabulary.learn(word for word in profile.words if word not in before)
            self.vocabulary.forget(word for word in before if word not in profile.words)
            self.vocabulary.stories += known is None

    def _list(self, profile: Profile, words: Iterable[str]) -> None:
        for word in words:
            self._postings.setdefault(word, {})[profile] = None

    def _unlist(self, profile: Profile, words: Iterable[str]) -> None:
        for word in words:
            holders = self._postings[word]
            del holders[profile]
            if not holders:
                del self._postings[word]

    def search(
        self, query: Mapping[str, float], first_hour: float, last_hour: float, most_hits: int
    ) -> dict[Profile, float]:
        """Stories that share words with a query: sum of the words' log-likelihood ratios, story against chance.

        The rarer words find stories; once ``most_hits`` postings have counted, the others only add to what was
        found.

        Args:
            query: word -> weight.
            first_hour: stories whose latest item lies before it are passed over.
            last_hour: stories whose earliest item lies after it are passed over.
            most_hits: bound of the work.
        """
        lists = sorted((len(holders), word) for word in query if (holders := self._postings.get(word)))
        found: dict[Profile, float] = {}
        hits, left, is_trimmed = 0, most_hits * MOST_SCANNED_A_HIT, False
        for length, word in lists:
            weight, chance = query[word], PRIOR_WORDS * self.vocabulary.share(word)
            if not found or (hits < most_hits and length <= left):
                hits += self._open(word, weight, chance, first_hour, last_hour, found, left)
                left -= length
                continue
            if not is_trimmed:
                found, is_trimmed = _best_of(found), True
            for profile in found:
                count = profile.words.get(word)
                if count:
                    found[profile] += weight * log1p(count / chance)
        return found

    def _open(
        self,
        word: str,
        weight: float,
        chance: float,
        first: float,
        last: float,
        found: dict[Profile, float],
        most: int,
    ) -> int:
        """Count the stories of one list, the newest first, ``most`` at most; gives how many were in time."""
        hits = 0
        for profile in islice(reversed(self._postings[word]), max(most, 1)):
            if profile.last_hour >= first and profile.first_hour <= last:
                found[profile] = found.get(profile, 0.0) + weight * log1p(profile.words[word] / chance)
                hits += 1
        return hits


def _best_of(found: dict[Profile, float]) -> dict[Profile, float]:
    """Those that the rare words speak most for; what common words add makes none of the others the best."""
    if len(found) <= MOST_CONFIRMED:
        return found
    best = nsmallest(MOST_CONFIRMED, ((-ratio, profile.story_id, profile) for profile, ratio in found.items()))
    return {profile: -ratio for ratio, _, profile in best}
