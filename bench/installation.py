"""A whole Storyfold in a folder of its own: embedded server, roles as processes, gone at the end."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from config.redis_url import server_folder
from config.settings import PREFIX, Settings, load_settings
from worker.flows.engine import Engine
from worker.store.embedded import EmbeddedServer, start_server
from worker.supervisor.processes import RoleProcess, Supervisor, wait_until
from worker.supervisor.role_commands import role_environment

START_SECONDS = 30.0
STOP_SECONDS = 0.2
"""A soft stop waits five seconds for a task that is at work; here nothing is kept that could be lost."""


class Installation:
    """The folder, the server, and the engine with which the bench looks at them.

    Attributes:
        folder: everything is below it.
        settings: of the engine and of every role.
        engine: of the bench's own process.
        server: the embedded one.
    """

    def __init__(self, folder: Path, settings: Settings, server: EmbeddedServer) -> None:
        self.folder = folder
        self.settings = settings
        self.server = server
        self.engine = Engine(settings)
        self._variables: dict[str, str] = {}

    @contextmanager
    def roles(self, commands: Mapping[str, list[str]], extra: Mapping[str, str] | None = None) -> Iterator[list[int]]:
        """Run processes for as long as the block lasts; gives their session ids, in the order of the commands.

        Args:
            commands: name -> command line.
            extra: further environment variables.
        """
        environment = role_environment(self.settings, clean_environment(self._variables)) | dict(extra or {})
        with (self.folder / "roles.log").open("ab") as log:
            processes = [
                RoleProcess(name, command, environment, self.settings.data_dir, log)
                for name, command in commands.items()
            ]
            supervisor = Supervisor(processes)
            supervisor.start()
            try:
                yield [process.pid or 0 for process in processes]
            finally:
                supervisor.stop(STOP_SECONDS)

    def log_tail(self) -> str:
        """The last lines that the roles have written, for a bench that does not come to its end."""
        lines = (self.folder / "roles.log").read_text(errors="replace").splitlines()
        return "\n".join(lines[-30:])


@contextmanager
def installation(variables: Mapping[str, str]) -> Iterator[Installation]:
    """An installation in a new folder.

    Args:
        variables: settings without their prefix. Those of the caller's environment do not count.
    """
    folder = Path(tempfile.mkdtemp(prefix="storyfold-bench-"))
    named = {PREFIX + name: value for name, value in variables.items()}
    named[f"{PREFIX}DATA_DIR"] = str(folder / "data")
    named[f"{PREFIX}DROP_DIR"] = str(folder / "drop")
    for name in ("data", "drop"):
        (folder / name).mkdir()
    settings = load_settings(named)
    server = start_server(server_folder(settings))
    place = Installation(folder, settings, server)
    place._variables = named  # noqa: SLF001 - our own class
    try:
        yield place
    finally:
        place.engine.close()
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def clean_environment(variables: Mapping[str, str]) -> dict[str, str]:
    """The process's environment with these settings and no others."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return kept | dict(variables)


def await_or_exit(place: Installation, what: str, holds: bool) -> None:
    """End the bench with the roles' last words when something did not happen in time."""
    if not holds:
        raise SystemExit(f"{what} did not happen in time; the roles' last lines:\n{place.log_tail()}")


__all__ = ["START_SECONDS", "Installation", "await_or_exit", "clean_environment", "installation", "wait_until"]
