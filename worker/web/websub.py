"""``/websub/TOKEN``: where hubs confirm subscriptions and send what is new (W3C WebSub).

| request | answer |
| --- | --- |
| a token that was never given out, or is over | 404 |
| GET that answers a request of ours | 200 with ``hub.challenge`` as plain text |
| GET that a hub denies a subscription by | 200 |
| any other GET | 404 |
| POST of a delivery | 202, also when its signature is wrong: then nothing of it is used |
| POST to a subscription that was ended | 410 |
| POST with a Content-Encoding | 415: the signature would not be over what is read |
| POST of more than FETCH_MAX_BYTES | 413 |
| POST that takes more than 10 s to come | 408 |
| POST while too much waits, or Redis is away | 503 with Retry-After |
| any other method | 405 |

The token is a secret. It is neither logged nor told; the server's access log is off.
"""

from __future__ import annotations

import asyncio
from contextlib import closing
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar

import structlog
from anyio import to_thread
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from config.settings import Settings
from storyfold.errors import StoryfoldError
from worker.flows.engine import Engine
from worker.flows.websub_callback import Taken, answer_hub, find_callback, take_delivery
from worker.web.answers import error_answer
from worker.web.health import REPLY_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from worker.store.websub import Callback

T = TypeVar("T")

BODY_SECONDS = 10.0
BODIES_AT_ONCE = 8
"""Held in memory, each up to FETCH_MAX_BYTES; further deliveries are answered with 503."""
RETRY_AFTER_SECONDS = 60

_STATUS = {
    Taken.KEPT: HTTPStatus.ACCEPTED,
    Taken.IGNORED: HTTPStatus.ACCEPTED,
    Taken.GONE: HTTPStatus.GONE,
    Taken.FULL: HTTPStatus.SERVICE_UNAVAILABLE,
}

log = structlog.get_logger()


class RefusedBodyError(Exception):
    """A delivery whose body is not taken."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status)
        self.status = status


def callback_route(settings: Settings) -> Route:
    """The route of all callbacks."""
    route = Route("/websub/{token}", CallbackPage(settings).serve, methods=["GET", "POST"])
    if route.methods is not None:
        route.methods.discard("HEAD")  # Starlette adds it; a hub that asks so is answered with 405
    return route


class CallbackPage:
    """Answers hubs. All that it knows lies in Redis, so any number of web processes may serve one address."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._bodies = 0

    async def serve(self, request: Request) -> Response:
        """Answer one request."""
        token = request.path_params["token"]
        try:
            if request.method == "GET":
                return await self._hear(token, dict(request.query_params))
            return await self._take(request, token)
        except RefusedBodyError as error:
            return _answer(error.status)
        except StoryfoldError as error:
            log.warning("callback not served", error=str(error))
            return _answer(HTTPStatus.SERVICE_UNAVAILABLE)

    async def _hear(self, token: str, said: dict[str, str]) -> Response:
        challenge = await self._with_engine(lambda engine: answer_hub(engine, token, said))
        return _answer(HTTPStatus.NOT_FOUND) if challenge is None else PlainTextResponse(challenge)

    async def _take(self, request: Request, token: str) -> Response:
        callback = await self._with_engine(lambda engine: find_callback(engine, token))
        if callback is None:
            return _answer(HTTPStatus.NOT_FOUND)
        if callback.is_ended:
            return _answer(HTTPStatus.GONE)
        if self._bodies >= BODIES_AT_ONCE:
            return _answer(HTTPStatus.SERVICE_UNAVAILABLE)
        self._bodies += 1
        try:
            return _answer(_STATUS[await self._deliver(request, callback, token)])
        finally:
            self._bodies -= 1

    async def _deliver(self, request: Request, callback: Callback, token: str) -> Taken:
        body = await _read_body(request, self._settings.fetch_max_bytes)
        content_type = request.headers.get("content-type", "")
        signature = request.headers.get("x-hub-signature", "")
        return await self._with_engine(
            lambda engine: take_delivery(engine, callback, token, body, content_type, signature)
        )

    async def _with_engine(self, work: Callable[[Engine], T]) -> T:
        """Work in a thread. The connection is made anew: the embedded server has another address in each life."""

        def run() -> T:
            with closing(Engine(self._settings, reply_timeout_seconds=REPLY_SECONDS)) as engine:
                return work(engine)

        return await to_thread.run_sync(run)


async def _read_body(request: Request, max_bytes: int) -> bytes:
    """The raw bytes, no more than the limit and within the time.

    Raises:
        RefusedBodyError: for any other.
    """
    if request.headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
        raise RefusedBodyError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    length = request.headers.get("content-length", "")
    if length.isdecimal() and (len(length) > 18 or int(length) > max_bytes):
        raise RefusedBodyError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    parts, size = [], 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.stream():
                size += len(part)
                if size > max_bytes:
                    raise RefusedBodyError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
                parts.append(part)
    except (TimeoutError, ClientDisconnect) as error:
        raise RefusedBodyError(HTTPStatus.REQUEST_TIMEOUT) from error
    return b"".join(parts)


def _answer(status: HTTPStatus) -> Response:
    if status is HTTPStatus.ACCEPTED:
        return Response(status_code=status)
    # What is left of a refused body is not waited for.
    headers = {"Connection": "close"}
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return error_answer(status, headers=headers)
