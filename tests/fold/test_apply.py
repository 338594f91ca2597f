"""How an item changes its story."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given as prop
from hypothesis import strategies as st
from msgspec.structs import replace

from storyfold.document import Extra
from worker.fold.apply import apply, cool, update
from worker.fold.decide import Decision
from worker.fold.identity import is_told
from worker.fold.lead import LEAD_MARGIN
from worker.model.item import Given, Item
from worker.model.story import Story
from worker.score.heat import COLD
from worker.score.quality import score_item

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HALF_LIFE = timedelta(hours=24)

Make = Callable[..., Item]
Tell = Callable[..., Story]


def test_the_first_item_founds_a_story_under_its_own_id(make_item: Make, tell: Tell) -> None:
    story = tell(make_item("a"))

    assert (story.story_id, story.lead_id, story.revision) == ("a".ljust(16, "0"),) * 2 + (1,)


def test_a_second_item_stands_after_the_lead_in_the_order_of_joining(make_item: Make, tell: Tell) -> None:
    story = tell(make_item("a"), make_item("c"), make_item("b"))

    assert [item.title for item in story.items] == ["Title of a", "Title of c", "Title of b"]
    assert story.revision == 3


def test_the_same_item_again_changes_nothing(make_item: Make, tell: Tell) -> None:
    story = tell(make_item("a"))

    assert tell(make_item("a"), story=story) == story


def test_a_newer_version_updates_in_place(make_item: Make, tell: Tell) -> None:
    story = tell(make_item("a"), make_item("a", title="Edited"))

    assert [item.title for item in story.items] == ["Edited"]
    assert story.revision == 2


def test_another_feeds_version_adds_its_addresses_and_no_revision(make_item: Make, tell: Tell) -> None:
    story = tell(make_item("a"))
    elsewhere = make_item(
        "a", feed_url="https://planet.example/f", title="Other words", url_keys=("https://x.example/a",)
    )

    after = tell(elsewhere, story=story)

    assert (after.lead.title, after.revision) == ("Title of a", 1)
    assert "https://x.example/a" in after.lead.url_keys


@pytest.mark.parametrize("how", ["first-seen", "clamped"])
def test_an_item_without_a_date_of_its_own_keeps_the_first_one(make_item: Make, how: str) -> None:
    known = make_item("a", published_at=NOW, provenance={"published_at": how})
    later = make_item("a", title="New", published_at=NOW + timedelta(hours=5), provenance={"published_at": how})

    assert update(known, later).published_at == NOW


def test_what_the_page_gave_stays_and_counts_when_the_feed_tells_the_item_anew(make_item: Make, tell: Tell) -> None:
    words = "Words that stand on the page and nowhere in the feed, for fifty characters and more."
    bare = make_item("a", provenance={"published_at": "given"}, quality=0)
    learned = make_item("a", excerpt=words, provenance={"published_at": "given", "excerpt": "page:og"})
    story = tell(bare, replace(learned, quality=score_item(learned).points))

    again = tell(bare, story=story)
    edited = tell(make_item("a", title="Edited", provenance={"published_at": "given"}, quality=0), story=story)

    assert (again.lead.excerpt, again.revision) == (words, story.revision)
    assert (edited.lead.title, edited.lead.excerpt) == ("Edited", words)
    assert edited.lead.quality == score_item(edited.lead).points


def test_nothing_learned_leaves_the_quality_as_it_came(make_item: Make) -> None:
    assert update(make_item("a", quality=70), make_item("a", title="Edited", quality=71)).quality == 71


def test_a_better_item_takes_the_lead_only_by_a_margin(make_item: Make, tell: Tell) -> None:
    story = tell(make_item("a", quality=40), make_item("b", quality=40 + LEAD_MARGIN - 1))
    assert story.lead.title == "Title of a"

    story = tell(make_item("c", quality=40 + LEAD_MARGIN), story=story)
    assert story.lead.title == "Title of c"


def test_a_document_keeps_its_own_lead(make_item: Make, tell: Tell) -> None:
    story = tell(make_item("a", given=Given(quality=10), quality=10), make_item("b", quality=99))

    assert story.lead.title == "Title of a"


def test_a_told_document_takes_over_a_story_of_feeds(make_item: Make, tell: Tell) -> None:
    extras = (Extra(key="country", text="country: no"),)
    told = Given(quality=5, heat=-1, published=False, secured="x;y", extras=extras, content="Body\n")

    story = tell(make_item("a", quality=90), make_item("b", given=told, quality=5))

    assert story.lead.title == "Title of b"
    assert (story.heat, story.published, story.secured, story.extras) == (-1, False, "x;y", extras)
    assert story.content == "Body\n"


def test_a_bare_document_that_joins_does_not_take_over(make_item: Make, tell: Tell) -> None:
    story = tell(make_item("a"), make_item("b", given=Given()))

    assert story.lead.title == "Title of a"
    assert not is_told(make_item("b", given=Given()))


def test_a_document_that_the_rules_completed_leads_like_any_item(make_item: Make, tell: Tell) -> None:
    story = tell(make_item("a", given=Given(whole=False), quality=40), make_item("b", quality=99))

    assert story.lead.title == "Title of b"


def test_an_address_less_item_never_leads(make_item: Make, tell: Tell) -> None:
    story = tell(make_item("a", quality=10), make_item("b", quality=99, original_url="", web_url=None, url_keys=()))

    assert story.lead.title == "Title of a"


def test_stories_that_share_an_item_become_the_older_one(make_item: Make, tell: Tell) -> None:
    older = tell(make_item("a"), now=NOW)
    younger = tell(make_item("b"), make_item("c"), now=NOW + timedelta(minutes=1))
    bridge = make_item("d")
    decision = Decision(arriving=(bridge,), targets=(younger.story_id, older.story_id), why="a bridge")

    outcome = apply(decision, {story.story_id: story for story in (older, younger)}, now=NOW, half_life=HALF_LIFE)

    assert outcome.after.story_id == older.story_id
    assert [story.story_id for story in outcome.absorbed] == [younger.story_id]
    assert {item.title for item in outcome.after.items} == {f"Title of {name}" for name in "abcd"}
    assert set(outcome.items.values()) == {older.story_id}


def test_a_fresh_story_has_its_quality_as_heat_and_goes_cold_by_steps(make_item: Make, tell: Tell) -> None:
    story = tell(make_item("a", quality=40))
    published_at = NOW - timedelta(hours=1)
    assert (story.heat, story.cools_at) == (40, published_at + HALF_LIFE)

    cooler = cool(story, published_at + HALF_LIFE, HALF_LIFE)
    assert (cooler.heat, cooler.cools_at) == (20, published_at + 2 * HALF_LIFE)
    cold = cool(cooler, published_at + 3 * HALF_LIFE, HALF_LIFE)
    assert (cold.heat, cold.cools_at) == (COLD, None)
    assert cool(story, published_at + 3 * HALF_LIFE, HALF_LIFE) == cold, "nobody looked for two days"
    assert cool(cold, NOW + timedelta(days=100), HALF_LIFE) == cold
    assert cool(story, story.cools_at - timedelta(seconds=1), HALF_LIFE) == story


def test_an_old_item_comes_out_cold_and_a_documents_heat_stays(make_item: Make, tell: Tell) -> None:
    long_ago = NOW - timedelta(days=400)

    assert tell(make_item("a", published_at=long_ago)).heat == COLD
    kept = tell(make_item("b", published_at=long_ago, given=Given(heat=77, quality=77), quality=77))
    assert (kept.heat, kept.cools_at) == (77, None)


def test_a_given_heat_that_nobody_cooled_in_time_is_cold_when_its_document_comes_again(
    make_item: Make, tell: Tell
) -> None:
    document = make_item("a", given=Given(heat=77, quality=77), quality=77)
    story = tell(document)
    assert story.heat == 77

    assert tell(document, story=story, now=NOW + 4 * HALF_LIFE).heat == COLD


def test_an_item_that_joins_brings_the_heat_back(make_item: Make, tell: Tell) -> None:
    story = cool(tell(make_item("a", quality=40)), NOW + HALF_LIFE, HALF_LIFE)
    assert story.heat == 20

    later = make_item("b", domain="b.example", published_at=NOW + HALF_LIFE)
    story = tell(later, story=story, now=NOW + HALF_LIFE)
    assert (story.heat, story.cools_at) == (43, NOW + 2 * HALF_LIFE)


def test_a_story_does_not_come_and_go_around_the_floor(make_item: Make, tell: Tell) -> None:
    assert not tell(make_item("a", quality=9)).published
    story = tell(make_item("a", quality=10), make_item("a", quality=9))
    assert story.published
    assert not tell(make_item("a", quality=4), story=story).published


@prop(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 100)), max_size=40))
def test_qualities_that_only_rise_change_the_lead_at_most_six_times(rises: list[tuple[str, int]]) -> None:
    """What is learned from pages later comes in any order and makes the lead flap in none."""
    best = dict.fromkeys("abc", 20)
    story = None
    leads = []
    for name, quality in [("a", 20), ("b", 20), ("c", 20), *rises]:
        best[name] = max(best[name], quality)
        item = msgspec.structs.replace(_plain(name), quality=best[name])
        known = {story.story_id: story} if story else {}
        decision = Decision(arriving=(item,), targets=tuple(known), why="")
        story = apply(decision, known, now=NOW, half_life=HALF_LIFE).after
        again = apply(decision, {story.story_id: story}, now=NOW, half_life=HALF_LIFE).after
        assert again == story, "the same again changes nothing"
        leads.append(story.lead_id)
    changes = sum(1 for before, after in pairwise(leads) if before != after)
    assert changes <= 100 // LEAD_MARGIN


@prop(st.permutations("abcde"))
def test_members_do_not_depend_on_the_order_of_arrival(order: list[str]) -> None:
    story = None
    for name in order:
        item = _plain(name)
        targets = (story.story_id,) if story else ()
        decision = Decision(arriving=(item,), targets=targets, why="")
        known = {story.story_id: story} if story else {}
        story = apply(decision, known, now=NOW, half_life=HALF_LIFE).after

    assert story is not None
    assert {item.title for item in story.items} == set("abcde")
    assert len(story.members) == len({item.item_id for item in story.items})


def _plain(name: str) -> Item:
    values = {
        "item_id": name,
        "collection": "news",
        "source": "feed",
        "title": name,
        "published_at": NOW,
        "original_url": f"https://a.example/{name}",
        "type": "article",
        "provider": {"name": "a", "domain": "a.example"},
        "first_seen_at": NOW,
    }
    return msgspec.convert(values, Item)
