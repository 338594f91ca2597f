"""The words of a text as keywords are looked for in it.

A word is a run of letters, digits and the marks on them (UAX #29 with two exceptions), in any script. Hyphens and
apostrophes part words, so that ``OpenAI's`` holds ``OpenAI`` and ``zero-day`` is ``zero day``; ``+`` and a ``#``
behind a letter belong to the word (``C++``, ``C#``). Chinese, Japanese, Korean, Thai, Lao, Khmer and Burmese are
written without spaces or with endings glued on: a run of them is one word, apart from the Latin words beside it.

Texts are compared in the form NFKC, so that composed and decomposed accents and full-width letters are alike.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

# All combining marks of the Basic Multilingual Plane (Unicode 14, general category M), each range stretched over
# letters and digits only; left out: enclosing marks of keycaps and variation selectors, which belong to emoji.
_MARKS = (
    r"\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    r"\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u0711-\u07f3\u07fd\u0816-\u082d\u0859-\u085b\u0898-\u08e1\u08e3-\u0963"
    r"\u0981-\u09e3\u09fe-\u0a75\u0a81-\u0ae3\u0afa-\u0b63\u0b82-\u0bd7\u0c00-\u0c63\u0c81-\u0c83\u0cbc-\u0d4d"
    r"\u0d57-\u0d63\u0d81-\u0df3\u0e31-\u0e3a\u0e47-\u0e4e\u0eb1-\u0ecd\u0f18\u0f19\u0f35\u0f37\u0f39\u0f3e-\u0f84"
    r"\u0f86-\u0fbc\u0fc6\u102b-\u103e\u1056-\u109d\u135d-\u135f\u1712-\u1734\u1752-\u17d3\u17dd\u180b-\u180d"
    r"\u180f-\u193b\u1a17-\u1a1b\u1a55-\u1a7f\u1ab0-\u1b44\u1b6b-\u1b73\u1b80-\u1bf3\u1c24-\u1c37\u1cd0-\u1cd2"
    r"\u1cd4-\u1dff\u2cef-\u2cf1\u2d7f-\u2dff\u302a-\u302f\u3099\u309a\ua66f-\ua672\ua674-\ua67d\ua69e-\ua6f1"
    r"\ua802-\ua827\ua82c\ua880-\ua8c5\ua8e0-\ua8f1\ua8ff-\ua92d\ua947-\ua953\ua980-\ua9c0\ua9e5-\uaa4d\uaa7b-\uaac1"
    r"\uaaeb-\uaaef\uaaf5\uaaf6\uabe3-\uabea\uabec\uabed\ufb1e\ufe20-\ufe2f"
)
_UNSPACED = (
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
    r"\u3400-\u4dbf\u4e00-\u9fff\ua9e0-\ua9ff\uaa60-\uaa7f\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff]"
)
_UNSPACED_RUN = re.compile(rf"{_UNSPACED}+")
_WORD = re.compile(rf"[\w+#{_MARKS}]+")
_HASHTAG = re.compile(rf"#([\w{_MARKS}]+)")
# They stand inside words and are no part of them: joiners, soft hyphen, variation selectors.
_INSIDE = re.compile("[\u00ad\u200c\u200d\ufe00-\ufe0f]")
# ASCII text is parted without the regular expression, ten times as fast; with the typographic marks of
# English out of the way that is most of its text. So is other text whose letters are all in Latin-1.
_SEPARATORS = bytes(code for code in range(256) if not (chr(code).isalnum() or chr(code) in "_+#"))
_TO_SPACES = bytes.maketrans(_SEPARATORS, b" " * len(_SEPARATORS))
_BEYOND_LATIN_1 = re.compile("[^\x00-\xff]")
_TYPOGRAPHIC_MARKS = "\u2019\u2018\u201c\u201d\u2013\u2014\u2026"


def split_words(text: str) -> list[str]:
    """The words of a text in their order. Letter case is kept."""
    if "#" in text:  # a hash sign belongs to the word before it (C#), not to the one behind it (#news)
        text = _HASHTAG.sub(r" \1", text)
    if not text.isascii():
        for mark in _TYPOGRAPHIC_MARKS:
            text = text.replace(mark, " ")
        if not text.isascii():
            text = unified(text)
            if _BEYOND_LATIN_1.search(text):
                return _WORD.findall(_UNSPACED_RUN.sub(r" \g<0> ", text))
    return text.encode("latin-1").translate(_TO_SPACES).decode("latin-1").split()


def unified(text: str) -> str:
    """The text in the form in which keywords and texts are compared character by character."""
    return text if text.isascii() else _INSIDE.sub("", unicodedata.normalize("NFKC", text))


def hashtags_of(text: str) -> list[str]:
    """The hashtags of a text, folded, without their signs."""
    return [tag.casefold() for tag in _HASHTAG.findall(text)] if "#" in text else []


def is_unspaced(text: str) -> bool:
    """Whether a text holds any character of a script whose words no space parts."""
    return not text.isascii() and _UNSPACED_RUN.search(text) is not None


def is_shouted(words: Sequence[str]) -> bool:
    """Whether words stand in capitals for emphasis: all of two or three, or more than half of four or more; each
    counts once.

    In such a text capitals tell nothing: ``IT`` may be the pronoun.
    """
    cased = {word for word in words if word.upper() != word.lower()}
    capitals = sum(map(str.isupper, cased))
    return len(cased) > 1 and (capitals == len(cased) or (len(cased) > 3 and 2 * capitals > len(cased)))
