"""Items that turn out to be one: a story holds each once, and every claim names the one that stays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from worker.fold.apply import Outcome, apply
from worker.fold.decide import Known, decide, decide_learned
from worker.fold.identity import claims_of
from worker.fold.index import StoryIndex
from worker.fold.match import FoldRules, WordMatcher
from worker.fold.same_item import unite
from worker.model.item import Given, Item
from worker.model.story import Story

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HALF_LIFE = timedelta(hours=24)
LATER = NOW + timedelta(minutes=5)

Make = Callable[..., Item]
Tell = Callable[..., Story]


def known_of(*stories: Story) -> Known:
    """What the store would know when these are all its stories."""
    items = [(item, story) for story in stories for item in story.items]
    return Known(
        item_ids={claim: item.item_id for item, _ in items for claim in claims_of(item)},
        story_ids={item.item_id: story.story_id for item, story in items},
    )


def learn(item: Item, *stories: Story) -> Outcome:
    decision = decide_learned(item, known_of(*stories), "the same page")
    return apply(decision, {story.story_id: story for story in stories}, now=LATER, half_life=HALF_LIFE)


def arrive(item: Item, *stories: Story) -> Outcome:
    decision = decide(item, known_of(*stories), WordMatcher(FoldRules()), StoryIndex())
    return apply(decision, {story.story_id: story for story in stories}, now=LATER, half_life=HALF_LIFE)


@pytest.fixture
def first(make_item: Make) -> Item:
    return make_item("a", first_seen_at=NOW - timedelta(minutes=9))


@pytest.fixture
def second(make_item: Make) -> Item:
    return make_item("b", domain="planet.example")


def with_key_of(item: Item, other: Item) -> Item:
    return replace(item, url_keys=tuple(sorted({*item.url_keys, *other.url_keys})))


def test_two_stories_of_one_page_become_one_story_with_one_item(tell: Tell, first: Item, second: Item) -> None:
    older, newer = tell(first, now=NOW - timedelta(minutes=9)), tell(second)

    outcome = learn(with_key_of(second, first), older, newer)

    assert outcome.before == older
    assert [item.item_id for item in outcome.after.items] == [first.item_id]
    assert outcome.absorbed == (newer,)


def test_two_items_of_one_story_become_one_item(tell: Tell, first: Item, second: Item) -> None:
    story = tell(first, second)

    outcome = learn(with_key_of(second, first), story)

    assert [item.item_id for item in outcome.after.items] == [first.item_id]
    assert outcome.absorbed == ()


def test_every_claim_of_both_names_the_item_that_stays(tell: Tell, first: Item, second: Item) -> None:
    """So that the next poll of either feed finds it known, and tells nothing."""
    outcome = learn(with_key_of(second, first), tell(first, second))

    assert {outcome.claims[claim] for claim in claims_of(second)} == {first.item_id}
    assert set(first.url_keys) | set(second.url_keys) == set(outcome.after.lead.url_keys)


def test_source_of_the_item_that_went_is_known_and_changes_nothing(tell: Tell, first: Item, second: Item) -> None:
    outcome = learn(with_key_of(second, first), tell(first, second))
    claims = {claim: first.item_id for item in (first, second) for claim in claims_of(item)}
    known = Known(item_ids=claims, story_ids={first.item_id: outcome.after.story_id})

    decision = decide(second, known, WordMatcher(FoldRules()), StoryIndex())
    again = apply(decision, {outcome.after.story_id: outcome.after}, now=LATER, half_life=HALF_LIFE)

    assert again.after == outcome.after


def test_item_that_led_and_went_hands_the_lead_to_the_one_that_stays(tell: Tell, first: Item, second: Item) -> None:
    story = tell(replace(second, quality=99), first, now=NOW)
    assert story.lead_id == second.item_id

    outcome = learn(with_key_of(replace(second, quality=99), first), story)

    assert outcome.after.lead_id == first.item_id


def test_document_stays_whenever_it_came(make_item: Make, tell: Tell, first: Item) -> None:
    """It speaks for every source."""
    told = make_item("d", given=Given(), feed_url="", guid="")

    outcome = learn(with_key_of(first, told), tell(first, told))

    assert [item.item_id for item in outcome.after.items] == [told.item_id]


def test_source_that_corrects_its_link_to_a_known_page_is_that_item(tell: Tell, first: Item, second: Item) -> None:
    """One GUID, one address, two items until then."""
    corrected = replace(second, url_keys=first.url_keys, web_url=first.web_url)

    outcome = arrive(corrected, tell(first, second))

    assert [item.item_id for item in outcome.after.items] == [first.item_id]


def test_what_was_learned_without_a_new_address_changes_only_its_item(tell: Tell, first: Item, second: Item) -> None:
    story = tell(first, second)

    outcome = learn(replace(second, excerpt="From the page"), story)

    assert [item.excerpt for item in outcome.after.items] == ["", "From the page"]


def test_the_rest_of_a_story_keeps_its_place(make_item: Make, tell: Tell, first: Item, second: Item) -> None:
    story = tell(first, make_item("c", domain="third.example"), second)

    united = unite(story, ((second.item_id, first.item_id), ("unknown", "other")))

    assert [item.item_id[0] for item in united.story.items] == ["a", "c"]
    assert united.stays == {second.item_id: first.item_id}


def test_three_that_are_one_by_two_ways_leave_one(make_item: Make, tell: Tell, first: Item, second: Item) -> None:
    third = make_item("c", domain="third.example", first_seen_at=NOW - timedelta(hours=1))
    story = tell(first, second, third)

    united = unite(story, ((second.item_id, first.item_id), (second.item_id, third.item_id)))

    assert [item.item_id for item in united.story.items] == [third.item_id]
    assert united.stays == {first.item_id: third.item_id, second.item_id: third.item_id}
    assert united.story.lead_id == third.item_id
