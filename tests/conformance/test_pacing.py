"""A 18 to 26: when a feed is asked again, measured at its server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

HOUR = 3600
DAY = 86_400
#: Jitter lengthens a wait by a tenth at most.
JITTER = 1.1
ETAG = '"33a64df5"'
SY = 'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"'


def test_two_requests_are_never_less_than_an_hour_apart(reader: Any) -> None:
    """A 18: by default 3600 s lie between two requests, whatever the answer, though the clock ticks all the time."""
    answers = [
        reader.ok(reader.rss("One"), ETag=ETAG),
        reader.status(304),
        reader.status(500),
        reader.ok(reader.rss("One", "Two"), ETag='"2"', Cache_Control="max-age=60"),
        reader.status(503, Retry_After="1"),
        reader.status(304, Cache_Control="no-cache"),
        reader.ok("no feed"),
    ]
    reader.answer("/feed", *answers, reader.status(304))
    reader.follow()
    for _ in range(18 * 60):
        reader.tick()
        reader.advance(minutes=1)
    assert len(reader.asked()) >= 9
    assert min(reader.gaps()) >= HOUR


def test_a_shorter_gap_needs_its_own_setting(make_reader: Any) -> None:
    """A 18: only who sets the shortest and the usual gap below an hour gets one."""
    reader = make_reader(POLL_INTERVAL_MIN="60", POLL_INTERVAL_DEFAULT="60")
    reader.answer("/feed", reader.not_modified(ETag=ETAG))
    reader.follow()
    reader.run(minutes=10)
    assert all(60 <= gap <= 60 * JITTER for gap in reader.gaps())
    assert len(reader.asked()) >= 9


def test_jitter_only_lengthens_a_wait(reader: Any) -> None:
    """A 18: the waits differ from each other and none is shorter than the interval."""
    reader.answer("/feed", reader.not_modified(ETag=ETAG))
    reader.follow()
    reader.run(hours=12)
    assert all(HOUR <= gap <= HOUR * JITTER for gap in reader.gaps()[:5])
    assert len(set(reader.gaps())) > 5


def test_a_server_without_validators_is_asked_once_a_day(reader: Any) -> None:
    """A 19: where each request costs a whole body, at most one is sent in 24 hours."""
    reader.answer("/feed", reader.ok(reader.rss("One")), reader.ok(reader.rss("One", "Two")))
    reader.follow()
    reader.run(days=10)
    assert 8 <= len(reader.asked()) <= 10
    assert min(reader.gaps()) >= DAY


CACHE_HINTS = {
    "max-age": ({"Cache-Control": "max-age=7200"}, 7200, 7200),
    "max-age less Age": ({"Cache-Control": "max-age=7200", "Age": "600"}, 6600, 6600),
    "a year": ({"Cache-Control": "public, max-age=31536000, immutable"}, DAY, DAY),
    "no-store": ({"Cache-Control": "no-store"}, HOUR, HOUR),
    "no-cache": ({"Cache-Control": "no-cache, max-age=7200"}, HOUR, HOUR),
    "max-age 0": ({"Cache-Control": "max-age=0, must-revalidate"}, HOUR, HOUR),
    "short": ({"Cache-Control": "max-age=60"}, HOUR, HOUR),
    "garbage": ({"Cache-Control": "max-age=soon"}, HOUR, HOUR),
    "negative": ({"Cache-Control": "max-age=-1"}, HOUR, HOUR),
}


@pytest.mark.parametrize("name", CACHE_HINTS)
def test_max_age_is_waited_for_within_a_day(reader: Any, name: str) -> None:
    """A 20: max-age less Age, at most a day; no-store, no-cache and 0 give the usual gap and none shorter."""
    headers, least, most = CACHE_HINTS[name]
    reader.answer("/feed", reader.not_modified(ETag=ETAG, **headers))
    reader.follow()
    reader.poll(times=2)
    assert least <= reader.gaps()[0] <= most * JITTER


def test_a_304_that_says_nothing_of_freshness_leaves_the_known_one_in_force(reader: Any) -> None:
    """A 20: the max-age of the stored answer counts until an answer brings another."""
    body = reader.ok(reader.rss("One"), ETag=ETAG, Cache_Control="max-age=10800")
    reader.answer(
        "/feed", body, reader.status(304), reader.status(304, Cache_Control="max-age=0"), reader.status(304)
    )
    reader.follow()
    reader.poll(times=4)
    for gap, seconds in zip(reader.gaps(), (3 * HOUR, 3 * HOUR, HOUR), strict=True):
        assert seconds <= gap <= seconds * JITTER


def test_expires_counts_from_date_and_yields_to_max_age(reader: Any) -> None:
    """A 21: Expires less Date, measured on the server's clock; max-age beside it wins."""
    # The server's clock is a year behind ours: only the difference of its two dates means anything.
    date = datetime(2025, 3, 1, 12, tzinfo=UTC)
    expires = {"Date": format_datetime(date, True), "Expires": format_datetime(date + timedelta(hours=5), True)}
    reader.answer("/expires", reader.not_modified(ETag=ETAG, **expires))
    reader.answer("/both", reader.not_modified(ETag=ETAG, **{**expires, "Cache-Control": "max-age=7200"}))
    reader.answer("/past", reader.not_modified(ETag=ETAG, Date=expires["Date"], Expires="0"))
    reader.follow("/expires", "/both", "/past")
    reader.run(hours=6)
    for target, seconds in (("/expires", 5 * HOUR), ("/both", 2 * HOUR), ("/past", HOUR)):
        assert seconds <= reader.gaps(target)[0] <= seconds * JITTER, target


TTLS = {"180": 180 * 60, "0": HOUR, "-5": HOUR, "abc": HOUR, "9999": DAY, "": HOUR}


@pytest.mark.parametrize("ttl", TTLS)
def test_ttl_is_minutes_and_garbage_is_nothing(reader: Any, ttl: str) -> None:
    """A 22: ttl 180 waits three hours; zero, a negative one and words are ignored, a huge one is cut to a day."""
    reader.answer("/feed", reader.not_modified(reader.rss("One", channel=f"<ttl>{ttl}</ttl>"), ETag=ETAG))
    reader.follow()
    reader.poll(times=3)
    assert all(TTLS[ttl] <= gap <= TTLS[ttl] * JITTER for gap in reader.gaps())


def test_a_ttl_beyond_all_numbers_does_not_lose_the_feed(reader: Any) -> None:
    """A 22: a ttl of 10^12 minutes is cut to a day or ignored."""
    channel = "<ttl>1000000000000</ttl>"
    reader.answer("/feed", reader.not_modified(reader.rss("One", channel=channel), ETag=ETAG))
    reader.follow()
    reader.poll(times=3)
    assert all(HOUR <= gap <= DAY * JITTER for gap in reader.gaps())


def test_skipped_hours_see_no_request(reader: Any) -> None:
    """A 23: no request comes in an hour of skipHours, GMT; 24 is midnight."""
    hours = "".join(f"<hour>{hour}</hour>" for hour in (13, 14, 15, 3, 24))
    body = reader.rss("One", channel=f"<skipHours>{hours}</skipHours>")
    reader.answer("/feed", reader.not_modified(body, ETag=ETAG))
    reader.follow()
    reader.run(days=5)
    assert len(reader.asked()) > 24
    assert {asked.at.hour for asked in reader.asked()}.isdisjoint({13, 14, 15, 3, 0})


def test_skipping_all_hours_does_not_stop_a_feed(reader: Any) -> None:
    """A 23: a feed that skips all of the day is asked all the same."""
    hours = "".join(f"<hour>{hour}</hour>" for hour in range(24))
    body = reader.rss("One", channel=f"<skipHours>{hours}</skipHours>")
    reader.answer("/feed", reader.not_modified(body, ETag=ETAG))
    reader.follow()
    reader.run(days=2)
    assert len(reader.asked()) >= 2
    assert max(reader.gaps()) <= DAY * JITTER


def test_skipped_days_see_no_request(reader: Any) -> None:
    """A 24: no request comes on a day of skipDays, GMT."""
    body = reader.rss("One", channel="<skipDays><day>Monday</day><day>Tuesday</day></skipDays>")
    reader.answer("/feed", reader.not_modified(body, ETag=ETAG))
    reader.follow()
    reader.run(days=9)
    # the first one came on a Sunday, and no sooner was it known
    assert {asked.at.strftime("%A") for asked in reader.asked()} >= {"Sunday", "Wednesday", "Saturday"}
    assert {asked.at.weekday() for asked in reader.asked()}.isdisjoint({0, 1})


SYNDICATION = {
    ("daily", "2"): 12 * HOUR,
    ("hourly", "1"): HOUR,
    ("hourly", "60"): HOUR,
    ("daily", "0"): DAY,
    ("daily", "-1"): DAY,
    ("weekly", "1"): DAY,
    ("daily", "often"): DAY,
    ("sometimes", "1"): HOUR,
}


@pytest.mark.parametrize(("period", "frequency"), SYNDICATION)
def test_the_syndication_module_gives_period_by_frequency(reader: Any, period: str, frequency: str) -> None:
    """A 25: daily, twice is twelve hours; a frequency of zero divides nothing, and a week is cut to a day."""
    channel = f"<sy:updatePeriod>{period}</sy:updatePeriod><sy:updateFrequency>{frequency}</sy:updateFrequency>"
    reader.answer("/feed", reader.not_modified(reader.rss("One", channel=channel, namespace=SY), ETag=ETAG))
    reader.follow()
    reader.poll(times=2)
    seconds = SYNDICATION[period, frequency]
    assert seconds <= reader.gaps()[0] <= seconds * JITTER


@pytest.mark.parametrize(
    ("ttl", "max_age", "period", "longest"),
    [
        (180, 7200, "hourly", 3 * HOUR),
        (60, 14_400, "hourly", 4 * HOUR),
        (60, 60, "daily", DAY),
        (9999, 1, "daily", DAY),
    ],
)
def test_the_longest_hint_wins_within_a_day(reader: Any, ttl: int, max_age: int, period: str, longest: int) -> None:
    """A 26: of ttl, max-age and updatePeriod the longest counts, cut to a day."""
    channel = f"<ttl>{ttl}</ttl><sy:updatePeriod>{period}</sy:updatePeriod>"
    body = reader.rss("One", channel=channel, namespace=SY)
    reader.answer("/feed", reader.not_modified(body, ETag=ETAG, Cache_Control=f"max-age={max_age}"))
    reader.follow()
    reader.poll(times=3)
    assert all(longest <= gap <= longest * JITTER for gap in reader.gaps())


def _news_every(reader: Any, hours: float) -> Callable[[Any], None]:
    """A feed that gets an item at fixed times of the clock."""
    began = reader.clock.now

    def play(exchange: Any) -> None:
        number = int((reader.clock.now - began) / timedelta(hours=hours))
        etag = f'"{number}"'
        if exchange.request.headers.get("if-none-match") == etag.encode():
            exchange.send(reader.status(304))
            return
        titles = [f"Number {n}" for n in range(number, max(-1, number - 10), -1)]
        exchange.send(reader.ok(reader.rss(*titles), ETag=etag))

    return play


def test_a_daily_feed_is_asked_every_two_hours_once_it_is_known(reader: Any) -> None:
    """A 18: the interval follows the feed's rhythm: one item a day is asked for about twelve times a day, not 24."""
    reader.answer("/feed", _news_every(reader, 24))
    reader.follow()
    reader.run(days=14)
    last = [asked for asked in reader.asked() if asked.at >= reader.clock.now - timedelta(days=4)]
    assert 4 * 9 <= len(last) <= 4 * 14
    assert len(reader.titles()) >= 14


def test_a_busy_feed_is_asked_every_hour(reader: Any) -> None:
    """A 18: what brings something every hour keeps the usual gap."""
    reader.answer("/feed", _news_every(reader, 1))
    reader.follow()
    reader.run(days=3)
    assert max(reader.gaps()) <= HOUR * JITTER


def test_a_quiet_feed_is_asked_at_least_once_a_day(reader: Any) -> None:
    """A 18: however rare its news, a feed is asked within a day, so that nothing is late for longer."""
    reader.answer("/feed", _news_every(reader, 24 * 30))
    reader.follow()
    reader.run(days=40)
    assert max(reader.gaps()) <= DAY * JITTER
