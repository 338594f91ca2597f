"""What ``feeds show`` says of a feed's WebSub subscription."""

from __future__ import annotations

from typing import Any

import msgspec

from worker.model.subscription import Subscription


def push_row(subscription: Subscription | None) -> dict[str, Any]:
    """How the hub stands to it; without the callback's token and the secret.

    Args:
        subscription: of the feed, None when no hub was asked.
    """
    row = {
        "push": subscription and str(subscription.state),
        "push_detail": (subscription and subscription.detail) or None,
        "pushed_until": subscription and subscription.pushed_until(),
        "push_asked_at": subscription and subscription.asked_at,
        "last_push_at": subscription and subscription.delivered_at,
    }
    return {name: msgspec.to_builtins(value) for name, value in row.items()}
