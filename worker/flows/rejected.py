"""Rejected entries: those that cannot become items, each with its failure's name and its source kept for a look.

A rejected entry becomes a dead letter of the group ``normalize``. Its ``error`` is the failure (``no-link``,
``no-title``, ...; ``internal`` for a fault of ours), its ``origin`` where the entry came from and what it calls
itself, its ``payload`` the entry as JSON. Secrets of the feed's address are taken out of all of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import msgspec
import structlog

from storyfold.errors import BlockedError, RetryableError, SourceError
from worker.model.entry import Entry
from worker.model.item import Item
from worker.sources.fetch.web_address import keys_in_path, public_text, public_url
from worker.store.dead import DeadLetter

GROUP = "normalize"
MAX_LETTERS = 20
"""Of one poll or file; those after it are only counted."""
MAX_PAYLOAD_CHARACTERS = 20_000
MAX_ORIGIN_CHARACTERS = 500
MAX_DETAIL_CHARACTERS = 1_000
_TEXT_LIMITS = (MAX_PAYLOAD_CHARACTERS, 4_000, 1_000, 200, 50)
_VALUES_A_TEXT_LIMIT = 50
MIN_SECRET_CHARACTERS = 6
"""A shorter value of a query is hardly a secret, and taking it out would spoil the words of the entry."""

log = structlog.get_logger()


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that cannot become an item, with the reason."""

    entry: Entry
    error: SourceError


class Normalized(NamedTuple):
    """Entries after normalizing, each list in their order.

    Attributes:
        taken: those that became items, each with its item.
        rejected: those that cannot become items.
        blocked: those that a rule of the operator blocks; nothing is wrong with them.
    """

    taken: list[tuple[Entry, Item]]
    rejected: list[Rejected]
    blocked: list[BlockedError]


def normalize_each(entries: Iterable[Entry], to_item: Callable[[Entry], Item]) -> Normalized:
    """Normalize entries, each by itself: what is wrong with one is no matter to the others.

    Raises:
        RetryableError: as from ``to_item``; no fault of an entry.
    """
    taken: list[tuple[Entry, Item]] = []
    rejected: list[Rejected] = []
    blocked: list[BlockedError] = []
    for entry in entries:
        try:
            taken.append((entry, to_item(entry)))
        except BlockedError as block:
            blocked.append(block)
        except SourceError as refusal:
            rejected.append(Rejected(entry=entry, error=refusal))
        except RetryableError:
            raise
        except Exception as fault:  # the boundary of one entry: its fault is named, the others go on
            log.exception("entry given up", feed_url=public_url(entry.feed_url))
            error = SourceError("internal", public_text(f"{type(fault).__name__}: {fault}"))
            rejected.append(Rejected(entry=entry, error=error))
    return Normalized(taken, rejected, blocked)


def letters_of(rejected: Sequence[Rejected], *, now: datetime, origin: str = "") -> tuple[DeadLetter, ...]:
    """The dead letters of rejected entries, at most 20.

    Args:
        rejected: in the order of their source.
        now: our clock.
        origin: names what the entries came in where they have no feed: a file.
    """
    return tuple(_letter(each, now, origin) for each in rejected[:MAX_LETTERS])


def _letter(rejected: Rejected, now: datetime, origin: str) -> DeadLetter:
    entry, error = rejected.entry, rejected.error
    where = public_url(entry.feed_url) or origin or str(entry.source)
    named = entry.guid or entry.link or entry.title
    hide = _hiding(entry.feed_url)
    shown = msgspec.structs.replace(entry, feed_url=public_url(entry.feed_url))
    return DeadLetter(
        origin=hide(_sound(f"{where} {named}".rstrip()))[:MAX_ORIGIN_CHARACTERS],
        group=GROUP,
        error=error.failure,
        detail=hide(_sound(error.detail))[:MAX_DETAIL_CHARACTERS],
        first_at=now,
        last_at=now,
        payload=hide(_as_json(shown))[:MAX_PAYLOAD_CHARACTERS],
    )


def _as_json(entry: Entry) -> str:
    """The entry as JSON without what it lacks; its texts are cut and its lists shortened until it fits."""
    values = {name: value for name, value in msgspec.to_builtins(entry).items() if value or value is False}
    text = ""
    for limit in _TEXT_LIMITS:
        text = msgspec.json.encode(_cut(values, limit)).decode()
        if len(text) <= MAX_PAYLOAD_CHARACTERS:
            break
    return text


def _cut(value: object, limit: int) -> object:
    if isinstance(value, str):
        return _sound(value[:limit])
    if isinstance(value, dict):
        return {_sound(str(name)): _cut(each, limit) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_cut(each, limit) for each in value[: max(limit // _VALUES_A_TEXT_LIMIT, 1)]]
    return value


def _sound(text: str) -> str:
    """The text without lone surrogates, which UTF-8 has no bytes for."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _hiding(feed_url: str) -> Callable[[str], str]:
    """Takes the secrets of a feed's address out of a text: user, password, query, each longer value of the query, and
    what looks like a key in its path."""
    secrets = sorted(_secrets(feed_url), key=len, reverse=True)
    if not secrets:
        return lambda text: text
    pattern = re.compile("|".join(map(re.escape, secrets)))
    return lambda text: pattern.sub("***", text)


def _secrets(feed_url: str) -> set[str]:
    try:
        parts = urlsplit(feed_url)
    except ValueError:
        return {feed_url}
    query_values = (pair.partition("=")[2] for pair in re.split("[&;]", parts.query))
    values = {parts.query, *parts.netloc.rpartition("@")[0].split(":"), *query_values, *keys_in_path(feed_url)}
    values |= {unquote(value) for value in values} | {value.replace("&", "&amp;") for value in values}
    return {value for value in values if len(value) >= MIN_SECRET_CHARACTERS}
