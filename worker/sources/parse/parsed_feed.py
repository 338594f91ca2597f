"""What a feed document holds, as any of the readers gives it.

The caps below bound what one document can cost further down the way. Whatever goes over a cap is
cut or left out, and :attr:`ParsedFeed.truncated` counts the places, so that nothing is lost in silence.
"""

from __future__ import annotations

from typing import Final, TypeVar

from msgspec import Struct

from worker.model.entry import Entry

T = TypeVar("T")

MAX_ENTRIES: Final = 10_000
"""Entries of one document; those after it are left out and counted."""

MAX_TITLE_CHARS: Final = 2_000
"""A longer title, label or name is cut."""

MAX_TEXT_CHARS: Final = 1_000_000
"""A longer summary or content is cut."""

MAX_ADDRESS_CHARS: Final = 4_096
"""A longer address or guid is dropped: half an address names something else."""

MAX_MEDIA: Final = 100
"""Declared files of one entry."""

MAX_CATEGORIES: Final = 100
"""Labels of one entry."""


class ParsedFeed(Struct, frozen=True, kw_only=True):
    """One feed document.

    Attributes:
        title: the feed's own name, as published.
        site_url: the page that the feed belongs to, as published, possibly relative.
        language: BCP 47 tag as stated, "" when not.
        entries: in document order, at most ``MAX_ENTRIES``.
        reader: who read it: ``xml``, ``feedparser`` or ``jsonfeed``.
        ill_formed: the bytes break their format and were mended or read around.
        fault: the first complaint about the document, "" when there is none.
        skipped: entries left out because they hold nothing to know them by (no guid, link, title or text);
            for JSON Feed, those without id (JSON Feed 1.1, "Items").
        truncated: values and entries that were cut or dropped by a cap of this module.
        ttl_minutes: RSS ``ttl``: how long the document may be cached.
        skip_hours: RSS ``skipHours``: hours, 0-23 in UTC, in which not to poll.
        skip_days: RSS ``skipDays``: English names of days in UTC.
        update_period: ``sy:updatePeriod`` as published: ``hourly``, ``daily``, ...
        update_frequency: ``sy:updateFrequency`` as published: times a period.
        hub_url: WebSub hub, as published.
        self_url: the address that the feed gives itself; the topic of a WebSub subscription.
        next_url: next page of the feed (RFC 5005 ``next``, else ``prev-archive``; JSON Feed ``next_url``).
        expired: the feed says that it will never change again (JSON Feed ``expired``).
    """

    title: str = ""
    site_url: str = ""
    language: str = ""
    entries: tuple[Entry, ...] = ()
    reader: str
    ill_formed: bool = False
    fault: str = ""
    skipped: int = 0
    truncated: int = 0
    ttl_minutes: int | None = None
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[str, ...] = ()
    update_period: str = ""
    update_frequency: str = ""
    hub_url: str = ""
    self_url: str = ""
    next_url: str = ""
    expired: bool = False


class Caps:
    """Applies the caps and counts where they bit. One object for each document."""

    def __init__(self) -> None:
        self.truncated = 0

    def _cut(self, text: str, limit: int) -> str:
        if len(text) <= limit:
            return text
        self.truncated += 1
        return text[:limit]

    def title(self, text: str) -> str:
        """Title, label or name."""
        return self._cut(text, MAX_TITLE_CHARS)

    def text(self, text: str) -> str:
        """Summary or content."""
        return self._cut(text, MAX_TEXT_CHARS)

    def address(self, text: str) -> str:
        """Address or guid: whole, or nothing."""
        if len(text) <= MAX_ADDRESS_CHARS:
            return text
        self.truncated += 1
        return ""

    def items(self, values: list[T], limit: int) -> list[T]:
        """The first ``limit`` of the values."""
        if len(values) <= limit:
            return values
        self.truncated += len(values) - limit
        return values[:limit]
