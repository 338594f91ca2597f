"""Plain text from what feeds give: HTML, text with entities, text with things nobody can see.

The result is data, not markup: ``&lt;b&gt;`` in HTML becomes the three characters ``<b>``, and whoever
shows it escapes it again. Entities are decoded once, as HTML reads them, never twice; titles have one exception
(:mod:`worker.normalize.headline`).

Characters, in this order: white space of any kind becomes one space; what nobody sees goes (controls, bidi
marks and overrides, zero-width, fillers, the byte order mark, lone surrogates, noncharacters); the text is
brought into Unicode NFC, so that equal words have equal bytes; a joiner stays only where it spells a word or
builds an emoji. In titles and excerpts at most four marks that belong to no script stay on one letter. Bytes that
were decoded wrongly are the parser's business.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable

import nh3

MAX_MARKUP_CHARS = 200_000  # nothing behind is read: an excerpt needs 300, a page's text is measured elsewhere


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _any_of(names: Iterable[str]) -> str:
    """A pattern of names in any letter case, sorted by their first letters: the engine passes over the other letters
    at once, while with ``re.IGNORECASE`` it would try every name."""
    ends: defaultdict[str, list[str]] = defaultdict(list)
    for name in sorted(names, reverse=True):
        ends[name[0]].append(name[1:])
    return "|".join(f"[{first}{first.upper()}](?i:{'|'.join(rests)})" for first, rests in sorted(ends.items()))


# Elements whose content is not prose (WHATWG HTML sections 4.3.7, 4.12, 13.1.2), or is shown elsewhere.
_UNREAD = _names(
    "script style template noscript iframe object svg math head title textarea select xmp plaintext "
    "noembed noframes audio video canvas"
)
# Elements that stand inside a line: their tags part no words. All others do.
_INLINE = _names(
    "a abbr acronym b bdi bdo big cite code del dfn em font i ins kbd mark nobr q rp rt ruby s samp small span "
    "strike strong sub sup time tt u var wbr"
)
_BLOCKS = _names(
    "address article aside blockquote br caption center dd details dialog div dl dt fieldset figcaption "
    "figure footer form h1 h2 h3 h4 h5 h6 header hr img li main nav ol option p pre section summary table "
    "tbody td tfoot th thead tr ul"
)

# A tag without < or > in its attributes. Neither class holds these two, so that the scan stays linear.
_ATTRIBUTES = r"""(?:[^<>"']++|"[^"<>]*"|'[^'<>]*')*+"""
_INLINE_NAME = re.compile(rf"<(/?)(?:{_any_of(_INLINE)})(?=[\s/>])")
_INLINE_TAG = re.compile(rf"</?+(?:{_any_of(_INLINE)})(?:>|[\s/]{_ATTRIBUTES}>)")
_TAG = re.compile(rf"</?[a-zA-Z][^\s<>/\"']*+{_ATTRIBUTES}>")  # possessive: 50 kB without an end took 20 s
_NEEDS_PARSER = re.compile(rf"<(?:[!?]|/[^a-zA-Z]|(?:{_any_of(_UNREAD)})\b)")
_SPACES = re.compile("  +")
_TAG_START = re.compile(r"<[a-zA-Z/!?]")
# What a summary that was cut inside a tag ends with: known names, then nothing, a comment or an attribute. Each
# match takes the whole row of names, so that trying them one after the other stays linear.
_CUT_TAG = re.compile(
    rf"(?:</?(?:{'|'.join(sorted(_INLINE | _BLOCKS | _UNREAD))}|embed|source|link|meta)\b\s*)++"
    r"(?P<cut>\Z|<!--|(?<=\s)[a-zA-Z:-]{1,80}=)?+|(?P<comment><!--)",
    re.IGNORECASE,
)
_CDATA_MARK = re.compile(r"<!\[CDATA\[|\]\]>")

# C0, C1, bidi controls, zero-width, soft hyphen, fillers, annotation marks, tags, surrogates, noncharacters.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ufdd0-\ufdef\U0001bca0-\U0001bca3"
    "\U000e0000-\U000e00ff\U000e01f0-\U000e0fff\ud800-\udfff"
    + "".join(f"{chr(plane * 0x10000 + 0xFFFE)}{chr(plane * 0x10000 + 0xFFFF)}" for plane in range(1, 17))
    + "]"
)
# ZWNJ and ZWJ spell words in Persian and Indic scripts and build emoji; anywhere else they only hide.
_JOINING = "\u0600-\u1fff\u2190-\u2bff\u3000-\ufdff\ufe00-\ufe0f\U00010000-\U0010ffff"
_STRAY_JOINER = re.compile(f"(?<![{_JOINING}])[\u200c\u200d]|[\u200c\u200d](?![{_JOINING}])")
# Of these, some count as printable, so that a text of printable characters may hold them.
_PRINTABLE_FILLERS = ("\u034f", "\u115f", "\u1160", "\u17b4", "\u17b5", "\u2800", "\u3164", "\uffa0")
# The marks that any letter may carry; no language puts more than two on one, phonetics about four.
_MARKS = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_ENDLESS_REFERENCE = re.compile("&#[0-9]{1000,};?")
_PILE = re.compile(f"[{_MARKS}]{{5}}")  # begins with a character, so that it is searched for fast
_PILED_MARKS = re.compile(f"(?<=[{_MARKS}]{{4}})[{_MARKS}]+")


def plain_text(markup: str) -> str:
    """The text that a reader of this HTML sees, in one line.

    Tags of blocks part words, tags inside a line do not; scripts, styles and comments are left out; entities
    are decoded once; then :func:`clean_text`. Of more than 200,000 characters the rest is not read.
    """
    markup = markup[:MAX_MARKUP_CHARS]
    if "<" not in markup:
        return clean_text(decode_references(markup))
    # Cleaned before the tags are read: an invisible character must not keep a tag from being one.
    text = _without_tags(_without_hidden(markup))
    if text.isascii() and "&" not in text:
        return _single_spaced(text)  # still clean: only an accent or a reference can bring something new
    return clean_text(decode_references(text))


def decode_references(text: str) -> str:
    """Text with its character references decoded once, as HTML reads them."""
    if "&" not in text:
        return text
    # The standard library raises ValueError where int() takes no more digits; no character has such a number.
    return html.unescape(_ENDLESS_REFERENCE.sub("\ufffd", text) if "&#" in text else text)


def clean_text(text: str) -> str:
    """Text that holds no markup, in one line, in NFC, without characters that nobody can see."""
    if _is_clean(text):
        return _single_spaced(text)
    line = " ".join(text.split())
    if _is_clean(line):
        return line
    line = _STRAY_JOINER.sub("", unicodedata.normalize("NFC", _INVISIBLE.sub("", line)))
    return " ".join(unicodedata.normalize("NFC", line).split())


def _single_spaced(text: str) -> str:
    """Text that has no white space but spaces, with one for several: half of what taking it apart would cost."""
    return _SPACES.sub(" ", text).strip()


def without_piles(text: str) -> str:
    """Clean text in which no letter carries more than four of the marks that belong to no script."""
    if text.isascii() or _PILE.search(text) is None:
        return text
    return unicodedata.normalize("NFC", _PILED_MARKS.sub("", text))


def _without_hidden(markup: str) -> str:
    # White space is folded later, so that most markup is not taken apart for it here.
    line = markup.replace("\n", " ").replace("\t", " ").replace("\r", " ")
    return line if _is_clean(line) else clean_text(markup)


def _is_clean(line: str) -> bool:
    """Whether a line shows every character that it has, in NFC; False when that takes a closer look."""
    if not line.isprintable():
        return False
    if line.isascii():
        return True
    if not unicodedata.is_normalized("NFC", line):
        return False
    for filler in _PRINTABLE_FILLERS:  # noqa: SIM110 - half the time of any() with a generator, for every text
        if filler in line:
            return False
    return True


def _without_tags(text: str) -> str:
    if "]]>" in text:  # a CDATA section inside a CDATA section: its marks are no text
        text = _CDATA_MARK.sub("", text)
    text = _without_open_end(text)
    if _NEEDS_PARSER.search(text) is None:
        simple = _TAG.sub(" ", _INLINE_TAG.sub("", text))
        if _TAG_START.search(simple, 0, simple.rfind(">") + 1) is None:
            return _without_open_end(simple)
    return _parsed(text)


def _without_open_end(text: str) -> str:
    """The last `<` without its `>` begins a tag that was cut off, or is a less-than sign."""
    start = text.find("<", text.rfind(">") + 1)
    if start < 0:
        return text
    for found in _CUT_TAG.finditer(text, start):
        if found.lastgroup is not None:
            return text[: found.start()]
    return text


def _parsed(text: str) -> str:
    # A less-than sign must not grow together with what stands behind the tag that follows it.
    text = text.replace("<<", "< <").replace("<<", "< <")
    # Formatting elements that are left open are opened anew in every block (WHATWG HTML section 13.2.4.3): 5,000
    # of them in 100 KB took the parser 12 s. Under a name that it does not know they are left out just the same.
    text = _INLINE_NAME.sub("<\\1x-inline", text)
    tail = text.rfind(">") + 1
    text = text[:tail] + text[tail:].replace("<", "&lt;")
    simple = nh3.clean(text, tags=set(_BLOCKS), clean_content_tags=set(_UNREAD), attributes={}, link_rel=None)
    return _TAG.sub(" ", simple)
