"""The application: which path leads to which page, and what stands before all of them."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route

from config.settings import Settings
from worker.flows.engine import Engine
from worker.web.access import AccessGuard
from worker.web.answers import error_answer
from worker.web.bind import read_access
from worker.web.health import alive_page, ready_page
from worker.web.images import image_page
from worker.web.security_headers import SecurityHeaders
from worker.web.websub import callback_route

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp


def make_app(settings: Settings) -> ASGIApp:
    """The web role's application.

    Raises:
        SettingsError: the settings do not say who may ask; see :func:`worker.web.bind.read_access`.
    """
    engine = Engine(settings)
    pages = Starlette(
        routes=[
            Route("/healthz", alive_page),
            Route("/readyz", ready_page(settings)),
            Route("/img/{digest}", image_page(engine.image_files)),
            callback_route(settings),
        ],
        exception_handlers={HTTPException: _answer_error, Exception: _answer_failure},
    )
    pages.router.redirect_slashes = False
    return SecurityHeaders(AccessGuard(pages, read_access(settings)))


async def _answer_error(request: Request, error: Exception) -> Response:
    """What a page refuses, and paths and methods that do not exist."""
    del request
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for these alone
    return error_answer(HTTPStatus(error.status_code), headers=error.headers)


async def _answer_failure(request: Request, error: Exception) -> Response:
    """A page that failed. The server logs why; the client is not told."""
    del request, error
    return error_answer(HTTPStatus.INTERNAL_SERVER_ERROR)
