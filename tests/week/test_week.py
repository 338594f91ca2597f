"""A simulated week of 500 feeds of forty kinds, five restarts in it: what it costs the hosts, and what it brings."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.week.conftest import END, FEEDS, SHARED, Week
from tests.week.judge import Judge
from worker.model.feed import Feed, FeedState

# In one group, so that one process lives through the week for all of them.
pytestmark = [pytest.mark.scenario, pytest.mark.timeout(300), pytest.mark.xdist_group("week")]

#: No good answer for longer than this at the end of the week means a feed that was lost.
LONGEST_SILENCE = timedelta(hours=30)


@pytest.fixture
def judge(week: Week) -> Judge:
    return week.internet.judge


def of_kind(week: Week, name: str) -> dict[str, Feed]:
    found = {url: feed for url, feed in week.feeds.items() if week.kinds[url] == name}
    assert len(found) >= 10
    return found


def test_week_is_long_and_mixed_enough_to_judge_by(week: Week, judge: Judge) -> None:
    print(week.table())
    assert len(week.feeds) == FEEDS
    assert len(set(week.kinds.values())) >= 35
    assert judge.totals["polls"] > 50 * FEEDS / 2
    assert judge.totals["answered 304"] > judge.totals["answered 200"] > FEEDS
    assert judge.totals["power cuts"] == 3
    for outcome in ("301", "302", "403", "404", "410", "429", "500", "503", "dns", "timeout", "connect"):
        assert judge.totals[f"answered {outcome}"] >= 10, outcome


@pytest.mark.parametrize(
    "fault",
    [
        "unconditional",
        "bad validators",
        "poll within an hour",
        "poll before its time",
        "poll in a skipped hour",
        "request after 410",
        "needless field",
        "wrong User-Agent",
    ],
)
def test_no_server_has_cause_for_complaint(judge: Judge, fault: str) -> None:
    """Unconditional requests are those to a server whose validators are held; a poll is before its time when
    Retry-After, max-age, Expires, ttl or sy: asked for longer, or a feed without validators was asked within 24 h."""
    assert {name: each[:5] for name, each in judge.faults.items() if name.startswith(fault)} == {}


def test_each_feed_with_validators_is_read_whole_by_an_unconditional_request_once(week: Week, judge: Judge) -> None:
    """Once more only where the power was cut before the first answer was stored."""
    expected = {url: 1 + reader.again for url, reader in judge.readers.items() if week.kinds[url] != "no validators"}
    assert {url: judge.readers[url].whole for url in expected} == expected
    assert sum(reader.again for reader in judge.readers.values()) <= 25


def test_each_article_is_told_exactly_once(week: Week) -> None:
    due = set().union(*week.internet.shown.values())
    assert len(due) > 5_000
    assert {url for url in due if url not in week.told} == set()
    assert {url: times for url, times in week.told.items() if times != 1 or url not in due} == {}
    assert week.others == {}


def test_every_feed_is_still_read_but_those_that_are_gone(week: Week, judge: Judge) -> None:
    gone = {url for url, feed in week.feeds.items() if feed.state is FeedState.STOPPED}
    assert gone == set(of_kind(week, "gone"))
    lost = {url for url, reader in judge.readers.items() if END - reader.read_at > LONGEST_SILENCE}
    assert lost == gone


def test_feed_that_moved_for_good_is_asked_where_it_went(week: Week, judge: Judge) -> None:
    for url, feed in of_kind(week, "moved for good").items():
        assert feed.asked_url == url.replace("https://", "https://new.")
        assert week.internet.last_asked(url) < END - timedelta(days=3)
    assert judge.totals["answered 301"] < FEEDS


@pytest.mark.parametrize("name", ["elsewhere", "moved to a login page for a day"])
def test_feed_that_did_not_move_for_good_stays_where_it_was(week: Week, name: str) -> None:
    for url, feed in of_kind(week, name).items():
        assert feed.asked_url == ""
        assert week.internet.last_asked(url) > END - LONGEST_SILENCE


def test_fifty_feeds_of_one_host_are_asked_two_at_a_time_and_spread(week: Week) -> None:
    times = week.internet.times["many.example"]
    assert len(times) > 50 * SHARED
    assert week.internet.most_at_once["many.example"] <= 2
    a_minute = max(sum(1 for at in times if start <= at < start + timedelta(minutes=1)) for start in times[::5])
    assert a_minute <= SHARED
