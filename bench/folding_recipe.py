"""The measured recipe that the product's matcher set out from, written anew from its description.

A cluster is a bag of word counts. An item joins the cluster whose Dirichlet-smoothed word model explains its words
best against a background of cluster frequencies; a pass after every so many items merges clusters by the same
score in both directions, best first. Background: what the run itself has seen, no table.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from datetime import datetime, timedelta
from math import log1p
from typing import NamedTuple

from bench.folding_run import Folded
from bench.folding_words import words_of
from worker.model.item import Item

_PRIOR, _PRIOR_WORDS = 0.5, 2000
_ITEM_POSTINGS, _CLUSTER_POSTINGS, _CLUSTER_WORDS = 150, 500, 60


class Recipe(NamedTuple):
    """The numbers of the recipe.

    Attributes:
        assign: least score to join a cluster, in nats a word.
        merge: least score to merge two clusters.
        merge_single: the same when one of them is a single item.
        every: items between two merge passes.
        mu: weight of the background.
        idle: after its last item a cluster closes.
        age: after its first item a cluster closes; none spans more.
    """

    assign: float = 1.2
    merge: float = 0.7
    merge_single: float = 0.5
    every: int = 100
    mu: float = 600.0
    idle: timedelta = timedelta(hours=24)
    age: timedelta = timedelta(hours=72)

    def fold(self, items: Sequence[Item]) -> Folded:
        """Fold items in order of arrival."""
        clusters = _Clusters(self)
        joined = [clusters.add(words_of(item.title), item.published_at) for item in items]
        if items:
            clusters.merge_pass(items[-1].published_at)
        groups: list[Hashable] = [clusters.survivor(cluster_id) for cluster_id in joined]
        return Folded(groups, clusters.merges)


class _Cluster:
    """Word counts of its items, and their times."""

    def __init__(self, cluster_id: int, at: datetime) -> None:
        self.cluster_id = cluster_id
        self.counts: dict[str, int] = {}
        self.total = 0
        self.size = 0
        self.first = self.last = at


class _Clusters:
    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._alive: dict[int, _Cluster] = {}
        self._postings: defaultdict[str, dict[int, int]] = defaultdict(dict)
        self._own: Counter[str] = Counter()
        self._own_total = 0
        self._unseen_by_own: Counter[str] = Counter()
        self._dirty: set[int] = set()
        self._into: dict[int, int] = {}
        self._items = 0
        self.merges = 0

    def add(self, words: tuple[str, ...], at: datetime) -> int:
        """Put an item into its cluster; the cluster's id."""
        cluster = self._best(words, at)
        if cluster is None:
            cluster = self._alive[self._items] = _Cluster(self._items, at)
        self._items += 1
        self._count(cluster, dict.fromkeys(words, 1))
        cluster.size += 1
        cluster.first, cluster.last = min(cluster.first, at), max(cluster.last, at)
        self._dirty.add(cluster.cluster_id)
        if self._items % self._recipe.every == 0:
            self.merge_pass(at)
        return cluster.cluster_id

    def survivor(self, cluster_id: int) -> int:
        """The cluster that a cluster has become part of."""
        while cluster_id in self._into:
            cluster_id = self._into[cluster_id]
        return cluster_id

    def merge_pass(self, at: datetime) -> None:
        """Close what is over, take the clusters as they are for the background, and merge what has changed."""
        self._close(at)
        self._own.update(self._unseen_by_own)
        self._own_total += self._unseen_by_own.total()
        self._unseen_by_own.clear()
        heap = [entry for cluster_id in sorted(self._dirty) if (entry := self._partner(cluster_id))]
        self._dirty.clear()
        heapq.heapify(heap)
        while heap:
            _, one, other, sizes = heapq.heappop(heap)
            if one not in self._alive:
                continue
            if other in self._alive and sizes == (self._alive[one].size, self._alive[other].size):
                one = self._merge(self._alive[one], self._alive[other])
            if entry := self._partner(one):
                heapq.heappush(heap, entry)

    def _count(self, cluster: _Cluster, counts: dict[str, int]) -> None:
        for word, count in counts.items():
            if word not in cluster.counts:
                self._unseen_by_own[word] += 1
            cluster.counts[word] = self._postings[word][cluster.cluster_id] = cluster.counts.get(word, 0) + count
            cluster.total += count

    def _forget(self, cluster: _Cluster) -> None:
        del self._alive[cluster.cluster_id]
        for word in cluster.counts:
            holders = self._postings[word]
            del holders[cluster.cluster_id]
            if not holders:
                del self._postings[word]

    def _close(self, at: datetime) -> None:
        recipe = self._recipe
        over = [each for each in self._alive.values() if at - each.last > recipe.idle or at - each.first > recipe.age]
        for cluster in over:
            self._forget(cluster)
            self._dirty.discard(cluster.cluster_id)

    def _merge(self, one: _Cluster, other: _Cluster) -> int:
        kept, gone = sorted((one, other), key=lambda each: (-each.size, each.cluster_id))
        self._unseen_by_own.subtract(gone.counts.keys())
        self._forget(gone)
        self._count(kept, gone.counts)
        kept.size += gone.size
        kept.first, kept.last = min(kept.first, gone.first), max(kept.last, gone.last)
        self._into[gone.cluster_id] = kept.cluster_id
        self.merges += 1
        return kept.cluster_id

    def _weight(self, word: str) -> float:
        """1 / (mu p(word)), with the background as of the last pass."""
        share = (self._own[word] + _PRIOR) / (self._own_total + _PRIOR * _PRIOR_WORDS)
        return 1 / (self._recipe.mu * share)

    def _best(self, words: tuple[str, ...], at: datetime) -> _Cluster | None:
        recipe, sums = self._recipe, dict[int, float]()
        for word, holders in self._opened(words, sums, _ITEM_POSTINGS):
            weight = self._weight(word)
            for cluster_id in holders:
                count = self._postings[word][cluster_id]
                sums[cluster_id] = sums.get(cluster_id, 0.0) + log1p(count * weight)
        best, best_score = None, recipe.assign
        for cluster_id in sorted(sums):
            cluster = self._alive[cluster_id]
            if at - cluster.last > recipe.idle or at - cluster.first > recipe.age:
                continue
            likeness = sums[cluster_id] / len(words) - log1p(cluster.total / recipe.mu)
            if likeness > best_score or (best is None and likeness >= best_score):
                best, best_score = cluster, likeness
        return best

    def _opened(
        self, words: Iterable[str], found: dict[int, float], most: int
    ) -> Iterable[tuple[str, Iterable[int]]]:
        """Words from the rarest on with the clusters to look at: the long lists only add to what was found."""
        held = sorted((len(self._postings[word]), word) for word in words if word in self._postings)
        opened = 0
        for length, word in held:
            holders = self._postings[word]
            if opened == 0 or opened < most:
                yield word, list(holders)
            else:
                yield word, [cluster_id for cluster_id in found if cluster_id in holders]
            opened += length

    def _partner(self, cluster_id: int) -> tuple[float, int, int, tuple[int, int]] | None:
        """Heap entry of a cluster's best partner; None when none is good enough."""
        one, mu = self._alive[cluster_id], self._recipe.mu
        weights = {word: self._weight(word) for word in one.counts}
        telling = sorted(
            one.counts, key=lambda word: (-one.counts[word] * log1p(one.counts[word] * weights[word]), word)
        )
        there, back = dict[int, float](), dict[int, float]()
        for word, holders in self._opened(telling[:_CLUSTER_WORDS], there, _CLUSTER_POSTINGS):
            ours, weight = one.counts[word], weights[word]
            explained = log1p(ours * weight)
            for other_id in holders:
                if other_id != cluster_id:
                    theirs = self._postings[word][other_id]
                    there[other_id] = there.get(other_id, 0.0) + ours * log1p(theirs * weight)
                    back[other_id] = back.get(other_id, 0.0) + theirs * explained
        entries = []
        for other_id in sorted(there):
            other = self._alive[other_id]
            if max(one.last, other.last) - min(one.first, other.first) > self._recipe.age:
                continue
            forth = there[other_id] / one.total - log1p(other.total / mu)
            likeness = (forth + back[other_id] / other.total - log1p(one.total / mu)) / 2
            if likeness >= (self._recipe.merge_single if min(one.size, other.size) == 1 else self._recipe.merge):
                entries.append((-likeness, cluster_id, other_id, (one.size, other.size)))
        return min(entries, default=None)
