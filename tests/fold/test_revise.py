"""Revisions and events: one for each change that a consumer would see, none for any other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from storyfold.document import Extra, Image
from storyfold.event import Event, EventType
from storyfold.secured import parse_key, unseal
from worker.fold.apply import apply
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
    assert _events(story, make_item("a", images=images), NOW + timedelta(hours=40)) == (), "heat that decays"


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
