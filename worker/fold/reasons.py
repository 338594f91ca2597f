"""Reasons: the parts of a score in words that need no knowledge of the method."""

from __future__ import annotations

from msgspec import Struct

from worker.fold.evidence import Parts
from worker.fold.match import Match


class Reason(Struct, frozen=True, kw_only=True):
    """One part of a score.

    Attributes:
        part: its name, a field of :class:`worker.fold.evidence.Parts`.
        weight: in log odds: 0.7 doubles the odds, -0.7 halves them.
        words: what it says.
    """

    part: str
    weight: float
    words: str


_MEANINGS = {
    "words": ("the words of each title are explained by the other", "the words of each title are hardly the other's"),
    "likeness": ("the titles as wholes are alike", "the titles as wholes are not alike"),
    "strongest": ("a rare word stands in both", "no rare word stands in both"),
    "size": ("the larger story has shown what it is about", "there is little to compare"),
    "time": ("", "they lie apart in time"),
    "excerpts": ("their excerpts are alike, too", "their excerpts tell of other things"),
    "base": ("", "among so many stories, some are alike by chance"),
}


def reasons_of(match: Match) -> tuple[Reason, ...]:
    """The parts of a score that weigh anything, in the order of their weight; () when no word is shared."""
    if match.parts is None:
        return ()
    weighed = [
        Reason(part=part, weight=round(weight, 2), words=_MEANINGS[part][weight < 0])
        for part, weight in zip(Parts._fields, match.parts, strict=True)
        if abs(weight) >= 0.01
    ]
    return tuple(sorted(weighed, key=lambda reason: (-abs(reason.weight), reason.part)))
