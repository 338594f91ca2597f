"""A feed's rhythm: how often its polls bring something, and how often it is therefore asked.

It is learned from when our own polls brought new or changed entries. Dates inside entries are not looked at: they
are planned ahead, corrected and wrong. The first poll tells nothing, because it brings all that was there before.

A feed is asked about twelve times in its usual gap. One that is quiet for longer than usual, or whose rhythm is not
known yet, is asked about twelve times in the time for which it has been quiet.
"""

from __future__ import annotations

from datetime import datetime

from worker.model.feed import Feed
from worker.sources.schedule.pacing import HOUR_SECONDS, PacingBounds

POLLS_A_GAP = 12
"""A day of silence or of rhythm gives polls every two hours; twelve days of it one a day."""
KNOWN_GAPS = 3
"""A rhythm is believed when it was learned from so many gaps."""
MOST_GAPS = 8
"""The mean of the first eight gaps is plain; from then on a new gap counts an eighth."""


def rhythm_with(feed: Feed, now: datetime) -> tuple[int, int]:
    """``rhythm_seconds`` and ``rhythm_gaps`` of a feed that has brought something now."""
    if feed.last_new_at is None:
        return feed.rhythm_seconds, feed.rhythm_gaps
    gap = max(0.0, (now - feed.last_new_at).total_seconds())
    gaps = min(feed.rhythm_gaps + 1, MOST_GAPS)
    return max(1, round(feed.rhythm_seconds + (gap - feed.rhythm_seconds) / gaps)), gaps


def known_rhythm_seconds(feed: Feed) -> int:
    """The usual gap, 0 as long as too little was seen."""
    return feed.rhythm_seconds if feed.rhythm_gaps >= KNOWN_GAPS else 0


def rhythm_wait_seconds(feed: Feed, now: datetime, bounds: PacingBounds) -> float:
    """The wait that a feed's rhythm and its silence suggest, unclamped; 0 for none.

    A person's choice comes first: there is none for a feed with an interval of its own, and none when the usual
    interval was set to less than an hour.
    """
    if feed.own_interval_seconds or bounds.default_seconds < HOUR_SECONDS:
        return 0.0
    since = feed.last_new_at or feed.first_fetch_at
    quiet = (now - since).total_seconds() if since else 0.0
    return max(known_rhythm_seconds(feed), quiet) / POLLS_A_GAP
