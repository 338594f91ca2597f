"""The index of stories: which of them could an item join?

An inverted index from word to stories. It is never scanned as a whole, and opens no more of its lists for an
item than a written bound, however common the item's words are. It is rebuilt from the store at will.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import copy
from datetime import datetime

from worker.fold.late_looks import MOST_ITEMS, LateLooks
from worker.fold.postings import Postings
from worker.fold.profile import Profile, digest_of, hour_of, profile_of_story
from worker.fold.search import Query, grown_candidates, lone_candidates, terms_of
from worker.fold.vocabulary import Vocabulary
from worker.fold.words import title_words
from worker.model.item import Item
from worker.model.story import Story


class StoryIndex:
    """Profiles of stories by their words, and the vocabulary that they have taught.

    Attributes:
        vocabulary: of all stories that were ever told here, those that have left the index among them.
    """

    def __init__(self, vocabulary: Vocabulary | None = None) -> None:
        self.vocabulary = vocabulary if vocabulary is not None else Vocabulary()
        self._profiles: dict[str, Profile] = {}
        self._lone, self._grown = Postings(), Postings()
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
        elif known is not None and digest_of(story.items[: known.items]) == known.seen:
            for item in story.items[known.items :]:
                known = self._grow(known, item, learn)
            known.take_lead(story.lead)
        else:
            self._replace(known, profile_of_story(story, self._spelled), learn)

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
        words = profile.words
        self._postings_of(profile).remove(profile, words)
        if forget:
            self.vocabulary.forget(words)
            self.vocabulary.stories -= 1

    def _grow(self, known: Profile, item: Item, learn: bool) -> Profile:
        """The profile with one more item. That of a lone item is another one then, in the other lists."""
        words = known.words
        gained = [word for word in title_words(item) if word not in words]
        profile = copy(known) if known.items == 1 else known
        profile.add(item, self._spelled)
        if profile is not known:
            self._lone.remove(known, words)
            self._profiles[profile.story_id] = profile
        self._grown.add(profile, gained if profile is known else profile.words)
        if learn:
            self.vocabulary.learn(gained)
        return profile

    def _replace(self, known: Profile | None, profile: Profile, learn: bool) -> None:
        before, words = known.words if known is not None else {}, profile.words
        if known is not None:
            self._postings_of(known).remove(known, before)
        else:
            self._late.schedule(profile.story_id, profile.first_hour)
        self._profiles[profile.story_id] = profile
        self._postings_of(profile).add(profile, words)
        if learn:
            self.vocabulary.learn(word for word in words if word not in before)
            self.vocabulary.forget(word for word in before if word not in words)
            self.vocabulary.stories += known is None

    def _postings_of(self, profile: Profile) -> Postings:
        return self._lone if profile.items == 1 else self._grown

    def _spelled(self, words: Iterable[str]) -> tuple[str, ...]:
        return self._lone.spelled(self._grown.spelled(words))

    def search(self, query: Query) -> dict[Profile, float]:
        """Stories that share words with a query; see :func:`worker.fold.search.lone_candidates`."""
        terms = terms_of(query, self.vocabulary)
        return lone_candidates(query, terms, self._lone) | grown_candidates(query, terms, self._grown)
