"""B 31 to 34 and 42 to 46: what each answer means, and when its server is asked again."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from worker.model.feed import FeedState

HOUR = 3600
DAY = 86_400
WEEK = 7 * DAY
JITTER = 1.1
ETAG = '"33a64df5"'
GONE = 410


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_kept_across_a_restart(reader: Any, status: int, form: str) -> None:
    """B 31, B 33: no request comes before the time that Retry-After names, in seconds or as a date."""
    at = reader.clock.now + timedelta(seconds=7200)
    value = "7200" if form == "seconds" else format_datetime(at, usegmt=True)
    reader.answer("/feed", reader.status(status, Retry_After=value), reader.ok(reader.rss("One"), ETag=ETAG))
    reader.follow()
    assert reader.poll().failure == f"http-{status}"
    reader.restart()
    for _ in range(119):
        reader.advance(minutes=1)
        reader.tick()
    assert len(reader.asked()) == 1
    reader.run(minutes=20)
    assert 7200 <= reader.gaps()[0] <= 7200 * JITTER
    assert reader.feed().failure == ""


@pytest.mark.parametrize(("status", "hours"), [(429, 6), (503, 6), (403, 24)])
def test_a_message_of_a_program_does_not_shorten_the_wait_after_a_refusal(
    reader: Any, status: int, hours: int
) -> None:
    """B 31, B 33, B 43: `storyfold.poll` sent every hour asks a server that refused us not before its time."""
    reader.answer("/feed", reader.status(status, Retry_After=str(6 * HOUR)), reader.ok(reader.rss("One"), ETag=ETAG))
    reader.follow()
    reader.poll()
    for _ in range(hours - 1):
        reader.advance(hours=1)
        reader.work([reader.server.url("/feed")])
    assert len(reader.asked()) == 1
    reader.run(hours=5)
    assert reader.gaps()[0] >= hours * HOUR
    assert reader.feed().failure == ""


@pytest.mark.parametrize("value", [None, "soon", "-5", "", "Sun, 01 Mar 2020 12:00:00 GMT", "1e3", "0"])
def test_a_429_without_a_usable_time_backs_off_from_an_hour(reader: Any, value: str | None) -> None:
    """B 31: garbage, nothing, a negative number or the past: one hour, then two, then four."""
    headers = {} if value is None else {"Retry_After": value}
    reader.answer("/feed", reader.status(429, **headers))
    reader.follow()
    reader.poll(times=4)
    for gap, seconds in zip(reader.gaps(), (HOUR, 2 * HOUR, 4 * HOUR), strict=True):
        assert seconds <= gap <= seconds * JITTER


@pytest.mark.parametrize("value", ["315360000", "Fri, 01 Mar 2036 12:00:00 GMT", "9" * 400])
def test_a_retry_after_of_years_does_not_lose_the_feed(reader: Any, value: str) -> None:
    """B 31: ten years are cut to a week."""
    reader.answer("/feed", reader.status(429, Retry_After=value), reader.ok(reader.rss("One"), ETag=ETAG))
    reader.follow()
    reader.poll(times=2)
    assert HOUR <= reader.gaps()[0] <= WEEK * JITTER


@pytest.mark.parametrize("status", [429, 500, 502, 503, 404])
def test_a_refusal_is_not_answered_with_a_second_try(reader: Any, status: int) -> None:
    """B 32: neither the client nor the task repeats a request that failed."""
    reader.answer("/feed", reader.status(status))
    reader.follow()
    for _ in range(59):
        reader.tick()
        reader.advance(minutes=1)
    assert len(reader.asked()) == 1


def test_back_off_doubles_up_to_a_day_and_ends_with_a_success(reader: Any) -> None:
    """B 33: 1, 2, 4, 8, 16, 24, 24 hours with jitter; after a good answer the usual gap holds again."""
    good = reader.ok(reader.rss("One"), ETag=ETAG)
    reader.answer("/feed", *[reader.status(503)] * 8, good, reader.status(503), reader.status(304))
    reader.follow()
    reader.poll(times=11)
    hours = [1, 2, 4, 8, 16, 24, 24, 24, 1, 1]
    for gap, expected in zip(reader.gaps(), hours, strict=True):
        assert expected * HOUR <= gap <= expected * HOUR * JITTER
    assert len({gap / (hour * HOUR) for gap, hour in zip(reader.gaps(), hours, strict=True)}) > 5
    assert reader.feed().failures == 0


@pytest.mark.parametrize("failure", ["connect", "dns", "tls", "timeout"])
def test_a_server_that_cannot_be_reached_is_tried_once_an_interval(
    make_reader: Any, start_server: Callable[..., Any], failure: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B 34: refused, unknown name, TLS fault, silence: named, kept, and tried again after a growing time."""
    lookup = socket.getaddrinfo
    lookups: list[object] = []

    def no_invalid(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host == "nowhere.invalid":
            lookups.append(host)
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return lookup(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", no_invalid)
    with socket.socket() as closed:  # bound and not listening: nobody else gets its port
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        # without a certificate no handshake ends well
        server = start_server(ssl_context=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if failure == "tls" else None)
        reader = make_reader(FETCH_TIMEOUT="0.2", FETCH_ALLOW=f"{server.address},127.0.0.1:{port}")
        reader.answer("/feed", lambda exchange: exchange.hang(), server=server)
        url = {
            "connect": f"http://127.0.0.1:{port}/feed",
            "dns": "http://nowhere.invalid/feed",
            "tls": server.url("/feed"),
            "timeout": server.url("/feed"),
        }[failure]
        reader.follow_urls(url)
        for count, hours in ((1, 1), (2, 2), (3, 4)):
            feed = reader.poll(url=url)
            assert (feed.failure, feed.failures, bool(feed.detail)) == (failure, count, True)
            assert hours * HOUR <= (feed.next_poll_at - reader.clock.now).total_seconds() <= hours * HOUR * JITTER
            tried = (server.connections, len(lookups))
            reader.advance(minutes=59)
            reader.tick()
            assert (server.connections, len(lookups)) == tried
    records = reader.engine.feeds("news").fetches(feed.feed_id)
    assert [record.outcome for record in records] == [failure] * 3
    tries = {"timeout": server.connections, "dns": len(lookups), "tls": server.connections, "connect": 3}
    assert tries[failure] == 3


@pytest.mark.parametrize(("status", "failure"), [(302, "gone-elsewhere"), (307, "gone-elsewhere"), (301, "http-410")])
def test_what_is_gone_behind_a_temporary_redirect_does_not_stop_the_feed(
    reader: Any, status: int, failure: str
) -> None:
    """B 42: 410 speaks of the address that was asked, which a temporary redirect is not."""
    reader.answer("/feed", reader.status(status, Location="/old"))
    reader.answer("/old", reader.status(GONE))
    reader.follow()
    reader.poll()
    assert reader.feed().failure == failure
    assert (reader.feed().state is FeedState.STOPPED) == (failure == "http-410")


def test_a_feed_that_is_gone_is_asked_no_more_until_a_person_asks(reader: Any) -> None:
    """B 42: after 410 no request comes, whatever runs; the record says so; `feeds refresh` begins anew."""
    good = reader.ok(reader.rss("One"), ETag=ETAG)
    reader.answer("/feed", good, reader.status(GONE), good)
    reader.follow()
    reader.poll(times=2)
    feed = reader.feed()
    assert (feed.state, feed.failure, feed.next_poll_at) == (FeedState.STOPPED, "http-410", None)
    assert [note.kind for note in feed.notes] == ["stopped"]
    for _ in range(40):
        reader.advance(days=1)
        reader.tick()
    reader.restart()
    reader.follow()  # listed again, in a file of subscriptions say
    reader.work([reader.server.url("/feed")])
    reader.run(days=10)
    assert len(reader.asked()) == 2
    reader.command("feeds", "refresh", reader.server.url("/feed"))
    reader.poll()
    assert len(reader.asked()) == 3
    assert (reader.feed().state, reader.feed().failure) == (FeedState.ACTIVE, "")
    assert [note.kind for note in reader.feed().notes] == ["restarted", "stopped"]


def test_a_missing_feed_is_asked_ever_more_rarely_and_kept(reader: Any) -> None:
    """B 42: 404 backs off to a day and removes nothing."""
    reader.answer("/feed", reader.status(404))
    reader.follow()
    reader.poll(times=9)
    assert DAY <= reader.gaps()[-1] <= DAY * JITTER
    assert (reader.feed().state, reader.feed().failure) == (FeedState.ACTIVE, "http-404")


@pytest.mark.parametrize("status", [401, 403])
def test_a_feed_that_refuses_us_is_asked_once_a_day(reader: Any, status: int) -> None:
    """B 43: at least a day lies between two requests that were answered with 401 or 403."""
    reader.answer("/feed", reader.status(status))
    reader.follow()
    reader.run(days=5)
    assert min(reader.gaps()) >= DAY
    assert len(reader.asked()) >= 4
    assert reader.feed().failure == f"http-{status}"


WALL = "<!doctype html><html><head><title>Just a moment...</title></head><body></body></html>"


@pytest.mark.parametrize(("status", "mark"), [(403, {"cf-mitigated": "challenge"}), (200, {})])
def test_a_page_for_browsers_is_named_and_left_alone_for_a_day(
    reader: Any, status: int, mark: dict[str, str]
) -> None:
    """B 43: a challenge in place of the feed is a refusal with a name of its own; nothing of it is stored."""
    wall = reader.status(status, WALL, **mark, Content_Type="text/html", ETag='"wall"')
    reader.answer("/feed", wall, reader.ok(reader.rss("One")))
    reader.follow()
    feed = reader.poll()
    assert (feed.failure, feed.etag) == ("challenge", "")
    reader.poll()
    assert reader.gaps()[0] >= DAY
    assert reader.asked()[1].validators == (None, None)


def test_a_304_that_nobody_asked_for_is_a_failure(reader: Any) -> None:
    """B 44: not modified, though no validator was sent, is no success, and its validators are not stored."""
    reader.answer("/feed", reader.status(304, ETag=ETAG), reader.ok(reader.rss("One")))
    reader.follow()
    feed = reader.poll()
    assert (feed.failure, feed.etag, feed.last_fetch_at) == ("http-304", "", None)
    assert reader.poll().failure == ""
    assert reader.asked()[1].validators == (None, None)
    assert reader.titles() == ["One"]


@pytest.mark.parametrize("name", ["empty", "204", "206", "blank"])
def test_an_answer_without_a_document_removes_nothing(reader: Any, name: str) -> None:
    """B 45: an empty 200, 204 and 206 are failures: stories stay, validators stay, nothing is told."""
    part = reader.rss("One")[:40]
    odd = {
        "empty": reader.ok("", ETag='"odd"'),
        "blank": reader.ok(" \r\n ", ETag='"odd"'),
        "204": reader.server.reply(204, {"ETag": '"odd"'}, length=False),
        "206": reader.status(206, part, ETag='"odd"', Content_Range=f"bytes 0-39/{len(reader.rss('One'))}"),
    }[name]
    reader.answer("/feed", reader.ok(reader.rss("One"), ETag=ETAG), odd, reader.status(304))
    reader.follow()
    reader.poll()
    assert reader.poll().failure in {"empty", "not-a-feed", "http-204", "http-206"}
    assert reader.feed().entries == 1
    reader.poll()
    assert reader.asked()[2].validators == (ETAG.encode(), None)
    assert reader.titles() == ["One"]


def test_a_delta_is_never_asked_for_nor_taken(reader: Any) -> None:
    """B 46: A-IM is not sent; a 226 that comes all the same is a failure, and its entries are not taken for all."""
    delta = reader.status(226, reader.rss("Two"), IM="feed", ETag='"2"')
    reader.answer("/feed", reader.ok(reader.rss("One"), ETag=ETAG), delta, reader.status(304))
    reader.follow()
    reader.poll()
    assert reader.poll().failure == "http-226"
    reader.poll()
    assert all("a-im" not in asked.headers for asked in reader.asked())
    assert reader.asked()[2].validators == (ETAG.encode(), None)
    assert reader.titles() == ["One"]


def test_the_last_twenty_requests_of_a_feed_are_kept(reader: Any) -> None:
    """B 34: outcome, time, size and what was new of the last twenty requests, the newest first."""
    body = reader.rss("One", "Two")
    reader.answer(
        "/feed", reader.status(500), reader.ok(body, ETag=ETAG), *[reader.status(304)] * 18, reader.status(404)
    )
    reader.follow()
    feed = reader.poll(times=20)
    records = reader.engine.feeds("news").fetches(feed.feed_id)
    assert [record.outcome for record in records] == ["304"] * 18 + ["200", "http-500"]
    assert (records[-2].new, records[-2].body_bytes) == (2, len(body))
    assert [record.at for record in records] == [asked.at for asked in reversed(reader.asked())]
    reader.poll()
    records = reader.engine.feeds("news").fetches(feed.feed_id)
    assert [record.outcome for record in records] == ["http-404", *["304"] * 18, "200"]
