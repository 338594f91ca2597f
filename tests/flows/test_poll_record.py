"""What polls leave on a feed's record: requests, counters, failures, notes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from storyfold.errors import FetchError
from worker.flows.poll_outcome import PollRules, failed, fetched, restarted
from worker.flows.poll_record import NOTES_KEPT, with_note
from worker.model.entry import Entry
from worker.model.feed import Feed, FeedNote, FeedState, FetchRecord
from worker.model.item import Item
from worker.sources.fetch.exchange import FetchResult
from worker.sources.schedule.pacing import PacingBounds
from worker.store.polled import Polled

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
URL = "https://harbor.example/feed"
MOVED = "https://port.example/feed"
HOUR, DAY = 3600, 86_400
RULES = PollRules(bounds=PacingBounds(minimum_seconds=HOUR, default_seconds=HOUR, maximum_seconds=DAY))

ToItem = Callable[[Entry], Item]


def _feed(**values: Any) -> Feed:
    return Feed(**{"feed_id": "f", "url": URL, "collection": "news", "added_at": NOW, **values})


def _rss(*titles: str) -> bytes:
    items = "".join(
        f"<item><title>{title}</title><guid>g{n}</guid><link>https://harbor.example/{n}</link></item>"
        for n, title in enumerate(titles)
    )
    return f'<rss version="2.0"><channel><title>Harbor</title>{items}</channel></rss>'.encode()


def _answer(body: bytes = b"", **values: Any) -> FetchResult:
    return FetchResult(**{"status": 200, "body": body, "final_url": URL, **values})


def _poll(
    feed: Feed, answer: FetchResult, to_item: ToItem, *, at: datetime = NOW, rules: PollRules = RULES
) -> Polled:
    return fetched(feed, answer, now=at, jitter=0.0, rules=rules, to_item=to_item)


def _fail(feed: Feed, name: str, *, at: datetime = NOW, **values: Any) -> Polled:
    return failed(feed, FetchError(name, "it did not work", **values), now=at, jitter=0.0, rules=RULES)


KNOWN = _feed(etag='"1"', body_bytes=500, last_fetch_at=NOW, first_fetch_at=NOW)
NOT_MODIFIED = _answer(status=304, elapsed_seconds=0.0426)

# The list of requests


def test_each_outcome_leaves_a_line_with_what_came_of_it(to_item: ToItem) -> None:
    body = _rss("One here", "Two here")
    good = _poll(_feed(), _answer(body, elapsed_seconds=1.2344), to_item).record
    assert good == FetchRecord(at=NOW, outcome="200", new=2, body_bytes=len(body), milliseconds=1234)
    assert _poll(KNOWN, NOT_MODIFIED, to_item).record == FetchRecord(at=NOW, outcome="304", milliseconds=43)
    assert _fail(KNOWN, "dns").record == FetchRecord(at=NOW, outcome="dns", detail="it did not work")


def test_an_answer_that_is_no_feed_leaves_its_failure_its_size_and_where_it_came_from(to_item: ToItem) -> None:
    page = b"<html><title>Sign in</title></html>"
    record = _poll(_feed(), _answer(page, final_url=f"{MOVED}?session=tide", elapsed_seconds=0.5), to_item).record

    assert record is not None
    assert (record.outcome, record.body_bytes, record.milliseconds) == ("not-a-feed", len(page), 500)
    assert record.url == MOVED, "without its query, which may be secret"
    assert record.detail


def test_a_long_complaint_is_cut_in_the_list(to_item: ToItem) -> None:
    polled = failed(_feed(), FetchError("dns", "x" * 5000), now=NOW, jitter=0.0, rules=RULES)
    assert polled.record is not None
    assert len(polled.record.detail) == 300


# Counters


def test_requests_and_what_a_304_spares_are_counted(to_item: ToItem) -> None:
    feed = _poll(_feed(), _answer(_rss("One here"), etag='"1"'), to_item).feed
    size = len(_rss("One here"))
    assert (feed.requests, feed.not_modified, feed.saved_bytes, feed.body_bytes) == (1, 0, 0, size)
    for _ in range(3):
        feed = _poll(feed, NOT_MODIFIED, to_item).feed
    assert (feed.requests, feed.not_modified, feed.saved_bytes, feed.body_bytes) == (4, 3, 3 * size, size)


@pytest.mark.parametrize(
    ("name", "refusals"),
    [
        ("http-401", 1),
        ("http-403", 1),
        ("http-429", 1),
        ("http-503", 1),
        ("challenge", 1),
        ("http-404", 0),
        ("dns", 0),
    ],
)
def test_refusals_of_the_server_are_told_from_faults(name: str, refusals: int) -> None:
    feed = _fail(_feed(), name).feed
    assert (feed.requests, feed.refusals, feed.faults) == (1, refusals, 1 - refusals)


def test_since_when_each_answer_is_304_is_kept_until_one_is_not(to_item: ToItem) -> None:
    later = NOW + timedelta(days=1)
    first = _poll(KNOWN, NOT_MODIFIED, to_item).feed
    second = _poll(first, NOT_MODIFIED, to_item, at=later).feed
    assert (first.not_modified_since, second.not_modified_since) == (NOW, NOW)
    broken = _fail(second, "timeout", at=later).feed
    assert broken.not_modified_since == NOW, "a failure is no answer"
    assert _poll(second, _answer(_rss("One here")), to_item, at=later).feed.not_modified_since is None


# Failures


@pytest.mark.parametrize("status", [204, 206, 226])
def test_a_status_that_brings_no_feed_changes_nothing_but_the_failure(status: int) -> None:
    feed = _fail(replace(KNOWN, seen="a" * 16, entries=1, body_digest="d"), f"http-{status}").feed

    assert (feed.failure, feed.failures) == (f"http-{status}", 1)
    assert (feed.etag, feed.seen, feed.entries, feed.body_digest) == ('"1"', "a" * 16, 1, "d")
    assert feed.last_fetch_at == NOW


def test_an_empty_answer_does_not_remove_the_items_nor_the_validators(to_item: ToItem) -> None:
    feed = _poll(replace(KNOWN, seen="a" * 16, entries=1), _answer(b"", etag='"2"'), to_item).feed
    assert (feed.failure, feed.etag, feed.seen, feed.entries) == ("empty", '"1"', "a" * 16, 1)


def test_a_304_that_was_not_asked_for_is_a_failure_and_leaves_no_validators(to_item: ToItem) -> None:
    polled = _poll(_feed(), _answer(status=304, etag='"x"', last_modified="y"), to_item)
    assert (polled.feed.failure, polled.feed.etag, polled.feed.last_modified) == ("http-304", "", "")
    assert polled.feed.last_fetch_at is None


@pytest.mark.parametrize(
    ("body", "final_url", "failure", "interval"),
    [
        (b"<html><head><title>Just a moment...</title></head></html>", URL, "challenge", DAY),
        (b"<html><title>x</title><script>window._cf_chl_opt={}</script></html>", URL, "challenge", DAY),
        (b"<html><title>Sorry</title></html>", "https://consent.google.com/ml", "challenge", DAY),
        (b"<html><head><title>Harbor</title></head></html>", URL, "not-a-feed", HOUR),
    ],
)
def test_a_page_of_a_bot_wall_is_named_and_left_alone_for_a_day(
    to_item: ToItem, body: bytes, final_url: str, failure: str, interval: int
) -> None:
    polled = _poll(KNOWN, _answer(body, final_url=final_url), to_item)
    assert (polled.feed.failure, polled.feed.interval_seconds, polled.feed.etag) == (failure, interval, '"1"')
    assert polled.record is not None
    assert polled.record.outcome == failure


def test_back_off_doubles_to_a_day_never_ends_and_a_success_resets_it(to_item: ToItem) -> None:
    feed, waits = KNOWN, []
    for _ in range(40):
        feed = _fail(feed, "http-404").feed
        waits.append(feed.interval_seconds // HOUR)
    assert waits == [1, 2, 4, 8, 16, *[24] * 35]
    assert (feed.state, feed.next_poll_at) == (FeedState.ACTIVE, NOW + timedelta(days=1))
    feed = _poll(feed, NOT_MODIFIED, to_item).feed
    assert (feed.failures, feed.interval_seconds) == (0, HOUR)
    assert _fail(feed, "http-404").feed.interval_seconds == HOUR


@pytest.mark.parametrize(
    ("retry_after", "interval"), [(7200.0, 2 * HOUR), (None, HOUR), (60.0, HOUR), (10 * 365.0 * DAY, 7 * DAY)]
)
@pytest.mark.parametrize("name", ["http-429", "http-503"])
def test_what_retry_after_asks_for_is_in_the_schedule_within_a_week(
    name: str, retry_after: float | None, interval: int
) -> None:
    feed = _fail(KNOWN, name, retry_after_seconds=retry_after).feed
    assert feed.next_poll_at == NOW + timedelta(seconds=interval)


# Stopped and restarted


def test_a_gone_feed_is_stopped_with_a_note_and_restarted_at_its_own_url_with_another() -> None:
    gone = _fail(replace(KNOWN, asked_url=MOVED, failures=5), "http-410").feed
    assert (gone.state, gone.next_poll_at, gone.asked_url) == (FeedState.STOPPED, None, MOVED)
    assert [note.kind for note in gone.notes] == ["stopped"]

    later = NOW + timedelta(days=3)
    again = restarted(gone, later)
    assert (again.state, again.next_poll_at, again.asked_url, again.failures) == (FeedState.ACTIVE, later, "", 0)
    assert [(note.kind, note.at) for note in again.notes] == [("restarted", later), ("stopped", NOW)]
    assert (again.etag, again.validators_url) == ('"1"', MOVED), (
        "the validators still go only to where they came from"
    )


def test_a_feed_that_runs_is_only_made_due_by_a_person(to_item: ToItem) -> None:
    feed = replace(KNOWN, asked_url=MOVED, failures=3, failure="dns")
    assert restarted(feed, NOW) == replace(feed, next_poll_at=NOW)


def test_a_json_feed_that_has_expired_is_stopped_with_a_note(to_item: ToItem) -> None:
    body = (
        b'{"version": "https://jsonfeed.org/version/1.1", "title": "x", "expired": true, "items": '
        b'[{"id": "1", "url": "https://harbor.example/1", "content_text": "The ferry has run its last trip."}]}'
    )
    polled = _poll(_feed(), _answer(body), to_item)
    assert (polled.feed.state, polled.feed.next_poll_at) == (FeedState.STOPPED, None)
    assert [note.kind for note in polled.feed.notes] == ["stopped"]
    assert len(polled.items) == 1


def test_only_the_last_notes_are_kept() -> None:
    feed = _feed()
    for number in range(15):
        feed = replace(feed, notes=with_note(feed, FeedNote(at=NOW, kind="moved", detail=str(number))))
    assert len(feed.notes) == NOTES_KEPT
    assert feed.notes[0].detail == "14"


# Whatever comes

PLACES = st.sampled_from(["", MOVED, "http://port.example/feed", "https://quay.example/feed"])
FAILED = st.sampled_from(["dns", "timeout", "http-404", "http-403", "http-503", "challenge", "not-a-feed"])


@given(st.lists(st.tuples(st.just("good"), PLACES) | st.tuples(st.just("bad"), FAILED), max_size=40), st.floats(0, 1))
def test_whatever_polls_bring_a_feed_stays_itself_and_is_asked_again_within_bounds(
    outcomes: list[tuple[str, str]], jitter: float
) -> None:
    feed = replace(KNOWN, notes=())
    for number, (kind, value) in enumerate(outcomes):
        at = NOW + timedelta(days=number)
        if kind == "good":
            answer = _answer(status=304, final_url=value or URL, permanent_url=value)
            feed = fetched(feed, answer, now=at, jitter=jitter, rules=RULES, to_item=_never).feed
        else:
            feed = failed(feed, FetchError(value, "x"), now=at, jitter=jitter, rules=RULES).feed
        assert (feed.url, feed.feed_id, feed.state, feed.etag) == (URL, "f", FeedState.ACTIVE, '"1"')
        assert not feed.asked_url.startswith("http:")
        assert feed.next_poll_at is not None
        assert HOUR <= (feed.next_poll_at - at).total_seconds() <= 1.1 * DAY
        assert feed.requests == feed.not_modified + feed.refusals + feed.faults == number + 1
        assert len(feed.notes) <= NOTES_KEPT


def _never(entry: Entry) -> Item:
    raise AssertionError(entry)
