"""What a feed document holds, as any of the readers gives it."""

from __future__ import annotations

from msgspec import Struct

from worker.model.entry import Entry
from worker.sources.parse.caps import Flag

__all__ = ["ParsedFeed"]


class ParsedFeed(Struct, frozen=True, kw_only=True):
    """One feed document.

    Attributes:
        title: the feed's own name, as published.
        site_url: the page that the feed belongs to, as published, possibly relative.
        language: BCP 47 tag as stated, "" when not.
        entries: in document order, at most ``MAX_ENTRIES``.
        reader: who read it: ``lean``, ``feedparser`` or ``json-feed``; the rule is that of
            :mod:`worker.sources.parse.feed_document`.
        flags: what was mended, read around or cut; each name once, in alphabetical order.
        ill_formed: the bytes break their format and were mended or read around.
        fault: the first complaint about the document, "" when there is none.
        skipped: entries set aside because they hold nothing to know them by (no guid, link, title or text) or
            could not be read; for JSON Feed, those without id (JSON Feed 1.1, "Items").
        truncated: values and entries that were cut or dropped by a cap of :mod:`worker.sources.parse.caps`.
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
    flags: tuple[Flag, ...] = ()
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
