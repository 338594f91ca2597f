"""The commit: state and event at once, or nothing at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from redis import Redis
from redis.exceptions import ResponseError

from storyfold.errors import LeaseLostError, StoreConflictError
from storyfold.event import Event
from worker.flows.engine import Engine
from worker.fold.apply import apply
from worker.fold.decide import Decision
from worker.fold.revise import revise
from worker.model.item import Item
from worker.store.keys import Keys
from worker.store.stories import Commit, StoryStore

KEYS = Keys("news")
FIXED = [
    "token",
    "backlog",
    "stream",
    "claims",
    "items",
    "paths",
    "times",
    "cooling",
    "pages",
    "page_hosts",
    "overrides",
]


@pytest.fixture
def store(engine: Engine) -> StoryStore:
    return engine.stories("news")


@pytest.fixture
def make_commit(engine: Engine, make_item: Callable[..., Item]) -> Callable[..., Commit]:
    """The commit that the drain makes of one new item; the item lies in the backlog."""

    def make(number: int = 1) -> Commit:
        item = make_item(f"https://a.example/{number}", f"Title number {number}")
        engine.lane("news").push([item])
        (entry_id, _) = engine.client.xrevrange(KEYS.backlog, count=1)[0]
        decision = Decision(arriving=(item,), targets=(), why="founded the story")
        outcome = apply(decision, {}, now=engine.clock(), half_life=timedelta(hours=24))
        path = f"_news/2026-03-01-title-number-{number}.md"
        revision = revise(outcome, engine.telling("news"), now=engine.clock(), free_path=lambda _: path)
        return Commit(
            entry_id=entry_id,
            stories=revision.writes,
            claims=outcome.claims,
            items=outcome.items,
            events=revision.events,
        )

    return make


@pytest.fixture
def token(engine: Engine) -> int:
    lease = engine.lane("news").take()
    assert lease is not None
    return lease.token


def test_commit_writes_state_and_event_and_answers_the_backlog(
    client: Redis,
    store: StoryStore,
    token: int,
    make_commit: Callable[..., Commit],
    events: Callable[[], list[Event]],
) -> None:
    commit = make_commit()
    story = commit.stories[0][1]
    stream_id = store.commit(token, [commit])
    assert [stream_id] == [stream_id for stream_id, _ in client.xrange(KEYS.stream)]
    assert events() == list(commit.events)
    assert client.xlen(KEYS.backlog) == 0
    assert store.load([story.story_id]) == {story.story_id: story}
    assert store.item_ids(list(commit.claims)) == commit.claims
    assert store.story_ids(list(commit.items)) == commit.items
    assert store.holders([story.path]) == {story.path: story.story_id}
    assert client.zscore(KEYS.times, story.story_id) == story.last_at.timestamp()
    assert story.cools_at is not None
    assert client.zscore(KEYS.cooling, story.story_id) == story.cools_at.timestamp()


@pytest.mark.parametrize("position", [*FIXED, "story"])
def test_key_of_a_wrong_type_leaves_nothing_written(
    client: Redis,
    store: StoryStore,
    token: int,
    make_commit: Callable[..., Commit],
    snapshot: Callable[[], dict[str, Any]],
    position: str,
) -> None:
    commit = make_commit()
    key = KEYS.story(commit.stories[0][1].story_id) if position == "story" else getattr(KEYS, position)
    client.delete(key)
    client.rpush(key, "planted")
    before = snapshot()
    with pytest.raises(StoreConflictError, match="is a list, not a"):
        store.commit(token, [commit])
    assert snapshot() == before
    client.delete(key)


def test_every_key_of_the_script_is_planted_above(store: StoryStore, make_commit: Callable[..., Commit]) -> None:
    commit = make_commit()
    fixed = [getattr(KEYS, name) for name in FIXED]
    assert store._keys_of(commit) == [*fixed, KEYS.story(commit.stories[0][1].story_id)]


def test_old_token_is_refused_and_writes_nothing(
    engine: Engine,
    client: Redis,
    store: StoryStore,
    token: int,
    make_commit: Callable[..., Commit],
    snapshot: Callable[[], dict[str, Any]],
) -> None:
    commit = make_commit()
    client.delete(KEYS.lease)
    newer = engine.lane("news").take()
    assert newer is not None
    before = snapshot()
    with pytest.raises(LeaseLostError):
        store.commit(token, [commit])
    assert snapshot() == before
    assert store.commit(newer.token, [commit])


def test_commit_sent_twice_has_one_effect(
    store: StoryStore, token: int, make_commit: Callable[..., Commit], snapshot: Callable[[], dict[str, Any]]
) -> None:
    """The reply of the first was lost, so it is sent again: the backlog entry is answered."""
    commit = make_commit()
    store.commit(token, [commit])
    before = snapshot()
    assert store.commit(token, [commit]) == ""
    assert snapshot() == before


def test_revision_that_is_not_the_expected_one_is_a_conflict(
    engine: Engine,
    store: StoryStore,
    token: int,
    make_commit: Callable[..., Commit],
    snapshot: Callable[[], dict[str, Any]],
) -> None:
    commit = make_commit()
    store.commit(token, [replace(commit, entry_id="")])
    before = snapshot()
    with pytest.raises(StoreConflictError, match="has revision 1, not 0"):
        store.commit(token, [commit])
    stale = replace(commit, stories=tuple((7, story) for _, story in commit.stories))
    with pytest.raises(StoreConflictError, match="has revision 1, not 7"):
        store.commit(token, [stale])
    assert snapshot() == before


def test_path_of_another_story_is_a_conflict(
    store: StoryStore, token: int, make_commit: Callable[..., Commit], snapshot: Callable[[], dict[str, Any]]
) -> None:
    first, second = make_commit(1), make_commit(2)
    store.commit(token, [first])
    path = first.stories[0][1].path
    clashing = replace(second, stories=tuple((0, replace(story, path=path)) for _, story in second.stories))
    before = snapshot()
    with pytest.raises(StoreConflictError, match="belongs to"):
        store.commit(token, [clashing])
    assert snapshot() == before


BAD_CHANGES: dict[str, dict[str, Any]] = {
    "odd event": {"events": [["specversion", "1.0", "id"]]},
    "empty event": {"events": [[]]},
    "good event before an odd one": {"events": [["id", "x"], ["id"]]},
    "event with a number that is no text": {"events": [["id", ["nested"]]]},
    "event with a null": {"events": [["id", None]]},
    "odd claims": {"claims": ["u:x"]},
    "odd items": {"items": ["0123456789abcdef"]},
    "claim that is no text": {"claims": ["u:x", {"a": 1}]},
    "item that is no text": {"items": ["0123456789abcdef", [1]]},
    "story more than keys": {"stories": [[0, 1, "{}", "a", "p", 1.0, 0.0], [0, 1, "{}", "b", "q", 1.0, 0.0]]},
    "story less than keys": {"stories": []},
    "story without times": {"stories": [[0, 1, "{}", "0123456789abcdef", "_news/x.md"]]},
    "story with a time that is no number": {"stories": [[0, 1, "{}", "a", "p", "soon", 0.0]]},
    "story with a time that is NaN": {"stories": [[0, 1, "{}", "a", "p", float("nan"), 0.0]]},
    "story whose body is missing": {"stories": [[0, 1, None, "a", "p", 1.0, 0.0]]},
    "events missing": {"events": None},
    "pages missing": {"pages": None},
    "page without a gap": {"pages": [["0123456789abcdef", "a.example", 1.0]]},
    "page of a host that is no text": {"pages": [["0123456789abcdef", 7, 1.0, 1.0]]},
    "page whose time is NaN": {"pages": [["0123456789abcdef", "a.example", float("nan"), 1.0]]},
    "page whose gap has no end": {"pages": [["0123456789abcdef", "a.example", 1.0, float("inf")]]},
}


@pytest.mark.parametrize("fault", BAD_CHANGES)
def test_change_that_cannot_be_written_whole_leaves_nothing_written(
    client: Redis,
    store: StoryStore,
    token: int,
    make_commit: Callable[..., Commit],
    snapshot: Callable[[], dict[str, Any]],
    fault: str,
) -> None:
    """A script does not roll back: everything is checked before the first write."""
    commit = make_commit()
    good = {
        "stories": [[0, 1, "{}", "0123456789abcdef", "_news/x.md", 1.0, 2.0]],
        "claims": ["u:x", "0123456789abcdef"],
        "items": ["0123456789abcdef", "0123456789abcdef"],
        "events": [["id", "x"]],
        "pages": [["0123456789abcdef", "a.example", 1.0, 1.0]],
    }
    change = msgspec.msgpack.encode(good | BAD_CHANGES[fault])
    before = snapshot()
    with pytest.raises(ResponseError):
        store._commit(keys=store._keys_of(commit), args=[token, commit.entry_id, change])
    assert snapshot() == before


def test_garbled_change_leaves_nothing_written(
    store: StoryStore, token: int, make_commit: Callable[..., Commit], snapshot: Callable[[], dict[str, Any]]
) -> None:
    commit = make_commit()
    before = snapshot()
    with pytest.raises(ResponseError):
        store._commit(keys=store._keys_of(commit), args=[token, commit.entry_id, b"\xc1\xff"])
    with pytest.raises(ResponseError):
        store._commit(keys=store._keys_of(commit), args=[token, "no-stream-id", b"\x80"])
    assert snapshot() == before


def test_lease_lost_in_the_middle_of_a_round_trip_keeps_what_came_before(
    client: Redis,
    store: StoryStore,
    token: int,
    make_commit: Callable[..., Commit],
    events: Callable[[], list[Event]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    commits = [make_commit(number) for number in range(5)]
    send, sent = store._commit, []

    def send_and_lose_after_two(**call: Any) -> None:
        send(**call)
        sent.append(call)
        if len(sent) == 2:
            call["client"].incr(KEYS.token)  # what take_lease does for another holder

    monkeypatch.setattr(store, "_commit", send_and_lose_after_two)
    with pytest.raises(LeaseLostError):
        store.commit(token, commits)
    assert len(sent) == 5
    assert events() == [event for commit in commits[:2] for event in commit.events]
    assert client.xlen(KEYS.backlog) == 3


def test_many_claims_fit_into_one_commit(store: StoryStore, token: int, make_commit: Callable[..., Commit]) -> None:
    """unpack() of thousands of values would overflow the stack of Lua."""
    commit = make_commit()
    item_id = next(iter(commit.items))
    claims = {f"u:{number}": item_id for number in range(20_000)}
    assert store.commit(token, [replace(commit, claims=claims)])
    assert len(store.item_ids(list(claims))) == 20_000
