"""B 35 to 41: where a feed is asked when its server points elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

HOUR = 3600
ETAG = '"33a64df5"'
CONFIRMATIONS = 5
FAILURES_UNTIL_RETURN = 3
LOGIN = "<!doctype html><html><head><title>Log in</title></head><body><form></form></body></html>"


def _kinds(reader: Any, target: str = "/old") -> list[str]:
    return [note.kind for note in reader.feed(target).notes]


@pytest.mark.parametrize("status", [301, 308])
def test_a_permanent_redirect_is_adopted_after_five_good_answers(reader: Any, status: int) -> None:
    """B 35: then the new address is asked directly, the change is noted, and no item is told again."""
    reader.answer("/old", reader.status(status, Location="/new"))
    reader.answer("/new", reader.not_modified(ETag=ETAG))
    reader.follow("/old")
    before = reader.feed("/old").feed_id
    reader.poll("/old", times=CONFIRMATIONS - 1)
    assert reader.feed("/old").asked_url == ""
    reader.poll("/old")
    assert reader.feed("/old").asked_url == reader.server.url("/new")
    assert _kinds(reader) == ["moved"]
    reader.poll("/old", times=3)
    assert len(reader.asked("/old")) == CONFIRMATIONS
    assert len(reader.asked("/new")) == CONFIRMATIONS + 3
    assert [asked.is_conditional for asked in reader.asked("/new")] == [False] + [True] * (CONFIRMATIONS + 2)
    assert reader.feed("/old").feed_id == before
    assert reader.titles() == ["One"]
    reader.restart()
    reader.poll("/old")
    assert len(reader.asked("/old")) == CONFIRMATIONS


def test_items_that_were_told_are_known_after_a_move(reader: Any) -> None:
    """B 35: though the new address sends the whole document again, only what is new is told."""
    reader.answer("/old", reader.ok(reader.rss("One"), ETag=ETAG), reader.status(301, Location="/new"))
    first = reader.ok(reader.rss("Two", "One"))
    reader.answer("/new", *[first] * CONFIRMATIONS, reader.ok(reader.rss("Three", "Two", "One")))
    reader.follow("/old")
    reader.poll("/old", times=CONFIRMATIONS + 2)
    assert reader.feed("/old").asked_url == reader.server.url("/new")
    assert reader.titles() == ["One", "Two", "Three"]


@pytest.mark.parametrize("status", [302, 303, 307])
def test_a_temporary_redirect_is_followed_and_forgotten(reader: Any, status: int) -> None:
    """B 36: the feed's own address is asked each time."""
    reader.answer("/old", reader.status(status, Location="/new"))
    reader.answer("/new", reader.not_modified(ETag=ETAG))
    reader.follow("/old")
    reader.poll("/old", times=CONFIRMATIONS + 3)
    assert len(reader.asked("/old")) == CONFIRMATIONS + 3
    assert reader.feed("/old").asked_url == ""
    assert _kinds(reader) == []


def test_a_move_to_a_broken_address_is_not_confirmed(reader: Any) -> None:
    """B 37: a failure in between begins the count anew, and the original address is asked until it is full."""
    good, bad = reader.ok(reader.rss("One"), ETag=ETAG), reader.status(500)
    reader.answer("/old", reader.status(301, Location="/new"))
    reader.answer("/new", *[good] * (CONFIRMATIONS - 1), bad, *[good] * (CONFIRMATIONS - 1), bad)
    reader.follow("/old")
    reader.poll("/old", times=2 * CONFIRMATIONS)
    assert len(reader.asked("/old")) == 2 * CONFIRMATIONS
    assert reader.feed("/old").asked_url == ""


def test_an_adopted_address_that_breaks_leads_back_to_the_original(reader: Any) -> None:
    """B 37: three failures in a row of the new address, and the old one is asked again, with a note."""
    reader.answer("/old", *[reader.status(301, Location="/new")] * CONFIRMATIONS, reader.ok(reader.rss("Two", "One")))
    good = reader.ok(reader.rss("One"), ETag=ETAG)
    reader.answer("/new", *[good] * (CONFIRMATIONS + 1), reader.status(404))
    reader.follow("/old")
    reader.poll("/old", times=CONFIRMATIONS + 1 + FAILURES_UNTIL_RETURN)
    assert len(reader.asked("/old")) == CONFIRMATIONS
    assert reader.poll("/old").failure == ""
    assert len(reader.asked("/old")) == CONFIRMATIONS + 1
    assert reader.feed("/old").asked_url == ""
    assert _kinds(reader) == ["returned", "moved"]
    assert reader.titles() == ["One", "Two"]


def test_of_a_chain_only_the_leading_permanent_part_is_adopted(reader: Any) -> None:
    """B 38: 301 to B, 302 to C: B is asked from then on, never C by itself."""
    reader.answer("/old", reader.status(301, Location="/kept"))
    reader.answer("/kept", reader.status(302, Location="/elsewhere"))
    reader.answer("/elsewhere", reader.not_modified(ETag=ETAG))
    reader.follow("/old")
    reader.poll("/old", times=CONFIRMATIONS + 2)
    assert reader.feed("/old").asked_url == reader.server.url("/kept")
    counts = [len(reader.asked(target)) for target in ("/old", "/kept", "/elsewhere")]
    assert counts == [CONFIRMATIONS, CONFIRMATIONS + 2, CONFIRMATIONS + 2]


def test_a_permanent_part_behind_a_temporary_one_is_not_adopted(reader: Any) -> None:
    """B 38: 302 to B, 301 to C: the original address is asked each time."""
    reader.answer("/old", reader.status(302, Location="/b"))
    reader.answer("/b", reader.status(301, Location="/c"))
    reader.answer("/c", reader.not_modified(ETag=ETAG))
    reader.follow("/old")
    reader.poll("/old", times=CONFIRMATIONS + 2)
    assert len(reader.asked("/old")) == CONFIRMATIONS + 2


def test_a_moving_target_is_not_adopted(reader: Any) -> None:
    """B 35: only the same new address five times in a row counts."""
    reader.answer("/old", *[reader.status(301, Location=f"/{name}") for name in ("a", "a", "b", "a", "a", "b", "a")])
    for target in ("/a", "/b"):
        reader.answer(target, reader.ok(reader.rss("One")))
    reader.follow("/old")
    reader.poll("/old", times=7)
    assert reader.feed("/old").asked_url == ""


LOOPS = {"itself": ["/old"], "two": ["/b", "/old"], "longer and longer": [f"/{number}" for number in range(1, 30)]}


@pytest.mark.parametrize("name", LOOPS)
def test_redirects_without_end_are_a_failure(reader: Any, name: str) -> None:
    """B 39: a circle or more than five steps ends with a named failure and back-off."""
    for start, end in pairwise(["/old", *LOOPS[name]]):
        reader.answer(start, reader.status(301, Location=end))
    reader.follow("/old")
    feed = reader.poll("/old")
    assert (feed.failure, feed.failures) == ("redirects", 1)
    assert len(reader.server.requests) <= 6
    assert feed.interval_seconds == HOUR
    assert reader.poll("/old").interval_seconds == 2 * HOUR


@pytest.mark.parametrize("location", ["", "file:///etc/passwd", "http://[::1", "//", "gopher://127.0.0.1/"])
def test_a_redirect_to_nowhere_is_a_failure(reader: Any, location: str) -> None:
    """B 39: no Location, or one that is no web address, is named and harms nothing."""
    reader.answer("/old", reader.status(301, Location=location))
    reader.follow("/old")
    assert reader.poll("/old").failure in {"redirects", "blocked"}


def test_a_permanent_redirect_to_a_login_page_is_not_adopted(reader: Any) -> None:
    """B 40: what leads to a page instead of a feed never replaces the address."""
    good = reader.ok(reader.rss("One"), ETag=ETAG)
    reader.answer("/old", good, *[reader.status(301, Location="/login")] * (CONFIRMATIONS + 2), good)
    reader.answer("/login", reader.status(200, LOGIN, Content_Type="text/html", ETag='"login"'))
    reader.follow("/old")
    reader.poll("/old", times=CONFIRMATIONS + 3)
    assert reader.feed("/old").asked_url == ""
    assert reader.feed("/old").failure != ""
    assert reader.poll("/old").failure == ""
    assert reader.asked("/old")[-1].validators == (ETAG.encode(), None)


def test_validators_stay_with_the_server_that_gave_them(
    make_reader: Any, start_server: Callable[..., Any], recording_server: Any
) -> None:
    """B 41: a redirect to another host takes no validators along; those of the far end go to the far end only."""
    far = start_server()
    reader = make_reader(FETCH_ALLOW=f"{recording_server.address},{far.address}")
    moved = reader.status(302, Location=far.url("/far"))
    reader.answer("/feed", reader.ok(reader.rss("One"), ETag='"near"'), moved)
    reader.answer("/far", reader.ok(reader.rss("One"), ETag='"far"'), reader.status(304), server=far)
    reader.follow()
    reader.poll(times=4)
    assert [asked.validators[0] for asked in reader.asked()] == [None, b'"near"', None, None]
    assert [asked.validators[0] for asked in reader.asked("/far", server=far)] == [None, b'"far"', b'"far"']
