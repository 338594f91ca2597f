"""Heat: whether a story is still news.

A story's heat is its lead's quality while it is fresh and -1 once it is cold. It is cold three half-lives
after its latest item was published, when an exponential decay would have left an eighth. Only going cold,
or being fresh again, is a change that consumers see.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from worker.model.story import Story

COLD = -1
HALF_LIVES_TO_COLD = 3


def cold_instant(last_at: datetime, half_life: timedelta) -> datetime:
    """When a story goes cold whose latest item was published at ``last_at``."""
    return last_at + HALF_LIVES_TO_COLD * half_life


def is_cold(last_at: datetime, now: datetime, half_life: timedelta) -> bool:
    """Whether a story is cold at ``now`` whose latest item was published at ``last_at``."""
    return now >= cold_instant(last_at, half_life)


def heat_of(story: Story, now: datetime, half_life: timedelta) -> tuple[int, datetime | None]:
    """Heat of a story by the rule, and when it goes cold (None when it is cold already).

    A heat that a document gave is kept as given; it is cooled in its time unless it was old on arrival.
    """
    cold = is_cold(story.last_at, now, half_life)
    cold_at = None if cold else cold_instant(story.last_at, half_life)
    given = story.lead.given
    if given is not None and given.heat is not None:
        return given.heat, None if given.heat == COLD else cold_at
    return (COLD if cold else story.lead.quality), cold_at
