"""Processes of the roles: each in a session of its own, so that a Ctrl-C reaches only the supervisor."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

import structlog

from worker.parent_death import end_with_parent

_RESTART_SECONDS = (0.5, 1.0, 2.0, 5.0, 10.0)
_STEADY_SECONDS = 30.0

log = structlog.get_logger()


class RoleProcess:
    """One role, kept running.

    Attributes:
        name: for log lines.
    """

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        output: IO[bytes] | None,
    ) -> None:
        self.name = name
        self._argv = list(argv)
        self._environment = dict(environment)
        self._folder = folder
        self._output = output
        self._process: subprocess.Popen[bytes] | None = None
        self._restarts = 0
        self._start_at = 0.0
        self._started_at = 0.0

    @property
    def pid(self) -> int | None:
        """Process id, None while it is not running."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self) -> None:
        """Start the process."""
        self._started_at = time.monotonic()
        self._process = subprocess.Popen(  # noqa: S603 - our own command line
            self._argv,
            env=self._environment,
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=self._output,
            start_new_session=True,
            preexec_fn=end_with_parent,
        )

    def watch(self) -> None:
        """Start it again when it has ended, after a pause that grows while it keeps ending."""
        now = time.monotonic()
        if self._process is not None and self._process.poll() is not None:
            if now - self._started_at >= _STEADY_SECONDS:
                self._restarts = 0
            pause = _RESTART_SECONDS[min(self._restarts, len(_RESTART_SECONDS) - 1)]
            log.warning("role ended", role=self.name, exit_code=self._process.returncode, restart_in_seconds=pause)
            self._process = None
            self._restarts += 1
            self._start_at = now + pause
        if self._process is None and now >= self._start_at:
            self.start()

    def signal(self, number: int) -> None:
        """Send a signal to the role's main process, if it runs."""
        if self.pid is not None and self._process is not None:
            self._process.send_signal(number)

    def kill_all(self) -> None:
        """Kill what is left of the role, its children among it."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


class Supervisor:
    """All roles of one command."""

    def __init__(self, roles: Sequence[RoleProcess]) -> None:
        self.roles = tuple(roles)

    def start(self) -> None:
        """Start every role."""
        for role in self.roles:
            role.start()

    def watch(self) -> None:
        """Look after every role once."""
        for role in self.roles:
            role.watch()

    def stop(self, grace_seconds: float) -> None:
        """Ask every role to end, and kill what is left when the grace is over."""
        for role in self.roles:
            role.signal(signal.SIGTERM)
        wait_until(lambda: not any(role.pid for role in self.roles), grace_seconds)
        for role in self.roles:
            role.kill_all()


def wait_until(condition: Callable[[], bool], timeout_seconds: float, step_seconds: float = 0.05) -> bool:
    """Wait for a condition; False when it did not come true in time."""
    until = time.monotonic() + timeout_seconds
    while not condition():
        if time.monotonic() >= until:
            return False
        time.sleep(step_seconds)
    return True
