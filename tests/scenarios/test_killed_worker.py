"""kill -9 in the middle of the work: nothing is lost, nothing is doubled."""

from __future__ import annotations

import json
import random
import signal
from collections.abc import Callable
from typing import Any

STREAM = "storyfold:{news}:stories"
STORIES = 1000


def make_titles(count: int) -> list[str]:
    """Titles that share no words, so that no two tell the same story."""
    chosen = random.Random(7)
    syllables = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "ai", "or")]
    words: set[str] = set()
    while len(words) < count * 4:
        words.add("".join(chosen.choices(syllables, k=4)))
    ordered = sorted(words)
    chosen.shuffle(ordered)
    return [" ".join(ordered[n * 4 : n * 4 + 4]).capitalize() for n in range(count)]


def test_killed_workers_lose_and_double_nothing(new_system: Callable[..., Any], tools: Any) -> None:
    """2,000 items, a list of 1,000 and 1,000 files; the ingesting worker is killed twice, children too."""
    system = new_system()
    system.start()
    titles = make_titles(2 * STORIES)
    documents = [
        {"title": title, "url": f"https://kill.example/{n}", "date": f"2024-04-{n % 28 + 1:02}T10:00:00Z"}
        for n, title in enumerate(titles)
    ]
    system.drop("list.jsonl", "".join(json.dumps(each) + "\n" for each in documents[:STORIES]))
    for n, each in enumerate(documents[STORIES:]):
        system.drop(f"one-{n}.json", json.dumps(each))

    tools.wait_for(lambda: system.redis.xlen(STREAM) >= 200, "a part of the list told", step=0.002)
    kill_ingesting_worker(system)
    tools.wait_for(lambda: len(system.files_in(".done")) >= 300, "a part of the files taken", seconds=30)
    kill_ingesting_worker(system)

    tools.wait_for(lambda: len(system.files_in(".done")) == STORIES + 1, "every file in .done", seconds=60)
    system.wait_until_quiet(30)
    events = system.events()
    tools.check_stream(events)
    assert len(events) == 2 * STORIES
    assert sorted(event.data["document"]["title"] for event in events) == sorted(titles)
    assert system.files_in("") == []
    assert system.files_in(".processing") == []
    assert system.failures() == {}

    changed = documents[3] | {"excerpt": "It has an excerpt now."}
    system.drop_and_wait("changed.json", json.dumps(changed))
    assert [event.revision for event in system.events()[2 * STORIES :]] == [2]
    tools.check_stream(system.events())
    system.signal(signal.SIGTERM)
    assert system.wait_for_end(10) == 0
    assert system.processes.living() == {}


def kill_ingesting_worker(system: Any) -> None:
    """SIGKILL for the worker and its child at once, with work left to do."""
    victims = system.processes.running("celery", "storyfold.ingest")
    assert len(victims) >= 2, "the worker and its child"
    system.processes.kill(victims)
    assert system.redis.xlen(STREAM) < 2 * STORIES, "it was to be killed in the middle"
    assert system.files_in("")
