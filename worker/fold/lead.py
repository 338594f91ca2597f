"""The lead: which item stands for its story."""

from __future__ import annotations

from datetime import datetime

from worker.model.item import Item
from worker.model.story import Story

#: A challenger must be better by this much quality, so that two near equals do not take turns.
LEAD_MARGIN = 15


def rank(item: Item) -> tuple[int, datetime, str]:
    """Sort key: quality, then first published, then id."""
    return (-item.quality, item.published_at, item.item_id)


def choose_lead(story: Story) -> str:
    """Item id of the lead by the rule: the best by :func:`rank`, with hysteresis; a pinned one stays."""
    if story.pinned:
        return story.lead_id
    # a related video that a document named without any address cannot stand for a story
    best = min((item for item in story.items if item.original_url), key=rank, default=story.lead)
    margin = best.quality - story.lead.quality
    return best.item_id if margin >= LEAD_MARGIN else story.lead_id
