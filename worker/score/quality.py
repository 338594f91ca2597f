"""Quality: how much an item gives its reader, as points that anyone can add up.

| part | what | points |
| --- | --- | --- |
| title | of 15 to 150 characters | 15 |
| title | any other | 8 |
| excerpt | for every 10 characters, up to 200 | 1 |
| image | 600 pixels wide or wider | 15 |
| image | of unknown width, or of 200 to 599 pixels | 10 |
| image | narrower than 200 pixels | 5 |
| text | the source gave 1,500 characters or more | 10 |
| text | the source gave 500 to 1,499 characters | 5 |
| date | as the source or the page gave it | 10 |
| date | repaired | 5 |
| provider | in the registry of organizations | 15 |
| provider | named by a document | 10 |
| provider | named by the entry | 5 |
| topics | one or more of the taxonomy | 5 |
| author | named | 5 |
| https | the page's address is https | 5 |
| coverage | for every provider after the first, up to 5 | 3 |

All but the last part are an item's own: 0 to 100. They rest on the stored item alone, so they can be counted again at
any time. The image is the first one. A character of Chinese, Japanese or Korean counts for two in title and excerpt.
The text is counted with its markup.

A story has the quality of its lead and, on top, the points for coverage: how many providers (by domain) tell it. The
sum is at most 100. A quality that a document gave is kept as given, without coverage.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from storyfold.document import Image
from worker.model.item import Item
from worker.model.story import Story

MAX_QUALITY: Final = 100
COVERAGE_STEP: Final = 3

#: Part -> most points that it can give, in the order of the table.
MOST: Final = {
    "title": 15,
    "excerpt": 20,
    "image": 15,
    "text": 10,
    "date": 10,
    "provider": 15,
    "topics": 5,
    "author": 5,
    "https": 5,
    "coverage": 15,
}
GIVEN: Final = "given"
"""Name of the one part of a quality that a document gave."""
EARLIER_RULE: Final = "earlier rule"
"""Name of the part that a stored quality has beyond today's table: an older version counted it."""

# How the value was obtained -> points; any other way means that the source or the page said so.
_DATE_POINTS: Final = {"": 0, "first-seen": 0, "clamped": 0, "repaired": 5}
_PROVIDER_POINTS: Final = {"": 0, "domain": 0, "registry": 15, "given": 10}

_WIDE: Final = re.compile("[\u1100-\u115f\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff01-\uff60\U00020000-\U0003fffd]+")


class Score(NamedTuple):
    """Points, and the parts that they are the sum of: name -> points."""

    points: int
    parts: dict[str, int]


def score_item(item: Item) -> Score:
    """The points of an item by the table above, 0 to 100. What ``item.quality`` says makes no difference."""
    provenance = item.provenance
    title = _extent(item.title)
    parts = {
        "title": 15 if 15 <= title <= 150 else 8 * bool(title),
        "excerpt": min(_extent(item.excerpt) // 10, 20),
        "image": _image_points(item.images),
        "text": _text_points(item),
        "date": _DATE_POINTS.get(provenance.get("published_at", ""), 10),
        "provider": _PROVIDER_POINTS.get(provenance.get("provider", ""), 5),
        "topics": 5 * bool(item.topics),
        "author": 5 * bool(item.author),
        "https": 5 * (item.web_url or item.original_url).startswith("https:"),
    }
    return Score(sum(parts.values()), parts)


def explain_item(item: Item) -> Score:
    """The quality that an item has, with parts that add up to it.

    A quality that a document gave has one part, :data:`GIVEN`. One that was counted by an older version of the
    table has the difference as :data:`EARLIER_RULE`.
    """
    if is_given(item):
        return Score(item.quality, {GIVEN: item.quality})
    points, parts = score_item(item)
    if points != item.quality:
        parts[EARLIER_RULE] = item.quality - points
    return Score(item.quality, parts)


def explain_story(story: Story) -> Score:
    """The quality of a story, with parts that add up to it."""
    lead = explain_item(story.lead)
    if is_given(story.lead):
        return lead
    coverage = _coverage_points(story)
    return Score(lead.points + coverage, {**lead.parts, "coverage": coverage})


def story_quality(story: Story) -> int:
    """The quality of a story: that of its lead with the points for coverage."""
    return story.lead.quality if is_given(story.lead) else story.lead.quality + _coverage_points(story)


def provider_count(story: Story) -> int:
    """How many providers tell a story, by domain."""
    return len({member.item.provider.domain for member in story.members})


def is_given(item: Item) -> bool:
    """Whether a document gave the item's quality."""
    named = item.given is not None and item.given.quality is not None
    return named or item.provenance.get("quality") == "given"


def _coverage_points(story: Story) -> int:
    points = min(COVERAGE_STEP * (provider_count(story) - 1), MOST["coverage"])
    return max(0, min(points, MAX_QUALITY - story.lead.quality))


def _extent(text: str) -> int:
    """Length in characters; one of a script that writes a word with one or two of them counts for two."""
    return len(text) if text.isascii() else len(text) + len("".join(_WIDE.findall(text)))


def _text_points(item: Item) -> int:
    chars = max(item.text_chars, len(item.given.content) if item.given else 0)
    return 10 if chars >= 1_500 else 5 * (chars >= 500)


def _image_points(images: Sequence[Image]) -> int:
    if not images:
        return 0
    width = images[0].width
    if width is None:
        return 10
    return 15 if width >= 600 else 10 if width >= 200 else 5
