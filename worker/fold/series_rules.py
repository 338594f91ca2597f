"""Series rules: the kinds of titles that recur, and the table of their patterns.

Each row of ``series.tsv`` names a kind, a language, the words of which a title must hold one before the pattern is
tried, and the pattern. It reads a title in lower case without accents. Its groups are what tells two instalments
apart: a town, a company, a lottery, a number. ``<name>`` stands for the piece of that name. Rules are tried in the
order of the table; the first that fits gives the kind.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import NamedTuple
from unicodedata import combining, normalize

from worker.fold.series_words import folded


class Habit(NamedTuple):
    """How a kind of template behaves.

    Attributes:
        closed: no ordinary title tells the same story.
        whole: its instalments are the same only under the same words; else their parts decide.
        every: instalments that lie further apart are different ones; None for a kind without a rhythm.
    """

    closed: bool
    whole: bool
    every: timedelta | None


class Rule(NamedTuple):
    """One template.

    Attributes:
        kind: a key of :data:`HABITS`.
        language: primary subtag of BCP 47.
        words: a title must hold one of them.
        pattern: regular expression, searched in the title.
    """

    kind: str
    language: str
    words: frozenset[str]
    pattern: str


_DAILY = timedelta(hours=14)  # a morning and an evening edition of one day may be one, two mornings are not

HABITS: dict[str, Habit] = {
    "digest": Habit(closed=True, whole=True, every=_DAILY),
    "column": Habit(closed=True, whole=True, every=_DAILY),
    "horoscope": Habit(closed=True, whole=True, every=_DAILY),
    "history": Habit(closed=True, whole=True, every=_DAILY),
    "puzzle": Habit(closed=True, whole=True, every=_DAILY),
    "listing": Habit(closed=True, whole=True, every=_DAILY),
    "weather": Habit(closed=True, whole=False, every=_DAILY),
    "lottery": Habit(closed=True, whole=False, every=timedelta(hours=30)),
    "market": Habit(closed=False, whole=False, every=_DAILY),
    "fuel": Habit(closed=False, whole=False, every=timedelta(hours=48)),
    "episode": Habit(closed=False, whole=False, every=None),
    "earnings": Habit(closed=False, whole=False, every=None),
    "symbol": Habit(closed=False, whole=False, every=_DAILY),
    "share": Habit(closed=False, whole=False, every=_DAILY),
    "notice": Habit(closed=False, whole=False, every=None),
    "fixture": Habit(closed=True, whole=False, every=timedelta(days=4)),
    "ticker": Habit(closed=False, whole=False, every=None),
    "obituary": Habit(closed=False, whole=False, every=None),
}
"""Kind -> how it behaves."""


def _rules_of(table: str) -> Iterator[Rule]:
    pieces: dict[str, str] = {}
    for line in table.splitlines():
        if not line or line.startswith("#"):
            continue
        kind, language, words, pattern = line.split("\t")
        if kind == "piece":
            pieces[language] = pattern
            continue
        for name, piece in pieces.items():
            pattern = pattern.replace(f"<{name}>", piece)
        yield Rule(kind, language, frozenset(folded(words).split()), _without_accents(pattern))


@cache  # to compile all of them costs a command 25 ms, and most find no title
def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern, compiled when a title first needs it."""
    return re.compile(pattern)


def _without_accents(pattern: str) -> str:
    return "".join(char for char in normalize("NFKD", pattern) if not combining(char))


RULES = tuple(_rules_of((files("worker.fold") / "series.tsv").read_text(encoding="utf-8")))

_of_word: defaultdict[str, tuple[int, ...]] = defaultdict(tuple)
for _number, _rule in enumerate(RULES):
    for _word in sorted(_rule.words):
        _of_word[_word] += (_number,)
RULES_OF_WORD: dict[str, tuple[int, ...]] = dict(_of_word)
"""Word -> numbers of the rules to try on a title that holds it."""
