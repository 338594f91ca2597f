"""Titles: what the publisher wrote over an article, without what its publishing system added.

References left over. Titles are often escaped once too often: ``AT&amp;amp;T`` in a feed of HTML, ``&#8217;`` in a
text. After the one decoding that HTML asks for, the references that are left are decoded once more when each of
them stands for a character that cannot be markup, and the result holds no further reference. A title with ``<``,
``>`` or a reference to one of these speaks about markup, and stays as it is: ``&amp;lt;b&amp;gt;`` gives
``&lt;b&gt;``.

The publisher's name. `` - Reuters``, `` | The Verge``, `` — BBC News`` at the end go when the part behind the last
separator is, apart from case, accents, marks and an article, one of the names that the caller knows for the
publisher: the provider, its domain or the first label of that, the feed's title or what stands before its first
separator, the source that an aggregator names. ``Name: `` and ``Name | `` at the start go only when equal to a name
letter by letter. What is left must still be a title: two words and 10 characters, or 5 ideographs. "Breaking:",
"WATCH:" and "Updated:" are the publisher's words, and stay.
"""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache
from html.entities import html5

from worker.normalize.excerpt import cut_excerpt
from worker.normalize.text import clean_text, plain_text, without_piles

MAX_TITLE_CHARS = 300
MAX_READ_CHARS = 6_000  # of markup; the title ends long before
MIN_TITLE_CHARS = 10
MIN_IDEOGRAPHS = 5
MIN_NAME_CHARS = 2  # folded: "G2", "AP"

_REFERENCE = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_SEPARATOR = re.compile(r" (?:[-|–—―‐‑·•»«/]|\|\||::|--|>) ")
_HEAD = re.compile(r"(?:: | [-|–—·•»>] | :: ).*", re.DOTALL)
_DOMAIN = re.compile(r"(?:www\.)?([\w-]+)(?:\.[\w-]+)+", re.ASCII)
_ARTICLE = re.compile(r"\s*(?:the|der|die|das|le|la|les|el|los|il|lo|o|a|de|het)\s")
_NO_LETTER = re.compile(r"[\W_]+")
_IDEOGRAPHS = re.compile("[\u3041-\u30ff\u3400-\u9fff\uac00-\ud7af]")
# Labels that name a part of a site, not the publisher.
_PLAIN_LABELS = frozenset(
    {"app", "blog", "blogs", "feed", "feeds", "home", "mail", "my", "news", "online", "site", "web"}
)


def clean_title(title: str, *, is_html: bool = True) -> str:
    """A title as plain text, at most 300 characters; "" when nothing readable is left.

    Args:
        title: as the source gave it; what stands behind 6,000 characters is not read.
        is_html: how the title is to be read; text is never read as markup.
    """
    title = title[:MAX_READ_CHARS]
    text = plain_text(title) if is_html else clean_text(title)
    if "&" in text:
        text = clean_text(_decode_left_over(text))
    return cut_excerpt(without_piles(text), MAX_TITLE_CHARS)


def without_publisher(title: str, names: tuple[str, ...]) -> str:
    """A title without its publisher's name, by the rule at the top of this module.

    Args:
        title: as :func:`clean_title` gives it.
        names: what the publisher is called, as text; domains count as names.
    """
    kept = _without_suffix(title, names)
    for separator in (": ", " | "):
        head, found, rest = kept.partition(separator)
        if found and head in names and _is_title(rest):
            return rest
    return kept


def _without_suffix(title: str, names: tuple[str, ...]) -> str:
    # A name may hold a separator itself ("Il Post | Home"), so that the last but one is tried, too.
    for found in list(_SEPARATOR.finditer(title))[:-3:-1]:
        kept = title[: found.start()].rstrip()
        if not _folded_names(names).isdisjoint(_fold(title[found.end() :])) and _is_title(kept):
            return kept
    return title


def _is_title(text: str) -> bool:
    return (len(text) >= MIN_TITLE_CHARS and " " in text) or len(_IDEOGRAPHS.findall(text)) >= MIN_IDEOGRAPHS


def _fold(name: str) -> set[str]:
    """The name without case, accents and marks, as it is and without its article."""
    name = name.casefold()
    if not name.isascii():
        name = "".join(char for char in unicodedata.normalize("NFKD", name) if not unicodedata.combining(char))
    return {_NO_LETTER.sub("", name), _NO_LETTER.sub("", _ARTICLE.sub("", name, count=1))}


@lru_cache(maxsize=4_096)
def _folded_names(names: tuple[str, ...]) -> frozenset[str]:
    folded: set[str] = set()
    for name in filter(None, map(plain_text, names)):
        folded |= _fold(name) | _fold(_HEAD.sub("", name))
        domain = _DOMAIN.fullmatch(name.lower())
        if domain and domain[1] not in _PLAIN_LABELS:
            folded |= _fold(domain[1])
    return frozenset(name for name in folded if len(name) >= MIN_NAME_CHARS)


def _decode_left_over(text: str) -> str:
    """The text with its left-over references decoded, or as it is when one of them could be markup."""
    if "<" in text or ">" in text:
        return text
    result = _REFERENCE.sub(_decode, text)
    return text if "<" in result or ">" in result or _REFERENCE.search(result) else result


def _decode(reference: re.Match[str]) -> str:
    """A numeric reference, or one with a name that HTML knows; not the beginning of a longer name."""
    code = reference[0]
    return html.unescape(code) if code[1] == "#" else html5.get(code[1:], code)
