"""Check a task message before Celery takes it apart.

Celery unpacks the body outside of any guard: one that is valid JSON but no message of its protocol ends the
worker's main process, and the message, not acknowledged, ends the next one as well (seen with celery 5.7.0).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from celery.exceptions import InvalidTaskError
from celery.worker.strategy import default


def strategy(task: Any, app: Any, consumer: Any, **options: Any) -> Callable[..., Any]:
    """Celery's own way to take a message, for messages that have the shape of protocol 2 or 1.

    Any other is refused with ``InvalidTaskError``: Celery writes a log line, drops it and goes on.
    """
    take = default(task, app, consumer, **options)

    def take_checked(message: Any, body: Any, *rest: Any, **named: Any) -> Any:
        fault = body_fault(message.payload) if body is None else None
        if fault:
            raise InvalidTaskError(f"{task.name}: {fault}")
        return take(message, body, *rest, **named)

    return take_checked


def body_fault(payload: Any) -> str | None:
    """What is wrong with a decoded body; None when Celery can take it.

    Protocol 2 is a list of positional arguments, named arguments and options of the call; a body that names
    ``args`` is one of protocol 1, which Celery translates.
    """
    if isinstance(payload, dict) and "args" in payload:
        args, kwargs, options = payload["args"], payload.get("kwargs", {}), None
    elif isinstance(payload, (list, tuple)) and len(payload) == 3:
        args, kwargs, options = payload
    else:
        return "the body is no list of args, kwargs and options"
    if not isinstance(args, (list, tuple)):
        return f"args is a {type(args).__name__}, not a list"
    if not isinstance(kwargs, dict):
        return f"kwargs is a {type(kwargs).__name__}, not an object"
    if options is not None and not isinstance(options, dict):
        return f"options is a {type(options).__name__}, not an object"
    return None
