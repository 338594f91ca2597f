"""Vocabulary: how common each word is among stories.

It counts stories, not texts: a word that a hundred reports of one story share says no less of that story. So a worker
learns its own background from the stories it has told; no table of another year and place is shipped.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable

import msgspec

MOST_WORDS = 150_000
"""Words kept; past it all counts are halved, and those that were counted once go."""

PRIOR_TOTAL = 3_000.0
"""Words that a young vocabulary is taken to have counted."""

_PRIOR_STORIES = 500
_FORM = 1


class Vocabulary:
    """Number of stories that hold each word.

    Attributes:
        stories: how many stories were counted.
        counts: word -> number of stories that hold it.
        total: sum of all counts.
    """

    def __init__(self) -> None:
        self.stories = 0
        self.total = 0
        self.counts: Counter[str] = Counter()

    def learn(self, words: Iterable[str]) -> None:
        """Count words that a story has from now on."""
        before = self.total
        for word in words:
            self.counts[word] += 1
            self.total += 1
        if self.total != before and len(self.counts) > MOST_WORDS:
            self._age()

    def forget(self, words: Iterable[str]) -> None:
        """Take back words that a story has no more."""
        for word in words:
            count = self.counts[word]
            if count:
                self.total -= 1
            if count > 1:
                self.counts[word] = count - 1
            else:
                del self.counts[word]

    def _age(self) -> None:
        self.counts = Counter({word: count // 2 for word, count in self.counts.items() if count > 1})
        self.total = self.counts.total()
        self.stories //= 2

    def share(self, word: str) -> float:
        """The share of a word in all words of all stories, smoothed: what chance gives."""
        return (self.counts.get(word, 0) + 0.5) / (self.total + PRIOR_TOTAL)

    @property
    def smoothed_stories(self) -> int:
        """Number of stories, with those that a young vocabulary is taken to have seen."""
        return self.stories + _PRIOR_STORIES

    def to_bytes(self) -> bytes:
        """The vocabulary, packed."""
        packed = msgspec.msgpack.encode((_FORM, self.stories, dict(self.counts)))
        return zlib.compress(packed, 1)

    @classmethod
    def from_bytes(cls, packed: bytes) -> Vocabulary:
        """What :meth:`to_bytes` gave.

        Raises:
            ValueError: it is damaged, or of another version.
        """
        try:
            form, stories, counts = msgspec.msgpack.decode(
                zlib.decompress(packed), type=tuple[int, int, dict[str, int]]
            )
        except (zlib.error, msgspec.MsgspecError) as error:
            raise ValueError(f"no vocabulary: {error}") from error
        if form != _FORM:
            raise ValueError(f"a vocabulary of form {form}, not {_FORM}")
        found = cls()
        found.stories, found.counts = stories, Counter(counts)
        found.total = found.counts.total()
        return found
