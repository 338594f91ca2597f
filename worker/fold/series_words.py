"""Series words: words of titles that tell nothing apart, and those that date them."""

from __future__ import annotations

from unicodedata import combining, normalize


def folded(text: str) -> str:
    """Text as the rules of series read it: lower case, no accents, straight apostrophes, no quotation marks."""
    text = text.replace("\u2019", "'").replace('"', "")
    if text.isascii():
        return text.lower()
    return "".join(char for char in normalize("NFKD", text).lower() if not combining(char))


_GENERIC_TEXT = """
a an and area at average avg across around city co company corp corporation de der des die du el energy for from
group gmbh holding holdings in inc international la las le les limited llc ltd of on plc region sa se state states
the today tonight to tomorrow local holiday weekly metro summer winter why higher lower high low rising falling
national nationwide retail cheaper chain drugstore update recap tu und vs v versus county report us stock shares
bank banks oil chip chips mining bond global world asian european record strong weak first second third fourth
results press release says weekend 2013 2014 2024 2025 2026 automaker carmaker retailer airline maker giant
chipmaker drugmaker insurer firm tech live preview watch how rise rises fall falls climb drop drops jump up down
this week month year day price prices x gegen contra fc cf sc afc united game match final cup league
"""
GENERIC = frozenset(_GENERIC_TEXT.split())
"""Words of a part that tell nothing apart."""

SAME_MARKET: dict[str, str] = {
    **dict.fromkeys(("wall", "street", "st", "dow", "jones", "nasdaq", "s&p", "500", "us", "u.s", "u.s."), "us"),
    **dict.fromkeys(("asian", "asia", "asien", "global", "world"), "asia"),
    **dict.fromkeys(("european", "europe", "europa", "europee", "europeas"), "europe"),
    **dict.fromkeys(("uk", "london", "british", "ftse", "100"), "uk"),
    **dict.fromkeys(("japan", "japanese", "tokyo", "nikkei"), "japan"),
    **dict.fromkeys(("china", "chinese"), "china"),
    **dict.fromkeys(("hong", "kong", "hang", "seng"), "hong kong"),
    **dict.fromkeys(("india", "indian", "sensex", "nifty"), "india"),
    **dict.fromkeys(("german", "dax", "frankfurt"), "germany"),
    **dict.fromkeys(("paris", "cac", "40"), "france"),
    **dict.fromkeys(("australia", "australian", "asx", "200"), "australia"),
    **dict.fromkeys(("borsa", "piazza", "affari", "mib", "milano"), "italy"),
}
"""Names of one market."""

_WEEKDAY_TEXT = """
monday tuesday wednesday thursday friday saturday sunday montag dienstag mittwoch donnerstag freitag samstag sonntag
lundi mardi mercredi jeudi vendredi samedi dimanche lunes martes miercoles jueves viernes sabado domingo lunedi
martedi mercoledi giovedi venerdi sabato domenica segunda terca quarta quinta sexta понедельник вторник среду
четверг пятницу субботу воскресенье
"""
WEEKDAYS = frozenset(folded(_WEEKDAY_TEXT).split())
"""With which a title dates its instalment."""

_MONTH_TEXT = """
january february march april may june july august september october november december jan feb mar apr jun jul aug
sep sept oct nov dec januar februar marz mai juni juli oktober dezember janvier fevrier mars avril juin juillet aout
septembre octobre novembre decembre enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre
diciembre gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre janeiro fevereiro marco maio junho
julho setembro outubro novembro dezembro января февраля марта апреля мая июня июля августа сентября октября ноября
декабря
"""
MONTHS = frozenset(folded(_MONTH_TEXT).split())
"""Beside which a number is a day."""

LABELS = (
    "live", "live (?:updates?|blog|coverage|stream)", "liveblog", "breaking(?: news)?", "watch", "videos?", "photos?",
    "pictures", "in pictures", "in photos", "gallery", "listen", "audio", "podcast", r"update(?: ?\d+)?", "exclusive",
    "opinion", "analysis", "explainer", "explained", "just in", "developing", "urgent", "correction", "press release",
    "fact check", "(?:photos?|pictures?|images?|videos?|quotes?|apps?|stat|chart|question) of the (?:day|week)",
    "live-?ticker", "eil(?:meldung)?", "fotos?", "foto des tages", "photo du jour", "foto del d[ií]a", "en direct",
    "direct", "en images", "en vivo", "en directo", "[uú]ltima hora", "(?:in )?diretta", "ao vivo", "срочно", "видео",
)  # fmt: skip
"""Of a title, in front of what it tells. Patterns."""

WEAK_PHRASES = (
    "live updates?", "as it happened", "what we know(?: so far)?", "here'?s what (?:we|you need to|to) know",
    "(?:everything|all) (?:we|you need to) know(?: about)?", "what to (?:watch|know|expect)(?: for| about)?",
    r"(?:\d+|five) things to know(?: about)?", "announces? (?:the )?dates? (?:of|for)",
    "conference call(?: and webcast)?", "to (?:report|announce|release|host|hold)", "financial results",
    "stock market today", "stocks? to watch", "shares? (?:rise|fall|jump|drop|slide|climb|slip|soar|tumble)s?",
    r"(?:u\.?s\.? )?stocks (?:rise|fall|open|close|end)s?", "(?:first|second|third|fourth)[- ]quarter",
    "(?:full|half)[- ]year", "in pictures", "in photos", "photo gallery", "how to watch", "live stream",
    "kick-?off time", "tv channel", "team news", "start time", "was man wei(?:ss|ß)", "ce que l['’]on sait",
    "lo que se sabe", "lo que sabemos", "cosa sappiamo", "o que se sabe",
)  # fmt: skip
"""That stand in every title of their form. Patterns."""

_HINT_TEXT = """
announce announces call channel expect fall full gallery half happened hold host in know live man news pictures photos
quarter
release report results sabe sabemos sait sappiamo share shares stock stocks stream time today
updates watch year
"""
WEAK_HINTS = frozenset(_HINT_TEXT.split())
"""A title without any of them holds no weak phrase."""
