"""Search: which stories share words with a query, found with bounded work.

Lists of words are opened from the rarest on, as in any inverted index, and only as long as a lone item that
stands in none of those before could still matter (MaxScore; Turtle and Flood, 1995). What stands in two of them comes
before what stands in one; sets tell that faster than sums, and only what is left is counted exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from math import log1p
from typing import NamedTuple

from msgspec import Struct

from worker.fold.postings import Holders, Postings
from worker.fold.profile import Profile
from worker.fold.vocabulary import PRIOR_TOTAL, Vocabulary

PRIOR_WORDS = 600.0
"""Dirichlet prior of a story's word model, in words (mu; Zhai and Lafferty, 2004)."""

MOST_FOUND_BY_ONE = 8
"""Stories of which one word speaks, when no more of which several do."""

WORTH_OPENING = 0.5
"""Share of what is wanted that the words which are left have to give, for their lists to be opened."""

LARGE_ITEMS = 12
"""From so many items on a story is a candidate for any word of the query."""


class Query(Struct, frozen=True, kw_only=True):
    """What is looked for.

    Attributes:
        words: word -> weight.
        first_hour: stories whose latest item lies before it are passed over.
        last_hour: stories whose earliest item lies after it are passed over.
        most_postings: to look at, in either kind of lists; the bound of the work.
        least_ratio: lone items whose sum is below it are not wanted, and may be left out.
    """

    words: Mapping[str, float]
    first_hour: float
    last_hour: float
    most_postings: int
    least_ratio: float = 0.0


class Term(NamedTuple):
    """A word of a query.

    Attributes:
        word: as the lists have it.
        weight: in the query.
        chance: how often chance puts it into a story.
        ratio: what it says of each lone item that holds it: the log-likelihood ratio, story against chance.
    """

    word: str
    weight: float
    chance: float
    ratio: float


class _Opened(NamedTuple):
    """A list that was opened, with its newest stories."""

    term: Term
    holders: Holders
    newest: set[Profile]


def terms_of(query: Query, vocabulary: Vocabulary) -> list[Term]:
    """The words of a query, weighed."""
    counts, scale = vocabulary.counts, PRIOR_WORDS / (vocabulary.total + PRIOR_TOTAL)
    terms = []
    for word, weight in query.words.items():
        chance = scale * (counts.get(word, 0) + 0.5)
        terms.append(Term._make((word, weight, chance, weight * log1p(1.0 / chance))))
    return terms


def lone_candidates(query: Query, terms: list[Term], postings: Postings) -> dict[Profile, float]:
    """Lone items that share words with a query: sum of the words' log-likelihood ratios, story against chance.

    Args:
        query: what is looked for.
        terms: its words.
        postings: lists of lone items.
    """
    opened, others = _opened(terms, postings, query.most_postings, query.least_ratio * WORTH_OPENING)
    least = query.least_ratio - sum(term.ratio for term in others)
    among = _several(opened)
    for each in opened:
        if len(among) >= MOST_FOUND_BY_ONE or each.term.ratio < least:
            break
        among.update(islice(reversed(each.holders), MOST_FOUND_BY_ONE))
    found = _in_time(among, query)
    for each in opened:
        for profile in each.newest & among:
            if profile in found:
                found[profile] += each.term.ratio
    for term in others:
        for profile in found:
            if term.word in profile.first_title:
                found[profile] += term.ratio
    return found


def grown_candidates(query: Query, terms: list[Term], postings: Postings) -> dict[Profile, float]:
    """As :func:`lone_candidates`, of stories of several items."""
    opened, others = _opened(terms, postings, query.most_postings, 0.0)
    among = _several(opened)
    for each in opened:
        among.update([profile for profile in each.newest if profile.items >= LARGE_ITEMS])
    for each in opened:
        if len(among) >= MOST_FOUND_BY_ONE:
            break
        among.update(islice(reversed(each.holders), MOST_FOUND_BY_ONE))
    found = _in_time(among, query)
    for each in opened:
        word, weight, chance, _ = each.term
        for profile in each.newest & among:
            if profile in found:
                found[profile] += weight * log1p(profile.words[word] / chance)
    for word, weight, chance, _ in others:
        for profile in found:
            count = profile.words.get(word)
            if count:
                found[profile] += weight * log1p(count / chance)
    return found


def _opened(terms: list[Term], postings: Postings, most: int, least: float) -> tuple[list[_Opened], list[Term]]:
    """The lists worth opening, the shortest first, and the words whose lists are not."""
    lists = sorted(
        (holders.present, term, holders) for term in terms if (holders := postings.get(term.word)) is not None
    )
    opened: list[_Opened] = []
    rest = sum(term.ratio for _, term, _ in lists)
    for _, term, holders in lists:
        if rest < least or (opened and len(holders) > most):
            break
        opened.append(_Opened(term, holders, set(holders if len(holders) <= most else holders[-most:])))
        most -= len(holders)
        rest -= term.ratio
    return opened, [term for _, term, _ in lists[len(opened) :]]


def _several(opened: list[_Opened]) -> set[Profile]:
    """The stories that stand in two lists or more."""
    once, several = set[Profile](), set[Profile]()
    for each in opened:
        several |= each.newest & once
        once |= each.newest
    return several


def _in_time(profiles: Iterable[Profile], query: Query) -> dict[Profile, float]:
    first, last = query.first_hour, query.last_hour
    return {each: 0.0 for each in profiles if each.last_hour >= first and each.first_hour <= last}
