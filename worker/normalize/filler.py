"""Texts that say nothing: a byline, a date, "Comments", the title again."""

from __future__ import annotations

import re
from typing import Final

MAX_CHARS: Final = 90  # a longer text says something
MAX_LONGER_THAN_TITLE: Final = 10  # marks around a title that is repeated


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Whole texts, compared without case, marks and leading numbers ("12 Comments").
_PHRASES: Final = frozenset(
    re.findall(
        r"\b[^,]+\b",
        "comments, comment, image, images, photo, photos, video, audio, advertisement, description, no description, "
        "no description available, no description provided, untitled, null, none, nil, undefined, n a, "
        "kommentare, commentaires, comentarios, comentários, commenti, reacties, komentarze",
    )
)
_BYLINE: Final = re.compile(
    r"(?:by|von|par|por|di|door|przez|av|text:|words:)\s+(?:\w[\w.'’-]*+\s*+[,&]?\s*+){1,8}+", re.IGNORECASE
)
_SMALL_NAME_PARTS: Final = _words(
    "and und et y e i en och og von van der den de da del della di du la le los dos das bin al el ter ten zu"
)
_DATE_WORDS: Final = _words("""
    on at posted published updated last am pm utc gmt est edt cet cest pst pdt uhr um vom le du de del der den il
    january february march april may june july august september october november december
    jan feb mar apr jun jul aug sep sept oct nov dec
    monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun
    januar februar märz mai juni juli oktober dezember
    janvier février mars avril juin juillet août septembre octobre novembre décembre
    enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
    janeiro fevereiro março maio junho julho setembro outubro novembro dezembro
    gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre
    januari februari maart mei augustus
    """)
_MARKS: Final = re.compile(r"[\W_]+")
_DATE_PART: Final = re.compile(r"\d+|[^\W\d]+")


def is_filler(text: str, title: str = "") -> bool:
    """Whether a text tells a reader nothing beyond the title: it is empty, the title again, a byline, a date."""
    if len(text) > max(MAX_CHARS, len(title) + MAX_LONGER_THAN_TITLE):
        return False
    folded = _fold(text)
    if not folded or folded == _fold(title):
        return True
    return len(text) <= MAX_CHARS and (
        folded.lstrip("0123456789 ") in _PHRASES or _is_byline(text) or _is_date(folded)
    )


def _fold(text: str) -> str:
    return _MARKS.sub(" ", text.casefold()).strip()


def _is_byline(text: str) -> bool:
    if _BYLINE.fullmatch(text) is None:
        return False
    name = re.findall(r"[\w.'’-]+", text)[1:]
    return all(part[0].isupper() or part in _SMALL_NAME_PARTS for part in name)


def _is_date(folded: str) -> bool:
    return all(part.isdigit() or part in _DATE_WORDS for part in _DATE_PART.findall(folded))
