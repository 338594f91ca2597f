"""Published: whether a story is for readers, or a draft.

The rule, first match wins:

1. A story that was merged into another one, or of which rules block every item, is retired: not published.
2. What the lead's document says counts: ``published``, or else ``draft: true``.
3. A story is published from a quality of 10 on.
4. One that is published already stays so down to a quality of 5, so that a point more or less does not make it come
   and go.
5. Any other is a draft.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from worker.model.story import Story
from worker.score.quality import story_quality

PUBLISHED_QUALITY_FLOOR: Final = 10
STAYS_PUBLISHED_FLOOR: Final = 5


class Publishing(NamedTuple):
    """Whether a story is published, and why in words."""

    published: bool
    why: str


def decide_published(story: Story, *, was_published: bool) -> Publishing:
    """Whether a story is published, by the rule of this module.

    Args:
        story: as it stands now; its own ``published`` makes no difference.
        was_published: consumers know it as published. False for a new story.
    """
    if story.retired:
        return Publishing(False, f"retired: {story.retired}")
    if story.merged_into:
        return Publishing(False, f"retired: merged into {story.merged_into}")
    given = story.lead.given
    if given is not None and given.published is not None:
        return Publishing(given.published, "its document says so")
    quality = story_quality(story)
    if quality >= PUBLISHED_QUALITY_FLOOR:
        return Publishing(True, f"quality {quality} is at least {PUBLISHED_QUALITY_FLOOR}")
    if was_published and quality >= STAYS_PUBLISHED_FLOOR:
        return Publishing(True, f"quality {quality} is at least {STAYS_PUBLISHED_FLOOR}, and it was published before")
    floor = STAYS_PUBLISHED_FLOOR if was_published else PUBLISHED_QUALITY_FLOOR
    return Publishing(False, f"quality {quality} is less than {floor}")
