"""The language of an item: as stated, when the letters of the text agree; else detected; "" when unsure.

1. **given**: the tag of the entry or feed, when it is one (:mod:`worker.normalize.language_tag`) and the text is
   written in a script of that language. ``en`` on a text in Cyrillic letters is not believed. A text of few letters
   contradicts nothing.
2. **script**: a script that only one language of news uses decides, and so do the letters that only one language of a
   script has: kana Japanese, ї Ukrainian, ў Belarusian, پ Persian, ٹ Urdu.
3. **detected**: for Latin letters first by the commonest words of seven languages, which nearly always suffice (four
   of them, twice as many as of any other), else by CLD3, a small neural network over groups of letters. It is
   believed from 40 characters and 90 percent on; for languages of which it sees more than there are, from 120 and 99.

The same text always gives the same answer: nothing is learned from one entry to the next.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from worker.normalize.language_tag import normalize_tag, read_pairs
from worker.normalize.script import dominant_script

if TYPE_CHECKING:
    import gcld3

MAX_READ_CHARS: Final = 300
MAX_NETWORK_CHARS: Final = 200  # 40 microseconds; more told no better
MIN_CHARS: Final = 40
MIN_PROBABILITY: Final = 0.9
MIN_CHARS_OF_RARE: Final = 120
MIN_PROBABILITY_OF_RARE: Final = 0.99
MIN_VOTES: Final = 4


class Language(NamedTuple):
    """A BCP 47 tag with how it was found: ``given``, ``script``, ``detected``; both are "" when it is unknown."""

    tag: str
    how: str


UNKNOWN: Final = Language("", "")


def _table(text: str) -> dict[str, frozenset[str]]:
    rows = (line.split() for line in text.strip().splitlines())
    return {first: frozenset(rest) for first, *rest in rows}


# Script -> languages that are written in it; a Latin one is any that no row names, or that a row of Latn does.
_LANGUAGES: Final = _table("""
    Cyrl ru uk be bg mk sr sh bs kk ky tg mn tt ba cv ce os ab av kv ku uz az tk ro rue cu cnr
    Arab ar fa ur ps ckb ku ug sd ks pnb az uz kk ky tk tg dv ha ms prs arz ary
    Hebr he yi lad
    Deva hi mr ne sa mai bho kok doi brx ks sd new awa
    Beng bn as mni
    Hani zh ja ko yue wuu nan hak lzh cmn
    Hang ko
    Grek el grc
    Armn hy hyw
    Ethi am ti om
    Thai th
    Laoo lo
    Khmr km
    Mymr my shn
    Geor ka xmf
    Tibt bo dz
    Guru pa
    Gujr gu
    Orya or
    Taml ta
    Telu te
    Knda kn
    Mlym ml
    Sinh si
""")
_LATIN_AS_WELL: Final = frozenset(
    {"sr", "sh", "bs", "kk", "uz", "az", "tk", "ku", "ha", "ms", "ro", "om", "cnr", "tg", "lad", "mni"}
)
_NOT_LATIN: Final = frozenset().union(*_LANGUAGES.values()) - _LATIN_AS_WELL


def _deva(words: str) -> str:
    """A pattern of whole words; Devanagari's vowel signs are no word characters for the engine."""
    return rf"(?:^|\s)(?:{words.replace(' ', '|')})(?=[\s।,.]|$)"


# Scripts whose news are in one language.
_ONLY: Final = read_pairs("""
    Hebr:he Hang:ko Grek:el Armn:hy Thai:th Laoo:lo Khmr:km Mymr:my Geor:ka Tibt:bo Guru:pa Gujr:gu Orya:or Taml:ta
    Telu:te Knda:kn Mlym:ml Sinh:si Ethi:am
""")
# Letters and words that only one language of a script has, and those that speak against it. In this order.
_MARKERS: Final = {
    script: tuple((tag, re.compile(marker), re.compile(against)) for tag, marker, against in rows)
    for script, rows in {
        "Cyrl": (
            ("be", "[ўЎ]", "[їЇєЄґҐқғңөұү]"),
            ("uk", "[їЇєЄґҐ]", "[ыЫъЪэЭёЁўЎ]"),
            ("sr", "[ђЂћЋ]", "[ѓЃќЌыЫщЩ]"),
            ("mk", "[ѓЃќЌѕЅ]", "[ђЂћЋыЫщЩ]"),
            ("ru", "[ыЫэЭёЁ]", "[іІїЇєЄґҐўЎәғқңөұүһјљњӯӣҷҳҹ]"),
        ),
        "Arab": (
            ("ur", "[ٹڈڑےںہ]", "[ۇۆېۈ]"),
            ("ckb", "[ێۆڕڵ]", "[ٹڈڑے]"),
            ("ps", "[ټډړښږڼ]", "[ٹڈڑے]"),
            ("fa", "[پچژگ]", "[ٹڈڑےۇۆېۈڭټډښةى]"),
            ("ar", "[ةىأإ]", "[پچژگٹڈڑےۇۆېۈ]"),
        ),
        "Deva": (
            ("mr", _deva("आहे आणि आहेत नाही झाली झाला केली होते") + "|ळ", _deva("है हैं छ")),
            ("ne", _deva("छ छन् गरेको भएको हुने गरिएको थियो थिए"), _deva("है हैं में आहे आणि")),
            ("hi", _deva("है हैं में की का को के से और पर ने"), "ळ"),
        ),
        "Beng": (("as", "[ৰৱ]", "র"), ("bn", "[\u0980-\u09ff]", "[ৰৱ]")),
    }.items()
}
_KANA: Final = re.compile("[\u3041-\u3096\u30a1-\u30fa\uff66-\uff9d]")
_HAN: Final = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
_KANA_SHARE: Final = 10  # one sign of kana for ten of Han is still Japanese; one alone is a loan in a name
_MIN_KANA: Final = 2

# Words that are common in one of these languages only, and rare in its neighbours (Catalan, Galician, Afrikaans).
_COMMON: Final = _table("""
    en the of and that with was for from are by has this which were have will would their
    de der und das den von mit dem ist nicht eine für auf sich wurde auch nach bei wird einer
    fr les et une est pour dans qui pas avec du aux cette été sont ses ont leur sur
    es los las por como más pero su sus fue este esta hasta desde según han también sobre muy
    pt não uma com os dos foi pelo são ao pela também após até num em
    it il che di della per non nel gli sono alla dei delle dalla anche più degli ha
    nl het een zijn voor niet naar werd bij deze wordt maar heeft hij dat ook
""")
_VOTES: Final = {word: tag for tag, words in _COMMON.items() for word in words}

# Languages in Latin letters that CLD3 tells well. Of the others it sees more than there are.
_FREQUENT: Final = frozenset(
    """
    en de fr es pt it nl pl sv da no fi cs sk hu ro tr id ms vi ca hr sl et lv lt sq sw is af eu ga cy
    """.split()  # noqa: SIM905 - a table, not a list of literals
)


def detect_language(declared: str, text: str) -> Language:
    """The language of an item, by the rule at the top of this module.

    Args:
        declared: tag of the entry or the feed as the source wrote it, "" for none.
        text: title and excerpt as plain text; of more than 300 characters the rest is not read.
    """
    text = text[:MAX_READ_CHARS]
    tag = normalize_tag(declared)
    script = dominant_script(text)
    if tag and (not script or _is_written_in(tag, script)):
        return Language(tag, "given")
    if not script:
        return UNKNOWN
    return _by_script(text, script) or _by_words(text, script) or _by_network(text, script) or UNKNOWN


def _is_written_in(tag: str, script: str) -> bool:
    language = tag.partition("-")[0]
    return language not in _NOT_LATIN if script == "Latn" else language in _LANGUAGES[script]


def _by_script(text: str, script: str) -> Language | None:
    if script == "Hani":
        return _chinese_or_japanese(text)
    tag = _ONLY.get(script, "")
    for candidate, marker, against in _MARKERS.get(script, ()):
        if not tag and marker.search(text) and not against.search(text):
            tag = candidate
    return Language(tag, "script") if tag else None


def _chinese_or_japanese(text: str) -> Language:
    kana = len(_KANA.findall(text))
    if not kana:
        return Language("zh", "script")
    is_japanese = kana >= _MIN_KANA and kana * _KANA_SHARE >= len(_HAN.findall(text))
    return Language("ja", "script") if is_japanese else UNKNOWN


def _by_words(text: str, script: str) -> Language | None:
    if script != "Latn":
        return None
    votes = dict.fromkeys(_COMMON, 0)
    for word in text.lower().split():
        if word in _VOTES:
            votes[_VOTES[word]] += 1
    second, first = sorted(votes.values())[-2:]
    if first < MIN_VOTES or first < 2 * second:
        return None
    return Language(max(votes, key=votes.__getitem__), "detected")


def _by_network(text: str, script: str) -> Language | None:
    if len(text) < MIN_CHARS or (script != "Latn" and script not in _MARKERS):
        return None
    found = _network().FindLanguage(text=text[:MAX_NETWORK_CHARS].encode("utf-8", "replace").decode())
    tag = normalize_tag(found.language)  # "iw" becomes "he"
    if "-" in tag or not _is_written_in(tag, script):
        return None  # "ru-Latn": Russian in Latin letters, in truth mostly a language that it does not know
    is_rare = script == "Latn" and tag not in _FREQUENT
    if found.probability < (MIN_PROBABILITY_OF_RARE if is_rare else MIN_PROBABILITY):
        return None
    return None if is_rare and len(text) < MIN_CHARS_OF_RARE else Language(tag, "detected")


@cache
def _network() -> gcld3.NNetLanguageIdentifier:
    import gcld3  # 2 ms and 3 MB, for the entries that state no language

    return gcld3.NNetLanguageIdentifier(min_num_bytes=0, max_num_bytes=4 * MAX_NETWORK_CHARS)
