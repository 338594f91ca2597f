"""A 1 to 14: what was received is sent back as it was, and only what is stored with the items."""

from __future__ import annotations

from typing import Any

import pytest

ETAG = '"33a64df5"'
MODIFIED = "Sun, 28 Dec 2025 10:00:00 GMT"


def test_both_validators_come_back_byte_for_byte(reader: Any) -> None:
    """A 1: If-None-Match and If-Modified-Since are the ETag and Last-Modified that were received."""
    reader.answer("/feed", reader.not_modified(ETag=ETAG, Last_Modified=MODIFIED))
    reader.follow()
    reader.poll(times=3)
    first, *later = reader.asked()
    assert first.validators == (None, None)
    assert [asked.validators for asked in later] == [(ETAG.encode(), MODIFIED.encode())] * 2


@pytest.mark.parametrize("etag", ['W/"a,b c"', 'W/""', '"a", "b"', '"it\'s <x>"'])
def test_a_weak_or_odd_etag_keeps_its_mark_and_its_quotes(reader: Any, etag: str) -> None:
    """A 2: a weak ETag keeps W/ and quotes, and is one value."""
    reader.answer("/feed", reader.ok(reader.rss("One"), ETag=etag), reader.status(304))
    reader.follow()
    reader.poll(times=2)
    assert reader.asked()[1].raw.count(b"If-None-Match: " + etag.encode() + b"\r\n") == 1


@pytest.mark.parametrize("etag", ["unquoted", '"half', "'single'", 'w/"lower"', "abc\xe9def", "*"])
def test_a_malformed_etag_is_never_repaired(reader: Any, etag: str) -> None:
    """A 3: a malformed ETag comes back with exactly its bytes or not at all."""
    head = b"HTTP/1.1 200 OK\r\nETag: " + etag.encode("latin-1") + b"\r\nContent-Length: "
    body = reader.rss("One").encode()
    reader.answer("/feed", head + b"%d\r\n\r\n" % len(body) + body, reader.ok(reader.rss("One")))
    reader.follow()
    reader.poll(times=2)
    assert reader.asked()[1].headers.get("if-none-match", etag.encode("latin-1")) == etag.encode("latin-1")


@pytest.mark.parametrize("etag", ['"33a64df5-gzip"', '"33a64df5;br"'])
def test_the_mark_of_a_compression_stays_in_the_etag(reader: Any, etag: str) -> None:
    """A 4: the suffix by which a server tells its compressed form apart is returned."""
    reader.answer("/feed", reader.not_modified(ETag=etag))
    reader.follow()
    reader.poll(times=2)
    assert reader.asked()[1].validators == (etag.encode(), None)


@pytest.mark.parametrize(
    "text",
    ["Sun, 28 Dec 2025 10:00:00 EST", "yesterday", "2025-12-28T10:00:00Z", "0", "Sun, 99 Foo 2025 99:99:99 GMT"],
)
def test_a_last_modified_that_is_no_date_comes_back_as_it_was(reader: Any, text: str) -> None:
    """A 5: Last-Modified is never read as a date, so its text is returned and nothing breaks."""
    reader.answer("/feed", reader.not_modified(Last_Modified=text))
    reader.follow()
    feed = reader.poll(times=2)
    assert reader.asked()[1].validators == (None, text.encode())
    assert feed.failure == ""


def test_a_validator_that_was_not_sent_is_not_invented(reader: Any) -> None:
    """A 6: with one validator only that one is returned, and none is made of Date or of the items' dates."""
    dates = {"Date": "Sun, 01 Mar 2026 12:00:00 GMT", "Expires": "Sun, 01 Mar 2026 12:30:00 GMT"}
    reader.answer("/etag", reader.not_modified(ETag=ETAG, **dates))
    reader.answer("/modified", reader.not_modified(Last_Modified=MODIFIED, **dates))
    reader.answer("/none", reader.ok(reader.rss("One"), **dates))
    reader.follow("/etag", "/modified", "/none")
    for target in ("/etag", "/modified", "/none"):
        reader.poll(target, times=2)
    assert reader.asked("/etag")[1].validators == (ETAG.encode(), None)
    assert reader.asked("/modified")[1].validators == (None, MODIFIED.encode())
    assert reader.asked("/none")[1].validators == (None, None)


def test_validators_of_two_answers_never_mix(reader: Any) -> None:
    """A 7: E1 with L1, then E2 without Last-Modified: E2 goes alone."""
    reader.answer(
        "/feed",
        reader.ok(reader.rss("One"), ETag='"1"', Last_Modified=MODIFIED),
        reader.ok(reader.rss("One", "Two"), ETag='"2"'),
        reader.status(304),
    )
    reader.follow()
    reader.poll(times=3)
    assert reader.asked()[2].validators == (b'"2"', None)


def test_a_new_etag_beside_the_same_last_modified_is_stored(reader: Any) -> None:
    """A 8: E1 with L1, then E2 with L1: E2 goes next, though the time did not change."""
    reader.answer(
        "/feed",
        reader.ok(reader.rss("One"), ETag='"1"', Last_Modified=MODIFIED),
        reader.ok(reader.rss("One", "Two"), ETag='"2"', Last_Modified=MODIFIED),
        reader.status(304),
    )
    reader.follow()
    reader.poll(times=3)
    assert reader.asked()[2].validators == (b'"2"', MODIFIED.encode())


def test_a_touched_file_gives_its_new_validators_and_no_event(reader: Any) -> None:
    """A 9: an equal body with new validators: these go next, and nothing is told."""
    later = "Mon, 29 Dec 2025 10:00:00 GMT"
    reader.answer(
        "/feed",
        reader.ok(reader.rss("One"), ETag='"1"', Last_Modified=MODIFIED),
        reader.ok(reader.rss("One"), ETag='"2"', Last_Modified=later),
        reader.status(304),
    )
    reader.follow()
    reader.poll(times=3)
    assert reader.asked()[2].validators == (b'"2"', later.encode())
    assert reader.titles() == ["One"]


def test_a_304_with_a_new_etag_replaces_the_old_one(reader: Any) -> None:
    """A 10: the ETag of a 304 is the one that goes next (RFC 9111 section 4.3.4)."""
    reader.answer("/feed", reader.ok(reader.rss("One"), ETag='"1"'), reader.status(304, ETag='"2"'))
    reader.follow()
    reader.poll(times=3)
    assert [asked.validators[0] for asked in reader.asked()] == [None, b'"1"', b'"2"']


def test_a_304_without_validators_keeps_the_old_ones(reader: Any) -> None:
    """A 11: a bare 304 leaves both validators in use."""
    reader.answer("/feed", reader.ok(reader.rss("One"), ETag=ETAG, Last_Modified=MODIFIED), reader.status(304))
    reader.follow()
    reader.poll(times=4)
    assert [asked.validators for asked in reader.asked()[1:]] == [(ETAG.encode(), MODIFIED.encode())] * 3


def _bad_answers(reader: Any) -> dict[str, Any]:
    """Answers of which nothing may be believed, each with validators of its own."""
    new = {"ETag": '"bad"', "Last_Modified": "Thu, 01 Jan 2026 00:00:00 GMT"}
    whole = reader.ok(reader.rss("One", "Two"), **new)
    return {
        "server error": reader.status(500, "sorry", **new),
        "not found": reader.status(404, "gone fishing", **new),
        "timeout": lambda exchange: exchange.hang(),
        "silence in the middle": lambda exchange: (exchange.send(whole[:-40]), exchange.hang()),
        "truncated": lambda exchange: (exchange.send(whole[:-40]), exchange.close()),
        "closed at once": lambda exchange: exchange.close(),
        "page": reader.ok("<!doctype html><html><body><h1>Log in</h1></body></html>", **new),
        "no feed": reader.ok("just words, no feed", **new),
        "empty": reader.ok("", **new),
    }


BAD = (
    "server error",
    "not found",
    "timeout",
    "silence in the middle",
    "truncated",
    "closed at once",
    "page",
    "no feed",
    "empty",
)


@pytest.mark.parametrize("name", BAD)
def test_an_answer_that_failed_leaves_the_last_good_validators(make_reader: Any, name: str) -> None:
    """A 12: after an error, a timeout, a cut body or no feed, the next request carries the last good validators."""
    reader = make_reader(FETCH_TIMEOUT="0.2")
    # On a kept connection a request that got no answer at all may be sent once more (RFC 9110 section 9.2.2).
    good = reader.ok(reader.rss("One"), ETag=ETAG, Last_Modified=MODIFIED, Connection="close")
    reader.answer("/feed", good, _bad_answers(reader)[name], reader.status(304))
    reader.follow()
    reader.poll()
    failed = reader.poll()
    mended = reader.poll()
    assert failed.failure != ""
    assert mended.failure == ""
    assert [asked.validators for asked in reader.asked()[1:]] == [(ETAG.encode(), MODIFIED.encode())] * 2
    assert reader.titles() == ["One"]


def test_a_thousand_polls_of_an_unchanged_feed_hold_one_unconditional_request(reader: Any) -> None:
    """A 14: only the first of a thousand requests has no validators."""
    reader.answer("/feed", reader.not_modified(ETag=ETAG))
    reader.follow()
    reader.poll(times=1000)
    assert len(reader.asked()) == 1000
    assert [asked.is_conditional for asked in reader.asked()].count(False) == 1
    assert reader.titles() == ["One"]
