"""The steps of a subscription: what is asked when, and what an answer changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from worker.model.feed import Feed, FeedState
from worker.model.subscription import Subscription, SubscriptionState
from worker.sources.websub.subscription import (
    ASKED_LEASE,
    CONFIRM_WITHIN,
    FIRST_RETRY,
    LAST_RETRY,
    LONGEST_LEASE,
    Step,
    asked_again,
    decide,
    denied,
    expects,
    failed,
    new_subscription,
    request_form,
    retry_delay,
    verified,
)

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
PUBLIC = "https://news.example"
FEED = Feed(
    feed_id="f" * 16,
    url="https://a.example/feed",
    collection="news",
    added_at=NOON,
    hub_url="https://hub.example/",
    topic_url="https://a.example/topic?a=b&c=%7e",
)
ASKED = new_subscription(FEED, public_url=PUBLIC, token="T" * 43, secret="S" * 43, now=NOON)
HOLDS = verified(ASKED, 864_000, NOON)


def feed(**given: Any) -> Feed:
    return replace(FEED, **given)


@pytest.mark.parametrize(
    ("subscription", "of", "at", "step"),
    [
        pytest.param(None, FEED, NOON, Step.ASK, id="a feed with a hub is subscribed to"),
        pytest.param(None, None, NOON, Step.NOTHING, id="nothing of a removed feed"),
        pytest.param(None, feed(hub_url=""), NOON, Step.NOTHING, id="no hub"),
        pytest.param(None, feed(topic_url=""), NOON, Step.NOTHING, id="no topic"),
        pytest.param(None, feed(hub_url="http://hub.example/"), NOON, Step.NOTHING, id="a hub without encryption"),
        pytest.param(None, feed(state=FeedState.STOPPED), NOON, Step.NOTHING, id="stopped"),
        pytest.param(ASKED, FEED, NOON, Step.NOTHING, id="just asked"),
        pytest.param(ASKED, FEED, NOON + FIRST_RETRY, Step.RENEW, id="not confirmed for an hour"),
        pytest.param(HOLDS, FEED, NOON + 7.9 * DAY, Step.NOTHING, id="holds"),
        pytest.param(HOLDS, FEED, NOON + 8 * DAY, Step.RENEW, id="80 % of the lease"),
        pytest.param(HOLDS, None, NOON, Step.END, id="the feed was removed"),
        pytest.param(HOLDS, feed(state=FeedState.STOPPED), NOON, Step.END, id="the feed was stopped"),
        pytest.param(HOLDS, feed(hub_url=""), NOON, Step.END, id="the feed has no hub any more"),
        pytest.param(HOLDS, feed(hub_url="https://other.example/"), NOON, Step.REPLACE, id="another hub"),
        pytest.param(HOLDS, feed(topic_url="https://a.example/t"), NOON, Step.REPLACE, id="another topic"),
        pytest.param(replace(HOLDS, public_url="https://old.example"), FEED, NOON, Step.REPLACE, id="we have moved"),
        pytest.param(denied(HOLDS, "", NOON), FEED, NOON + 6 * DAY, Step.NOTHING, id="denied"),
        pytest.param(denied(HOLDS, "", NOON), FEED, NOON + 7 * DAY, Step.RENEW, id="denied a week ago"),
    ],
)
def test_what_is_done_for_a_feed(
    subscription: Subscription | None, of: Feed | None, at: datetime, step: Step
) -> None:
    assert decide(subscription, of, at, PUBLIC) is step


def test_without_a_public_url_no_hub_is_asked() -> None:
    assert decide(None, FEED, NOON, "") is Step.NOTHING


def test_the_request_names_topic_callback_lease_and_secret() -> None:
    """E 75 and E 78: the topic as published, a callback with the token, ten days, a secret of at most 200 bytes."""
    fields = parse_qs(request_form(ASKED, "subscribe").decode("ascii"), strict_parsing=True)
    assert fields == {
        "hub.mode": ["subscribe"],
        "hub.topic": [FEED.topic_url],
        "hub.callback": [f"{PUBLIC}/websub/{'T' * 43}"],
        "hub.lease_seconds": ["864000"],
        "hub.secret": ["S" * 43],
    }


def test_the_request_to_end_it_has_no_secret() -> None:
    fields = parse_qs(request_form(ASKED, "unsubscribe").decode("ascii"))
    assert set(fields) == {"hub.mode", "hub.topic", "hub.callback"}


def test_secrets_are_not_shown() -> None:
    assert "T" * 43 not in repr(ASKED)
    assert "S" * 43 not in repr(ASKED)


@pytest.mark.parametrize(
    ("seconds", "lease"),
    [(3600, timedelta(hours=1)), (None, ASKED_LEASE), (10**11, LONGEST_LEASE)],
)
def test_the_lease_is_the_hubs_within_bounds(seconds: int | None, lease: timedelta) -> None:
    held = verified(ASKED, seconds, NOON)
    assert (held.state, held.pushed_until()) == (SubscriptionState.HOLDS, NOON + lease)


@given(st.integers(1, 10**9))
def test_a_lease_is_renewed_before_it_ends(seconds: int) -> None:
    """E 81. Shorter than five minutes it is left to end: a hub is not asked without pause."""
    held = verified(ASKED, seconds, NOON)
    assert held.lease_until is not None
    assert held.next_at - NOON >= timedelta(minutes=5)
    assert held.next_at < held.lease_until or seconds <= 300


def test_a_renewal_that_is_not_answered_keeps_the_lease_to_its_end_and_no_longer() -> None:
    """E 81: then it counts as asked, and polls take over."""
    now, held, requests = HOLDS.next_at, HOLDS, 0
    while held.state is SubscriptionState.HOLDS:
        assert held.next_at <= (held.lease_until or NOON)
        now = held.next_at
        held = asked_again(held, now)
        requests += 1
    assert now == HOLDS.lease_until
    assert held.pushed_until() is None
    assert 4 <= requests <= 10


def test_back_off_grows_to_a_week_and_never_ends() -> None:
    delays = [retry_delay(number) for number in range(1, 200)]
    assert delays[:4] == [FIRST_RETRY * 2**power for power in range(4)]
    assert delays == sorted(delays)
    assert delays[-1] == LAST_RETRY


def test_a_refused_request_is_tried_again_not_before_the_hub_wants_it() -> None:
    after = failed(ASKED, "http-503: x", NOON, retry_after_seconds=7200)
    assert (after.state, after.next_at, after.detail) == (
        SubscriptionState.FAILED, NOON + timedelta(hours=2), "http-503: x",
    )  # fmt: skip


def test_a_failed_renewal_leaves_the_lease() -> None:
    asked = asked_again(HOLDS, NOON + 8 * DAY)
    after = failed(asked, "timeout: x", NOON + 8 * DAY, None)
    assert after.pushed_until() == HOLDS.lease_until
    assert after.next_at == NOON + 8 * DAY + FIRST_RETRY


def test_a_denial_ends_what_held() -> None:
    """E 81."""
    after = denied(HOLDS, "no such topic", NOON)
    assert (after.pushed_until(), after.detail) == (None, "the hub denies it: no such topic")


@pytest.mark.parametrize(
    ("subscription", "topic", "at", "is_ours"),
    [
        pytest.param(ASKED, FEED.topic_url, NOON, True, id="asked"),
        pytest.param(ASKED, FEED.topic_url + "/", NOON, False, id="another topic"),
        pytest.param(ASKED, "", NOON, False, id="no topic"),
        pytest.param(ASKED, FEED.topic_url, NOON + CONFIRM_WITHIN, False, id="too late"),
        pytest.param(HOLDS, FEED.topic_url, NOON + timedelta(minutes=1), True, id="the answer was lost"),
        pytest.param(HOLDS, FEED.topic_url, NOON + 2 * DAY, False, id="unsolicited"),
        pytest.param(denied(ASKED, "", NOON), FEED.topic_url, NOON, False, id="denied"),
    ],
)
def test_only_a_request_of_ours_is_confirmed(
    subscription: Subscription, topic: str, at: datetime, is_ours: bool
) -> None:
    """E 77 (test 205)."""
    assert expects(subscription, topic, at) is is_ours
