"""The script that a text is written in, by the ranges of Unicode's letters."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Final

# Name of the script (ISO 15924; "Hani" stands for Han with or without kana), first and last code point of a range.
_RANGES: Final = (
    ("Grek", 0x0370, 0x03FF),
    ("Cyrl", 0x0400, 0x052F),
    ("Armn", 0x0531, 0x058A),
    ("Hebr", 0x05D0, 0x05F2),
    ("Arab", 0x0620, 0x06FF),
    ("Arab", 0x0750, 0x077F),
    ("Deva", 0x0900, 0x097F),
    ("Beng", 0x0980, 0x09FF),
    ("Guru", 0x0A00, 0x0A7F),
    ("Gujr", 0x0A80, 0x0AFF),
    ("Orya", 0x0B00, 0x0B7F),
    ("Taml", 0x0B80, 0x0BFF),
    ("Telu", 0x0C00, 0x0C7F),
    ("Knda", 0x0C80, 0x0CFF),
    ("Mlym", 0x0D00, 0x0D7F),
    ("Sinh", 0x0D80, 0x0DFF),
    ("Thai", 0x0E00, 0x0E7F),
    ("Laoo", 0x0E80, 0x0EFF),
    ("Tibt", 0x0F00, 0x0FFF),
    ("Mymr", 0x1000, 0x109F),
    ("Geor", 0x10A0, 0x10FF),
    ("Hang", 0x1100, 0x11FF),
    ("Ethi", 0x1200, 0x139F),
    ("Khmr", 0x1780, 0x17FF),
    ("Grek", 0x1F00, 0x1FFF),
    ("Hani", 0x3041, 0x30FF),
    ("Hang", 0x3131, 0x318E),
    ("Hani", 0x3400, 0x4DBF),
    ("Hani", 0x4E00, 0x9FFF),
    ("Hang", 0xAC00, 0xD7A3),
    ("Hani", 0xF900, 0xFAFF),
    ("Arab", 0xFB50, 0xFDFB),
    ("Arab", 0xFE70, 0xFEFC),
    ("Hani", 0xFF66, 0xFF9D),
    ("Hani", 0x20000, 0x323AF),
)
_STARTS: Final = tuple(start for _, start, _ in _RANGES)
_OTHER: Final = re.compile("[" + "".join(f"{chr(start)}-{chr(end)}" for _, start, end in _RANGES) + "]+")
_LATIN_LETTERS: Final = "A-Za-z\u00c0-\u024f\u1e00-\u1eff"
_LATIN: Final = re.compile(f"[{_LATIN_LETTERS}]+")

# A sign of these holds about as much as three letters.
_DENSE: Final = frozenset({"Hani", "Hang"})
_DENSITY: Final = 3
MIN_LETTERS: Final = 8
_ENOUGH_LATIN: Final = re.compile(f"(?:[^{_LATIN_LETTERS}]*+[{_LATIN_LETTERS}]){{{MIN_LETTERS}}}")
_MAJORITY: Final = 0.6


def dominant_script(text: str) -> str:
    """The ISO 15924 code of the script of most letters; "" when there are fewer than 8, or none has 60 percent.

    A Chinese, Japanese or Korean sign counts as three letters. Kana and Han are one, "Hani".
    """
    if text.isascii() or (runs := _OTHER.findall(text)) == []:
        return "Latn" if _ENOUGH_LATIN.match(text) else ""
    weights: dict[str, int] = {}
    for run in runs:
        script = _RANGES[bisect_right(_STARTS, ord(run[0])) - 1][0]
        weights[script] = weights.get(script, 0) + len(run) * (_DENSITY if script in _DENSE else 1)
    weights["Latn"] = sum(map(len, _LATIN.findall(text)))
    script = max(weights, key=weights.__getitem__)
    total = sum(weights.values())
    return script if total >= MIN_LETTERS and weights[script] >= _MAJORITY * total else ""
