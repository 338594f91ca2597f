"""How tasks that found Redis or the folder away are tried again."""

from __future__ import annotations

from typing import Any

from storyfold.errors import RetryableError

BUDGET_SECONDS = 20.0
"""Of one task's work on a lane; far below the time limit. What is left goes to the next message."""

RETRY: dict[str, Any] = {
    # Only what may pass. The delay stays below the visibility timeout, or the message would be handed out twice.
    "autoretry_for": (RetryableError,),
    "retry_backoff": 1,
    "retry_backoff_max": 30,
    "retry_jitter": True,
    "max_retries": 10,
}
