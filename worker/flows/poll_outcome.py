"""The outcome of one poll, decided from what was fetched: pure but for the parser's work."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from hashlib import blake2b

from msgspec.structs import replace

from storyfold.errors import FetchError, SourceError
from worker.flows.poll_entries import TakenEntries, joined_digests, take_entries
from worker.flows.poll_record import (
    MAX_DETAIL_CHARACTERS,
    RESTART,
    PollRules,
    after_failure,
    after_success,
    restarted,
    stopped,
    with_news,
)
from worker.model.entry import Entry
from worker.model.feed import Feed, FeedState, FetchRecord
from worker.model.item import Item
from worker.sources.fetch.exchange import FetchResult
from worker.sources.page.challenge import is_challenge
from worker.sources.parse.feed_document import parse_feed
from worker.sources.parse.parsed_feed import ParsedFeed
from worker.sources.websub.discovery import hub_and_topic
from worker.store.polled import Polled

__all__ = ["PollRules", "failed", "fetched", "pushed", "restarted"]

MAX_PUSHED_DIGESTS = 5_000
"""Of a feed that is pushed more between two polls the oldest are forgotten; such an entry is compared once more."""

ToItem = Callable[[Entry], Item]


def fetched(
    feed: Feed, result: FetchResult, *, now: datetime, jitter: float, rules: PollRules, to_item: ToItem
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
        if feed.etag or feed.last_modified:
            return after_success(feed, result, now=now, jitter=jitter, rules=rules)
        unasked = FetchError("http-304", "304 to a request without validators")
        return _unusable(feed, unasked, result, now, jitter, rules)
    digest = blake2b(result.body, digest_size=16).hexdigest()
    if digest == feed.body_digest:
        return after_success(_with_hub(feed, result, None), result, now=now, jitter=jitter, rules=rules)
    try:
        parsed = parse_feed(
            result.body,
            feed_url=result.final_url,
            content_type=result.content_type,
            content_location=result.content_location,
        )
        _check_something_read(parsed)
    except SourceError as error:
        return _unusable(feed, _named(error, result), result, now, jitter, rules)
    return _read(feed, result, parsed, digest, now, jitter, rules, to_item)


def failed(feed: Feed, error: FetchError | SourceError, *, now: datetime, jitter: float, rules: PollRules) -> Polled:
    """The outcome of a poll without an answer that can be used: its name, and when to try again."""
    return _unusable(feed, error, None, now, jitter, rules)


def pushed(feed: Feed, body: bytes, content_type: str, *, now: datetime, rules: PollRules, to_item: ToItem) -> Polled:
    """The outcome of a delivery by WebSub: items, and what the feed's record knows of them.

    Validators, schedule and failures stay as the polls left them, and the next poll looks at all entries again. A
    delivery that is no feed leaves nothing but its line in the list of the last requests.

    Args:
        feed: its record.
        body: as it came, its signature verified.
        content_type: header of the delivery.
        now: when it came.
        rules: of the operator.
        to_item: as for :func:`fetched`.
    """
    record = FetchRecord(at=now, outcome="push", body_bytes=len(body))
    try:
        parsed = parse_feed(body, feed_url=feed.topic_url or feed.asked_url or feed.url, content_type=content_type)
    except SourceError as error:
        detail = f"a delivery that is no feed: {error.detail}"[:MAX_DETAIL_CHARACTERS]
        return Polled(feed=feed, record=replace(record, outcome=error.failure, detail=detail))
    taken = take_entries(feed, parsed, now=now, to_item=to_item, most=_most_items(feed, rules))
    news = with_news(feed, now) if taken.is_news else feed
    after = replace(
        news,
        seen=joined_digests(feed.seen, [mark for mark in taken.digests if mark not in taken.bad], MAX_PUSHED_DIGESTS),
        refused=joined_digests(feed.refused, taken.bad, MAX_PUSHED_DIGESTS),
    )
    record = replace(record, new=len(taken.items))
    return Polled(feed=after, items=taken.items, letters=taken.letters, counts=taken.counts, record=record)


def _read(
    feed: Feed,
    result: FetchResult,
    parsed: ParsedFeed,
    digest: str,
    now: datetime,
    jitter: float,
    rules: PollRules,
    to_item: ToItem,
) -> Polled:
    taken = take_entries(feed, parsed, now=now, to_item=to_item, most=_most_items(feed, rules))
    if taken.unusable is not None:
        # Nothing of this answer is taken over but which entries have their letters, so that the next poll sends none.
        marked = replace(feed, refused="".join(taken.bad))
        polled = _unusable(marked, taken.unusable, result, now, jitter, rules)
        return replace(polled, letters=taken.letters, counts=taken.counts)
    known = _with_document(_with_hub(feed, result, parsed), parsed, taken, digest)
    if taken.is_news and feed.last_fetch_at is not None:
        known = with_news(known, now)
    if parsed.expired and feed.state is not FeedState.STOPPED:
        known = stopped(known, f"the feed says that it will never change again (expired); {RESTART}", now)
    polled = after_success(known, result, now=now, jitter=jitter, rules=rules)
    record = replace(polled.record, new=len(taken.items)) if polled.record else None
    return replace(polled, items=taken.items, letters=taken.letters, counts=taken.counts, record=record)


def _check_something_read(parsed: ParsedFeed) -> None:
    """Refuse a broken document without entries: it has lost them, and its validators would keep them from coming."""
    if parsed.ill_formed and not parsed.entries and not parsed.skipped:
        raise SourceError("ill-formed", f"no entry could be read: {parsed.fault or 'the document is broken'}")


def _with_document(feed: Feed, parsed: ParsedFeed, taken: TakenEntries, digest: str) -> Feed:
    """The record with what the newest good document says."""
    return replace(
        feed,
        title=feed.title or parsed.title,
        body_digest=digest,
        seen="".join(taken.digests),
        entries=len(taken.digests),
        rejected=len(taken.still_bad),
        refused="".join(taken.still_bad),
        reader=parsed.reader,
        flags=tuple(map(str, parsed.flags)),
        ttl_minutes=parsed.ttl_minutes,
        update_period=parsed.update_period,
        update_frequency=parsed.update_frequency,
        skip_hours=parsed.skip_hours,
        skip_days=parsed.skip_days,
    )


def _with_hub(feed: Feed, result: FetchResult, parsed: ParsedFeed | None) -> Feed:
    """The record with the hub and topic that an answer names; without ``parsed`` its body is the known one."""
    if parsed is None and not result.link:
        return feed
    body_hub, body_self = (parsed.hub_url, parsed.self_url) if parsed else (feed.hub_url, feed.topic_url)
    hub_url, topic_url = hub_and_topic(result.link, result.final_url, body_hub, body_self)
    return replace(feed, hub_url=hub_url, topic_url=topic_url)


def _most_items(feed: Feed, rules: PollRules) -> int | None:
    return rules.first_poll if feed.last_fetch_at is None else None


def _named(error: SourceError, result: FetchResult) -> SourceError:
    """The failure under the name of a challenge, when that is what stands in the feed's place."""
    if error.failure not in ("not-a-feed", "ill-formed"):
        return error
    if not is_challenge(result.body, url=result.final_url, content_type=result.content_type):
        return error
    return SourceError("challenge", "the site shows a challenge, a consent page or a refusal in place of the feed")


def _unusable(
    feed: Feed,
    error: FetchError | SourceError,
    result: FetchResult | None,
    now: datetime,
    jitter: float,
    rules: PollRules,
) -> Polled:
    return after_failure(
        feed,
        error.failure,
        error.detail,
        retry_after_seconds=error.retry_after_seconds if isinstance(error, FetchError) else None,
        result=result,
        now=now,
        jitter=jitter,
        rules=rules,
    )
