"""Tokens: the words of a text that carry its story."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

MOST_TOKENS = 40
"""Of one text. A headline has ten; a text of ten thousand words must not cost a thousand times as much."""

MOST_CHARACTERS = 1_000
"""Of a text that are read."""

_WORD = re.compile(r"[^\W_]+(?:[.,][0-9]+)*")
# Scripts that are written without spaces: Thai, Lao, Myanmar, Khmer, Hiragana, Katakana, Han.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]+")
_WRITTEN = re.compile(r"[^\W_]+(?:[.,'\u2019][^\W_]+)*")
_MARKS = re.compile("[\u0300-\u036f]")

_STOP_TEXT = """
a about after again against all also am amid among an and another any are around as at back be because been before
being between both but by can could did do does doing down during each even ever every few for from further get gets
getting go goes going got had has have having he her here hers him his how i if in into is isnt it its itself just
like made make makes many may me might more most much must my near need next no nor not now of off on once one only or
other our out over own per put puts re s said same say says see set sets she should since so some still such t take
takes than that the their them then there these they this those through to too under until up upon us use used very
via vs was way we well were what when where which while who whom why will with without would yet you your
two three four five six seven eight nine ten first second third new news
der die das und ein eine einen einem einer den dem des mit auf von vom im zu zum zur ist sind war wird werden nicht
auch aus bei nach als wie fur uber um hat haben sich noch nur vor durch
le la les l d un une et en au aux du de des est sont par pour sur dans avec qui que pas plus ce cette son sa ses
el los las y al del con por para se su sus como mas es son fue una uno lo
il gli i di da del della dei delle che non per nel nella sono alla
o os as do dos da das em no na nos nas um uma com ao aos pelo pela sao foi
в на и из за по от с со для не что как его это этот к о об у до а но или же был была были быть
при после под через уже ещё
ви та у з із що як це для про від після на до не
"""
STOP_WORDS = frozenset(_STOP_TEXT.replace("ё", "е").replace("й", "и").split())
"""Words that stand in any text, folded as tokens are: English, and the commonest of some other languages."""


@lru_cache(maxsize=16_384)
def tokens_of(text: str) -> tuple[str, ...]:
    """The tokens of a text in their order, each once: folded to lower case without accents, lightly stemmed.

    Stop words are left out. Runs of scripts without spaces give pairs of neighbouring characters. At most 40 tokens.
    """
    text = _folded(text[:MOST_CHARACTERS].replace("\u2019", "'").replace("\u2018", "'"))
    text = text.replace("'s ", " ").removesuffix("'s").replace("'", "")
    found = dict.fromkeys(_stem(word) for word in _WORD.findall(text) if word not in STOP_WORDS)
    if not text.isascii():
        for run in _UNSPACED.findall(text):
            found.pop(run, None)
            found.update(dict.fromkeys(run[i : i + 2] for i in range(max(1, len(run) - 1))))
    return tuple(found)[:MOST_TOKENS]


def as_written(text: str, tokens: Iterable[str]) -> tuple[str, ...]:
    """Tokens of a text as it writes them, neighbours as one phrase, in the order of the tokens.

    A token that the text does not have, or that is part of a run without spaces, is given as it is.
    """
    wanted = list(dict.fromkeys(tokens))
    phrases: list[list[tuple[str, str]]] = [[]]
    for word in _WRITTEN.findall(text[:MOST_CHARACTERS]):
        token = next(iter(tokens_of(word)), "")
        if token in wanted:
            phrases[-1].append((token, word))
        elif phrases[-1]:
            phrases.append([])
    of_token: dict[str, str] = {}
    for phrase in phrases:
        for token, _ in phrase:
            of_token.setdefault(token, " ".join(word for _, word in phrase))
    return tuple(dict.fromkeys(of_token.get(token, token) for token in wanted))


def _folded(text: str) -> str:
    if text.isascii():
        return text.lower()
    return _MARKS.sub("", unicodedata.normalize("NFKD", text)).lower()


def _stem(word: str) -> str:
    if len(word) > 4:
        if word.endswith("ies"):
            return word[:-3] + "y"
        if word.endswith("ing") and len(word) > 6:
            return _without_e(_undouble(word[:-3]))
        if word.endswith("ed") and len(word) > 5:
            return _without_e(_undouble(word[:-2]))
    if len(word) > 3 and word[-1] == "s" and word[-2] not in "sui":
        word = word[:-1]
    return _without_e(word)


def _without_e(word: str) -> str:
    return word[:-1] if len(word) > 4 and word[-1] == "e" else word


def _undouble(word: str) -> str:
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "ls" else word
