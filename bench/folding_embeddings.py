"""MiniLM sentence embeddings: the nearest centroid, and merges of near centroids after every 500 items.

The model is no part of the product, nor of its tests: ``pip install storyfold[bench-embeddings]``. Its weights are
fetched by its own library when it is first used.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

from bench.folding_baselines import AGE, IDLE
from bench.folding_run import Folded
from worker.model.item import Item

MODEL = "sentence-transformers/all-MiniLM-L6-v2"
NOT_INSTALLED = "MiniLM embeddings: not installed, so not run (pip install 'storyfold[bench-embeddings]')"

Encode = Callable[[list[str]], Any]
"""Titles -> a matrix of unit vectors, one row each (numpy)."""


def is_installed() -> bool:
    """Whether the library of sentence embeddings can be imported."""
    return find_spec("sentence_transformers") is not None


def encode_with_minilm(titles: list[str]) -> Any:
    """Unit vectors of titles.

    Raises:
        OSError: the weights are not on this machine and cannot be fetched.
    """
    model = import_module("sentence_transformers").SentenceTransformer(MODEL, device="cpu")
    return model.encode(titles, batch_size=128, normalize_embeddings=True, show_progress_bar=False)


class NearestCentroid(NamedTuple):
    """An item joins the story with the nearest mean vector.

    Attributes:
        encode: titles to unit vectors.
        assign: least cosine to join.
        merge: least cosine of two stories' means to merge them.
        every: items between two rounds of merges.
    """

    encode: Encode = encode_with_minilm
    assign: float = 0.45
    merge: float = 0.60
    every: int = 500

    def fold(self, items: Sequence[Item]) -> Folded:
        """Fold items in order of arrival."""
        vectors = self.encode([item.title for item in items])
        means = _Means(self, len(vectors[0]) if len(vectors) else 1)
        joined = [means.add(vector, item.published_at) for vector, item in zip(vectors, items, strict=True)]
        if items:
            means.merge_near(items[-1].published_at)
        groups: list[Hashable] = [means.survivor(number) for number in joined]
        return Folded(groups, means.merges)


class _Means:
    """Stories as sums of unit vectors, the living ones in the first rows of one matrix."""

    def __init__(self, rules: NearestCentroid, width: int) -> None:
        self._np = import_module("numpy")
        self._rules = rules
        self._sums = self._np.zeros((64, width))
        self._ids: list[int] = []
        self._times: list[tuple[datetime, datetime]] = []
        self._into: dict[int, int] = {}
        self._items = 0
        self.merges = 0

    def add(self, vector: Any, at: datetime) -> int:
        self._items += 1
        if self._items % self._rules.every == 0:
            self.merge_near(at)
        row = self._nearest(vector, at)
        if row < 0:
            row = len(self._ids)
            if row == len(self._sums):
                self._sums = self._np.concatenate([self._sums, self._np.zeros_like(self._sums)])
            self._ids.append(self._items)
            self._times.append((at, at))
            self._sums[row] = 0.0
        self._sums[row] += vector
        self._times[row] = (self._times[row][0], at)
        return self._ids[row]

    def survivor(self, number: int) -> int:
        """The story that a story has become part of."""
        while number in self._into:
            number = self._into[number]
        return number

    def merge_near(self, at: datetime) -> None:
        """Close what is over, then merge the nearest two for as long as they are near enough."""
        for row in reversed(range(len(self._ids))):
            first, last = self._times[row]
            if at - last > IDLE or at - first > AGE:
                self._drop(row)
        while len(self._ids) > 1:
            units = self._units()
            likeness = units @ units.T
            self._np.fill_diagonal(likeness, -1.0)
            row, other = sorted(map(int, self._np.unravel_index(likeness.argmax(), likeness.shape)))
            if likeness[row, other] < self._rules.merge:
                return
            self._join(row, other)

    def _units(self) -> Any:
        alive = self._sums[: len(self._ids)]
        return alive / self._np.linalg.norm(alive, axis=1, keepdims=True)

    def _nearest(self, vector: Any, at: datetime) -> int:
        if not self._ids:
            return -1
        cosines = self._units() @ vector
        row = int(cosines.argmax())
        first, last = self._times[row]
        near = cosines[row] >= self._rules.assign and at - last <= IDLE and at - first <= AGE
        return row if near else -1

    def _join(self, row: int, other: int) -> None:
        self._into[self._ids[other]] = self._ids[row]
        self._sums[row] += self._sums[other]
        first, last = zip(self._times[row], self._times[other], strict=True)
        self._times[row] = (min(first), max(last))
        self.merges += 1
        self._drop(other)

    def _drop(self, row: int) -> None:
        last = len(self._ids) - 1
        self._sums[row], self._ids[row], self._times[row] = self._sums[last], self._ids[last], self._times[last]
        self._ids.pop()
        self._times.pop()
