"""Excerpts: what is left of a text that must fit into 300 characters.

Where it is cut, the first that can be had:

1. after a sentence that ends in the last third of the limit. A full stop ends one when a space and no small letter
   follow, and the word before it is no abbreviation, initial or number; 。！？ and their like need no space;
2. after a word. In a text without spaces (Chinese, Japanese, Thai, ...) that is the last third as well; in others the
   word may be as long as two thirds of the limit, which leaves long addresses out rather than cutting them;
3. between two graphemes (UAX #29), so that no emoji, flag, syllable or accent is torn, and so that no closing mark
   would begin the next line and no opening mark ends this one.

No ellipsis is added: whoever shows an excerpt knows that it is one.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from worker.normalize.boilerplate import without_boilerplate
from worker.normalize.filler import is_filler
from worker.normalize.text import without_piles

if TYPE_CHECKING:
    import regex

MAX_EXCERPT_CHARS = 300  # characters are code points; the document's schema says so
MAX_MARKED_CHARS = 2_000  # of the text that is looked at: what 300 characters can be with their marks
MIN_REPEATED_CHARS = 12  # a shorter title at the start of a text may be just its first words


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Ends of sentences: with a space behind (Latin, Cyrillic, Greek, Arabic, Urdu, Hindi, Armenian, Ethiopic, Khmer,
# Burmese), and without (Chinese, Japanese). Closing quotes and brackets belong to the sentence.
_CLOSING = "\"'”’»›)\\]」』】》〉）］"
_SPACELESS_ENDS = "。！？．｡"
_SENTENCE_END = re.compile(  # begins with one class of characters, so that it is searched for fast
    f"[.!?…؟۔।॥։።។။{_SPACELESS_ENDS}](?:(?<=[{_SPACELESS_ENDS}])[{_CLOSING}]{{0,3}}|[{_CLOSING}]{{0,3}}(?= ))"
)
# English, German, French, Spanish, Portuguese, Italian, Dutch; single letters are told by their length.
_ABBREVIATIONS = _words(
    """
    mr mrs ms dr prof st jr sr vs inc ltd co corp gen sen rep gov lt col sgt capt no vol fig approx dept est rev hon
    jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun
    bzw ca evtl ggf nr str mio mrd usw bzgl geb inkl tel abb vgl sog
    mme mlle art chap sra srta ud uds dña núm pág ing avv dott sig ecc dhr mevr drs ir
    """
)
_LAST_WORD = re.compile(r"[^\s.]*\Z")

# Scripts that part no words: Han, kana, their marks, Thai, Lao, Burmese, Khmer.
_SPACELESS = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]"
)
_NEVER_FIRST = frozenset(
    "、。，．！？：；・ー々ゝゞヽヾ’”）］｝〕〉》」』】〙〗〟…‥ぁぃぅぇぉっゃゅょァィゥェォッャュョ,.!?:;)]}»›%"
)
_NEVER_LAST = frozenset("‘“（［｛〔〈《「『【〘〖〝([{«‹")
# Between two of these a grapheme always ends, so that a search for its ends may begin there.
_SURE = re.compile("[A-Za-z0-9\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff]{2}")
_LOOK_BACK_CHARS = 40

# What may part a title from the text that repeats it, when no new line does.
_AFTER_TITLE = re.compile(r"(?:\s*[.!?…:|–—•·。！？：]+|\s+-)\s*(?=\S)")


def make_excerpt(text: str, title: str) -> str:
    """The excerpt of an item, at most 300 characters; "" when the text says no more than the title.

    Phrases of publishing systems are left out (:mod:`worker.normalize.boilerplate`), then :func:`begin_excerpt`.

    Args:
        text: plain text in one line.
        title: likewise, as published.
    """
    text = without_boilerplate(text)
    return "" if is_filler(text, title) else begin_excerpt(text, title)


def begin_excerpt(text: str, title: str) -> str:
    """The excerpt of a text that holds no boilerplate and says something, without the title's words."""
    text = without_title(text, title)
    excerpt = cut_excerpt(text)
    if without_piles(excerpt) != excerpt:
        excerpt = cut_excerpt(without_piles(text[:MAX_MARKED_CHARS]))
    return "" if excerpt == title else excerpt


def without_title(text: str, title: str, *, own_line: bool = False) -> str:
    """Text without the title at its start.

    The title is left out when a mark parts it from the rest (``.``, ``:``, ``-``), or when the caller knows that it
    had a line of its own; it must have 12 characters, a mark be no decimal point, and something must be left.
    """
    if len(title) < MIN_REPEATED_CHARS or text[: len(title)].casefold() != title.casefold():
        return text
    rest = text[len(title) :]
    if own_line or title[-1] in ".!?…。！？":
        return rest.strip() if rest[:1].isspace() and rest.strip() else text
    mark = _AFTER_TITLE.match(rest)
    if mark is None or mark[0] == "." or not (mark[0][-1].isspace() or _SPACELESS.search(mark[0])):
        return text
    return rest[mark.end() :]


def cut_excerpt(text: str, limit: int = MAX_EXCERPT_CHARS) -> str:
    """The beginning of a text, at most `limit` characters, cut by the rule at the top of this module.

    A grapheme that alone is longer than the limit is cut all the same: a text never vanishes.
    """
    if len(text) <= limit:
        return text
    return text[
        : _sentence_end(text, limit) or _word_end(text, limit) or _grapheme_end(text, limit) or limit
    ].rstrip()


def _sentence_end(text: str, limit: int) -> int:
    """End of the last sentence that ends in the last third of the limit, 0 for none."""
    best = 0
    for found in _SENTENCE_END.finditer(text, max(0, limit - limit // 3 - 1), min(limit + 1, len(text))):
        if found.end() <= limit and _ends_sentence(text, found.start(), found.end()):
            best = found.end()
    return best


def _ends_sentence(text: str, mark: int, end: int) -> bool:
    if text[end : end + 1].strip():
        return True  # a mark that needs no space
    if text[end + 1 : end + 2].islower():
        return False
    if text[mark] != ".":
        return True
    match = _LAST_WORD.search(text, max(0, mark - 24), mark)
    word = match[0] if match else ""
    return len(word) > 1 and not word.isdigit() and word.strip("(\"'“‘«").lower() not in _ABBREVIATIONS


def _word_end(text: str, limit: int) -> int:
    """End of the last word that ends far enough behind, 0 for none."""
    space = text.rfind(" ", 0, limit + 1)
    least = limit - limit // 3 if _SPACELESS.match(text, limit) else limit // 3
    if space < max(least, 1):
        return 0
    return space if text[space - 1].isascii() else _grapheme_end(text, space)


def _grapheme_end(text: str, limit: int) -> int:
    """The last good end of a grapheme at or before `limit`, 0 for none."""
    start = max(0, limit - _LOOK_BACK_CHARS)
    sure = _SURE.search(text, start, limit) if start else None
    position = sure.start() + 1 if sure else 0
    best = bearable = 0
    for grapheme in _graphemes().finditer(text, position):
        if grapheme.end() > limit:
            break
        position = grapheme.end()
        if text[position - 1] in "\u200c\u200d":
            continue  # it joins to what would be gone
        bearable = position
        if text[position : position + 1] not in _NEVER_FIRST and text[position - 1] not in _NEVER_LAST:
            best = position
    return best or bearable


@cache
def _graphemes() -> regex.Pattern[str]:
    import regex  # 13 ms; most texts are cut at a space

    return regex.compile(r"\X")
