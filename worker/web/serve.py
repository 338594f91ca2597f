"""The web role's server: takes its address, serves until it is told to stop."""

from __future__ import annotations

import errno
import signal
import socket
import threading
from typing import TYPE_CHECKING

import structlog
import uvicorn

from config.settings import Settings
from storyfold.errors import SettingsError, StoryfoldError
from worker.web.app import make_app
from worker.web.bind import Bind, open_socket, read_bind
from worker.web.head_deadline import HeadDeadline

if TYPE_CHECKING:
    from starlette.types import ASGIApp

STOP_SECONDS = 5
"""For requests that are under way when the stop comes."""
WAIT_SECONDS = 2.0
"""Between two tries at an address that is taken."""
MAX_CONNECTIONS = 500
"""At once; further ones are answered with 503, before the process has no file handles left for images."""

log = structlog.get_logger()


def serve(settings: Settings, *, wait: bool) -> None:
    """Serve until SIGTERM or SIGINT; returns when the requests under way have ended, at most 5 s later.

    Args:
        settings: WEB_BIND and WEB_TOKEN.
        wait: when the address cannot be had, say so once and try again until it can.

    Raises:
        SettingsError: WEB_BIND or WEB_TOKEN is wrong.
        StoryfoldError: another program has the port.
    """
    app, bind = make_app(settings), read_bind(settings)
    stop = _Stop()
    listener = _wait_for_socket(bind, stop) if wait else _take_socket(bind)
    if listener is None:
        return
    with listener:
        log.info("web listens", url=f"http://{Bind(bind.host, listener.getsockname()[1])}")
        stop.run(_make_server(app), listener)


class _Stop:
    """The signals to stop, which may come before there is a server."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self._server: uvicorn.Server | None = None
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._come)

    def _come(self, *_: object) -> None:
        self.event.set()
        if self._server is not None:
            self._server.should_exit = True

    def run(self, server: uvicorn.Server, listener: socket.socket) -> None:
        """Run the server. It has handlers of its own; when it has ended, it sends the signals once more, to us."""
        self._server = server
        server.should_exit = self.event.is_set()
        server.run(sockets=[listener])


def _make_server(app: ASGIApp) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        loop="asyncio",
        http=HeadDeadline,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    return uvicorn.Server(config)


def _take_socket(bind: Bind) -> socket.socket:
    try:
        return open_socket(bind)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise StoryfoldError(
                f"another program listens on {bind}: end it, or set STORYFOLD_WEB_BIND to another port"
            ) from error
        raise SettingsError(f"STORYFOLD_WEB_BIND: cannot listen on {bind}: {error}") from error


def _wait_for_socket(bind: Bind, stop: _Stop) -> socket.socket | None:
    """The socket, None when the stop came first."""
    is_told = False
    while not stop.event.is_set():
        try:
            return open_socket(bind)
        except OSError as error:
            if not is_told:
                log.warning(
                    "web cannot listen and tries again; see STORYFOLD_WEB_BIND", bind=str(bind), error=str(error)
                )
            is_told = True
        stop.event.wait(WAIT_SECONDS)
    return None
