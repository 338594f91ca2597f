"""Series: titles that recur, and what tells their instalments apart.

A market report, a horoscope or a morning briefing shares most of its words with the one of yesterday and with the one
of the next provider. Its template says which words are the form, so that the form glues no stories together. The
rules are in :mod:`worker.fold.series_rules`; what they do not name is an ordinary title, and nothing is said of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from worker.fold.series_rules import HABITS, RULES, RULES_OF_WORD, Rule, compiled
from worker.fold.series_words import (
    GENERIC,
    LABELS,
    MONTHS,
    SAME_MARKET,
    WEAK_HINTS,
    WEAK_PHRASES,
    WEEKDAYS,
    folded,
)

_WORD = re.compile(r"[^\W_]+")
_NAME = re.compile(r"[^\W_]+(?:[.&'-][^\W_]+)*")
_MAX_CHARACTERS = 300  # of a title: a template stands at its head, and a pattern's work stays bounded
_EXCERPT_WORDS = 8
_NAME_WORDS = 6
_LEAST_WORDS = 2

_LABEL = re.compile(
    rf"(?:[\[(]?(?:{'|'.join(LABELS)})[\])]?\s*(?:[:|\u2013\u2014\u2022]|- )\s*|[\[(](?:{'|'.join(LABELS)})[\])]\s*)",
    re.IGNORECASE,
)
_LABEL_MARKS = frozenset(":|])-\u2013\u2014\u2022")
_WEAK_PHRASE = re.compile(rf"(?:\s?[,:|\u2013\u2014-])?\s?\b(?:{'|'.join(WEAK_PHRASES)})\b", re.IGNORECASE)
_LABEL_REACH = 30  # characters in which a label has to end


class Template(Struct, frozen=True, kw_only=True):
    """The template that a title follows.

    Attributes:
        kind: ``digest``, ``market``, ``earnings``, ...; a key of :data:`worker.fold.series_rules.HABITS`.
        key: the words that tell its instalments apart: a town, a company, a number; for a kind that only its exact
            words identify, all words of the title. Empty when the title names none.
        dates: weekdays and days of a month that the title names.
        at: when it was published.
    """

    kind: str
    key: frozenset[str]
    dates: frozenset[str]
    at: datetime

    @property
    def closed(self) -> bool:
        """Whether no ordinary title tells the same story."""
        return HABITS[self.kind].closed


def template_of(title: str, excerpt: str, published_at: datetime, language: str) -> Template | None:
    """The template of a title, None for an ordinary one.

    Args:
        title: as the item has it.
        excerpt: its first words tell apart digests that have nothing but their name for a title; may be "".
        published_at: of the item.
        language: BCP 47 tag; "" when it is unknown: then the rules of all languages are tried.
    """
    text = folded(title[:_MAX_CHARACTERS])
    words = _WORD.findall(text)
    if RULES_OF_WORD.keys().isdisjoint(words):
        return None
    wanted = language.partition("-")[0].lower()
    for rule in _rules_for(words):
        if wanted and rule.language != wanted:
            continue
        found = compiled(rule.pattern).search(text)
        if found is not None:
            template = _template(rule, found, words, excerpt, published_at)
            if template is not None:
                return template
    return None


def _rules_for(words: list[str]) -> list[Rule]:
    return [RULES[number] for number in sorted({each for word in words for each in RULES_OF_WORD.get(word, ())})]


def _template(rule: Rule, found: re.Match[str], words: list[str], excerpt: str, at: datetime) -> Template | None:
    habit = HABITS[rule.kind]
    if habit.whole:
        key = frozenset(words) | (_opening(excerpt) if _is_bare(words) else frozenset())
    else:
        part = " ".join(text for text in found.groupdict().values() if text)
        key = _key(part)
        if rule.kind == "market":
            key = frozenset(SAME_MARKET[word] for word in _NAME.findall(part) if word in SAME_MARKET)
        elif not key and habit.closed:
            key = _names(word for word in words if word not in rule.words)
        elif not key:
            return None
    return Template(kind=rule.kind, key=key, dates=_dates(words), at=at)


def _is_bare(words: list[str]) -> bool:
    """Whether a title is but a name, the same each time."""
    return len(words) <= _NAME_WORDS and not any(word.isdigit() for word in words)


def _opening(excerpt: str) -> frozenset[str]:
    return frozenset(f"{word} in the excerpt" for word in _WORD.findall(folded(excerpt))[:_EXCERPT_WORDS])


def _key(part: str) -> frozenset[str]:
    return _names(word.removesuffix("'s") for word in _NAME.findall(part))


def _names(words: Iterable[str]) -> frozenset[str]:
    return frozenset(word.rstrip("s") or word for word in words if word not in GENERIC)  # Walgreen is Walgreens


def _dates(words: list[str]) -> frozenset[str]:
    days = {word for word in words if word in WEEKDAYS}
    if not MONTHS.isdisjoint(words):
        days |= {word for word in words if word.isdigit() and len(word) <= 2}
    return frozenset(days)


def _dates_differ(left: frozenset[str], right: frozenset[str]) -> bool:
    """Whether both name a weekday, or both a day of the month, and not the same."""
    return _disjoint(left & WEEKDAYS, right & WEEKDAYS) or _disjoint(left - WEEKDAYS, right - WEEKDAYS)


def _disjoint(left: frozenset[str], right: frozenset[str]) -> bool:
    return bool(left) and bool(right) and left.isdisjoint(right)


def same_template(left: Template | None, right: Template | None) -> bool | None:
    """What templates say of two items, in either order.

    Returns:
        False: they tell different stories, however like their words are. True: they are the same instalment of one
        series, as far as their titles say. None: the templates say nothing, the words decide.
    """
    if left is None or right is None:
        known = left or right
        return False if known is not None and known.closed else None
    if left.kind != right.kind:
        return False if left.closed or right.closed else None
    habit = HABITS[left.kind]
    if habit.every is not None and (abs(left.at - right.at) > habit.every or _dates_differ(left.dates, right.dates)):
        return False
    if habit.whole:
        return left.key == right.key
    if left.key and right.key:
        return not left.key.isdisjoint(right.key)
    return False if habit.closed and left.key != right.key else None


def subject_of(title: str) -> str:
    """The title without the words that stand in every title of its form.

    A label in front (``LIVE:``, ``Watch |``) and phrases (``what we know so far``, ``conference call``) are left out,
    so that they are no evidence. A title of nothing else stays as it is.
    """
    subject = title
    if not _LABEL_MARKS.isdisjoint(title[:_LABEL_REACH]):
        label = _LABEL.match(title)
        subject = title[label.end() :] if label else title
    if not WEAK_HINTS.isdisjoint(_WORD.findall(subject.lower())):
        subject = _WEAK_PHRASE.sub(" ", subject).strip(" :|,-\u2013\u2014?!")
    return subject if len(_WORD.findall(subject)) >= _LEAST_WORDS else title
