"""Quality: how much an item gives its reader, as points that anyone can add up.

| what | points |
| --- | --- |
| a title of 15 to 150 characters; any other title | 15; 8 |
| excerpt: one point for every 10 characters | up to 20 |
| an image; one known to be 600 pixels wide or more | 10; 15 |
| the text given, with its markup, is 1,500 characters or longer; 500 or longer | 10; 5 |
| the date as the source gave it; mended | 10; 5 |
| the provider is in the registry | 15 |
| a topic of the taxonomy | 5 |
| an author is named | 5 |
| the page's address is https | 5 |

The sum is 0 to 100. Stories that came as documents keep the quality that they had.
"""

from __future__ import annotations

from collections.abc import Sequence

from storyfold.document import Image

MAX_QUALITY = 100

_DATE_POINTS = {"given": 10, "repaired": 5}


def compute_quality(
    *,
    title: str,
    excerpt: str,
    text_chars: int,
    images: Sequence[Image],
    date_how: str,
    is_registered: bool,
    has_topics: bool,
    has_author: bool,
    url: str,
) -> int:
    """The points of an item by the table above, 0 to 100.

    Args:
        title: plain text.
        excerpt: plain text, "" for none.
        text_chars: length of the longest text that the source gave, with its markup, in characters.
        images: lead image first.
        date_how: how the date was obtained, as :class:`worker.normalize.dates.SettledDate` says.
        is_registered: the provider is in the registry.
        has_topics: a topic was found.
        has_author: the entry names an author.
        url: address of the page.
    """
    points = 15 if 15 <= len(title) <= 150 else 8 * bool(title)
    points += min(len(excerpt) // 10, 20)
    points += _image_points(images)
    points += 10 if text_chars >= 1_500 else 5 * (text_chars >= 500)
    points += _DATE_POINTS.get(date_how, 0)
    points += 15 * is_registered + 5 * has_topics + 5 * has_author
    return points + 5 * url.startswith("https:")


def _image_points(images: Sequence[Image]) -> int:
    if not images:
        return 0
    return 15 if (images[0].width or 0) >= 600 else 10
