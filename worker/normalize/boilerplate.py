"""What publishing systems add to a text, as data: invitations to read on, stamps, marks of a cut.

Only an end (or, for arXiv, a beginning) is ever taken off, and only by these rules:

* a **mark of a cut** in brackets: ``[…]``, ``(more…)``;
* an **invitation** from the list ("Read more", "Weiterlesen") when it is the very end, begins with no small letter,
  and stands apart: in brackets, behind the end of a sentence, behind a separator, or before an arrow or an ellipsis.
  "Why you should read more" keeps its words;
* a **stamp**: an opening, the words that make it unmistakable, and its variable part ("The post X appeared first
  on Y."), at the end of the text and of bounded length.

What real feeds hold (2,013 entries of 80 feeds): "The post … appeared first on …" 211 times in 3 feeds and its
Italian translation 20 in 1, "[…]" or "[...]" 177 in 6, "Continue reading..." 55, "Seguir leyendo" 53, Reddit's footer
48 in 2, "Permalink" 21 in 2, "[read more]" 8, "Read More Here →" 8, "(Image credit: …)" 5, "Related: …" 4, "Leia mais
(date)" 1; "null", "..." or the title as the whole summary 22 in 5.
The other rows are what the same systems (WordPress with its translations, Blogger, Ghost, Hacker News, arXiv) write
elsewhere.
"""

from __future__ import annotations

import re
from typing import Final

MAX_TAIL_CHARS = 700  # a stamp repeats a title (300) and names a site
MAX_NEEDLE_CHARS = 240  # its unmistakable words stand this near to the end
MAX_ROUNDS = 4  # "[…] The post X appeared first on Y. Read more"

# Invitations by language; written small, compared without regard to case.
_INVITATIONS: Final = {
    "en": "read more|read more here|read the full story|read the full article|read the full post|read full article|"
    "read full story|read the whole story|read the rest|read the rest of this entry|read the rest of this story|"
    "read the rest of this article|read this article|read on|continue reading|keep reading|full story|full article|"
    "view article|view full post|view original|view comments|leave a comment|click here|click here to read more|"
    "click to read more|find out more|learn more|see more|more here|permalink|permalink | email this | comments",
    "de": "weiterlesen|weiter lesen|hier weiterlesen|jetzt weiterlesen|mehr lesen|mehr erfahren|mehr dazu|"
    "zum artikel|ganzen artikel lesen|den ganzen artikel lesen|vollständigen artikel lesen|"
    "den vollständigen artikel lesen",
    "fr": "lire la suite|lire la suite de l'article|lire plus|lire l'article|lire l'article complet|"
    "en savoir plus|continuer la lecture|continuer à lire|voir plus|la suite",
    "es": "leer más|seguir leyendo|sigue leyendo|continuar leyendo|continúa leyendo|leer completo|"
    "leer el artículo completo|leer la noticia completa|leer noticia completa|ver más|más información",
    "pt": "leia mais|ler mais|continue lendo|continuar lendo|continue a ler|continuar a ler|saiba mais|"
    "leia a matéria completa|leia na íntegra|ver mais",
    "it": "leggi tutto|leggi di più|leggi l'articolo|leggi l'articolo completo|continua a leggere|"
    "continua la lettura|continua|leggi ancora|scopri di più",
    "nl": "lees verder|lees meer|lees het hele artikel|verder lezen|meer lezen|lees het volledige artikel",
    "pl": "czytaj dalej|czytaj więcej|czytaj całość|czytaj też|przeczytaj całość|dowiedz się więcej",
    "sv": "läs mer|läs hela artikeln|fortsätt läsa",
    "da": "læs mere|læs hele artiklen|fortsæt læsning",
    "nb": "les mer|les hele saken|fortsett å lese",
    "fi": "lue lisää|lue koko juttu|jatka lukemista",
    "cs": "číst dále|číst více|celý článek|pokračovat ve čtení",
    "ru": "читать далее|читать дальше|читать полностью|подробнее|далее",
    "uk": "читати далі|читати більше|докладніше",
    "tr": "devamını oku|devamı|daha fazla oku",
    "ja": "続きを読む|もっと読む|全文を読む",
    "zh": "阅读全文|閱讀全文|继续阅读|繼續閱讀|查看全文|阅读更多|閱讀更多",
    "ko": "더 보기|더 읽기|계속 읽기|전문 보기",
}
_INVITATION: Final = tuple(
    sorted({p for row in _INVITATIONS.values() for p in row.split("|")}, key=len, reverse=True)
)
_REACH: Final = len(_INVITATION[0]) + 60  # of a text's end, to find one in
# By their last characters, the longest first: a text's end is compared with a few of them only.
_INVITATION_BY_END: Final = {
    end: tuple(phrase for phrase in _INVITATION if phrase[-1] == end) for end in {p[-1] for p in _INVITATION}
}

_END: Final = r"[\s.…»›→]*\Z"
_SITE: Final = r"[^.!?。]{1,100}(?:\.[^\s.!?]{1,40}){0,4}"  # a name or a domain, no second sentence
_REST: Final = r"[^.!?。]{0,160}(?:\.\w[^.!?。]{0,160}){0,3}"  # to the end of one sentence; "example.com" ends none


def _first(word: str) -> str:
    """The first word of a sentence. It is looked behind second: a pattern that begins with letters is found fast."""
    return rf"{word}(?:(?<=\A{word})|(?<=[.!?…:)\]”’\"] {word}))"


def _stamp(opening: str, words: str) -> re.Pattern[str]:
    """Opening, the title of the text, the words, the site's name."""
    return re.compile(rf"{opening}\b.{{1,320}}?\b{words}\W{_SITE}{_END}", re.DOTALL)


def _ending(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern + _END, re.DOTALL)


_PRINTED: Final = _ending(
    rf"(?:{_first('This')} (?:article|post|story|piece|essay|interview|column) "
    r"(?:was |has been )?(?:originally|first)|"
    rf"{_first('Originally')}|{_first('First')}) (?:appeared|published|posted|ran) (?:on|in|at|by) {_SITE}"
)

# Needle -> patterns. The needles are looked for first, near the end: nearly all texts hold none of them.
_STAMPS: Final[dict[str, tuple[re.Pattern[str], ...]]] = {
    # WordPress, "The post %s appeared first on %s", with its translations.
    "appeared": (
        _stamp(r"The post", r"appeared first on"),
        _stamp(r"(?:The|This) (?:post|article|story)", r"first appeared on"),
        _PRINTED,
    ),
    "erschien": (
        _stamp(r"(?:Der Beitrag|Der Artikel|Dieser Beitrag)", r"erschien zuerst auf"),
        _ending(
            rf"(?:{_first('Dieser')}|{_first('Der')}) (?:Artikel|Beitrag|Text) "
            rf"ist zuerst erschienen (?:auf|bei|in) {_SITE}"
        ),
    ),
    "premier sur": (_stamp(r"(?:L[’']article|Cet article)", r"est apparu en premier sur"),),
    "prim": (
        _stamp(r"(?:La entrada|El artículo|El post)", r"(?:se publicó|apareció|aparece) primero en"),
        _stamp(r"O (?:post|artigo|conteúdo)", r"(?:apareceu|aparece|foi publicado) primeiro em"),
        _stamp(r"L[’']articolo", r"sembra essere il primo su"),
    ),
    "proviene da": (_stamp(r"L[’']articolo", r"proviene da"),),
    "eerst op": (_stamp(r"(?:Het bericht|Het artikel|De post)", r"(?:verscheen|is verschenen) eerst op"),),
    "pochodzi z": (_stamp(r"(?:Artykuł|Wpis|Post)", r"pochodzi z(?: serwisu)?"),),
    "först upp på": (_stamp(r"Inlägget", r"dök först upp på"),),
    "først på": (_stamp(r"(?:Indlægget|Innlegget)", r"(?:blev vist|dukket opp|udkom) først på"),),
    "появил": (
        _stamp(r"(?:Запись|Сообщение)", r"впервые появил(?:ась|ось) на"),
        _stamp(r"(?:Запись|Сообщение)", r"появил(?:ась|ось|ись) сначала на"),
    ),
    # Where a text was printed before.
    "published": (_PRINTED,),
    "iginal": (
        _PRINTED,
        _ending(
            rf"(?:{_first('Este')}|{_first('Esta')}) (?:artículo|artigo|texto|nota|matéria) "
            rf"(?:se publicó|fue publicad[oa]|foi publicad[oa]|apareció) originalmente (?:en|no|na|em) {_SITE}"
        ),
    ),
    "initialement": (
        _ending(rf"{_first('Cet')} article (?:est|a été) initialement (?:paru|publié) (?:sur|dans|par) {_SITE}"),
    ),
    # Invitations with a variable part.
    "Continue reading": (_ending(rf"Continue reading\b{_REST}"),),
    "Read ": (
        _ending(rf"{_first('Read')} the full (?:story|article|post|report|interview)\b{_REST}"),
        _ending(rf"{_first('Read')} more (?:at|on|about|from|in|of)\b{_REST}"),
    ),
    "Click ": (_ending(rf"Click (?:here|through) (?:to|for)\b{_REST}"),),
    "Weiterlesen": (_ending(r"Weiterlesen\b[^.!?]{0,160}[→»›…]"),),
    # Pointers to other texts, credits and labels.
    "Related:": (_ending(rf"{_first('Related:')}{_REST}"),),
    "RELATED:": (_ending(rf"{_first('RELATED:')}{_REST}"),),
    "credit:": (_ending(r"\((?:Image|Photo|Picture|Video) credit:[^()]{1,120}\)"),),
    "Filed under:": (_ending(rf"Filed under:{_REST}"),),
    "Share this:": (_ending(rf"Share this:{_REST}"),),
    # Reddit; Hacker News by hnrss.
    "[link]": (_ending(r"submitted by\b.{1,120}?\[link\] ?\[(?:(?:[\d,.]+ )?comments|comment)\]"),),
    "Comments URL:": (_ending(r"Article URL: \S+ Comments URL: \S+(?: Points: \d+)?(?: # Comments: \d+)?"),),
}
_CUT_MARK: Final = re.compile(
    r"\s*(?:\[(?:…|\.\.\.|…\s*more|more…?)\]|\((?:more|mehr|suite|continued)(?:…|\.\.\.)\))\Z"
)
_STAMPED_TIME: Final = re.compile(r"\s*\([\d/.:, -]{6,30}h?\d{0,2}\)\Z")  # "Leia mais (09/24/2018 - 19h22)"
_ARXIV: Final = re.compile(r"arXiv:\S{4,40} Announce Type: [a-z-]{1,30} (?:Abstract: )?")

_DECORATION: Final = " .…:→➝➔»›>⟩▶►])·"
_ARROW: Final = re.compile(r"[…→➝➔»›>⟩▶►\])]|\.\.")
_BEFORE: Final = " [(|–—•·→»›-∞#¶"
_APART: Final = ".!?…。！？])}>»›”’\"'|–—•·:-[(∞#¶"


def without_boilerplate(text: str) -> str:
    """Text without what publishing systems add, by the rules at the top of this module; "" if nothing else is there.

    Args:
        text: plain text in one line.
    """
    if text.startswith("arXiv:"):
        text = _ARXIV.sub("", text, count=1)
    for _ in range(MAX_ROUNDS):
        shorter = _without_stamp(_without_invitation(_without_cut_mark(text)))
        if len(shorter) == len(text):
            break
        text = shorter
    return text


def _without_cut_mark(text: str) -> str:
    if text[-1:] not in ("]", ")"):
        return text
    return _CUT_MARK.sub("", text)


def _without_invitation(text: str) -> str:
    tail = text[-_REACH:]
    if tail[-1:] == ")":
        tail = _STAMPED_TIME.sub("", tail)
    core = tail.rstrip(_DECORATION)
    folded = core.lower().replace("’", "'")
    phrases = _INVITATION_BY_END.get(folded[-1:], ())
    if not folded.endswith(phrases) or len(folded) != len(core):
        return text
    phrase = next(phrase for phrase in phrases if folded.endswith(phrase))
    start = len(core) - len(phrase)
    if not _stands_apart(tail, start, len(core)):
        return text
    return text[: len(text) - len(text[-_REACH:]) + start].rstrip(_BEFORE)


def _stands_apart(tail: str, start: int, end: int) -> bool:
    before = tail[:start].rstrip()
    if start and tail[start - 1].isalnum():
        return False
    if tail[start].islower():
        return before.endswith(("[", "(", "…", "..."))
    return not before or before[-1] in _APART or _ARROW.search(tail, end) is not None


def _without_stamp(text: str) -> str:
    end = text[-MAX_NEEDLE_CHARS:]
    for needle, patterns in _STAMPS.items():
        if needle in end:
            tail = text[-MAX_TAIL_CHARS:]
            found = next((found for pattern in patterns if (found := pattern.search(tail))), None)
            if found is not None:
                return text[: len(text) - len(tail) + found.start()].rstrip()
    return text
