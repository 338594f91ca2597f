"""The entries of a feed document: which of them are new or changed, and what becomes of each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import blake2b

import msgspec
from msgspec.structs import replace

from storyfold.errors import SourceError
from worker.flows.feed_secrets import without_secrets
from worker.flows.rejected import letters_of, normalize_each
from worker.model.entry import Entry
from worker.model.feed import Feed
from worker.model.item import Item
from worker.normalize.dates import parse_date
from worker.sources.parse.parsed_feed import ParsedFeed
from worker.store.dead import DeadLetter

_DIGEST_CHARACTERS = 16
_encoder = msgspec.msgpack.Encoder()


class TakenEntries(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a document's entries.

    Attributes:
        items: of the new and changed ones, old ones first.
        digests: of all entries, in document order.
        bad: digests of those new or changed ones that could not become items.
        still_bad: digests of all that could not, now or before.
        unusable: why the first of them could not, when no entry at all could; None else.
        is_news: at least one new or changed entry was usable, whatever the operator's rules say to it.
        letters: dead letters of those that have none yet.
        counts: what the document adds to the totals.
    """

    items: tuple[Item, ...]
    digests: list[str]
    bad: list[str]
    still_bad: list[str]
    unusable: SourceError | None
    is_news: bool
    letters: tuple[DeadLetter, ...]
    counts: dict[str, int]


def take_entries(
    feed: Feed, parsed: ParsedFeed, *, now: datetime, to_item: Callable[[Entry], Item], most: int | None = None
) -> TakenEntries:
    """Normalize the entries that are not known.

    Args:
        feed: its record, which knows the digests of the entries that it has seen.
        parsed: the document.
        now: for dead letters.
        to_item: normalizes an entry; SourceError for one that cannot become an item.
        most: so many items are taken, the newest; None for all.
    """
    entries = _newest_versions(without_secrets(parsed.entries, feed.url), feed.url)
    if feed.rules:  # part of the digest: who gives a feed other rules has its entries judged anew
        entries = [replace(entry, rules=feed.rules) for entry in entries]
    digests = [_entry_digest(entry) for entry in entries]
    seen, refused = split_digests(feed.seen), split_digests(feed.refused)
    fresh = [entry for entry, mark in zip(entries, digests, strict=True) if mark not in seen]
    taken, rejected, blocked = normalize_each(fresh, to_item)
    bad = [_entry_digest(each.entry) for each in rejected]
    new = [each for each, mark in zip(rejected, bad, strict=True) if mark not in refused]
    items = sorted((item for _, item in taken), key=_in_order)
    return TakenEntries(
        items=tuple(items if most is None else items[len(items) - min(most, len(items)) :]),
        digests=digests,
        bad=bad,
        still_bad=[mark for mark in digests if mark in bad or (mark in refused and mark in seen)],
        unusable=rejected[0].error if entries and len(rejected) == len(entries) else None,
        is_news=bool(taken or blocked),
        letters=letters_of(new, now=now),
        counts=_counts(parsed, len(new), len(blocked)),
    )


def split_digests(run: str) -> set[str]:
    """The digests of :attr:`Feed.seen` or :attr:`Feed.refused`."""
    return set(_each(run))


def joined_digests(run: str, more: list[str], most: int) -> str:
    """A run of digests with those of ``more`` that it lacks; the first ones give way when there are too many."""
    known = dict.fromkeys((*_each(run), *more))
    return "".join(list(known)[-most:])


def _each(run: str) -> list[str]:
    return [run[i : i + _DIGEST_CHARACTERS] for i in range(0, len(run), _DIGEST_CHARACTERS)]


def _counts(parsed: ParsedFeed, rejected: int, blocked: int) -> dict[str, int]:
    return {
        f"read_{parsed.reader.replace('-', '_')}": 1,
        "flagged": bool(parsed.flags),
        "skipped": parsed.skipped,
        "rejected": rejected,
        "blocked": blocked,
    }


def _in_order(item: Item) -> tuple[datetime, str]:
    """Old ones first, so that what the feed's order was makes no difference to the stories."""
    return (item.published_at, item.item_id)


def _newest_versions(entries: tuple[Entry, ...], feed_url: str) -> list[Entry]:
    """The entries under the feed's own URL, each GUID once: the version that was updated last.

    A redirect may move the document; the identity of its entries stays with the subscription.
    """
    newest: dict[str, Entry] = {}
    for number, entry in enumerate(entries):
        key = entry.guid or f"\0{number}"
        before = newest.get(key)
        if before is None or _stated_date(entry) > _stated_date(before):
            newest[key] = replace(entry, feed_url=feed_url)
    return list(newest.values())


def _stated_date(entry: Entry) -> datetime:
    return parse_date(entry.updated) or parse_date(entry.published) or datetime.min.replace(tzinfo=UTC)


def _entry_digest(entry: Entry) -> str:
    return blake2b(_encoder.encode(entry), digest_size=_DIGEST_CHARACTERS // 2).hexdigest()
