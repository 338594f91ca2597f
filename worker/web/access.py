"""Who may ask: the token of a request and the host that it names. The rules stand in :mod:`worker.web.bind`.

Callbacks of WebSub are open to all: their secret stands in the path, and they show nothing.

What a proxy says of the client (X-Forwarded-For and its like) is never read: anybody can send it.
"""

from __future__ import annotations

import hmac
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from worker.web.answers import error_answer
from worker.web.bind import Access

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

OPEN_PATHS = frozenset({"/healthz"})
"""Without a token: a container's health is asked without secrets, and the answer holds none."""

CALLBACK_PATH = "/websub/"
"""Hubs have no token of ours and come by the public name: the secret stands in the path."""


class AccessGuard:
    """Refuses requests before any page sees them."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        answer = self._refusal(scope) if scope["type"] == "http" else None
        await (answer or self._app)(scope, receive, send)

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        if scope["path"].startswith(CALLBACK_PATH):
            return None
        headers = Headers(scope=scope)
        if self._access.hosts is not None and host_of(headers.get("host", "")) not in self._access.hosts:
            detail = "this host is not served here: ask for localhost or the host of STORYFOLD_WEB_BIND"
            return error_answer(HTTPStatus.MISDIRECTED_REQUEST, detail)
        if self._access.token is None or scope["path"] in OPEN_PATHS:
            return None
        given = headers.get("authorization", "")
        if bears_token(given, self._access.token):
            return None
        # RFC 6750 section 3: the error is named only to those who have tried.
        challenge = 'Bearer realm="storyfold"' + (', error="invalid_token"' if given else "")
        detail = "send the value of STORYFOLD_WEB_TOKEN as Authorization: Bearer TOKEN"
        return error_answer(HTTPStatus.UNAUTHORIZED, detail, {"WWW-Authenticate": challenge})


def host_of(header: str) -> str:
    """The host that a Host header names, in lower case without port and brackets; "" when it names none."""
    try:
        parts = urlsplit(f"//{header}")
        _ = parts.port
    except ValueError:
        return ""
    is_host = parts.netloc == header and "@" not in header
    return (parts.hostname or "").rstrip(".") if is_host else ""


def bears_token(header: str, token: bytes) -> bool:
    """Whether an Authorization header carries the token; how long it takes does not tell where they differ."""
    scheme, _, given = header.partition(" ")
    return hmac.compare_digest(given.strip().encode("latin-1"), token) and scheme.lower() == "bearer"
