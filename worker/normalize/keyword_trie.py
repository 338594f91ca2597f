"""Many keywords looked for at once, in one pass over the text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class _Node(Generic[T]):
    __slots__ = ("children", "entries")

    def __init__(self) -> None:
        self.children: dict[str, _Node[T]] = {}
        self.entries: list[T] = []


class KeywordTrie(Generic[T]):
    """Keywords as sequences of tokens (words, or characters), each with what was entered under it.

    The steps of a search are at most tokens of the text times tokens of the longest keyword, however many keywords
    there are.
    """

    def __init__(self) -> None:
        self._root: _Node[T] = _Node()

    def __bool__(self) -> bool:
        return bool(self._root.children)

    def add(self, tokens: Sequence[str], entry: T) -> None:
        """Enter something under a keyword of at least one token."""
        node = self._root
        for token in tokens:
            node = node.children.setdefault(token, _Node())
        node.entries.append(entry)

    def find(self, tokens: Sequence[str]) -> list[tuple[int, int, list[T]]]:
        """Every place where a keyword stands: start, end, entries; by start, then the shorter first."""
        found: list[tuple[int, int, list[T]]] = []
        first = self._root.children
        # Nearly all tokens begin no keyword: a list is the fastest way past them.
        for start in [at for at, token in enumerate(tokens) if token in first]:
            node: _Node[T] | None = first[tokens[start]]
            end = start
            while node is not None:
                end += 1
                if node.entries:
                    found.append((start, end, node.entries))
                node = node.children.get(tokens[end]) if end < len(tokens) else None
        return found
