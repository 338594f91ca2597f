"""Words of a headline for the baselines: English only, and not the product's tokens, so that they stand still."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_WORD = re.compile(r"[a-z0-9]+(?:[.,][0-9]+)*")
_STOP_TEXT = """
a about after again against all also amid an and any are as at back be because been before being but by can
could did do does down during for from get gets got had has have he her here him his how i if in into is it its
just like make makes may me might more most my new news no not now of off on one or other our out over own say
says see she should so some such than that the their them then there these they this those through to today too
under up us very was we were what when where which while who whom why will with would you your
"""
_STOP = frozenset(_STOP_TEXT.split())


@lru_cache(maxsize=4096)
def words_of(title: str) -> tuple[str, ...]:
    """The words of a title, each once, lower case, lightly stemmed, without stop words."""
    text = unicodedata.normalize("NFKD", title.replace("\u2019", "'")).lower()
    text = "".join(char for char in text if not unicodedata.combining(char)).removesuffix("...")
    text = text.replace("'s", "").replace("'", "")
    return tuple(dict.fromkeys(_stem(word) for word in _WORD.findall(text) if word not in _STOP))


def _stem(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 5 and word.endswith("ing"):
        word = _undoubled(word[:-3])
    elif len(word) > 4 and word.endswith("ed"):
        word = _undoubled(word[:-2])
    elif len(word) > 3 and word.endswith("s") and word[-2] not in "sui":
        word = word[:-1]
    return word[:-1] if len(word) > 4 and word.endswith("e") else word


def _undoubled(word: str) -> str:
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "ls" else word
