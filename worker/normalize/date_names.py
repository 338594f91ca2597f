"""Names in dates: months of many languages, zones, halves of the day.

All are compared in folded form (:func:`fold`). A month is found by the beginning of its name, so that cases and
abbreviations need no rows of their own; a longer row wins over a shorter one (Finnish *marraskuu* is November, *mar*
is March elsewhere).

Left out, since they would be guesses: Croatian month names (*listopad* is October there, but November in Polish and
Czech), and all calendars but the Gregorian, the Thai and those that count years by an era.
"""

from __future__ import annotations

import re
import unicodedata

# Beginnings of the names in English, German, French, Spanish, Italian, Dutch, Portuguese, Romanian, Catalan, Swedish,
# Danish, Norwegian, Finnish, Estonian, Polish, Czech, Slovak, Slovene, Serbian, Hungarian, Lithuanian, Turkish,
# Indonesian, Malay, Filipino, Russian, Ukrainian, Bulgarian, Greek, Hebrew, Arabic (of Egypt, the Levant and the
# Maghreb), Persian, Hindi and Thai, in about this order.
_MONTH_ROWS = {
    1: "jan ene gen ian jaa tam sty led sau oca янв січ яну јан ιαν ינו בינו يناير جانفي ژانویه जनवरी มกราคม",
    2: "feb fev vee hel lut uno vas sub peb фев лют феб φεβ פבר בפבר فبراير شباط فيفري فوریه फरवरी กุมภาพันธ์",
    3: "mar maa mrt mrz bre kov mac мар бер μαρ מרץ במרץ مارس اذار मार्च มีนาคม",
    4: "apr avr abr huh kwi dub bal nis апр кві απρ אפר באפר ابريل نيسان افريل آوریل अप्रैल เมษายน",
    5: "may mai mag mei maj tou kve geg май мая тра мај μαι מאי במאי مايو ايار ماي مه मई พฤษภาคม",
    6: "jun juin giu iun kes juun cze cerven cervn bir haz hun июн черв юни јун ιουν יונ ביונ يونيو حزيران جوان ژوئن "
    "जून มิถุนายน",
    7: "jul juil lug iul hei juul lip cervenc cervene lie tem hul июл лип юли јул ιουλ יול ביול يوليو تموز جويلية "
    "ژوئیه जुलाई กรกฎาคม",
    8: "aug aou ago agu avg elo sie srp rugp ogo авг сер αυγ אוג באוג اغسطس اب اوت अगस्त สิงหาคม",
    9: "sep set szep syy wrz zar rugs eyl сен вер септ σεπ ספט בספט سبتمبر ايلول سپتامبر सितंबर सितम्बर กันยายน",
    10: "oct okt out ott lok paz rij spa eki окт жов οκτ אוק באוק اكتوبر اکتبر अक्टूबर अक्तूबर ตุลาคม",
    11: "nov noi marr lis lap kas nob ноя лис ное нов νοε נוב בנוב نوفمبر نوامبر नवंबर नवम्बर พฤศจิกายน",
    12: "dec dez dic des dets jou gru pro ara dis дек гру δεκ דצמ בדצמ ديسمبر دسامبر दिसंबर दिसम्बर ธันวาคม",
}
# Levantine months of two words, and what stands for them.
_TWO_WORDS = {
    "كانون الثاني": "يناير",
    "تشرين الأول": "اكتوبر",
    "تشرين الثاني": "نوفمبر",
    "كانون الأول": "ديسمبر",
}

# RFC 822 section 5.1, and the names that feeds use besides; hours east of Greenwich. A name that several zones have
# stands for the one of RFC 822, else for the one that feeds mean most. ET and its kind are read as standard time.
_ZONE_ROWS = {
    -10.0: "hst",
    -9.0: "akst",
    -8.0: "pst akdt pt",
    -7.0: "mst pdt mt",
    -6.0: "cst mdt ct",
    -5.0: "est cdt et",
    -4.0: "edt ast",
    -3.5: "nst",
    -3.0: "adt brt",
    -2.5: "ndt",
    0.0: "z ut utc gmt wet",
    1.0: "bst west cet mez wat",
    2.0: "cest mesz eet sast cat",
    3.0: "eest msk trt eat",
    3.5: "irst",
    5.0: "pkt",
    5.5: "ist",
    7.0: "wib ict",
    8.0: "hkt sgt awst wita pht",
    9.0: "jst kst",
    9.5: "acst",
    10.0: "aest",
    10.5: "acdt",
    11.0: "aedt",
    12.0: "nzst",
    13.0: "nzdt",
}

# Years before the first one of the era.
_ERAS = {"令和": 2018, "平成": 1988, "民國": 1911, "民国": 1911}

THAI_YEARS = 543  # the Buddhist era is ahead by so many
_FIRST_THAI_YEAR = 2400

_MINUS_SIGNS = re.compile("[\u2010-\u2015\u2212]")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def fold(text: str) -> str:
    """One spelling: lower case, no accents, ASCII digits and hyphens, nothing invisible. ``Αύγ`` becomes ``αυγ``."""
    if text.isascii():
        return text.lower()
    bare = _MINUS_SIGNS.sub("-", _INVISIBLE.sub("", text))
    parts = unicodedata.normalize("NFKD", bare.casefold())
    kept = (_plain_character(one) for one in parts if unicodedata.category(one) != "Mn")
    return unicodedata.normalize("NFC", "".join(kept))


def _plain_character(character: str) -> str:
    if character.isascii() or not character.isdecimal():
        return character
    return str(unicodedata.decimal(character))


_MONTHS = {fold(name): number for number, names in _MONTH_ROWS.items() for name in names.split()}
_LONGEST_NAME = max(map(len, _MONTHS))
_THAI_MONTHS = frozenset(name for name in _MONTHS if "\u0e00" <= name[0] <= "\u0e7f")
_SINGLE_WORDS = {fold(two): fold(one) for two, one in _TWO_WORDS.items()}

ZONES = {name: hours for hours, names in _ZONE_ROWS.items() for name in names.split()}
ERAS = {fold(era): years for era, years in _ERAS.items()}


def month_number(word: str) -> int | None:
    """The month that a folded word names or begins, 1 to 12; None for any other word."""
    for length in range(min(len(word), _LONGEST_NAME), 1, -1):
        number = _MONTHS.get(word[:length])
        # a row of two letters is a whole name: Arabic ab, Persian meh
        if number is not None and (length > 2 or len(word) == length):
            return number
    return None


def join_month_names(text: str) -> str:
    """Folded text with each month of two words as one."""
    for two, one in _SINGLE_WORDS.items():
        text = text.replace(two, one)
    return text


def gregorian_year(year: int, month_word: str) -> int:
    """The year as we count, for one that stands beside a month's folded name."""
    return year - THAI_YEARS if month_word in _THAI_MONTHS and year > _FIRST_THAI_YEAR else year
