"""The outcome of a poll, as it is stored: all of it in one step."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from worker.model.feed import Feed, FeedState, FetchRecord
from worker.model.item import Item
from worker.store.dead import DeadLetter, letter_fields

FETCHES_KEPT = 20
STALE = -2
"""Reply of the script: a person has changed the feed's settings meanwhile."""

_encoder = msgspec.json.Encoder()


class Polled(msgspec.Struct, frozen=True, kw_only=True):
    """What a poll leaves to be stored.

    Attributes:
        feed: the new record, validators and due time in it.
        items: new or changed items, in the order in which they shall be folded.
        letters: for new or changed entries that could not become items.
        counts: what it adds to the collection's running totals, by name.
        record: of the request, for the feed's list; None when there was none.
        due_at: when the schedule hands the feed out when that is not its record's own time, as for a feed that
            several collections follow; None for the record's.
    """

    feed: Feed
    items: tuple[Item, ...] = ()
    letters: tuple[DeadLetter, ...] = ()
    counts: dict[str, int] = {}
    record: FetchRecord | None = None
    due_at: datetime | None = None


def finish_arguments(poll: Polled) -> list[Any]:
    """What the script finish_poll is given of an outcome."""
    feed = poll.feed
    due: Any = due_time(feed)
    if due != "" and poll.due_at is not None:
        due = poll.due_at.timestamp()
    letters = msgspec.msgpack.encode([_flat(letter) for letter in poll.letters]) if poll.letters else ""
    record = _encoder.encode(poll.record) if poll.record else ""
    items = (_encoder.encode(item) for item in poll.items)
    return [feed.feed_id, _encoder.encode(feed), due, letters, record, FETCHES_KEPT, feed.settings_revision, *items]


def due_time(feed: Feed) -> float | str:
    """Of a feed's own record; "" when it is not polled."""
    stopped = feed.state is FeedState.STOPPED or feed.next_poll_at is None
    return "" if stopped or feed.next_poll_at is None else feed.next_poll_at.timestamp()


def _flat(letter: DeadLetter) -> list[str]:
    return [text for pair in letter_fields(letter).items() for text in pair]


def with_settings(poll: Polled, chosen: Feed) -> Polled:
    """The outcome of a poll with what a person has chosen for its feed meanwhile, as the stored record has it."""
    feed = replace(
        poll.feed,
        title=chosen.title or poll.feed.title,
        site_url=chosen.site_url,
        own_interval_seconds=chosen.own_interval_seconds,
        credential=chosen.credential,
        rules=chosen.rules,
        folder=chosen.folder,
        settings_revision=chosen.settings_revision,
    )
    return replace(poll, feed=feed)
