"""The outcome of one poll, decided from what was fetched: pure but for the parser's work."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import blake2b

import msgspec
from msgspec.structs import replace

from storyfold.errors import FetchError, SourceError
from worker.flows.rejected import letters_of, normalize_each
from worker.model.entry import Entry
from worker.model.feed import Feed, FeedState
from worker.model.item import Item
from worker.normalize.dates import parse_date
from worker.sources.fetch.exchange import FetchResult
from worker.sources.parse.feed_document import parse_feed
from worker.sources.parse.parsed_feed import ParsedFeed
from worker.sources.schedule.pacing import PacingBounds, PacingState, next_poll_at
from worker.sources.schedule.poll_hints import PollHints
from worker.store.feeds import Polled

_DIGEST_CHARACTERS = 16
_encoder = msgspec.msgpack.Encoder()


class PollRules(msgspec.Struct, frozen=True, kw_only=True):
    """What the operator chose for polls.

    Attributes:
        bounds: of the interval.
        first_poll: how many entries of a new feed are published, the newest first; None for all.
    """

    bounds: PacingBounds
    first_poll: int | None = None


def fetched(
    feed: Feed,
    result: FetchResult,
    *,
    now: datetime,
    jitter: float,
    rules: PollRules,
    to_item: Callable[[Entry], Item],
) -> Polled:
    """The outcome of an answer.

    Validators are taken over with the items of their body, and from no answer that could not be read.

    Args:
        feed: its record before the poll.
        result: the answer.
        now: when it came.
        jitter: random number from 0 to 1.
        rules: of the operator.
        to_item: normalizes an entry; SourceError for one that cannot become an item.
    """
    if result.status == 304:
        return _scheduled(_with_validators(feed, result, keep=True), result, "", now, jitter, rules)
    digest = blake2b(result.body, digest_size=16).hexdigest()
    if digest == feed.body_digest:
        return _scheduled(_with_validators(feed, result), result, "", now, jitter, rules)
    try:
        parsed = parse_feed(
            result.body,
            feed_url=result.final_url,
            content_type=result.content_type,
            content_location=result.content_location,
        )
    except SourceError as error:
        return failed(feed, error, now=now, jitter=jitter, rules=rules)
    return _read(feed, result, parsed, digest, now, jitter, rules, to_item)


def failed(feed: Feed, error: FetchError | SourceError, *, now: datetime, jitter: float, rules: PollRules) -> Polled:
    """The outcome of a poll that failed: its name, and when to try again. Validators stay as they were."""
    retry_after = error.retry_after_seconds if isinstance(error, FetchError) else None
    hints = replace(_hints(feed, None), retry_after_seconds=retry_after)
    named = replace(feed, failure=error.failure, detail=error.detail)
    return _schedule(named, hints, error.failure, now, jitter, rules)


def _read(
    feed: Feed,
    result: FetchResult,
    parsed: ParsedFeed,
    digest: str,
    now: datetime,
    jitter: float,
    rules: PollRules,
    to_item: Callable[[Entry], Item],
) -> Polled:
    entries = _newest_versions(parsed.entries, feed.url)
    digests = [_entry_digest(entry) for entry in entries]
    seen = _split(feed.seen)
    fresh = [entry for entry, mark in zip(entries, digests, strict=True) if mark not in seen]
    taken, rejected, blocked = normalize_each(fresh, to_item)
    items = [item for _, item in taken]
    refused = _split(feed.refused)
    bad = [_entry_digest(each.entry) for each in rejected]
    new = [each for each, mark in zip(rejected, bad, strict=True) if mark not in refused]
    letters, counts = letters_of(new, now=now), _counts(parsed, len(new), len(blocked))
    if entries and len(rejected) == len(entries):
        # Nothing of this answer is taken over but which entries have their letters, so that the next poll sends none.
        marked = replace(feed, refused="".join(bad))
        polled = failed(marked, rejected[0].error, now=now, jitter=jitter, rules=rules)
        return replace(polled, letters=letters, counts=counts)
    if feed.last_fetch_at is None and rules.first_poll is not None:
        items = sorted(items, key=_in_order)[len(items) - min(rules.first_poll, len(items)) :]
    still_bad = [mark for mark in digests if mark in bad or (mark in refused and mark in seen)]
    known = replace(
        _with_validators(feed, result),
        title=feed.title or parsed.title,
        body_digest=digest,
        seen="".join(digests),
        entries=len(entries),
        rejected=len(still_bad),
        refused="".join(still_bad),
        reader=parsed.reader,
        flags=tuple(map(str, parsed.flags)),
        ttl_minutes=parsed.ttl_minutes,
        update_period=parsed.update_period,
        update_frequency=parsed.update_frequency,
        skip_hours=parsed.skip_hours,
        skip_days=parsed.skip_days,
        state=FeedState.STOPPED if parsed.expired else feed.state,
    )
    polled = _scheduled(known, result, "", now, jitter, rules)
    return replace(polled, items=tuple(sorted(items, key=_in_order)), letters=letters, counts=counts)


def _counts(parsed: ParsedFeed, rejected: int, blocked: int) -> dict[str, int]:
    """What a document that was read adds to the totals."""
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


def _split(seen: str) -> set[str]:
    return {seen[i : i + _DIGEST_CHARACTERS] for i in range(0, len(seen), _DIGEST_CHARACTERS)}


def _with_validators(feed: Feed, result: FetchResult, *, keep: bool = False) -> Feed:
    """The validators of this answer; those of an older one never mix in, but a 304 without any keeps them
    (RFC 9111 section 4.3.4)."""
    if keep and not (result.etag or result.last_modified):
        return feed
    etag = result.etag or (feed.etag if keep else "")
    last_modified = result.last_modified or (feed.last_modified if keep else "")
    validators_url = "" if result.final_url == feed.url else result.final_url
    return replace(feed, etag=etag, last_modified=last_modified, validators_url=validators_url)


def _hints(feed: Feed, result: FetchResult | None) -> PollHints:
    return PollHints(
        has_validators=bool(feed.etag or feed.last_modified),
        cache_control=result.cache_control if result else "",
        expires=result.expires if result else "",
        date=result.date if result else "",
        age=result.age if result else "",
        ttl_minutes=feed.ttl_minutes,
        update_period=feed.update_period,
        update_frequency=feed.update_frequency,
        skip_hours=feed.skip_hours,
        skip_days=feed.skip_days,
    )


def _scheduled(
    feed: Feed, result: FetchResult, failure: str, now: datetime, jitter: float, rules: PollRules
) -> Polled:
    good = replace(feed, failure="", detail="", last_fetch_at=now, moved_url=result.permanent_url)
    return _schedule(good, _hints(good, result), failure, now, jitter, rules)


def _schedule(feed: Feed, hints: PollHints, failure: str, now: datetime, jitter: float, rules: PollRules) -> Polled:
    state = PacingState(consecutive_failures=feed.failures)
    plan = next_poll_at(now=now, failure=failure, state=state, hints=hints, bounds=rules.bounds, jitter=jitter)
    stopped = plan.due_at is None or feed.state is FeedState.STOPPED
    scheduled = replace(
        feed,
        state=FeedState.STOPPED if stopped else FeedState.ACTIVE,
        next_poll_at=None if stopped else plan.due_at,
        interval_seconds=plan.interval_seconds,
        failures=plan.consecutive_failures,
    )
    return Polled(feed=scheduled)
