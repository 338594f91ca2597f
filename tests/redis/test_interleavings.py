"""Whatever the order of items, updates, people's orders and restarts: nothing is lost, doubled or forgotten."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from redis import Redis

from storyfold.event import Event, EventType
from worker.flows.engine import Engine
from worker.flows.ordering import give_orders
from worker.fold.identity import claims_of
from worker.model.item import Given, Item
from worker.model.override import Order, OrderKind
from worker.model.story import Story

TITLES = (
    "Ferry returns to Port Alder after bridge repair",
    "Port Alder ferry returns after two years of bridge repair",
    "Ferry back in Port Alder",
    "Bridge repair ends after two long years in Alder",
    "Council rejects plan for a new stadium",
    "Plan for new stadium rejected by council",
    "Stadium and ferry: council rejects plan for bridge repair",  # between the two
    "Museum roof collapses in storm",
)
ITEMS = 12

Step = tuple[Any, ...]
places = st.integers(0, ITEMS - 1)
pairs = st.tuples(places, places).filter(lambda pair: pair[0] != pair[1])
steps = st.one_of(
    st.tuples(st.just("item"), places, st.integers(0, 2)),
    st.tuples(st.just("item"), places, st.integers(0, 2)),
    st.tuples(st.just("item"), places, st.integers(0, 2)),
    st.tuples(st.sampled_from([OrderKind.TOGETHER, OrderKind.APART, OrderKind.FORGET]), pairs),
    st.tuples(st.sampled_from([OrderKind.PIN, OrderKind.UNPIN]), places),
    st.just(("restart",)),
    st.just(("elsewhere",)),
)


class World:
    """An engine, another process beside it, and what was done to them."""

    def __init__(self, make: Callable[[], Engine], pool: list[list[Item]]) -> None:
        self._make = make
        self._pool = pool
        self.engines = [make(), make()]

    def take(self, step: Step) -> None:
        """One step, and the lane drained to its end."""
        engine = self.engines[0]
        if step[0] == "item":
            engine.lane("news").push([self._pool[step[1]][step[2]]])
        elif step[0] == "restart":
            self.engines[0] = self._make()
        elif step[0] == "elsewhere":
            self.engines.reverse()
        else:
            places = step[1] if isinstance(step[1], tuple) else (step[1],)
            ids = tuple(self._pool[place][0].item_id for place in places)
            assert give_orders(engine, "news", [Order(kind=step[0], items=ids, at=engine.clock())])
        assert engine.drain("news").run(20.0) is False


@pytest.fixture
def pool(make_item: Callable[..., Item]) -> list[list[Item]]:
    """Twelve items in three versions. Two have a GUID and two an address in common; one document relates others."""
    found = []
    for place in range(ITEMS):
        one = make_item(
            f"https://p{place}.example/{place}",
            TITLES[place % len(TITLES)],
            feed_url="https://f.example/",
            guid=f"{place}",
        )
        found.append([one])
    found[9][0] = replace(found[9][0], guid="8")
    found[11][0] = replace(found[11][0], url_keys=tuple(sorted({*found[11][0].url_keys, *found[0][0].url_keys})))
    related = (replace(found[4][0], feed_url="", guid=""), replace(found[7][0], feed_url="", guid=""))
    found[10][0] = replace(found[10][0], given=Given(quality=50), related=related, feed_url="", guid="")
    for place, versions in enumerate(found):
        other = TITLES[(place + 3) % len(TITLES)]
        versions += [
            replace(versions[0], title=other, fingerprint=f"new {place}"),
            replace(
                versions[0], quality=90, url_keys=tuple(sorted({*versions[0].url_keys, f"p{place}.example/amp"}))
            ),
        ]
    return found


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)
@given(done=st.lists(steps, min_size=4, max_size=24))
def test_any_interleaving_keeps_every_promise(
    client: Redis,
    redis_url: str,
    make_engine: Callable[..., Engine],
    clock: Any,
    pool: list[list[Item]],
    done: list[Step],
) -> None:
    client.flushdb()
    world = World(lambda: make_engine(redis_url), pool)
    for step in done:
        clock.advance(timedelta(seconds=1))
        world.take(step)
    engine = world.engines[0]
    stories = list(engine.stories("news").all())
    assert engine.dead_letters("news").count() == 0
    assert_each_item_in_one_story(client, engine, stories)
    assert_each_claim_leads_to_its_item(client, engine, stories)
    assert_overrides_are_kept(engine, stories)
    assert_revisions_are_in_order(
        [Event.from_fields(fields) for _, fields in client.xrange(engine.stories("news").keys.stream)]
    )
    assert_events_tell_the_stories(client, engine, stories)
    for other in world.engines:
        other.close()


def holders(stories: list[Story]) -> dict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for story in stories:
        for item in story.items:
            found[item.item_id].append(story.story_id)
    return found


def assert_each_item_in_one_story(client: Redis, engine: Engine, stories: list[Story]) -> None:
    held = holders(stories)
    assert all(len(each) == 1 for each in held.values()), held
    known = client.hgetall(engine.stories("news").keys.items)
    assert {item_id: known[item_id] for item_id in held} == {item_id: each[0] for item_id, each in held.items()}


def assert_each_claim_leads_to_its_item(client: Redis, engine: Engine, stories: list[Story]) -> None:
    """No address is held by two items, unless a person keeps them apart: then it stays with the one that had it."""
    claims = client.hgetall(engine.stories("news").keys.claims)
    held = holders(stories)
    assert set(claims.values()) <= set(held)
    overrides = engine.stories("news").overrides.all()
    for story in stories:
        for item in story.items:
            for claim in claims_of(item):
                owner = claims[claim]
                assert owner == item.item_id or item.item_id in overrides.of(owner).never


def assert_overrides_are_kept(engine: Engine, stories: list[Story]) -> None:
    overrides = engine.stories("news").overrides.all()
    story_of = {item.item_id: story for story in stories for item in story.items}
    for item_id, said in overrides.items.items():
        for other in said.never:
            if item_id in story_of and other in story_of:
                assert story_of[item_id] is not story_of[other], "a person keeps them apart"
    for group in overrides.groups.values():
        if group is not None:
            together = {story_of[item_id].story_id for item_id in group.items if item_id in story_of}
            assert len(together) <= 1, "a person put them together"
    for story in stories:
        pinned = [item.item_id for item in story.items if overrides.of(item.item_id).pinned is not None]
        assert not pinned or story.lead_id in pinned


def assert_revisions_are_in_order(events: list[Event]) -> None:
    revisions: defaultdict[str, list[Event]] = defaultdict(list)
    for event in events:
        revisions[event.subject].append(event)
    for told in revisions.values():
        assert [event.revision for event in told] == list(range(1, len(told) + 1))
        assert all(event.type is not EventType.MERGED for event in told[:-1]), (
            "nothing is told of a story that is gone"
        )


def assert_events_tell_the_stories(client: Redis, engine: Engine, stories: list[Story]) -> None:
    """Who reads nothing but the events knows the same stories with the same articles."""
    newest = {}
    for _, fields in client.xrange(engine.stories("news").keys.stream):
        event = Event.from_fields(fields)
        newest[event.subject] = event
    told = {
        subject: {event.document().web_url, *(each.web_url for each in event.document().related)}
        for subject, event in newest.items()
        if event.type is not EventType.MERGED
    }
    assert told == {story.story_id: {item.web_url for item in story.items} for story in stories}
