"""Refusals: what is never one story by likeness, whatever the score.

The score is fitted on what the words of headlines say together. These rules say what no words can make good: time,
language, a person's telling, and the likeness of things that come again and again.
"""

from __future__ import annotations

from worker.fold.evidence import gap_hours, span_hours
from worker.fold.profile import Profile
from worker.fold.series import same_template

LEAST_WORDS = 2
"""Of a title. One word alone tells no story."""

MOST_ITEMS = 500
"""Of a story; it takes no more by likeness. What more have in common is a subject, and a commit writes them all."""

CORE_ITEMS = 12
"""From so many items on, a word that stands in half of the titles says alone what a story is about."""

FEW_ITEMS = 4
"""Below it a story has not shown yet which of its words matter."""

SHARED_BEYOND_A_NAME = 3
"""Words that titles of few items have to share, or half of the shorter title: a name has two."""

SHORT_TITLE = 3
"""Words up to which a title may stand over anything: "The right choice"."""

SERIES_LIKENESS = 0.7
"""Share of words in common from which titles that differ in their numbers are parts of a series, not of a story."""

SERIES_LIKENESS_WITH_SHARED_NUMBERS = 0.9
"""The same where they share a number, too: volume 21, number 4 and volume 21, number 5."""


def refusal(one: Profile, other: Profile, window_hours: float, max_span_hours: float) -> str:
    """Why the two are no story together whatever they say; "" when nothing forbids it."""
    gap, span = gap_hours(one, other), span_hours(one, other)
    if gap > window_hours:
        return f"too far apart in time: {gap:.0f} hours, of {window_hours:g} allowed"
    if span > max_span_hours:
        return f"they would span {span:.0f} hours, of {max_span_hours:g} allowed"
    if one.languages and other.languages and not one.languages & other.languages:
        return f"other languages: {', '.join(sorted(one.languages))} and {', '.join(sorted(other.languages))}"
    if one.told and other.told:
        return "both were told already, by documents"
    if one.items + other.items > MOST_ITEMS:
        return f"a story takes no more than {MOST_ITEMS} items by likeness"
    if min(len(one.words), len(other.words)) < LEAST_WORDS:
        return "a title of one word tells no story"
    if same_template(one.template, other.template) is False:
        return f"a series: {_kinds(one, other)}"
    return _words_apart(one, other)


def _words_apart(one: Profile, other: Profile) -> str:
    """Why the words themselves forbid it, "" when they do not."""
    words, other_words = one.words, other.words
    shared = [word for word in words if word in other_words]
    of_one_provider = one.domains == other.domains and len(one.domains) == 1
    if (of_one_provider or one.items == other.items == 1) and _fill_one_form(one.first_title, other.first_title):
        return "the same form with other words in it"
    is_same_short_title = len(shared) <= SHORT_TITLE and words.keys() == other_words.keys()
    if is_same_short_title and of_one_provider and not _share_excerpts(one, other):
        return "one provider's short title that comes again"
    if len(shared) == 1 and (min(one.items, other.items) > 1 or not _is_core_of_one(shared[0], one, other)):
        return "one word alone is shared"
    if max(one.items, other.items) < FEW_ITEMS and _is_only_a_name(len(shared), one, other):
        return "a name alone is shared"
    if is_same_short_title and _tell_of_other_things(one, other):
        return "the same short title, but their excerpts share no word"
    ours, theirs = _numbers(one), _numbers(other)
    if ours - theirs and theirs - ours and _likeness_beside_numbers(one, other) >= _series_likeness(ours & theirs):
        return f"the same words with other numbers: {_listed(ours - theirs)} and {_listed(theirs - ours)}"
    return ""


def _is_core_of_one(word: str, *profiles: Profile) -> bool:
    """Whether a word stands in half of several titles: it is what they are about."""
    return any(profile.items >= CORE_ITEMS and profile.words[word] * 2 >= profile.items for profile in profiles)


def _is_only_a_name(shared: int, one: Profile, other: Profile) -> bool:
    """Whether so little is shared that it may be the name of a place or a person of whom there is other news."""
    words, other_words = one.words.keys(), other.words.keys()
    told = len(words & other.excerpts.keys()) + len(other_words & one.excerpts.keys())
    return shared + told < SHARED_BEYOND_A_NAME and shared * 2 < min(len(words), len(other_words))


def _fill_one_form(left: tuple[str, ...], right: tuple[str, ...]) -> bool:
    """Whether two titles have the same words in the same places, and others before or between them.

    Where all that is different stands at the end, they are two ways to go on with one beginning.
    """
    if len(left) != len(right) or left == right or frozenset(left).isdisjoint(right):
        return False
    same = [word == other for word, other in zip(left, right, strict=True)]
    in_place = sum(same) == len(frozenset(left) & frozenset(right))
    return in_place and any(same[same.index(False) :])


def _share_excerpts(one: Profile, other: Profile) -> bool:
    return not one.excerpts.keys().isdisjoint(other.excerpts)


def _tell_of_other_things(one: Profile, other: Profile) -> bool:
    """Whether both have excerpts, and neither's words stand in the other."""
    if not one.excerpts or not other.excerpts:
        return False
    return one.excerpts.keys().isdisjoint(other.excerpts) and one.excerpts.keys().isdisjoint(other.words)


def _numbers(profile: Profile) -> set[str]:
    return {word for word in profile.words if word[0].isdigit()}


def _likeness_beside_numbers(one: Profile, other: Profile) -> float:
    """The share in common of the words that are no numbers. Near 1: an edition, a quarter, an episode of a series."""
    left = {word for word, count in one.words.items() if count * 2 >= one.items and not word[0].isdigit()}
    right = {word for word, count in other.words.items() if count * 2 >= other.items and not word[0].isdigit()}
    return len(left & right) / (len(left | right) or 1)


def _series_likeness(shared_numbers: set[str]) -> float:
    return SERIES_LIKENESS_WITH_SHARED_NUMBERS if shared_numbers else SERIES_LIKENESS


def _kinds(*profiles: Profile) -> str:
    return " and ".join(sorted({profile.template.kind if profile.template else "no series" for profile in profiles}))


def _listed(words: set[str]) -> str:
    return ", ".join(sorted(words))
