"""Postings: word -> the stories that hold it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from worker.fold.profile import Profile

_FEW_LEFT = 8


class Holders(list[Profile]):
    """The stories that hold one word, in the order in which they came to hold it.

    A story that has left stands here still until half of the list has left. Its times are no numbers then, so no
    range of hours holds it.

    Attributes:
        word: of all that holds it the one string, shared by the profiles.
        gone: how many of the list have left.
    """

    __slots__ = ("gone", "word")

    def __init__(self, word: str, first: Profile) -> None:
        super().__init__((first,))
        self.word = word
        self.gone = 0

    @property
    def present(self) -> int:
        """How many stories hold the word."""
        return len(self) - self.gone


class Postings:
    """Lists of stories by word. A list is some bytes a story, where a set of them would be a hundred."""

    def __init__(self) -> None:
        self._holders: dict[str, Holders] = {}

    def get(self, word: str) -> Holders | None:
        """The list of a word, None when no story holds it."""
        return self._holders.get(word)

    def __iter__(self) -> Iterator[str]:
        return iter(self._holders)

    def spelled(self, words: Iterable[str]) -> tuple[str, ...]:
        """The words as the very strings that are in use for them."""
        known = self._holders
        return tuple(known[word].word if word in known else word for word in words)

    def add(self, profile: Profile, words: Iterable[str]) -> None:
        """Note that a story has come to hold words that it did not hold."""
        for word in words:
            holders = self._holders.get(word)
            if holders is None:
                self._holders[word] = Holders(word, profile)
            else:
                holders.append(profile)

    def remove(self, profile: Profile, words: Iterable[str]) -> None:
        """Note that a story, which holds these words, is here no more. Its profile is used up by that."""
        profile.leave()
        for word in words:
            holders = self._holders[word]
            holders.gone += 1
            if holders.gone == len(holders):
                del self._holders[word]
            elif holders.gone > _FEW_LEFT and holders.gone * 2 > len(holders):
                holders[:] = [each for each in holders if not each.has_left]
                holders.gone = 0
