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


class FeedNote(Struct, frozen=True, kw_only=True):
    """Something that happened to a subscription and that its owner should know.

    Attributes:
        at: when.
        kind: ``moved``, ``returned``, ``stopped``, ``restarted``, ``pushed`` (WebSub holds), ``not-pushed``.
        detail: one sentence, without secrets.
    """

    at: datetime
    kind: str
    detail: str


class FetchRecord(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One request for a feed, as its list of the last ones keeps it.

    Attributes:
        at: when the answer came, or the failure.
        outcome: ``200``, ``304``, ``push`` for a delivery by WebSub, or the name of the failure.
        url: where the answer came from when that is not the feed's own URL, without secrets.
        new: items that were new or changed.
        body_bytes: decoded.
        milliseconds: from the first lookup to the last byte, 0 when no answer came whole.
        detail: of a failure, one sentence; of a good answer, what is to be known of its way.
    """

    at: datetime
    outcome: str
    url: str = ""
    new: int = 0
    body_bytes: int = 0
    milliseconds: int = 0
    detail: str = ""


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
        asked_url: where polls go in place of ``url``: a permanent redirect that was confirmed; "" for ``url``.
        moved_url: where the permanent redirects of the last good answers led, "" for none.
        moved_times: good answers in a row that came by it.
        validators_url: where the validators came from, "" when that is the address that is asked.
        ttl_minutes: hint of the newest parsed document (RSS ``ttl``).
        update_period: likewise, ``sy:updatePeriod``.
        update_frequency: likewise, ``sy:updateFrequency``.
        skip_hours: likewise, RSS ``skipHours``.
        skip_days: likewise, RSS ``skipDays``.
        rejected: entries of the newest parsed document that could not become items.
        refused: their digests, as in ``seen``; each of them has its dead letter.
        reader: who read the newest good document: ``lean``, ``feedparser`` or ``json-feed``.
        flags: what was mended in it, read around or cut.
        site_url: the page that the feed belongs to, "" when not known.
        settings_revision: how often a person has changed the record. A poll that was under way then takes over what
            was chosen.
        folder: names of the folders in which a list had it, joined by ``/``; kept for the next list.
        first_fetch_at: when the first good answer came.
        last_new_at: when a poll after the first one, or a push, last brought a new or changed entry.
        rhythm_seconds: learned gap between polls that bring something, 0 as long as it is not known.
        rhythm_gaps: how many gaps it was learned from; counted up to a small number.
        not_modified_since: since when each good answer was a 304.
        fresh_seconds: for how long the newest stored answer said that it stays fresh, a week at most.
        body_bytes: size of the newest stored body, decoded.
        requests: polls, ever, whatever became of them.
        not_modified: of them, those that were answered with 304.
        saved_bytes: bodies that a 304 spared, together.
        refusals: polls that the server refused: 401, 403, 429, 503, a page for browsers.
        faults: polls that failed in another way.
        notes: the last ones, the newest first.
        hub_url: WebSub hub of the newest answer, "" for none.
        topic_url: what to subscribe to at the hub.
        pushed_until: end of the lease of a WebSub subscription that holds.
        own_interval_seconds: the usual gap that a person set for this feed, 0 for the setting's.
        credential: name of the credential that is sent, "" for none.
        rules: names of rules that hold for this feed because it names them.
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
    asked_url: str = ""
    moved_url: str = ""
    moved_times: int = 0
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
    site_url: str = ""
    first_fetch_at: datetime | None = None
    last_new_at: datetime | None = None
    rhythm_seconds: int = 0
    rhythm_gaps: int = 0
    not_modified_since: datetime | None = None
    fresh_seconds: int = 0
    body_bytes: int = 0
    requests: int = 0
    not_modified: int = 0
    saved_bytes: int = 0
    refusals: int = 0
    faults: int = 0
    notes: tuple[FeedNote, ...] = ()
    hub_url: str = ""
    topic_url: str = ""
    pushed_until: datetime | None = None
    own_interval_seconds: int = 0
    credential: str = ""
    rules: tuple[str, ...] = ()
    folder: str = ""
    settings_revision: int = 0


def feed_id_of(url: str) -> str:
    """The id of the feed at a URL."""
    return blake2b(url.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
