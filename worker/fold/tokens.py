"""Tokens: the words of a title that carry its story."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+(?:[.,][0-9]+)*")
# Scripts that are written without spaces: Thai, Lao, Myanmar, Khmer, Hiragana, Katakana, Han.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]+")

_STOP_TEXT = """
a an and are as at after all also amid be been before but by can could did do does down for from get gets had has
have he her here his how i if in into is it its just may might more most new news no not now of off on or our out
over own says say said she should so some such than that the their them then there these they this those to too
under up us was we were what when where which while who whom why will with would you your
one two three four five six seven eight nine ten first second third
der die das und ein eine den dem des mit auf von im zu ist le la les du un une et en au aux el los las y de que il
lo gli e di per
"""
STOP_WORDS = frozenset(_STOP_TEXT.split())
"""Words that stand in any title: English, and the commonest of German, French, Spanish and Italian."""


@lru_cache(maxsize=4096)  # of the titles at hand; the index keeps the sets of its own
def tokens_of(title: str) -> frozenset[str]:
    """The set of tokens of a title: folded to lower case without accents, lightly stemmed, no stop words.

    Runs of scripts without spaces give pairs of neighbouring characters.
    """
    text = _folded(title.replace("\u2019", "'")).replace("'s", "").replace("'", "")
    tokens: set[str] = set()
    if not text.isascii():
        for run in _UNSPACED.findall(text):
            tokens.update(run[i : i + 2] for i in range(max(1, len(run) - 1)))
        text = _UNSPACED.sub(" ", text)
    tokens.update(_stem(word) for word in _WORD.findall(text) if word not in STOP_WORDS)
    return frozenset(tokens)


def _folded(text: str) -> str:
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKD", text).lower()
    return "".join(char for char in text if not unicodedata.combining(char))


def numbers_of(tokens: frozenset[str]) -> frozenset[str]:
    """Those tokens that are numbers, or start with one."""
    return frozenset(token for token in tokens if token[0].isdigit())


def _stem(word: str) -> str:
    if len(word) > 4:
        if word.endswith("ies"):
            return word[:-3] + "y"
        if word.endswith("ing") and len(word) > 6:
            return _undouble(word[:-3])
        if word.endswith("ed") and len(word) > 5:
            return _undouble(word[:-2])
    if len(word) > 3 and word.endswith("s") and word[-2] not in "sui":
        word = word[:-1]
    return word[:-1] if len(word) > 4 and word.endswith("e") else word


def _undouble(word: str) -> str:
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "ls" else word
