"""Arguments of tasks: checked before anything is done, and refused with a dead letter."""

from __future__ import annotations

import json
import reprlib
from typing import Any, TypeVar

import msgspec
import structlog
from celery import Task

from storyfold.errors import DocumentError, FetchError, SourceError
from worker.app import app
from worker.sources.fetch.web_address import public_text
from worker.store.dead import DeadLetter

T = TypeVar("T")
_MAX_PAYLOAD_CHARACTERS = 20_000

log = structlog.get_logger()


class BadArgumentError(SourceError):
    """A task was sent with an argument that it does not take."""


def one_argument(args: tuple[Any, ...], kwargs: dict[str, Any], name: str) -> Any:
    """The one argument of a task that other programs send, by position or by name.

    Raises:
        BadArgumentError: there is none, or there are more.
    """
    values = [*args, *kwargs.values()]
    if len(values) != 1 or (kwargs and name not in kwargs):
        got = f"{len(args)} by position, {sorted(kwargs)} by name"
        raise BadArgumentError("bad-argument", f"wants one argument, {name}; got {got}")
    return values[0]


def no_argument(args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Check the call of a task that takes none.

    Raises:
        BadArgumentError: there is one.
    """
    if args or kwargs:
        raise BadArgumentError("bad-argument", f"wants none; got {len(args)} by position, {sorted(kwargs)} by name")


def check_argument(value: Any, kind: type[T], name: str) -> T:
    """The argument as ``kind``.

    Raises:
        BadArgumentError: it is something else.
    """
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise BadArgumentError("bad-argument", f"{name}: {error}") from error


def payload_text(payload: Any) -> str:
    """A refused call as JSON for the dead letter, cut.

    It may hold anything. Lone surrogates are escaped, as UTF-8 has no bytes for them; what is no JSON, or nested too
    deep for it, stands as Python shows it.
    """
    try:
        text = json.dumps(payload, default=repr, skipkeys=True)
    except (ValueError, RecursionError):
        text = json.dumps(reprlib.repr(payload))
    return text[:_MAX_PAYLOAD_CHARACTERS]


def refuse(
    task: Task, error: SourceError | DocumentError | FetchError, payload: Any, *, hide_secrets: bool = False
) -> None:
    """Keep a refused call as a dead letter. The message is then done: trying again would refuse again.

    With ``hide_secrets`` the addresses in the letter are cut to what may be shown. Those of documents are not, for
    these may have to be sent again.
    """
    name = "invalid-document" if isinstance(error, DocumentError) else error.failure
    detail = str(error) if isinstance(error, DocumentError) else error.detail
    now = app.engine.clock()
    letter = DeadLetter(
        origin=task.request.id or "",
        group="tasks",
        error=name,
        detail=f"{task.name}: {detail}",
        first_at=now,
        last_at=now,
        payload=public_text(payload_text(payload)) if hide_secrets else payload_text(payload),
    )
    app.engine.dead_letters(app.engine.settings.collection).add(letter)
    log.warning("task refused", task=task.name, task_id=task.request.id, error=name, detail=detail)
