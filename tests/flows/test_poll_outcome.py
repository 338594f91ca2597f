"""What becomes of an answer: items, validators, schedule."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from storyfold.errors import FetchError
from worker.flows.poll_outcome import PollRules, failed, fetched
from worker.model.entry import Entry
from worker.model.feed import Feed, FeedState
from worker.model.item import Item
from worker.sources.fetch.exchange import FetchResult
from worker.sources.schedule.pacing import PacingBounds
from worker.store.polled import Polled

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
URL = "https://harbor.example/feed"
RULES = PollRules(bounds=PacingBounds(minimum_seconds=3600, default_seconds=3600, maximum_seconds=86400))

ToItem = Callable[[Entry], Item]


def _feed(**values: Any) -> Feed:
    return Feed(**{"feed_id": "f", "url": URL, "collection": "news", "added_at": NOW, **values})


def _rss(*titles: str) -> bytes:
    items = "".join(
        f"<item><title>{title}</title><guid>g{n}</guid><link>https://harbor.example/{n}</link>"
        f"<pubDate>Mon, 02 Mar 2026 0{9 - n}:00:00 GMT</pubDate></item>"
        for n, title in enumerate(titles)
    )
    return f'<rss version="2.0"><channel><title>Harbor</title>{items}</channel></rss>'.encode()


def _answer(body: bytes = b"", **values: Any) -> FetchResult:
    return FetchResult(**{"status": 200, "body": body, "final_url": URL, **values})


def _poll(feed: Feed, answer: FetchResult, to_item: ToItem, rules: PollRules = RULES) -> Polled:
    return fetched(feed, answer, now=NOW, jitter=0.0, rules=rules, to_item=to_item)


def test_items_come_in_the_order_of_their_dates_whatever_the_feeds_order(to_item: ToItem) -> None:
    polled = _poll(_feed(), _answer(_rss("Newest of them", "Middle one", "Oldest one")), to_item)

    assert [item.title for item in polled.items] == ["Oldest one", "Middle one", "Newest of them"]
    assert (polled.feed.entries, polled.feed.title, polled.feed.failure) == (3, "Harbor", "")


def test_an_entry_that_is_known_comes_again_only_when_it_changed(to_item: ToItem) -> None:
    first = _poll(_feed(), _answer(_rss("One here", "Two here")), to_item)
    again = _poll(first.feed, _answer(_rss("One here", "Two here, edited")), to_item)

    assert [item.title for item in again.items] == ["Two here, edited"]


def test_an_equal_body_is_not_parsed_but_its_validators_are_kept(to_item: ToItem) -> None:
    first = _poll(_feed(), _answer(_rss("One here"), etag='"1"'), to_item)
    again = _poll(first.feed, _answer(_rss("One here"), etag='"2"', last_modified="x"), to_item)

    assert again.items == ()
    assert (again.feed.etag, again.feed.last_modified) == ('"2"', "x")


def test_validators_of_two_answers_never_mix(to_item: ToItem) -> None:
    feed = _feed(etag='"1"', last_modified="old")

    polled = _poll(feed, _answer(_rss("One here"), etag='"2"'), to_item)

    assert (polled.feed.etag, polled.feed.last_modified) == ('"2"', "")


@pytest.mark.parametrize(("etag", "kept"), [("", ('"1"', "old")), ('"2"', ('"2"', "old"))])
def test_a_304_keeps_what_it_does_not_replace(to_item: ToItem, etag: str, kept: tuple[str, str]) -> None:
    polled = _poll(_feed(etag='"1"', last_modified="old"), _answer(status=304, etag=etag), to_item)

    assert (polled.feed.etag, polled.feed.last_modified) == kept
    assert polled.items == ()


@pytest.mark.parametrize("body", [b"<html><body>x</body></html>", b"", b"{}"])
def test_a_body_that_is_no_feed_leaves_the_validators_alone(to_item: ToItem, body: bytes) -> None:
    feed = _feed(etag='"1"', last_fetch_at=NOW - timedelta(days=1))

    polled = _poll(feed, _answer(body, etag='"2"'), to_item)

    assert polled.feed.etag == '"1"'
    assert polled.feed.failure in ("not-a-feed", "empty")
    assert polled.feed.last_fetch_at == feed.last_fetch_at


def test_a_feed_whose_every_entry_is_unusable_has_a_failure(to_item: ToItem) -> None:
    body = b'<rss version="2.0"><channel><title>x</title><item><title>No link</title></item></channel></rss>'

    polled = _poll(_feed(), _answer(body, etag='"2"'), to_item)

    assert polled.feed.failure == "no-link"
    assert polled.feed.etag == ""


BAD = "<item><title>{}</title><guid>bad{}</guid><link>mailto:x@y.example</link></item>"


def _rss_with_bad(*bad: str, good: tuple[str, ...] = ("One here",)) -> bytes:
    items = "".join(BAD.format(title, number) for number, title in enumerate(bad))
    return _rss(*good).replace(b"</channel>", items.encode() + b"</channel>")


def test_a_bad_entry_beside_good_ones_is_kept_once_a_version(to_item: ToItem) -> None:
    first = _poll(_feed(), _answer(_rss_with_bad("Ferry")), to_item)
    assert [(letter.group, letter.error, letter.origin) for letter in first.letters] == [
        ("normalize", "no-link", f"{URL} bad0")
    ]
    assert (first.feed.rejected, first.counts["rejected"], len(first.items)) == (1, 1, 1)

    again = _poll(first.feed, _answer(_rss_with_bad("Ferry", good=("One here", "Two here"))), to_item)
    assert (again.letters, again.counts["rejected"]) == ((), 0)
    assert again.feed.rejected == 1, "it is still there"

    edited = _poll(again.feed, _answer(_rss_with_bad("Ferry, edited")), to_item)
    assert len(edited.letters) == 1
    mended = _poll(edited.feed, _answer(_rss("One here")), to_item)
    assert (mended.feed.rejected, mended.feed.refused) == (0, "")


def test_a_feed_whose_every_entry_is_bad_fails_each_time_and_keeps_each_entry_once(to_item: ToItem) -> None:
    first = _poll(_feed(), _answer(_rss_with_bad("Ferry", "Bridge", good=())), to_item)
    again = _poll(first.feed, _answer(_rss_with_bad("Ferry", "Bridge", good=())), to_item)
    more = _poll(again.feed, _answer(_rss_with_bad("Ferry", "Bridge", "Lock", good=())), to_item)

    assert [polled.feed.failure for polled in (first, again, more)] == ["no-link"] * 3
    assert [len(polled.letters) for polled in (first, again, more)] == [2, 0, 1]
    assert more.feed.seen == "", "they are tried again, should a newer version know better"


def test_an_entry_that_breaks_our_own_code_is_named_and_the_others_are_taken(to_item: ToItem) -> None:
    def fragile(entry: Entry) -> Item:
        if entry.title == "Two here":
            raise ZeroDivisionError("a fault of ours")
        return to_item(entry)

    polled = _poll(_feed(), _answer(_rss("One here", "Two here", "Three here")), fragile)

    assert sorted(item.title for item in polled.items) == ["One here", "Three here"]
    assert [(letter.error, letter.detail) for letter in polled.letters] == [
        ("internal", "ZeroDivisionError: a fault of ours")
    ]
    assert polled.feed.failure == ""


def test_reader_and_flags_are_known_of_the_last_good_answer_and_counted(to_item: ToItem) -> None:
    good = _poll(_feed(), _answer(_rss("One here")), to_item)
    assert (good.feed.reader, good.feed.flags) == ("lean", ())
    assert (good.counts["read_lean"], good.counts["flagged"], good.counts["skipped"]) == (1, 0, 0)

    ill_formed = _rss("One here", "Two here").replace(b"</channel></rss>", b"<item></item>")
    flagged = _poll(good.feed, _answer(ill_formed), to_item)
    assert flagged.feed.flags
    assert (flagged.counts["flagged"], flagged.counts["skipped"]) == (1, 1)

    failed_later = _poll(flagged.feed, _answer(b""), to_item)
    assert (failed_later.feed.reader, failed_later.feed.flags) == (flagged.feed.reader, flagged.feed.flags)
    assert failed_later.counts == {}


@pytest.mark.parametrize(
    "body", [b"<rss><channel><ti", b'<rss version="2.0"><channel><title>Harbor</title>', b"<feed"]
)
def test_a_document_cut_before_its_first_entry_is_a_failure_and_leaves_the_validators(
    to_item: ToItem, body: bytes
) -> None:
    good = _poll(_feed(), _answer(_rss("One here"), etag='"1"'), to_item)

    cut = _poll(good.feed, _answer(body, etag='"2"'), to_item)

    assert (cut.feed.failure, cut.feed.etag, cut.feed.entries) == ("ill-formed", '"1"', 1)


def test_a_sound_feed_without_entries_is_good(to_item: ToItem) -> None:
    polled = _poll(_feed(), _answer(_rss(), etag='"1"'), to_item)

    assert (polled.feed.failure, polled.feed.etag, polled.feed.entries) == ("", '"1"', 0)


def test_of_one_guid_twice_the_later_version_counts(to_item: ToItem) -> None:
    body = _rss("Earlier words", "Later words").replace(b"g1", b"g0")

    polled = _poll(_feed(), _answer(body), to_item)

    assert [item.title for item in polled.items] == ["Earlier words"], "it has the later date"


@pytest.mark.parametrize(("first_poll", "count"), [(None, 3), (2, 2), (0, 0), (9, 3)])
def test_the_first_poll_publishes_as_much_as_was_asked(to_item: ToItem, first_poll: int | None, count: int) -> None:
    rules = PollRules(bounds=RULES.bounds, first_poll=first_poll)

    polled = _poll(_feed(), _answer(_rss("A here", "B here", "C here")), to_item, rules)
    later = _poll(polled.feed, _answer(_rss("A here", "B here", "C here", "D here")), to_item, rules)

    assert len(polled.items) == count
    assert [item.title for item in later.items] == ["D here"], "the rest of the backlog stays unpublished"


def test_a_failure_is_named_counted_and_put_off_and_a_success_clears_it(to_item: ToItem) -> None:
    error = FetchError("http-503", "busy", retry_after_seconds=7200)

    polled = failed(_feed(failures=1), error, now=NOW, jitter=0.0, rules=RULES)
    assert (polled.feed.failure, polled.feed.detail, polled.feed.failures) == ("http-503", "busy", 2)
    assert polled.feed.next_poll_at == NOW + timedelta(seconds=7200)

    good = _poll(polled.feed, _answer(_rss("One here"), etag='"1"'), to_item)
    assert (good.feed.failure, good.feed.detail, good.feed.failures) == ("", "", 0)
    assert good.feed.next_poll_at == NOW + timedelta(seconds=3600)


def test_a_gone_feed_is_stopped(to_item: ToItem) -> None:
    polled = failed(_feed(), FetchError("http-410", "gone"), now=NOW, jitter=0.5, rules=RULES)

    assert (polled.feed.state, polled.feed.next_poll_at) == (FeedState.STOPPED, None)


def test_relative_links_are_resolved_against_content_location_before_the_redirects_end(to_item: ToItem) -> None:
    body = _rss("One").replace(b"https://harbor.example/0", b"a/0")
    answer = _answer(body, final_url="https://cache.example/feed", content_location="https://harbor.example/news/")
    assert [item.web_url for item in _poll(_feed(), answer, to_item).items] == ["https://harbor.example/news/a/0"]
