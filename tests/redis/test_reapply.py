"""Reapply: topics and rules asked again about what is stored, through the lane."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from redis import Redis

from storyfold.event import Event, EventType
from worker.flows.engine import Engine
from worker.flows.ingest import ingest_objects
from worker.flows.reapply import Reapplied, carry_out, plan
from worker.model.entry import Source
from worker.model.item import Item
from worker.model.page import Enrichment
from worker.score.quality import score_item
from worker.store.keys import Keys

KEYS = Keys("news")
TOPIC = "name: AI\nkeywords: [AI]\n"
BRIDGE = "Council approves harbour bridge plan"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A configuration folder with one topic and no rules."""
    folder = tmp_path / "config"
    (folder / "topics").mkdir(parents=True)
    (folder / "topics" / "1.yaml").write_text(TOPIC)
    return folder


@pytest.fixture
def engine_of(
    client: Redis, redis_url: str, make_engine: Callable[..., Engine], folder: Path
) -> Callable[[str], Engine]:
    """An engine, as a process has it that starts with these rules."""

    def make(rules: str = "") -> Engine:
        (folder / "rules.yaml").write_text(f"rules: [{rules}]")
        return make_engine(redis_url, CONFIG_DIR=str(folder))

    return make


def reapply(engine: Engine, collection: str = "news") -> Reapplied:
    planned = plan(engine, collection)
    for name in carry_out(engine, planned):
        assert engine.drain(name).run(20.0) is False
        assert engine.lane(name).length() == 0
    return planned


def numbers(planned: Reapplied) -> dict[str, int]:
    names = ("items", "retagged", "blocked", "moved", "retired")
    return {name: getattr(planned, name) for name in names}


def members(engine: Engine, collection: str = "news") -> list[set[str]]:
    return [{item.original_url for item in story.items} for story in engine.stories(collection).all()]


def test_topics_are_found_anew_in_title_excerpt_and_labels(
    engine_of: Callable[..., Engine],
    make_item: Callable[..., Item],
    fold: Callable[..., None],
    events: Callable[[], list[Event]],
) -> None:
    engine = engine_of()
    fold(
        engine,
        make_item("https://a.example/1", "What AI learned"),
        make_item("https://a.example/2", "Ferry sails", labels=("AI",)),
        make_item("https://a.example/3", "Bread is dear", topics=("Gone",)),
        make_item("https://a.example/4", "Nothing new"),
    )
    planned = reapply(engine)
    assert numbers(planned) == {"items": 4, "retagged": 3, "blocked": 0, "moved": 0, "retired": 0}
    topics = {story.lead.title: story.lead.topics for story in engine.stories("news").all()}
    assert topics == {"What AI learned": ("AI",), "Ferry sails": ("AI",), "Bread is dear": (), "Nothing new": ()}
    assert [event.revision for event in events()] == [1, 1, 1, 1, 2, 2, 2]


def test_doing_it_again_writes_nothing(
    engine_of: Callable[..., Engine],
    make_item: Callable[..., Item],
    fold: Callable[..., None],
    snapshot: Callable[[], dict[str, Any]],
) -> None:
    engine = engine_of("{name: r, when: {title: bread}, do: {retag: [AI]}}")
    fold(engine, make_item("https://a.example/1", "What AI learned"), make_item("https://a.example/2", "More bread"))
    reapply(engine)
    before = snapshot()
    again = reapply(engine)
    assert again.judgements == ()
    moving = {KEYS.counts, KEYS.token, KEYS.lease}
    after = snapshot()
    assert {key: after[key] for key in after if key not in moving} == {
        key: before[key] for key in before if key not in moving
    }


def test_topics_of_related_items_change_without_an_event(
    engine_of: Callable[..., Engine],
    make_item: Callable[..., Item],
    fold: Callable[..., None],
    events: Callable[[], list[Event]],
) -> None:
    """Nobody sees them. Their quality is seen, but one topic more or less makes no difference to it."""
    engine = engine_of()
    related = make_item("https://b.example/1", f"{BRIDGE} with AI", topics=("Gone",))
    fold(engine, make_item(quality=90), replace(related, quality=score_item(related).points))
    told = len(events())
    (story,) = engine.stories("news").all()
    assert len(story.members) == 2
    assert reapply(engine).retagged == 1
    assert len(events()) == told


def test_blocked_item_leaves_its_story_and_stays_known(
    engine_of: Callable[..., Engine],
    make_item: Callable[..., Item],
    fold: Callable[..., None],
    events: Callable[[], list[Event]],
    client: Redis,
) -> None:
    engine = engine_of("{name: not a, when: {domain: a.example}, do: block}")
    first, second = make_item(quality=90), make_item("https://b.example/1", BRIDGE)
    fold(engine, first, second)
    claims = client.hgetall(KEYS.claims)
    planned = reapply(engine)
    assert numbers(planned) == {"items": 2, "retagged": 0, "blocked": 1, "moved": 0, "retired": 0}
    assert members(engine) == [{"https://b.example/1"}]
    event = events()[-1]
    assert event.type is EventType.UPDATED
    assert event.document().web_url == "https://b.example/1"
    assert event.document().related == ()
    assert client.hgetall(KEYS.claims) == claims
    fold(engine, first)
    assert members(engine) == [{"https://a.example/1", "https://b.example/1"}], "whoever lifts the rule has it back"


def test_story_of_which_all_is_blocked_is_retired_and_leaves_every_list(
    engine_of: Callable[..., Engine],
    make_item: Callable[..., Item],
    fold: Callable[..., None],
    events: Callable[[], list[Event]],
    client: Redis,
) -> None:
    engine = engine_of("{name: none, do: block}")
    fold(engine, make_item())
    planned = reapply(engine)
    assert (planned.blocked, planned.retired) == (1, 1)
    event = events()[-1]
    assert (event.type, event.revision, event.document().published) == (EventType.RETIRED, 2, False)
    (story,) = engine.stories("news").load([event.subject]).values()
    assert story.retired == "blocked by the rule 'none'"
    assert engine.stories("news").count() == 0
    assert client.zcard(KEYS.cooling) == 0
    assert engine.counts("news").read()["retired"] == 1
    assert plan(engine, "news").items == 0
    fold(engine, make_item("https://b.example/1", BRIDGE))
    assert members(engine) == [{"https://b.example/1"}], "nothing joins a retired story because it is alike"


def test_retired_story_is_told_again_when_its_item_comes_by_itself(
    engine_of: Callable[..., Engine],
    make_item: Callable[..., Item],
    fold: Callable[..., None],
    events: Callable[[], list[Event]],
) -> None:
    """Normalizing blocks it before, so it comes only when the rule is gone."""
    engine = engine_of("{name: none, do: block}")
    fold(engine, make_item(), make_item("https://b.example/1", BRIDGE))
    reapply(engine)
    fold(engine, make_item("https://b.example/1", BRIDGE))
    first, retired, again = events()[0], events()[-2], events()[-1]
    assert [retired.type, again.type] == [EventType.RETIRED, EventType.UPDATED]
    assert again.subject == retired.subject == first.subject
    assert again.revision == retired.revision + 1
    assert (again.path, again.document().published) == (first.path, True)
    assert members(engine) == [{"https://b.example/1"}]


def test_draft_that_is_retired_is_told_too(
    engine_of: Callable[..., Engine],
    make_item: Callable[..., Item],
    fold: Callable[..., None],
    events: Callable[[], list[Event]],
) -> None:
    engine = engine_of("{name: none, do: block}")
    fold(engine, make_item(quality=1))
    assert events()[0].document().published is False
    reapply(engine)
    assert events()[-1].type is EventType.RETIRED


def test_what_is_learned_of_a_blocked_item_does_not_bring_it_back(
    engine_of: Callable[..., Engine],
    make_item: Callable[..., Item],
    fold: Callable[..., None],
    events: Callable[[], list[Event]],
) -> None:
    engine = engine_of("{name: none, do: block}")
    item = make_item()
    fold(engine, item)
    reapply(engine)
    told = len(events())
    engine.lane("news").push_enrichment(Enrichment(item_id=item.item_id))
    assert engine.drain("news").run(20.0) is False
    assert len(events()) == told
    assert engine.stories("news").count() == 0


def test_recategorized_item_moves_to_the_other_collection(
    engine_of: Callable[..., Engine],
    make_item: Callable[..., Item],
    fold: Callable[..., None],
    events: Callable[[], list[Event]],
) -> None:
    engine = engine_of("{name: sport, when: {label: Tennis}, do: {recategorize: sports}}")
    fold(engine, make_item(labels=("Tennis",)), make_item("https://b.example/1", "Other news today"))
    planned = reapply(engine)
    assert numbers(planned) == {"items": 2, "retagged": 0, "blocked": 0, "moved": 1, "retired": 1}
    assert members(engine) == [{"https://b.example/1"}]
    assert members(engine, "sports") == [{"https://a.example/1"}]
    (moved,) = next(engine.stories("sports").all()).items
    assert (moved.collection, moved.provenance["rules"]) == ("sports", "sport")
    assert events()[-1].type is EventType.RETIRED


def test_document_keeps_what_it_gives_unless_a_rule_speaks_of_documents(
    engine_of: Callable[..., Engine], client: Redis
) -> None:
    document = {
        "title": "What AI learned",
        "url": "https://a.example/1",
        "date": "2026-03-01",
        "topics": ["Own"],
        "quality": 50,
        "related": [
            {
                "title": "Learned by AI",
                "publishedDateTime": "2026-03-01T00:00:00Z",
                "webUrl": "https://b.example/1",
                "type": "article",
                "provider": {"name": "B", "domain": "b.example"},
            }
        ],
    }
    engine = engine_of()
    ingest_objects(engine, [document], "news", Source.TASK)
    engine.drain("news").run(20.0)
    for rules in ("", "{name: none, do: block}", "{name: tag, documents: true, do: {retag: [AI]}}"):
        reapply(engine_of(rules))
        (story,) = engine.stories("news").all()
        assert (story.lead.topics, story.revision, len(story.members)) == (("Own",), 1, 2)
    planned = reapply(engine_of("{name: none, documents: true, when: {domain: a.example}, do: block}"))
    assert (planned.blocked, planned.retired) == (2, 1), "its related items came with it"
    assert engine.stories("news").count() == 0


def test_newer_version_of_an_item_is_not_judged_by_what_the_older_one_said(
    engine_of: Callable[..., Engine], make_item: Callable[..., Item], fold: Callable[..., None]
) -> None:
    engine = engine_of("{name: none, when: {title: Old}, do: block}")
    old = make_item(title="Old words here", feed_url="https://a.example/f", guid="1", fingerprint="a")
    fold(engine, old)
    planned = plan(engine, "news")
    fold(engine, replace(old, title="New words here", fingerprint="b"))
    carry_out(engine, planned)
    engine.drain("news").run(20.0)
    (story,) = engine.stories("news").all()
    assert story.lead.title == "New words here"


def test_lane_of_another_process_carries_out_what_this_one_decided(
    engine_of: Callable[..., Engine], make_item: Callable[..., Item], fold: Callable[..., None]
) -> None:
    """It may have read other rules."""
    other = engine_of()
    fold(other, make_item())
    carry_out(engine_of("{name: none, do: block}"), plan(engine_of("{name: none, do: block}"), "news"))
    assert other.drain("news").run(20.0) is False
    assert other.stories("news").count() == 0


def test_command_says_the_same_when_it_only_tries(
    engine_of: Callable[..., Engine],
    make_item: Callable[..., Item],
    fold: Callable[..., None],
    redis_url: str,
    folder: Path,
    tmp_path: Path,
) -> None:
    engine = engine_of("{name: none, when: {domain: a.example}, do: block}")
    fold(engine, make_item(), make_item("https://b.example/1", "Words of AI"))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STORYFOLD_")}
    own = {"REDIS_URL": redis_url, "DATA_DIR": str(tmp_path), "CONFIG_DIR": str(folder)}
    environment = {**kept, **{f"STORYFOLD_{name}": value for name, value in own.items()}}
    command = [sys.executable, "-m", "worker.cli", "stories", "reapply", "--json"]

    def run(*options: str) -> Any:
        done = subprocess.run([*command, *options], env=environment, capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    tried = run("--dry-run")
    assert tried == [{"collection": "news", "items": 2, "retagged": 1, "blocked": 1, "moved": 0, "retired": 1}]
    assert engine.stories("news").count() == 2
    assert run("--category", "news") == tried
    assert members(engine) == [{"https://b.example/1"}]
    assert run() == [{"collection": "news", "items": 1, "retagged": 0, "blocked": 0, "moved": 0, "retired": 0}]
