"""How tasks that found Redis or the folder away are tried again."""

from __future__ import annotations

from typing import Any

from storyfold.errors import RetryableError

BUDGET_SECONDS = 5.0
"""Of one task's work on a lane, so that ticks and other lanes get their turn. What is left goes to the next
message."""

RETRY: dict[str, Any] = {
    # Only what may pass. The delay stays below the visibility timeout: a message is handed out again after that.
    "autoretry_for": (RetryableError,),
    "retry_backoff": 1,
    "retry_backoff_max": 30,
    "retry_jitter": True,
    "max_retries": 10,
}

RETRY_FOR_EVER: dict[str, Any] = {**RETRY, "max_retries": None}
"""For a message that is the only home of what it carries."""
