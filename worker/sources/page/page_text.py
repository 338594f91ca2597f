"""The article's own words on a page, for want of a description: paragraphs of its ``<article>`` or ``<main>``.

Of several articles (teasers of others stand in such elements, too) the one with the most text counts. Paragraphs of
navigation, headers, asides, footers, figures and forms are left out.
"""

from __future__ import annotations

from worker.sources.page.markup import decode_entities, names, one_line

MIN_PARAGRAPH_CHARS = 60
MAX_EXCERPT_CHARS = 1_000
MAX_PARAGRAPH_CHARS = 20_000

_ASIDE = names("aside nav footer figure form dialog table")
_INLINE = names(
    "a abbr b bdi bdo big cite code data del dfn em font i ins kbd mark q s samp small span strike strong sub sup "
    "time tt u var wbr img br !"
)


class PageText:
    """Follows the tags of a page."""

    def __init__(self) -> None:
        self._main = self._article = self._asides = self._headers = 0
        self._number = 0  # of the outermost article that is open or was last; 0 is the main part outside of any
        self._paragraph: list[str] | None = None
        self._chars: dict[int, int] = {}
        self._openings: dict[int, str] = {}
        self._dates: dict[int, str] = {}

    @property
    def is_inside(self) -> bool:
        """Whether the article or the main part is open here."""
        return bool(self._main or self._article) and not self._asides

    def take_text(self, text: str) -> None:
        """Text before the next tag."""
        if self._paragraph is not None:
            self._paragraph.append(text[:MAX_PARAGRAPH_CHARS])

    def take_tag(self, name: str, is_end: bool) -> None:
        """The next tag."""
        if name in _INLINE:
            if name == "br":
                self.take_text(" ")
            return
        self._end_paragraph()
        step = -1 if is_end else 1
        if name == "p":
            self._paragraph = [] if not is_end and self.is_inside and not self._headers else None
        elif name in _ASIDE:
            self._asides = max(0, self._asides + step)
        elif name == "header":  # holds a line on the author, and the date
            self._headers = max(0, self._headers + step)
        elif name == "main":
            self._main = max(0, self._main + step)
        elif name == "article":
            self._number += not is_end and self._article == 0
            self._article = max(0, self._article + step)

    def take_date(self, date: str) -> None:
        """The date of a ``<time>``: the first in each article is its own."""
        if self.is_inside:
            self._dates.setdefault(self._part, date)

    @property
    def _part(self) -> int:
        return self._number if self._article else 0

    def _end_paragraph(self) -> None:
        pieces, self._paragraph = self._paragraph, None
        if not pieces:
            return
        text = one_line(decode_entities("".join(pieces)), MAX_PARAGRAPH_CHARS)
        part = self._part
        self._chars[part] = self._chars.get(part, 0) + len(text)
        opening = self._openings.get(part, "")
        if len(text) >= MIN_PARAGRAPH_CHARS and len(opening) < MAX_EXCERPT_CHARS:
            self._openings[part] = f"{opening} {text}".strip()[:MAX_EXCERPT_CHARS]

    def result(self) -> tuple[str, int, str]:
        """The first words of the article, the length of its text, and the date that stands in it."""
        self._end_paragraph()
        articles = [part for part in self._chars if part]
        best = max(articles or self._chars, key=lambda part: self._chars[part], default=None)
        if best is None:
            return "", 0, self._dates.get(1, "") if self._number == 1 else self._dates.get(0, "")
        return self._openings.get(best, ""), self._chars[best], self._dates.get(best, "")
