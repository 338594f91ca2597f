"""Revisions and events: one for each change that a consumer would see, none for any other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given as prop
from hypothesis import strategies as st

from storyfold.document import Extra, Image
from storyfold.event import Event, EventType
from storyfold.secured import parse_key, unseal
from worker.fold.apply import Outcome, apply, cool
from worker.fold.changes import changes_between
from worker.fold.decide import Decision
from worker.fold.document import build_document
from worker.fold.event import MAX_DATA_BYTES, build_event
from worker.fold.revise import Telling, revise
from worker.model.item import Item
from worker.model.story import Story

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HALF_LIFE = timedelta(hours=24)
KEY = parse_key("ab" * 32)

Make = Callable[..., Item]
Tell = Callable[..., Story]


def _events(story: Story | None, item: Item, now: datetime = NOW) -> tuple[Event, ...]:
    targets = (story.story_id,) if story else ()
    decision = Decision(arriving=(item,), targets=targets, why="")
    outcome = apply(decision, {story.story_id: story} if story else {}, now=now, half_life=HALF_LIFE)
    return revise(outcome, Telling(source="/x", secured_key=KEY), now=now, free_path=lambda _: "_news/p.md").events


def test_a_new_story_is_created_and_a_changed_one_updated(make_item: Make, tell: Tell) -> None:
    (created,) = _events(None, make_item("a"))
    (updated,) = _events(tell(make_item("a")), make_item("a", title="Edited"))

    assert (created.type, created.revision, created.path) == (EventType.CREATED, 1, "_news/p.md")
    assert (updated.type, updated.revision, updated.data["changes"]) == (EventType.UPDATED, 2, ["title"])


def test_what_no_consumer_sees_is_no_event(make_item: Make, tell: Tell) -> None:
    images = (Image(url="https://a.example/1.png"), Image(url="https://a.example/2.png"))
    story = tell(make_item("a", images=images))

    assert _events(story, make_item("a", images=images)) == ()
    assert _events(story, make_item("a", images=images[::-1])) == (), "a list in another order"
    assert _events(story, make_item("a", images=images, provenance={"x": "y"})) == (), "the private part"
    assert _events(story, make_item("a", images=images), NOW + timedelta(hours=22)) == (), "no half-life is over"


@prop(looks=st.lists(st.integers(0, 100), max_size=8))
def test_a_story_that_comes_again_makes_one_revision_a_half_life_and_no_other(
    make_item: Make, tell: Tell, looks: list[int]
) -> None:
    """Re-polls and ticks at any hours, in any mixture."""
    published_at = NOW - timedelta(hours=1)
    item = make_item("a")
    story, ages = tell(item), [0]
    for number, look in enumerate(sorted(looks)):
        now = published_at + timedelta(hours=1 + look)
        ages.append(min(3, (now - published_at) // HALF_LIFE))
        if number % 2:
            story = tell(item, story=story, now=now)
        else:
            outcome = Outcome(before=story, after=cool(story, now, HALF_LIFE), absorbed=(), claims={}, items={})
            revision = revise(outcome, Telling(source="/x"), now=now, free_path=lambda _: "")
            assert all(event.data["changes"] == ["heat"] for event in revision.events)
            story = revision.writes[0][1] if revision.writes else story
    assert story.revision == 1 + sum(1 for before, after in pairwise(ages) if before != after)


def test_a_story_that_another_one_took_in_is_retired(make_item: Make, tell: Tell) -> None:
    older, younger = tell(make_item("a")), tell(make_item("b"), now=NOW + timedelta(minutes=1))
    decision = Decision(arriving=(make_item("c"),), targets=(older.story_id, younger.story_id), why="a bridge")
    outcome = apply(decision, {each.story_id: each for each in (older, younger)}, now=NOW, half_life=HALF_LIFE)

    revision = revise(outcome, Telling(source="/x"), now=NOW, free_path=lambda _: "_news/p.md")

    gone = revision.writes[1][1]
    assert (gone.story_id, gone.published, gone.cools_at) == (younger.story_id, False, None)
    assert revision.events[1].document().published is False


def test_coverage_is_in_the_storys_quality_and_not_in_that_of_its_items(make_item: Make, tell: Tell) -> None:
    document = build_document(tell(make_item("a"), make_item("b", domain="b.example")))

    assert (document.quality, [item.quality for item in document.related]) == (43, [40])


def test_the_same_input_gives_the_same_event_ids_whenever_it_is_told(make_item: Make) -> None:
    (first,) = _events(None, make_item("a"))
    (again,) = _events(None, make_item("a", first_seen_at=NOW + timedelta(days=1)), NOW + timedelta(days=1))

    assert first.id == again.id
    assert first.id.startswith("a000000000000000.1.")


def test_the_private_part_is_sealed_and_equal_content_gives_equal_text(make_item: Make, tell: Tell) -> None:
    story = tell(make_item("a", provenance={"published_at": "given"}))

    secured = build_document(story, KEY).secured

    assert secured == build_document(story, KEY).secured
    assert secured is not None
    assert unseal(secured, KEY)["items"][0]["obtained"] == {"published_at": "given"}
    assert build_document(story).secured is None


def test_every_key_of_a_new_document_is_a_change(make_item: Make, tell: Tell) -> None:
    document = build_document(tell(make_item("a")))

    assert set(changes_between(None, document)) >= {"title", "publishedDateTime", "originalUrl", "provider"}
    assert changes_between(document, document) == ()


@pytest.mark.parametrize("related", [0, 400])
def test_an_event_stays_under_its_limit_and_counts_what_it_left_out(
    make_item: Make, tell: Tell, related: int
) -> None:
    others = [make_item(f"i{number:03}", excerpt="x" * 290) for number in range(related)]
    story = msgspec.structs.replace(tell(make_item("a"), *others), content="y" * 100_000)

    document = build_document(story)
    event = build_event(story, document, source="/x", kind=EventType.UPDATED, changes=(), now=NOW)

    assert len(msgspec.json.encode(event.data)) <= MAX_DATA_BYTES
    assert event.data["omitted"]["content"] == 100_000
    kept = len(event.data["document"].get("related", ()))
    assert kept + event.data["omitted"].get("related", 0) == related


def test_many_keys_that_the_schema_does_not_know_leave_an_event_together(make_item: Make, tell: Tell) -> None:
    """Named one by one they would themselves be more than an event holds."""
    extras = tuple(Extra(key=f"key-{number:05}", text=f"key-{number:05}: {'x' * 50}") for number in range(5_000))
    story = msgspec.structs.replace(tell(make_item("a")), extras=extras)

    event = build_event(story, build_document(story), source="/x", kind=EventType.CREATED, changes=(), now=NOW)

    assert len(msgspec.json.encode(event.data)) <= MAX_DATA_BYTES
    assert event.data["omitted"] == {"extras": 5_000}
    assert len(event.data["document"]) > 100, "as many as there is room for"
    assert event.document().title == "Title of a"


def test_an_event_survives_the_stream(make_item: Make) -> None:
    (event,) = _events(None, make_item("a"))

    read = Event.from_fields(event.to_fields())

    assert (read.id, read.type, read.data) == (event.id, event.type, event.data)
    assert read.document().title == "Title of a"


def test_an_absurd_title_is_cut_in_the_event_and_the_document_stays_valid(make_item: Make, tell: Tell) -> None:
    story = tell(make_item("a", title="t" * 200_000, excerpt="e" * 200_000))

    event = build_event(story, build_document(story), source="/x", kind=EventType.CREATED, changes=(), now=NOW)

    assert len(msgspec.json.encode(event.data)) <= MAX_DATA_BYTES
    assert event.data["omitted"] == {"excerpt": 200_000, "title": 199_000}
    assert event.document().web_url == story.lead.web_url


def test_a_changed_key_that_the_schema_does_not_know_is_named(make_item: Make, tell: Tell) -> None:
    before, after = (
        build_document(msgspec.structs.replace(tell(make_item("a")), extras=(Extra(key="country", text=text),)))
        for text in ("country: no", "country: se")
    )

    assert changes_between(before, after) == ("country",)
