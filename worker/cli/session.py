"""The session of a command: its settings, its Redis, its engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from config.redis_url import read_server_state, server_folder
from config.settings import Settings, load_settings
from storyfold.errors import StoreUnavailableError
from worker.flows.engine import Engine
from worker.logs import configure_logs
from worker.store.embedded import is_alive, start_server


@contextmanager
def redis_server(settings: Settings) -> Iterator[None]:
    """See that Redis is there: the one that is set, the embedded one of a running `up`, or else an embedded
    one for as long as this command runs. Its data stay in DATA_DIR."""
    folder = server_folder(settings)
    if settings.redis_url is not None or is_alive(read_server_state(folder)):
        yield
        return
    try:
        server = start_server(folder)
    except StoreUnavailableError:
        if not is_alive(read_server_state(folder)):
            raise
        yield  # another command was quicker
        return
    try:
        yield
    finally:
        server.stop()


@contextmanager
def open_engine() -> Iterator[Engine]:
    """The engine for one command."""
    settings = load_settings()
    configure_logs(settings)
    with redis_server(settings):
        engine = Engine(settings)
        try:
            yield engine
        finally:
            engine.close()
