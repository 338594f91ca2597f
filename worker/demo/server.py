"""The publishers of the demo: an HTTP server on a free local port that knows conditional requests."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from hashlib import blake2b
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


class Publishers:
    """Serves bodies by path; a body may be changed while it is served.

    Attributes:
        requests: how many requests came.
        not_modified: how many of them were answered with 304.
    """

    def __init__(self, bodies: Mapping[str, tuple[str, bytes]]) -> None:
        """
        Args:
            bodies: path -> content type and body.
        """
        self._bodies = dict(bodies)
        self.requests = 0
        self.not_modified = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def url(self, path: str) -> str:
        """The URL of a path."""
        return f"http://{self.address}{path}"

    def publish(self, path: str, content_type: str, body: bytes) -> None:
        """Put a body in the place of what was there."""
        self._bodies[path] = (content_type, body)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        publishers = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                publishers.answer(self)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
                del format, args

        return Handler

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Answer one GET: 404, 304 or the body with its ETag."""
        self.requests += 1
        found = self._bodies.get(request.path)
        if found is None:
            request.send_error(404)
            return
        content_type, body = found
        etag = f'"{blake2b(body, digest_size=8).hexdigest()}"'
        fresh = request.headers.get("If-None-Match") == etag
        self.not_modified += fresh
        request.send_response(304 if fresh else 200)
        request.send_header("ETag", etag)
        request.send_header("Content-Type", content_type)
        request.send_header("Content-Length", "0" if fresh else str(len(body)))
        request.end_headers()
        if not fresh:
            request.wfile.write(body)
