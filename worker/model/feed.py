"""Feed: a subscription, and what its polls have found."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from hashlib import blake2b

from msgspec import Struct


class FeedState(StrEnum):
    """Whether a feed is polled."""

    #: It is polled when it is due, whatever became of the last poll.
    ACTIVE = "active"
    #: The server said that it is gone for good (410), or the feed that it has expired.
    #: Only a person restarts it.
    STOPPED = "stopped"


class Feed(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A subscription.

    Attributes:
        feed_id: digest of the URL, 16 lower-case hexadecimal characters.
        url: as it was given, asked byte for byte. It may hold a secret.
        collection: where its items go.
        title: given by a person, else by the feed.
        state: whether it is polled.
        failure: name of the last poll's failure, "" when it was good.
        detail: one sentence on the failure.
        failures: polls that failed since the last good one.
        etag: validator of the newest stored answer, byte for byte.
        last_modified: likewise.
        body_digest: of the newest stored answer; an equal body needs no parsing.
        seen: digests of the entries of the newest stored answer, 16 characters each, run together.
        entries: number of entries in the newest stored answer.
        added_at: when a person or a program subscribed.
        last_attempt_at: when the last request was about to be sent.
        last_fetch_at: when the last good answer came.
        next_poll_at: when it is due, None when it is stopped.
        interval_seconds: the gap chosen at the last poll.
        permanent_url: where a permanent redirect last led, "" for none.
        validators_url: where the validators came from, "" when that is ``url``.
        ttl_minutes: hint of the newest parsed document (RSS ``ttl``).
        update_period: likewise, ``sy:updatePeriod``.
        update_frequency: likewise, ``sy:updateFrequency``.
        skip_hours: likewise, RSS ``skipHours``.
        skip_days: likewise, RSS ``skipDays``.
        rejected: entries of the newest parsed document that could not become items.
        refused: their digests, as in ``seen``; each of them has its dead letter.
        reader: who read the newest good document: ``lean``, ``feedparser`` or ``json-feed``.
        flags: what was mended in it, read around or cut.
    """

    feed_id: str
    url: str
    collection: str
    title: str = ""
    state: FeedState = FeedState.ACTIVE
    failure: str = ""
    detail: str = ""
    failures: int = 0
    etag: str = ""
    last_modified: str = ""
    body_digest: str = ""
    seen: str = ""
    entries: int = 0
    added_at: datetime
    last_attempt_at: datetime | None = None
    last_fetch_at: datetime | None = None
    next_poll_at: datetime | None = None
    interval_seconds: int = 0
    permanent_url: str = ""
    validators_url: str = ""
    ttl_minutes: int | None = None
    update_period: str = ""
    update_frequency: str = ""
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[str, ...] = ()
    rejected: int = 0
    refused: str = ""
    reader: str = ""
    flags: tuple[str, ...] = ()


def feed_id_of(url: str) -> str:
    """The id of the feed at a URL."""
    return blake2b(url.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
