"""The index of the window's stories: which of them could an item join?

Only what a match needs is kept: the titles' tokens of each story and its times. It holds the stories of
some days of item time and is rebuilt from the store at will.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime

from msgspec import Struct

from worker.fold.identity import is_told
from worker.fold.tokens import tokens_of
from worker.model.story import Story

MAX_CANDIDATES = 64
MAX_POSTINGS = 2000  # a token in more stories than this only confirms candidates, it finds none


class Profile(Struct, frozen=True, kw_only=True):
    """What the matcher sees of a story.

    Attributes:
        story_id: of the story.
        titles: token sets of the members' titles, without repeats.
        providers: domain of the provider of each title.
        first_at: time of its earliest item.
        last_at: time of its latest item.
        told: its lead is a story that somebody told already.
    """

    story_id: str
    titles: tuple[frozenset[str], ...]
    providers: tuple[str, ...]
    first_at: datetime
    last_at: datetime
    told: bool


def profile_of(story: Story) -> Profile:
    """The profile of a story as it stands."""
    return Profile(
        story_id=story.story_id,
        titles=tuple(tokens_of(item.title) for item in story.items),
        providers=tuple(item.provider.domain for item in story.items),
        first_at=story.first_at,
        last_at=story.last_at,
        told=is_told(story.lead),
    )


class StoryIndex:
    """Inverted index from token to stories."""

    def __init__(self) -> None:
        self._profiles: dict[str, Profile] = {}
        self._postings: defaultdict[str, set[str]] = defaultdict(set)

    def __len__(self) -> int:
        return len(self._profiles)

    def __contains__(self, story_id: str) -> bool:
        return story_id in self._profiles

    def put(self, story: Story) -> None:
        """Insert a story or replace what was known of it; one that is gone is removed."""
        self.remove(story.story_id)
        if story.is_gone:
            return
        profile = profile_of(story)
        self._profiles[story.story_id] = profile
        for token in frozenset[str]().union(*profile.titles):
            self._postings[token].add(story.story_id)

    def remove(self, story_id: str) -> None:
        """Forget a story; nothing happens when it is not known."""
        profile = self._profiles.pop(story_id, None)
        if profile is None:
            return
        for token in frozenset[str]().union(*profile.titles):
            holders = self._postings[token]
            holders.discard(story_id)
            if not holders:
                del self._postings[token]

    def frequency(self, token: str) -> int:
        """Number of stories that hold a token."""
        return len(self._postings.get(token, ()))

    def candidates(self, tokens: frozenset[str], least: int = 1) -> list[Profile]:
        """Stories that share the most of an item's rarer tokens, at most 64, in a fixed order.

        Args:
            tokens: of the item's title.
            least: how many tokens a story has to share; one that cannot reach it is left out.
        """
        shared: Counter[str] = Counter()
        for token in tokens:
            holders = self._postings.get(token, set())
            if len(holders) <= MAX_POSTINGS:
                shared.update(holders)
            else:
                least -= 1  # every story may hold a common token
        able = [pair for pair in shared.items() if pair[1] >= least]
        best = sorted(able, key=lambda pair: (-pair[1], pair[0]))[:MAX_CANDIDATES]
        return [self._profiles[story_id] for story_id, _ in best]
