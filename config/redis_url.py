"""Where Redis is: the URL that was set, or the embedded server that runs on this DATA_DIR."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from config.settings import Settings
from storyfold.errors import SettingsError


class ServerState(msgspec.Struct, frozen=True, kw_only=True):
    """What a running embedded server leaves in its folder for others to find it.

    Attributes:
        pid: process id of the server.
        url: with the password; the file is readable by its owner only.
    """

    pid: int
    url: str


def server_folder(settings: Settings) -> Path:
    """The embedded server's folder: append-only file, log, and the state file."""
    return settings.data_dir / "redis"


def read_server_state(folder: Path) -> ServerState | None:
    """The state that a server left in ``folder``, None when there is none that can be read.

    A state says nothing of whether the server still runs.
    """
    try:
        return msgspec.json.decode((folder / "server.json").read_bytes(), type=ServerState)
    except (OSError, msgspec.MsgspecError):
        return None


def redis_url(settings: Settings) -> str:
    """URL of the Redis that holds the store.

    Raises:
        SettingsError: REDIS_URL is not set and no embedded server has left its state.
    """
    if settings.redis_url is not None:
        return settings.redis_url.get_secret_value()
    state = read_server_state(server_folder(settings))
    if state is None:
        raise SettingsError(
            f"STORYFOLD_REDIS_URL is not set and no embedded server runs in {settings.data_dir}: "
            "set it, or start `storyfold up`"
        )
    return state.url


def broker_url(settings: Settings) -> str:
    """URL of the Redis that carries Celery's queues: BROKER_URL, else the store's."""
    if settings.broker_url is not None:
        return settings.broker_url.get_secret_value()
    return redis_url(settings)


def redis_ports(settings: Settings) -> frozenset[int]:
    """TCP ports of the store's Redis and of the broker's: nothing may be fetched from there.

    Raises:
        SettingsError: as from :func:`redis_url`.
    """
    # A Sentinel's URL names several places, parted by semicolons.
    urls = [url for text in (redis_url(settings), broker_url(settings)) for url in text.split(";")]
    return frozenset(port for port in map(_port, urls) if port is not None)


def _port(url: str) -> int | None:
    parts = urlsplit(url)
    if "unix" in parts.scheme or "socket" in parts.scheme:
        return None
    try:
        return parts.port or (26379 if parts.scheme == "sentinel" else 6379)
    except ValueError:  # no port: whoever connects to it says so better
        return None
