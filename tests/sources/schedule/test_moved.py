"""Where a feed is asked after redirects: what is adopted, what never, and the way back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from worker.model.feed import Feed
from worker.sources.schedule.moved import (
    CONFIRMATIONS,
    FAILURES_UNTIL_RETURN,
    Place,
    place_after_failure,
    place_after_success,
    validators_url_at,
)

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HERE, THERE, ELSEWHERE = (f"https://{name}.example/feed" for name in ("harbor", "port", "quay"))


def _feed(**values: Any) -> Feed:
    return Feed(**{"feed_id": "f", "url": HERE, "collection": "news", "added_at": NOW, **values})


def _after(feed: Feed, *answers: str) -> tuple[Feed, list[Place]]:
    """The record after good answers, each by the permanent redirect that is named; "" for none."""
    places = []
    for answer in answers:
        place = place_after_success(feed, answer, NOW)
        places.append(place)
        feed = replace(feed, asked_url=place.asked_url, moved_url=place.moved_url, moved_times=place.moved_times)
    return feed, places


def test_a_permanent_redirect_is_adopted_after_five_good_answers_in_a_row_and_noted() -> None:
    feed, places = _after(_feed(), *[THERE] * CONFIRMATIONS)

    assert [place.asked_url for place in places] == ["", "", "", "", THERE]
    assert [place.moved_times for place in places] == [1, 2, 3, 4, 0]
    note = places[-1].note
    assert note is not None
    assert (note.at, note.kind) == (NOW, "moved")
    assert THERE in note.detail
    assert all(place.note is None for place in places[:-1])
    assert feed.url == HERE


@pytest.mark.parametrize("other", ["", ELSEWHERE])
def test_an_answer_without_the_redirect_or_by_another_one_starts_the_count_anew(other: str) -> None:
    feed, _ = _after(_feed(), *[THERE] * 4, other, *[THERE] * 4)

    assert (feed.asked_url, feed.moved_times) == ("", 4)


def test_an_adopted_address_that_moves_on_is_confirmed_likewise() -> None:
    feed, places = _after(_feed(asked_url=THERE), *[ELSEWHERE] * 5)

    assert [place.asked_url for place in places] == [THERE] * 4 + [ELSEWHERE]
    assert feed.asked_url == ELSEWHERE


def test_a_feed_that_is_moved_home_again_is_asked_at_its_own_url() -> None:
    feed, places = _after(_feed(asked_url=THERE), *[HERE] * 5)

    assert feed.asked_url == ""
    assert places[-1].note is not None


def test_https_is_never_given_up_for_http() -> None:
    feed, places = _after(_feed(), *["http://port.example/feed"] * 9)

    assert (feed.asked_url, feed.moved_url, feed.moved_times) == ("", "", 0)
    assert all(place.note is None for place in places)


def test_a_feed_with_a_credential_is_not_moved_away_from_the_origin_that_it_is_for() -> None:
    away, _ = _after(_feed(credential="press"), *[THERE] * 5)
    within, _ = _after(_feed(credential="press"), *["https://harbor.example/new"] * 5)

    assert away.asked_url == ""
    assert within.asked_url == "https://harbor.example/new"


def test_a_note_holds_no_secret_of_an_address() -> None:
    _, places = _after(_feed(), *[f"{THERE}?token=tide"] * 5)

    assert places[-1].asked_url == f"{THERE}?token=tide"
    assert places[-1].note is not None
    assert "tide" not in places[-1].note.detail


@pytest.mark.parametrize("failures", range(1, 6))
def test_an_adopted_address_is_given_up_after_three_failures_in_a_row(failures: int) -> None:
    place = place_after_failure(_feed(asked_url=THERE, moved_url=ELSEWHERE, moved_times=2), failures, NOW)

    assert (place.moved_url, place.moved_times) == ("", 0)
    if failures < FAILURES_UNTIL_RETURN:
        assert (place.asked_url, place.note) == (THERE, None)
    else:
        assert place.asked_url == ""
        assert place.note is not None
        assert place.note.kind == "returned"


def test_a_feed_that_was_never_moved_has_nowhere_to_return_to() -> None:
    assert place_after_failure(_feed(), 9, NOW) == Place()


@pytest.mark.parametrize(
    ("given_by", "asked_url", "kept"), [(HERE, HERE, ""), (THERE, HERE, THERE), (HERE, THERE, HERE)]
)
def test_the_giver_of_validators_is_kept_when_it_is_not_what_is_asked(
    given_by: str, asked_url: str, kept: str
) -> None:
    assert validators_url_at(given_by, asked_url) == kept
