"""Heat: how fresh a story's news is.

The rule, ``h`` being the half-life (``STORYFOLD_HEAT_HALF_LIFE_HOURS``):

1. A story's **age** is counted in whole half-lives since its newest item was published: 0, 1, 2, ...
2. From age 3 on it is **cold**: heat -1.
3. Until then its heat is its quality, halved (rounded down) at each half-life that passed since its newest member
   joined. So a story starts at its quality, whatever its age then, and an item that joins brings it back there: heat
   rises with coverage.
4. A heat that a document gave is not halved. It stays until the story goes cold. Where the story is cold already when
   the document comes, it stays for good, and so does a given -1.

Between two half-lives nothing changes, so a story that is told again in the meantime makes no revision; a look that
comes late, or after several half-lives, gives the value of its own time at once. The moment of the next change is
stored with the story, and the clock asks for it.

Time only goes on: a clock that stands before the story's newest revision is taken to stand at it, so that two
machines whose clocks differ by a moment do not undo each other's steps.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from worker.model.story import Story
from worker.score.quality import story_quality

COLD: Final = -1
HALF_LIVES_TO_COLD: Final = 3


class Heat(NamedTuple):
    """A story's heat.

    Attributes:
        value: quality when fresh, -1 when cold.
        cools_at: when it is lower next; None when it is cold or is not cooled.
    """

    value: int
    cools_at: datetime | None


def cold_instant(last_at: datetime, half_life: timedelta) -> datetime:
    """When a story goes cold whose newest item was published at ``last_at``."""
    return last_at + HALF_LIVES_TO_COLD * half_life


def age_of(last_at: datetime, at: datetime, half_life: timedelta) -> int:
    """Whole half-lives from ``last_at`` to ``at``; 0 for an item that is dated ahead."""
    return max(0, (at - last_at) // half_life)


def heat_of(story: Story, now: datetime, half_life: timedelta) -> Heat:
    """The heat of a story at ``now`` by the rule of this module.

    A heat that the lead's document gave is taken to be new: whether it was heard before, the caller knows.
    """
    now = max(now, story.updated_at)
    last_at = story.last_at
    age = age_of(last_at, now, half_life)
    given = story.lead.given
    if given is not None and given.heat is not None:
        cools = given.heat != COLD and age < HALF_LIVES_TO_COLD
        return Heat(given.heat, cold_instant(last_at, half_life) if cools else None)
    if age >= HALF_LIVES_TO_COLD:
        return Heat(COLD, None)
    halvings = max(0, age - age_of(last_at, story.grown_at, half_life))
    return Heat(story_quality(story) >> halvings, last_at + (age + 1) * half_life)


def cooled_heat(story: Story, now: datetime, half_life: timedelta) -> Heat:
    """The heat of a stored story at ``now``, of which nothing else has changed.

    Before its ``cools_at`` it is what was stored.
    """
    if story.cools_at is None or now < story.cools_at:
        return Heat(story.heat, story.cools_at)
    heat = heat_of(story, now, half_life)
    # A given heat that was waiting for its end has come to it.
    return Heat(COLD, None) if heat.cools_at is None else heat
