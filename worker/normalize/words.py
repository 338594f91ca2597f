"""The words of an entry: title, text and excerpt as plain text.

The text is that of the summary; of the content when the summary says nothing of its own (it is empty, a phrase of
the publishing system, a byline, a date, or the title again). The captions of figures are no text, unless there is
nothing else. The page's description stands in later, where pages are read.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

from storyfold.errors import SourceError
from worker.model.entry import Entry
from worker.normalize.boilerplate import without_boilerplate
from worker.normalize.excerpt import begin_excerpt, cut_excerpt, without_title
from worker.normalize.filler import is_filler
from worker.normalize.headline import clean_title, without_publisher
from worker.normalize.text import plain_text

MAX_READ_CHARS = 6_000  # of HTML, for excerpt and fingerprint: the excerpt ends long before
MAX_TITLE_FROM_TEXT_CHARS = 80

_CAPTION = re.compile(r"<figcaption\b.*?</figcaption\s*>", re.IGNORECASE | re.DOTALL)
# Where the first line of a markup ends: a new line, or a tag that begins or ends a block.
_LINE_END = re.compile(
    r"\n|</?(?:p|div|br|h[1-6]|li|ul|ol|pre|tr|td|table|section|article|blockquote|hr)\b[^<>]*>", re.IGNORECASE
)


class Words(NamedTuple):
    """Words of one entry, each plain text in one line; "" for none, but the title is never empty."""

    title: str
    text: str
    excerpt: str


def read_words(entry: Entry, names: Collection[str] = ()) -> Words:
    """The words of an entry.

    Args:
        entry: as parsed.
        names: what its publisher is called; a title's end or beginning that is one of them goes.

    Raises:
        SourceError: ``no-title``, it has neither a title nor any text.
    """
    stated = clean_title(entry.title, is_html=entry.title_is_html)
    title = without_publisher(stated, tuple(names)) if stated and names else stated
    summary, content = entry.summary[:MAX_READ_CHARS], entry.content[:MAX_READ_CHARS]
    text = _telling_text(summary, title, stated) or _telling_text(content, title, stated)
    if not title:
        title = cut_excerpt(text or plain_text(summary) or plain_text(content), MAX_TITLE_FROM_TEXT_CHARS)
    if not title:
        raise SourceError("no-title", "the entry needs a title or some text, but has neither")
    return Words(title, text, begin_excerpt(text, title))


def _telling_text(markup: str, title: str, stated: str) -> str:
    """What the markup says beyond the title, also with its publisher's name, and what publishing systems add."""
    if not markup:
        return ""
    text = without_boilerplate(_text_beside_captions(markup))
    if is_filler(text, title) or (stated != title and is_filler(text, stated)):
        return ""
    if title and text.startswith(title) and _has_own_line(title, markup):
        return without_title(text, title, own_line=True)
    return text


def _text_beside_captions(markup: str) -> str:
    if "<figcaption" in markup:
        return plain_text(_CAPTION.sub(" ", markup)) or plain_text(markup)
    return plain_text(markup)


def _has_own_line(title: str, markup: str) -> bool:
    lines = (plain_text(line) for line in _LINE_END.split(markup[: len(title) + 1_000]))
    return next(filter(None, lines), "").rstrip(".:") == title
