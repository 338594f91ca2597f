"""`storyfold up`: stops cleanly, leaves nothing behind, and goes on where it was."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

FIRST = "---\ntitle: Canal freezes for the first time since 1997\nurl: https://canal.example/ice\n---\n"
SECOND = "---\ntitle: Skaters ask for lamps\nurl: https://canal.example/lamps\n---\n"


def test_every_end_of_up_leaves_nothing_behind_and_keeps_the_stories(
    new_system: Callable[..., Any], tools: Any
) -> None:
    """kill -9 of `up` alone, SIGTERM, Ctrl-C: no process is left, the latter two end within 10 s with exit code 0;
    the next `up` on the same data has the stories and publishes none of them again."""
    system = new_system()
    system.start()
    system.drop_and_wait("first.md", FIRST)
    before = system.entries()
    assert len(before) == 1
    system.signal(signal.SIGKILL)
    assert system.wait_for_end(2) == -signal.SIGKILL
    tools.wait_for(
        lambda: not system.processes.living(), lambda: f"no process: {system.processes.living()}", seconds=8
    )

    system.start()
    assert system.entries() == before
    system.drop_and_wait("first-again.md", FIRST)
    assert system.entries() == before, "a known document is not published again"
    system.drop_and_wait("second.md", SECOND)
    both = system.entries()
    assert len(both) == 2
    system.signal(signal.SIGTERM)
    assert system.wait_for_end(10) == 0
    assert system.processes.living() == {}

    system.start()
    assert system.entries() == both
    system.signal(signal.SIGINT)
    assert system.wait_for_end(10) == 0
    assert system.processes.living() == {}


def test_role_that_ends_is_started_again(new_system: Callable[..., Any], tools: Any) -> None:
    """Roles and the embedded Redis are killed: `up` starts them again, and the next file becomes a story."""
    system = new_system()
    system.start()
    rounds = {"Owl": ["watch", "beat", "storyfold.fetch"], "Heron": ["storyfold.ingest"], "Stork": ["valkey"]}
    for number, (bird, roles) in enumerate(rounds.items(), start=1):
        victims = {role: set(system.processes.running(role)) for role in roles}
        assert all(victims.values()), victims
        system.processes.kill(set().union(*victims.values()))
        for role, old in victims.items():
            tools.wait_for(
                lambda role=role, old=old: set(system.processes.running(role)) - old, f"{role} to be started again"
            )
        url = f"https://phoenix.example/{bird}"
        system.drop_and_wait(f"{bird}.md", f"---\ntitle: {bird} returns to the tower\nurl: {url}\n---\n")
        assert len(system.entries()) == number
    system.signal(signal.SIGTERM)
    assert system.wait_for_end(10) == 0


def test_second_up_on_the_same_data_is_refused(system: Any) -> None:
    """One line says why, with exit code 1; the first one goes on."""
    before = system.processes.living()
    ended = system.run("up")
    assert ended.returncode == 1
    assert str(system.data_dir) in ended.stderr.decode()
    assert len(ended.stderr.decode().strip().splitlines()) == 1
    assert system.processes.living().keys() == before.keys()
