"""Roles are kept running, and stopped for good."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from worker.supervisor.processes import RoleProcess, Supervisor, wait_until

WAITS = "import time; time.sleep(60)"
IGNORES_TERM = (
    "import signal, time, pathlib; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "pathlib.Path('ready').touch(); time.sleep(60)"
)

Start = Callable[[str], RoleProcess]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a role that runs a piece of Python; it is gone after the test."""
    roles: list[RoleProcess] = []

    def run(code: str) -> RoleProcess:
        role = RoleProcess("test", [sys.executable, "-c", code], os.environ, tmp_path, None)
        role.start()
        roles.append(role)
        return role

    yield run
    for role in roles:
        role.kill_all()


def _lives(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


def test_a_role_that_ends_is_started_again_after_a_pause(start: Start) -> None:
    role = start("pass")
    assert wait_until(lambda: role.pid is None, 10)

    role.watch()
    assert role.pid is None, "not at once: a role that cannot start must not spin"

    def started_again() -> bool:
        role.watch()
        return role.pid is not None

    assert wait_until(started_again, 5)


def test_stop_ends_a_role_that_obeys(start: Start) -> None:
    role = start(WAITS)
    pid = role.pid
    assert pid is not None

    Supervisor([role]).stop(5)

    assert not _lives(pid)


def test_stop_kills_what_does_not_obey_when_the_grace_is_over(start: Start, tmp_path: Path) -> None:
    role = start(IGNORES_TERM)
    pid = role.pid
    assert pid is not None
    assert wait_until((tmp_path / "ready").exists, 10)

    Supervisor([role]).stop(0.3)

    assert not _lives(pid)


def test_waiting_gives_up(start: Start) -> None:
    assert not wait_until(lambda: False, 0.05)
    assert wait_until(lambda: True, 0.0)
