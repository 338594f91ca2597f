"""Plain text from what feeds give: HTML, text with entities, text with things nobody can see.

The result is data, not markup: ``&lt;b&gt;`` in HTML becomes the three characters ``<b>``, and whoever
shows it escapes it again. Entities are decoded once, as HTML reads them, never twice.
"""

from __future__ import annotations

import html
import re
import unicodedata

import nh3

MAX_TITLE_CHARS = 300
MAX_EXCERPT_CHARS = 300  # the document's schema says so


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Elements whose content is not prose (WHATWG HTML sections 4.3.7, 4.12, 13.1.2), or is shown elsewhere.
_UNREAD = _names(
    "script style template noscript iframe object svg math head title textarea select xmp plaintext "
    "noembed noframes audio video canvas"
)
# Elements that stand inside a line: their tags part no words. All others do.
_INLINE = (
    "a|abbr|acronym|b|bdi|bdo|big|cite|code|del|dfn|em|font|i|ins|kbd|mark|nobr|q|rp|rt|ruby|s|samp|small|span|"
    "strike|strong|sub|sup|time|tt|u|var|wbr"
)
_BLOCKS = _names(
    "address article aside blockquote br caption center dd details dialog div dl dt fieldset figcaption "
    "figure footer form h1 h2 h3 h4 h5 h6 header hr img li main nav ol option p pre section summary table "
    "tbody td tfoot th thead tr ul"
)

# A tag without < or > in its attributes. Neither class holds these two, so that the scan stays linear.
_ATTRIBUTES = r"""(?:[^<>"']|"[^"<>]*"|'[^'<>]*')*+"""
_INLINE_TAG = re.compile(rf"</?(?:{_INLINE})(?:[\s/]{_ATTRIBUTES})?>", re.IGNORECASE)
_TAG = re.compile(rf"</?[a-zA-Z][^\s<>/\"']*{_ATTRIBUTES}>")
_NEEDS_PARSER = re.compile(rf"<(?:[!?]|/[^a-zA-Z]|(?:{'|'.join(sorted(_UNREAD))})\b)", re.IGNORECASE)
_TAG_START = re.compile(r"<[a-zA-Z/!?]")
# What a summary that was cut inside a tag ends with: a known name, then nothing or an attribute.
_CUT_TAG = re.compile(
    rf"(?:(?:</?(?:{_INLINE}|{'|'.join(sorted(_BLOCKS | _UNREAD))}|embed|source|link|meta)\b\s*)++"
    r"(?:(?<=\s)[a-zA-Z:-]+=.*|<!--.*)?|<!--.*)\Z",
    re.IGNORECASE | re.DOTALL,
)
_CDATA_MARK = re.compile(r"<!\[CDATA\[|\]\]>")

# C0, C1, bidi controls, zero-width, soft hyphen, annotation marks, tags, surrogates, noncharacters.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f\ud800-\udfff]"
)
# ZWNJ and ZWJ spell words in Persian and Indic scripts and build emoji; anywhere else they only hide.
_JOINING = "\u0600-\u1fff\u2190-\u2bff\u3000-\ufdff\ufe00-\ufe0f\U00010000-\U0010ffff"
_STRAY_JOINER = re.compile(f"(?<![{_JOINING}])[\u200c\u200d]|[\u200c\u200d](?![{_JOINING}])")

# Phrases that publishing systems put at the end of a summary, by their first words.
_BOILERPLATE = {
    opening: re.compile(re.escape(opening) + rest, re.DOTALL)
    for opening, rest in {
        "The post ": r".{1,300} (?:appeared first on|first appeared on) .{1,100}",
        "Continue reading": r"\b[^.!?]{0,120}(?:\.\.\.|…|→|»|\.)?",
        "Read more": r"\b[^.!?]{0,120}(?:\.\.\.|…|→|»|\.)?",
        "Read the full ": r"(?:story|article)\b[^.!?]{0,120}(?:\.\.\.|…|→|»|\.)?",
        "[…]": r"",
        "[...]": r"",
        "(more…)": r"",
    }.items()
}
MAX_BOILERPLATE_CHARS = 500


def plain_text(markup: str) -> str:
    """The text that a reader of this HTML sees, in one line.

    Tags of blocks part words, tags inside a line do not; scripts, styles and comments are left out; entities
    are decoded once; runs of white space become one space; control, bidi and zero-width characters go.
    """
    # Cleaned before the tags are read: an invisible character must not keep a tag from being one.
    text = _without_tags(clean_text(markup)) if "<" in markup else markup
    return clean_text(html.unescape(text) if "&" in text else text)


def clean_text(text: str) -> str:
    """Text that holds no markup, in one line, without characters that nobody can see."""
    line = " ".join(text.split())
    if line.isprintable():
        return line
    return " ".join(_STRAY_JOINER.sub("", _INVISIBLE.sub("", line)).split())


def clean_title(title: str, *, is_html: bool = True) -> str:
    """A title as plain text, at most 300 characters; "" when nothing readable is left."""
    return cut_excerpt(plain_text(title) if is_html else clean_text(title), MAX_TITLE_CHARS)


def without_boilerplate(text: str) -> str:
    """Text without the phrases that publishing systems put at its end ("Continue reading", "[…]")."""
    tail = max(0, len(text) - MAX_BOILERPLATE_CHARS)
    for opening, phrase in _BOILERPLATE.items():
        start = text.find(opening, tail)
        if start >= 0 and phrase.fullmatch(text, start):
            text = text[:start].rstrip()
    return text


def cut_excerpt(text: str, limit: int = MAX_EXCERPT_CHARS) -> str:
    """At most `limit` characters, cut after a word; no ellipsis is added.

    Text without spaces in its second half (Chinese, Japanese) is cut between two graphemes.
    """
    if len(text) <= limit:
        return text
    space = text.rfind(" ", 0, limit + 1)
    if space >= limit // 2:
        return text[:space].rstrip()
    end = limit
    while end > 0 and _continues_grapheme(text[end - 1], text[end]):
        end -= 1
    return text[: end or limit].rstrip()


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
    cut = _CUT_TAG.search(text, start)
    return text[: cut.start()] if cut else text


def _parsed(text: str) -> str:
    # A less-than sign must not grow together with what stands behind the tag that follows it.
    text = text.replace("<<", "< <").replace("<<", "< <")
    tail = text.rfind(">") + 1
    text = text[:tail] + text[tail:].replace("<", "&lt;")
    simple = nh3.clean(text, tags=set(_BLOCKS), clean_content_tags=set(_UNREAD), attributes={}, link_rel=None)
    return _TAG.sub(" ", simple)


def _continues_grapheme(before: str, after: str) -> bool:
    """Whether a cut between the two would part one grapheme; the cases of UAX #29 that occur in news."""
    joiner = "\u200d"
    return (
        unicodedata.combining(after) != 0
        or unicodedata.category(after) in ("Mn", "Mc", "Me")
        or joiner in (before, after)
        or "\U0001f3fb" <= after <= "\U0001f3ff"
        or ("\U0001f1e6" <= before <= "\U0001f1ff" and "\U0001f1e6" <= after <= "\U0001f1ff")
    )
