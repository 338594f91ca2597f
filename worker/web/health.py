"""``/healthz`` and ``/readyz``: is the process alive, and does work flow?"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response

from config.settings import Settings
from storyfold.errors import StoryfoldError
from worker.flows.engine import Engine
from worker.flows.flow_health import read_flow_health

if TYPE_CHECKING:
    from starlette.requests import Request

REPLY_SECONDS = 2.0
"""For Redis to answer: a monitor does not wait for long, nor does a stop."""


async def alive_page(request: Request) -> Response:
    """200 as long as the process answers; nothing else is asked."""
    del request
    return JSONResponse({"status": "ok"})


def ready_page(settings: Settings) -> Callable[[Request], Response]:
    """200 while work flows in the default collection, else 503 with the reason."""

    def serve(request: Request) -> Response:
        del request
        state = ready_state(settings)
        is_ready = state["status"] == "ready"
        return JSONResponse(state, status_code=HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE)

    return serve


def ready_state(settings: Settings) -> dict[str, Any]:
    """``status`` ready or not ready, ``redis`` whether it answers, ``ages_seconds`` of what last went well, and
    ``fault``, null when all is well.

    The connection is made anew each time: the embedded server has another address in each of its lives.
    """
    try:
        with closing(Engine(settings, reply_timeout_seconds=REPLY_SECONDS)) as engine:
            health = read_flow_health(engine, settings.collection)
    except StoryfoldError as error:
        return {"status": "not ready", "redis": False, "ages_seconds": {}, "fault": str(error)}
    status = "not ready" if health.fault else "ready"
    return {"status": status, "redis": True, "ages_seconds": health.ages_seconds, "fault": health.fault}
