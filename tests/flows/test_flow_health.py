"""Whether polls flow: judged from what waits and from the last poll."""

from __future__ import annotations

import pytest

from worker.flows.flow_health import STALE_DISPATCH_SECONDS, poll_fault

LONG = STALE_DISPATCH_SECONDS + 30


@pytest.mark.parametrize(
    ("waiting_seconds", "poll_age_seconds"),
    [(None, None), (None, LONG), (STALE_DISPATCH_SECONDS, None), (LONG, 5.0), (LONG, STALE_DISPATCH_SECONDS)],
)
def test_polls_flow_while_nothing_waits_for_long_or_something_was_polled(
    waiting_seconds: float | None, poll_age_seconds: float | None
) -> None:
    assert poll_fault(waiting_seconds, poll_age_seconds) is None


@pytest.mark.parametrize("poll_age_seconds", [None, LONG])
def test_feeds_that_wait_while_nobody_polls_are_a_fault(poll_age_seconds: float | None) -> None:
    assert "wait since 120 s and nobody polls" in (poll_fault(LONG, poll_age_seconds) or "")
