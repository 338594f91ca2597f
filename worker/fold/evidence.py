"""Evidence: how likely do two sets of reports tell one story?

A logistic model over what their words, their times and their sizes say. The first two parts are the word model of
Dirichlet smoothing: how much better the other's words explain one's own than chance does. Its weights were fitted on
the decisions of the matcher itself on labelled headlines (docs/folding.md tells how), so a score is a
probability, and is read as one: 0.55 means that somewhat more than half of such pairs tell one story.
"""

from __future__ import annotations

from math import exp, log, log1p, sqrt
from typing import NamedTuple

from worker.fold.profile import EXCERPT_WEIGHT, Profile
from worker.fold.search import PRIOR_WORDS
from worker.fold.vocabulary import PRIOR_TOTAL, Vocabulary

EXPLAINED, EXPLAINS, LIKENESS, SPREAD, CORE, SHARED, STRONGEST = 1.044, 0.741, 5.939, -6.029, -5.381, 28.183, 0.372
SIZE, LENGTH, GAP, SPAN, BASE = 0.481, -0.031, -0.052, -0.034, -3.6
PAIR, CROWD, FITTED_ALIVE = -1.0, 1.0, 1_000
EXCERPTS, EXCERPTS_OF_STRANGERS = 4.0, 0.05


class Parts(NamedTuple):
    """What speaks for one story and what against it, in log odds; the sum is the evidence.

    Attributes:
        words: the smaller set's words are those of the larger, and the other way round.
        likeness: the profiles are alike, rare words weighing more.
        strongest: one rare word that both are full of.
        size: a larger story has shown what it is about.
        time: hours between the two, and hours that they span.
        excerpts: their excerpts are alike, too.
        base: what has to be outweighed.
    """

    words: float
    likeness: float
    strongest: float
    size: float
    time: float
    excerpts: float
    base: float


def parts_of(left: Profile, right: Profile, vocabulary: Vocabulary, alive: int) -> Parts | None:
    """The evidence for one story, in its parts; None when no word of a title is shared. Symmetric.

    Args:
        left: the one.
        right: the other.
        vocabulary: how common words are.
        alive: number of stories among which the two were found. Of ten times as many, ten times as many are alike by
            chance.
    """
    swapped = (right.items, right.size, right.story_id) < (left.items, left.size, left.story_id)
    small, large = (right, left) if swapped else (left, right)
    stories, counts = vocabulary.smoothed_stories, vocabulary.counts
    chance = PRIOR_WORDS / (vocabulary.total + PRIOR_TOTAL)
    explained = explains = dot = common = spread = core = strongest = 0.0
    small_words, large_words, small_items, large_items = small.words, large.words, small.items, large.items
    for word, count in small_words.items():
        other = large_words.get(word)
        if other is None:
            continue
        told = counts.get(word, 0)
        rare, expected = log(stories / (told + 1)), (told + 0.5) * chance
        explained += count * log1p(other / expected)
        explains += other * log1p(count / expected)
        in_small, in_large = count / small_items, other / large_items
        dot += rare * rare * count * other
        common += rare
        spread += rare * count * in_large
        core += rare * other * in_small
        strongest = max(strongest, rare * in_small * in_large)
    if not common:
        return None
    small.weigh(vocabulary)
    large.weigh(vocabulary)
    explained = explained / small.size - log1p(large.size / PRIOR_WORDS)
    explains = explains / large.size - log1p(small.size / PRIOR_WORDS)
    cosine = dot / sqrt(small.norm * large.norm)
    shared = common / (small.rarity + large.rarity - common)
    coverage = SPREAD * spread / small.weight + CORE * core / large.weight
    return Parts(
        words=EXPLAINED * explained + EXPLAINS * explains,
        likeness=LIKENESS * cosine + SHARED * shared + coverage,
        strongest=STRONGEST * strongest,
        size=SIZE * log(large_items) + LENGTH * len(small_words),
        time=GAP * gap_hours(small, large) + SPAN * span_hours(small, large),
        excerpts=_excerpts(small, large, vocabulary),
        base=_base(large_items, alive),
    )


def _base(items: int, alive: int) -> float:
    """What has to be outweighed. The stories of the fit had fifty reports each; most in life have one or two."""
    pair = PAIR if items == 1 else 0.0
    return BASE + pair - CROWD * log(max(alive, FITTED_ALIVE) / FITTED_ALIVE)


def _excerpts(small: Profile, large: Profile, vocabulary: Vocabulary) -> float:
    """What excerpts add to the likeness of titles: the share of all words that is alike through them."""
    of_small, of_large = small.excerpts, large.excerpts
    if not of_small and not of_large:
        return 0.0
    stories, counts = vocabulary.smoothed_stories, vocabulary.counts
    small_words, large_words = small.words, large.words
    dot = 0.0
    for word, count in of_small.items():
        other = large_words.get(word, 0) + EXCERPT_WEIGHT * of_large.get(word, 0)
        if other:
            dot += log(stories / (counts.get(word, 0) + 1)) ** 2 * EXCERPT_WEIGHT * count * other
    for word, count in of_large.items():
        other = small_words.get(word, 0)
        if other:
            dot += log(stories / (counts.get(word, 0) + 1)) ** 2 * EXCERPT_WEIGHT * count * other
    strangers = EXCERPTS_OF_STRANGERS if of_small and of_large else 0.0
    return EXCERPTS * (dot / sqrt(small.full_norm * large.full_norm) - strangers)


def gap_hours(left: Profile, right: Profile) -> float:
    """Hours between the latest item of the one and the earliest of the other; 0 when they overlap."""
    return max(0.0, max(left.first_hour, right.first_hour) - min(left.last_hour, right.last_hour))


def span_hours(left: Profile, right: Profile) -> float:
    """Hours from the earliest item of both to the latest."""
    return max(left.last_hour, right.last_hour) - min(left.first_hour, right.first_hour)


def probability(log_odds: float) -> float:
    """Log odds as a probability."""
    return 1.0 / (1.0 + exp(-log_odds)) if log_odds > -700 else 0.0


def odds_of(probability: float) -> float:
    """A probability as log odds."""
    return log(probability / (1.0 - probability)) if probability < 1.0 else float("inf")
