"""What a poll leaves on its feed's record: place, counters, rhythm, notes, schedule, and its line in the list of the
last requests. Each poll makes one new record, because an answer of 304 has to cost little."""

from __future__ import annotations

from datetime import datetime

import msgspec
from msgspec.structs import replace

from worker.model.failures import is_refusal
from worker.model.feed import Feed, FeedNote, FeedState, FetchRecord
from worker.sources.fetch.exchange import FetchResult
from worker.sources.fetch.web_address import public_url
from worker.sources.schedule.moved import Place, place_after_failure, place_after_success, validators_url_at
from worker.sources.schedule.pacing import DAY_SECONDS, NextPoll, PacingBounds, PacingState, next_poll_at
from worker.sources.schedule.poll_hints import PollHints, freshness_seconds
from worker.sources.schedule.rhythm import rhythm_wait_seconds, rhythm_with
from worker.store.polled import Polled

NOTES_KEPT = 10
MAX_FRESH_SECONDS = 7 * DAY_SECONDS
MAX_DETAIL_CHARACTERS = 300
INSECURE = "a redirect led from https to http; the address is not remembered"
_AT_HOME = Place()
RESTART = "`storyfold feeds refresh URL` asks once more"


class PollRules(msgspec.Struct, frozen=True, kw_only=True):
    """What the operator chose for polls.

    Attributes:
        bounds: of the interval.
        first_poll: how many entries of a new feed are published, the newest first; None for all.
    """

    bounds: PacingBounds
    first_poll: int | None = None


def after_success(feed: Feed, result: FetchResult, *, now: datetime, jitter: float, rules: PollRules) -> Polled:
    """The record after a good answer.

    Args:
        feed: its record, with what the document says already in it.
        result: the answer.
        now: when it came.
        jitter: random number from 0 to 1.
        rules: of the operator.
    """
    is_same = result.status == 304
    asked = feed.asked_url or feed.url
    place = place_after_success(feed, result.permanent_url, now) if result.permanent_url else _stay(feed)
    etag, last_modified, given_by = _validators(feed, result, asked)
    hints = _success_hints(feed, result, bool(etag or last_modified))
    plan = _plan(feed, hints, "", now, jitter, rules)
    stopped = feed.state is FeedState.STOPPED
    after = replace(
        feed,
        failure="",
        detail="",
        failures=0,
        etag=etag,
        last_modified=last_modified,
        validators_url=validators_url_at(given_by, place.asked_url or feed.url),
        last_fetch_at=now,
        first_fetch_at=feed.first_fetch_at or now,
        next_poll_at=None if stopped else plan.due_at,
        interval_seconds=plan.interval_seconds,
        asked_url=place.asked_url,
        moved_url=place.moved_url,
        moved_times=place.moved_times,
        fresh_seconds=min(int(freshness_seconds(hints, now)), MAX_FRESH_SECONDS),
        not_modified_since=(feed.not_modified_since or now) if is_same else None,
        requests=feed.requests + 1,
        not_modified=feed.not_modified + is_same,
        saved_bytes=feed.saved_bytes + (feed.body_bytes if is_same else 0),
        body_bytes=feed.body_bytes if is_same else len(result.body),
        notes=with_note(feed, place.note) if place.note else feed.notes,
    )
    return Polled(feed=after, record=_answered(feed, result, str(result.status), now))


def after_failure(
    feed: Feed,
    failure: str,
    detail: str,
    *,
    retry_after_seconds: float | None,
    result: FetchResult | None,
    now: datetime,
    jitter: float,
    rules: PollRules,
) -> Polled:
    """The record after a failure. Validators stay as they were; 410 stops the feed.

    Args:
        feed: its record before.
        failure: the failure's name.
        detail: one sentence.
        retry_after_seconds: what the server asked for, None if it did not.
        result: the answer, when one came and could not be used.
        now: when it failed.
        jitter: random number from 0 to 1.
        rules: of the operator.
    """
    hints = PollHints(skip_hours=feed.skip_hours, skip_days=feed.skip_days, retry_after_seconds=retry_after_seconds)
    plan = _plan(feed, hints, failure, now, jitter, rules)
    is_gone = plan.due_at is None
    place = _stay(feed) if is_gone else place_after_failure(feed, plan.consecutive_failures, now)
    refused = is_refusal(failure)
    after = replace(
        feed,
        failure=failure,
        detail=detail,
        failures=plan.consecutive_failures,
        validators_url=_kept_validators_url(feed, place),
        next_poll_at=None if feed.state is FeedState.STOPPED else plan.due_at,
        interval_seconds=plan.interval_seconds,
        asked_url=place.asked_url,
        moved_url="",
        moved_times=0,
        requests=feed.requests + 1,
        refusals=feed.refusals + refused,
        faults=feed.faults + (not refused),
        notes=with_note(feed, place.note) if place.note else feed.notes,
    )
    if is_gone and feed.state is not FeedState.STOPPED:
        after = stopped(after, f"the server says that it is gone for good (410); {RESTART}", now)
    detail = detail[:MAX_DETAIL_CHARACTERS]
    if result is not None:
        return Polled(feed=after, record=replace(_answered(feed, result, failure, now), detail=detail))
    return Polled(feed=after, record=FetchRecord(at=now, outcome=failure, detail=detail))


def with_news(feed: Feed, now: datetime) -> Feed:
    """The record of a feed that has brought something now: when, and what that says about its rhythm."""
    rhythm_seconds, rhythm_gaps = rhythm_with(feed, now)
    return replace(
        feed, last_new_at=now, rhythm_seconds=rhythm_seconds, rhythm_gaps=rhythm_gaps, not_modified_since=None
    )


def stopped(feed: Feed, reason: str, now: datetime) -> Feed:
    """The record of a feed that is asked no more, with a note."""
    note = FeedNote(at=now, kind="stopped", detail=reason)
    return replace(feed, state=FeedState.STOPPED, next_poll_at=None, notes=with_note(feed, note))


def restarted(feed: Feed, now: datetime) -> Feed:
    """The record of a feed whose poll a person asks for: due now, and active again if it was stopped.

    What was stopped begins anew at its own URL.
    """
    if feed.state is not FeedState.STOPPED:
        return replace(feed, next_poll_at=now)
    note = FeedNote(at=now, kind="restarted", detail="a person asked for it")
    return replace(
        feed,
        state=FeedState.ACTIVE,
        next_poll_at=now,
        failures=0,
        validators_url=_kept_validators_url(feed, Place()),
        asked_url="",
        moved_url="",
        moved_times=0,
        notes=with_note(feed, note),
    )


def with_note(feed: Feed, note: FeedNote) -> tuple[FeedNote, ...]:
    """The notes of a feed with one more, the newest first."""
    return (note, *feed.notes[: NOTES_KEPT - 1])


def _stay(feed: Feed) -> Place:
    return _AT_HOME if not feed.asked_url else Place(asked_url=feed.asked_url)


def _validators(feed: Feed, result: FetchResult, asked: str) -> tuple[str, str, str]:
    """Both validators, and the address that gave them. Those of two answers never mix, but what a 304 does not
    replace stays (RFC 9111 section 4.3.4)."""
    if result.status != 304:
        return result.etag, result.last_modified, result.final_url
    if not (result.etag or result.last_modified):
        return feed.etag, feed.last_modified, feed.validators_url or asked
    return result.etag or feed.etag, result.last_modified or feed.last_modified, result.final_url


def _kept_validators_url(feed: Feed, place: Place) -> str:
    """The address that gave the validators, when from now on another one may be asked."""
    if place.asked_url == feed.asked_url:
        return feed.validators_url
    return validators_url_at(feed.validators_url or feed.asked_url or feed.url, place.asked_url or feed.url)


def _success_hints(feed: Feed, result: FetchResult, has_validators: bool) -> PollHints:
    return PollHints(
        has_validators=has_validators,
        cache_control=result.cache_control,
        expires=result.expires,
        date=result.date,
        age=result.age,
        ttl_minutes=feed.ttl_minutes,
        update_period=feed.update_period,
        update_frequency=feed.update_frequency,
        skip_hours=feed.skip_hours,
        skip_days=feed.skip_days,
        known_fresh_seconds=feed.fresh_seconds if result.status == 304 else 0,
    )


def _plan(feed: Feed, hints: PollHints, failure: str, now: datetime, jitter: float, rules: PollRules) -> NextPoll:
    bounds = rules.bounds
    if feed.own_interval_seconds:
        # Not below the floor: else a short one would count as a wish for frequent unconditional polls.
        own = max(feed.own_interval_seconds, bounds.minimum_seconds)
        bounds = replace(bounds, default_seconds=own)
    return next_poll_at(
        now=now,
        failure=failure,
        state=PacingState(consecutive_failures=feed.failures),
        hints=hints,
        bounds=bounds,
        jitter=jitter,
        patience_seconds=0.0 if failure else _patience_seconds(feed, now, bounds),
    )


def _patience_seconds(feed: Feed, now: datetime, bounds: PacingBounds) -> float:
    patience = rhythm_wait_seconds(feed, now, bounds)
    if feed.pushed_until is None or feed.pushed_until <= now:
        return patience
    # Polls are only a safety net while the hub tells of news; when its lease ends unrenewed they are all there is.
    return max(patience, min(DAY_SECONDS, (feed.pushed_until - now).total_seconds()))


def _answered(feed: Feed, result: FetchResult, outcome: str, now: datetime) -> FetchRecord:
    return FetchRecord(
        at=now,
        outcome=outcome,
        url="" if result.final_url == feed.url else public_url(result.final_url),
        body_bytes=len(result.body),
        milliseconds=round(result.elapsed_seconds * 1000),
        detail=INSECURE if result.insecure_redirect else "",
    )
