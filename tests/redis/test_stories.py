"""Stories over time and over processes: they join, merge, cool, and keep their paths."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from redis import Redis

from storyfold.document import Extra
from storyfold.event import Event, EventType
from worker.flows.engine import Engine
from worker.flows.upkeep import ask_for_cooling
from worker.model.entry import Source
from worker.model.item import Given, Item
from worker.store.keys import Keys

KEYS = Keys("news")
TITLES = [
    "Council approves harbour bridge plan",
    "Council approves the harbour bridge plan",
    "Harbour bridge plan approved: council approves harbour bridge",
    "Council approves harbour bridge plan at last",
]

Fold = Callable[..., None]
MakeItem = Callable[..., Item]
Events = Callable[[], list[Event]]
Snapshot = Callable[[], dict[str, Any]]


def kinds(events: list[Event]) -> list[str]:
    return [event.type.rpartition(".")[2] for event in events]


def stories_only(state: dict[str, Any]) -> dict[str, Any]:
    """What a consumer or a decision can rest on; not the totals and the lease's number."""
    return {key: value for key, value in state.items() if key not in {KEYS.counts, KEYS.token}}


# Several processes


def test_engines_that_take_turns_fold_into_each_others_stories(
    redis_url: str, client: Redis, make_engine: Callable[..., Engine], make_item: MakeItem, fold: Fold, events: Events
) -> None:
    engines = [make_engine(redis_url), make_engine(redis_url)]
    for number, title in enumerate(TITLES):
        fold(engines[number % 2], make_item(f"https://p{number}.example/bridge", title))
    assert kinds(events()) == ["created", "updated", "updated", "updated"]
    assert [event.revision for event in events()] == [1, 2, 3, 4]
    assert len({event.subject for event in events()}) == 1


def test_engine_sees_that_another_one_merged_stories(
    redis_url: str, client: Redis, make_engine: Callable[..., Engine], make_item: MakeItem, fold: Fold, events: Events
) -> None:
    """Its index held the story that is gone; what resembles that one must go to the winner."""
    first, second = make_engine(redis_url), make_engine(redis_url)
    bridge = make_item("https://a.example/bridge", "Council approves harbour bridge plan")
    ferry = make_item("https://b.example/ferry", "Ferry operator protests against crossing decision")
    fold(first, bridge)
    fold(first, ferry)
    fold(second, make_item("https://c.example/both", "Both", given=Given(), related=(bridge, ferry)))
    fold(first, make_item("https://d.example/ferry", "Ferry operator protests against crossing decision"))
    assert kinds(events()) == ["created", "created", "updated", "merged", "updated"]
    winner = events()[3].data["into"]
    assert events()[4].subject == winner
    assert engine_dead(first) == 0


def test_engine_forgets_stories_that_the_store_lost(
    redis_url: str, client: Redis, make_engine: Callable[..., Engine], make_item: MakeItem, fold: Fold, events: Events
) -> None:
    """The database was emptied under a living worker: the same items make the same stories again."""
    engine = make_engine(redis_url)
    fold(engine, make_item("https://a.example/1", TITLES[0]))
    before = events()
    client.flushall()
    fold(engine, make_item("https://b.example/1", TITLES[1]))
    fold(engine, make_item("https://a.example/1", TITLES[0]))
    assert engine_dead(engine) == 0
    assert kinds(events()) == ["created", "updated"]
    client.flushall()
    fold(engine, make_item("https://a.example/1", TITLES[0]))
    assert [event.id for event in events()] == [event.id for event in before]


def test_engine_forgets_stories_that_were_lost_while_others_went_on(
    redis_url: str, client: Redis, make_engine: Callable[..., Engine], make_item: MakeItem, fold: Fold, events: Events
) -> None:
    """A crash lost the last second, then another process told newer events."""
    engine, other = make_engine(redis_url), make_engine(redis_url)
    fold(other, make_item("https://z.example/1", "Quite different"))
    kept = {key: client.hgetall(key) for key in (KEYS.claims, KEYS.items, KEYS.paths)}
    story = client.keys(KEYS.story("*"))
    fold(engine, make_item("https://a.example/1", TITLES[0]))
    client.xdel(KEYS.stream, client.xrevrange(KEYS.stream, count=1)[0][0])
    for key, mapping in kept.items():
        client.delete(key)
        client.hset(key, mapping=mapping)
    client.delete(*(set(client.keys(KEYS.story("*"))) - set(story)))
    fold(other, make_item("https://y.example/1", "Different again"))
    fold(engine, make_item("https://b.example/1", TITLES[1]))
    assert engine_dead(engine) == 0
    assert kinds(events()) == ["created", "created", "created"]


def test_engine_reads_the_store_anew_when_the_stream_was_trimmed(
    redis_url: str, client: Redis, make_engine: Callable[..., Engine], make_item: MakeItem, fold: Fold, events: Events
) -> None:
    first, second = make_engine(redis_url), make_engine(redis_url)
    fold(first, make_item("https://a.example/1", "Quite different"))
    fold(second, make_item("https://b.example/1", TITLES[0]))
    client.xtrim(KEYS.stream, maxlen=0, approximate=False)
    fold(first, make_item("https://c.example/1", TITLES[1]))
    assert kinds(events()) == ["updated"]


def engine_dead(engine: Engine) -> int:
    return engine.dead_letters("news").count()


# The same again


@pytest.fixture
def document(make_item: MakeItem) -> Item:
    """A story document with two related items, as a drop brings it."""
    related = tuple(make_item(f"https://r{number}.example/1", f"Related number {number} here") for number in (1, 2))
    given = Given(
        heat=39, published=True, quality=39, extras=(Extra(key="country", text="country: no"),), content="B\n"
    )
    return make_item("https://a.example/1", quality=39, source=Source.DROP, given=given, related=related)


def test_document_dropped_again_changes_nothing(
    engine: Engine, document: Item, fold: Fold, events: Events, snapshot: Snapshot
) -> None:
    fold(engine, document)
    before = stories_only(snapshot())
    fold(engine, document, document)
    assert stories_only(snapshot()) == before
    assert kinds(events()) == ["created"]
    told = events()[0].document()
    assert [item.title for item in told.related] == ["Related number 1 here", "Related number 2 here"]
    assert told.extras == (Extra(key="country", text="country: no"),)
    assert told.content == "B\n"


def test_related_items_of_a_document_are_known(
    engine: Engine, document: Item, make_item: MakeItem, fold: Fold, events: Events
) -> None:
    """Deduplicate via related links: neither they nor the lead make a second story."""
    fold(engine, document)
    for url in ("https://r1.example/1", "https://r2.example/1", "https://a.example/1"):
        known = make_item(url, "Worded in another way", feed_url="https://f.example/feed", guid=url)
        fold(engine, known)
    assert kinds(events()) == ["created"]
    fold(engine, make_item("https://new.example/1", "Unknown thing"))
    assert kinds(events()) == ["created", "created"]


def test_one_url_under_two_guids_in_two_feeds_is_one_item(
    engine: Engine, make_item: MakeItem, fold: Fold, events: Events
) -> None:
    fold(engine, make_item(feed_url="https://f.example/1", guid="one"))
    fold(engine, make_item(feed_url="https://f.example/2", guid="two"))
    fold(engine, make_item("https://moved.example/1", "Now elsewhere", feed_url="https://f.example/2", guid="two"))
    assert kinds(events()) == ["created"]


def test_newer_version_of_an_item_is_the_next_revision(
    engine: Engine, make_item: MakeItem, fold: Fold, events: Events
) -> None:
    fold(engine, make_item(title="First words"))
    fold(engine, make_item(title="Second words"))
    created, updated = events()
    assert (updated.type, updated.revision, updated.subject) == (EventType.UPDATED, 2, created.subject)
    assert updated.data["changes"] == ["title"]
    assert updated.path == created.path


# Merging


@pytest.mark.parametrize("at_once", [False, True], ids=["one after the other", "in one batch"])
def test_document_that_names_items_of_two_stories_merges_them(
    engine: Engine,
    client: Redis,
    clock: Any,
    make_item: MakeItem,
    fold: Fold,
    events: Events,
    at_once: bool,
) -> None:
    older = make_item("https://z.example/1", "Harbour bridge")
    younger = make_item("https://a.example/1", "Ferry protest")
    naming = make_item("https://doc.example/1", "Both of them", given=Given(), related=(younger, older))
    if at_once:
        fold(engine, older, younger, naming)
        winner_id = min(older.item_id, younger.item_id)
    else:
        fold(engine, older)
        clock.advance(timedelta(minutes=1))
        fold(engine, younger)
        fold(engine, naming)
        winner_id = older.item_id
    loser_id = ({older.item_id, younger.item_id} - {winner_id}).pop()
    assert kinds(events()) == ["created", "created", "updated", "merged"]
    updated, merged = events()[2:]
    assert (updated.subject, updated.revision) == (winner_id, 2)
    assert (merged.subject, merged.revision, merged.data["into"]) == (loser_id, 2, winner_id)
    assert updated.document().title == "Both of them"
    assert len(updated.document().related) == 2
    stories = engine.stories("news")
    assert stories.story_ids([older.item_id, younger.item_id, naming.item_id]) == dict.fromkeys(
        [older.item_id, younger.item_id, naming.item_id], winner_id
    )
    gone = stories.load([loser_id])[loser_id]
    assert gone.merged_into == winner_id
    assert client.zscore(KEYS.times, loser_id) is None
    assert client.zscore(KEYS.cooling, loser_id) is None


def test_items_of_merged_stories_go_to_the_winner_when_they_come_again(
    engine: Engine, clock: Any, make_item: MakeItem, fold: Fold, events: Events
) -> None:
    older, younger = (
        make_item("https://z.example/1", "Harbour bridge"),
        make_item("https://a.example/1", "Ferry protest"),
    )
    fold(engine, older)
    clock.advance(timedelta(minutes=1))
    fold(engine, younger)
    fold(engine, make_item("https://doc.example/1", "Both of them", given=Given(), related=(younger, older)))
    so_far = len(events())
    fold(engine, older, younger)
    assert len(events()) == so_far
    fold(engine, replace(older, title="Harbour bridge, newer"), replace(younger, title="Ferry protest, newer"))
    newer = events()[so_far:]
    assert [(event.type, event.subject, event.data["changes"]) for event in newer] == [
        (EventType.UPDATED, older.item_id, ["related"])
    ] * 2
    titles = [item.title for item in newer[-1].document().related]
    assert titles == ["Harbour bridge, newer", "Ferry protest, newer"]


def test_three_stories_merge_at_once(
    engine: Engine, clock: Any, make_item: MakeItem, fold: Fold, events: Events
) -> None:
    parts = [make_item(f"https://p{number}.example/1", f"Part {number}") for number in range(3)]
    for part in parts:
        fold(engine, part)
        clock.advance(timedelta(minutes=1))
    fold(engine, make_item("https://doc.example/1", "All", given=Given(), related=tuple(reversed(parts))))
    assert kinds(events()) == ["created"] * 3 + ["updated", "merged", "merged"]
    assert {event.data["into"] for event in events()[4:]} == {parts[0].item_id}
    assert {event.subject for event in events()[4:]} == {parts[1].item_id, parts[2].item_id}


# Cooling


def test_story_cools_once(engine: Engine, clock: Any, make_item: MakeItem, fold: Fold, events: Events) -> None:
    fold(engine, make_item())
    assert ask_for_cooling(engine, "news") is False
    clock.advance(timedelta(hours=24 * 3))
    for _ in range(3):
        ask_for_cooling(engine, "news")
        ask_for_cooling(engine, "news")
        assert engine.drain("news").run(10.0) is False
    created, cooled = events()
    assert created.document().heat == 40
    assert (cooled.type, cooled.data["changes"]) == (EventType.UPDATED, ["heat"])
    assert cooled.document().heat == -1
    assert ask_for_cooling(engine, "news") is False


def test_heat_falls_by_half_lives_and_each_step_is_one_revision(
    engine: Engine, clock: Any, make_item: MakeItem, fold: Fold, events: Events
) -> None:
    """Ticks each hour of three days, and the same item again at each of them."""
    fold(engine, make_item())
    for _ in range(3 * 24):
        clock.advance(timedelta(hours=1))
        if ask_for_cooling(engine, "news"):
            assert engine.drain("news").run(10.0) is False
        fold(engine, make_item())
    assert [event.document().heat for event in events()] == [40, 20, 10, -1]
    assert {tuple(event.data["changes"]) for event in events()[1:]} == {("heat",)}


def test_worker_that_was_away_goes_straight_to_the_right_heat(
    engine: Engine, clock: Any, client: Redis, make_item: MakeItem, fold: Fold, events: Events
) -> None:
    fold(engine, make_item(published_at=clock()))
    clock.advance(timedelta(hours=50))
    ask_for_cooling(engine, "news")
    assert engine.drain("news").run(10.0) is False
    assert [event.document().heat for event in events()] == [40, 10]
    (score,) = [score for _, score in client.zrange(KEYS.cooling, 0, -1, withscores=True)]
    assert score == (clock() + timedelta(hours=22)).timestamp()


def test_record_of_an_earlier_version_still_goes_cold(
    engine: Engine, clock: Any, client: Redis, make_item: MakeItem, fold: Fold, events: Events
) -> None:
    """It knows one moment, that at which the story goes cold, and holds it under the old name."""
    fold(engine, make_item())
    story_id = events()[0].subject
    cold_at = make_item().published_at + timedelta(hours=72)
    body = json.loads(client.hget(KEYS.story(story_id), "body"))
    body["cold_at"] = f"{cold_at:%Y-%m-%dT%H:%M:%SZ}"
    client.hset(KEYS.story(story_id), "body", json.dumps(body))
    client.zadd(KEYS.cooling, {story_id: cold_at.timestamp()})
    clock.advance(timedelta(hours=72))
    ask_for_cooling(engine, "news")
    assert engine.drain("news").run(10.0) is False
    assert [event.document().heat for event in events()] == [40, -1]


def test_cooling_many_stories_tells_each_once(
    engine: Engine, clock: Any, make_item: MakeItem, fold: Fold, events: Events
) -> None:
    fold(engine, *(make_item(f"https://a.example/{number}", f"Story{number} alone") for number in range(130)))
    clock.advance(timedelta(days=30))
    ask_for_cooling(engine, "news")
    assert engine.drain("news").run(10.0) is False
    told = events()
    assert len(told) == 260
    assert {tuple(event.data["changes"]) for event in told[130:]} == {("heat",)}
    assert ask_for_cooling(engine, "news") is False


def test_cold_story_stays_cold_when_a_known_item_comes_again(
    engine: Engine, clock: Any, make_item: MakeItem, document: Item, fold: Fold, events: Events
) -> None:
    """A re-fetched item and a document dropped again are no news, also when the document gave a heat."""
    plain = make_item("https://plain.example/1", "Plain item")
    fold(engine, document, plain)
    clock.advance(timedelta(days=4))
    ask_for_cooling(engine, "news")
    assert engine.drain("news").run(10.0) is False
    assert kinds(events()) == ["created", "created", "updated", "updated"]
    again = make_item("https://r1.example/1", "In a feed", feed_url="https://f.example/", guid="1")
    fold(engine, plain, again, document)
    assert kinds(events()) == ["created", "created", "updated", "updated"]
    assert ask_for_cooling(engine, "news") is False


def test_document_that_gives_another_heat_is_heard_when_its_story_is_cold(
    engine: Engine, clock: Any, document: Item, fold: Fold, events: Events
) -> None:
    """A person's word counts, and a story that is old when it comes is not cooled."""
    fold(engine, document)
    clock.advance(timedelta(days=4))
    ask_for_cooling(engine, "news")
    fold(engine, replace(document, given=replace(document.given, heat=70)))
    assert [event.document().heat for event in events()] == [39, -1, 70]
    assert ask_for_cooling(engine, "news") is False


def test_item_that_comes_late_is_born_cold_and_is_not_cooled(
    engine: Engine, clock: Any, make_item: MakeItem, fold: Fold, events: Events
) -> None:
    fold(engine, make_item(published_at=clock() - timedelta(days=400)))
    assert events()[0].document().heat == -1
    clock.advance(timedelta(days=400))
    assert ask_for_cooling(engine, "news") is False


# Paths


@pytest.mark.parametrize("at_once", [False, True], ids=["one after the other", "in one batch"])
def test_clashing_paths_get_numbers(
    redis_url: str,
    client: Redis,
    make_engine: Callable[..., Engine],
    make_item: MakeItem,
    fold: Fold,
    events: Events,
    at_once: bool,
) -> None:
    items = [make_item(f"https://a.example/{number}", "Morning briefing") for number in range(1, 13)]
    batches = [items] if at_once else [[item] for item in items]
    for batch in batches:
        fold(make_engine(redis_url), *batch)
    stem = "_news/2026-03-01-morning-briefing"
    assert [event.path for event in events()] == [f"{stem}.md", *(f"{stem}-{number}.md" for number in range(2, 13))]


def test_story_keeps_its_path_for_life(
    engine: Engine, clock: Any, make_item: MakeItem, fold: Fold, events: Events
) -> None:
    fold(engine, make_item(title="Old title"))
    fold(engine, make_item(title="New title", published_at=clock()))
    fold(engine, make_item("https://b.example/1", title="Old title"))
    assert [event.path for event in events()] == [
        "_news/2026-03-01-old-title.md",
        "_news/2026-03-01-old-title.md",
        "_news/2026-03-01-old-title-2.md",
    ]


# Size


def test_large_story_is_capped_and_says_what_is_missing(
    engine: Engine, make_item: MakeItem, fold: Fold, events: Events
) -> None:
    """The client fixture checks that no event passes 64 KiB."""
    related = tuple(make_item(f"https://r{n}.example/{'x' * 400}", f"Related {n} " + "ü" * 300) for n in range(300))
    given = Given(content="text " * 20_000, extras=(Extra(key="more", text="more: " + "y" * 70_000),))
    fold(engine, make_item(given=given, related=related, excerpt="z" * 300))
    (event,) = events()
    omitted = event.data["omitted"]
    assert omitted["content"] == 100_000
    assert omitted["related"] == 300 - len(event.data["document"]["related"])
    assert event.data["document"]["webUrl"] == "https://a.example/1"
