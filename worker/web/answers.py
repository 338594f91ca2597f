"""Answers that are no page: a word for programs, in JSON."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from starlette.responses import JSONResponse


def error_answer(status: HTTPStatus, detail: str = "", headers: Mapping[str, str] | None = None) -> JSONResponse:
    """An error with its name in lower case, and a sentence for the one who asked."""
    body = {"error": status.phrase.lower()} | ({"detail": detail} if detail else {})
    return JSONResponse(body, status_code=status, headers=headers)
