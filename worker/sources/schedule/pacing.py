"""When to poll a feed again: a pure decision from outcome, hints and bounds.

The rules, in the order in which they count:

* 410 ends polling until a person configures the feed anew.
* A success waits for the default interval, the longest hint or as long as the feed's rhythm allows, whichever is
  longest, within the bounds; a feed without validators costs its server a whole body each time and waits a day.
* A failure waits twice as long as the one before it, up to the maximum, and never for ever; 401, 403, a
  challenge in place of the feed and one whose readers crashed wait at least a day. What Retry-After asks for is
  given, up to a week.
* Jitter and skipped hours only ever lengthen a wait.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct

from worker.sources.schedule.poll_hints import PollHints, hinted_interval_seconds, next_allowed_hour

HOUR_SECONDS = 3600
DAY_SECONDS = 86_400

# A server may ask for longer than our maximum, as one under repair does; a typing mistake of years may not
# lose the feed.
RETRY_AFTER_CEILING_SECONDS = 7 * DAY_SECONDS
JITTER_SHARE = 0.1

_GONE = "http-410"
_FORBIDDEN = frozenset({"http-401", "http-403", "challenge", "crashed"})
# 2 ** 20 times an hour is more than a century; larger powers would only overflow.
_MOST_DOUBLINGS = 20


class PacingBounds(Struct, frozen=True, kw_only=True):
    """Limits of the interval between two polls of a feed, in seconds.

    Attributes:
        minimum_seconds: two polls are never closer than this.
        default_seconds: the interval when nobody asks for a longer one.
        maximum_seconds: hints and back-off ask for no more than this.
    """

    minimum_seconds: int = HOUR_SECONDS
    default_seconds: int = HOUR_SECONDS
    maximum_seconds: int = DAY_SECONDS

    @property
    def unconditional_seconds(self) -> int:
        """The interval of a feed without validators: the maximum, usually a day.

        A person who sets a default below an hour has asked for frequent polls on purpose, and gets them.
        """
        return self.default_seconds if self.default_seconds < HOUR_SECONDS else self.maximum_seconds


class PacingState(Struct, frozen=True, kw_only=True):
    """What is kept between two polls.

    Attributes:
        consecutive_failures: failed polls since the last success.
    """

    consecutive_failures: int = 0


class NextPoll(Struct, frozen=True, kw_only=True):
    """The decision.

    Attributes:
        due_at: not before this instant, UTC; None for never again.
        interval_seconds: the wait that was decided, before jitter and skipped hours; 0 for never again.
        consecutive_failures: to be kept.
    """

    due_at: datetime | None
    interval_seconds: int
    consecutive_failures: int


def next_poll_at(
    *,
    now: datetime,
    failure: str,
    state: PacingState,
    hints: PollHints,
    bounds: PacingBounds,
    jitter: float,
    patience_seconds: float = 0.0,
) -> NextPoll:
    """Decide when a feed is due again.

    Args:
        now: end of the poll, so that the server sees at least the interval between two requests.
        failure: name of the failure (``timeout``, ``http-404``, ``not-a-feed``, ...); "" for a success,
            which is new content as well as not modified.
        state: as the last decision left it.
        hints: of this poll.
        bounds: from the settings.
        jitter: random number from 0 to 1.
        patience_seconds: wait that suffices by what was learned of the feed; a success waits for it within the
            bounds, as for a hint.
    """
    if failure == _GONE:
        return NextPoll(due_at=None, interval_seconds=0, consecutive_failures=state.consecutive_failures + 1)
    failures = state.consecutive_failures + 1 if failure else 0
    wait = (
        _failure_seconds(failure, failures, hints, bounds)
        if failure
        else _success_seconds(max(hinted_interval_seconds(hints, now), patience_seconds), hints, bounds)
    )
    interval = round(max(wait, bounds.minimum_seconds))
    spread = timedelta(seconds=interval * JITTER_SHARE * jitter)
    due = now + timedelta(seconds=interval) + spread
    allowed = next_allowed_hour(due, hints)
    # Feeds that skip the same hours would else all be due on the stroke of the next one.
    due_at = due if allowed == due else allowed + timedelta(seconds=HOUR_SECONDS * jitter / 2)
    return NextPoll(due_at=due_at, interval_seconds=interval, consecutive_failures=failures)


def _success_seconds(asked_for: float, hints: PollHints, bounds: PacingBounds) -> float:
    floor = bounds.default_seconds if hints.has_validators else bounds.unconditional_seconds
    return max(floor, min(asked_for, bounds.maximum_seconds))


def _failure_seconds(failure: str, failures: int, hints: PollHints, bounds: PacingBounds) -> float:
    doubled = bounds.default_seconds << min(failures - 1, _MOST_DOUBLINGS)
    wait = min(doubled, max(bounds.maximum_seconds, bounds.default_seconds))
    if failure in _FORBIDDEN:
        wait = max(wait, DAY_SECONDS)
    return max(wait, min(hints.retry_after_seconds or 0.0, RETRY_AFTER_CEILING_SECONDS))
