"""The labelled set: invented reports of many providers, each with the story that it tells."""

from __future__ import annotations

import json
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from storyfold.document import Provider
from worker.model.entry import Source
from worker.model.item import Item

STORIES = Path(__file__).parent / "stories.jsonl"


class Labelled(NamedTuple):
    """One report with what a reader says of it.

    Attributes:
        item: as normalization would give it.
        story: label of the story that it tells.
        kind: what makes the story easy or hard.
    """

    item: Item
    story: str
    kind: str


@pytest.fixture(scope="session")
def labelled() -> list[Labelled]:
    """The set in the order of publishing."""
    lines = STORIES.read_text(encoding="utf-8").splitlines()
    return [_labelled(json.loads(line), number) for number, line in enumerate(lines)]


def _labelled(row: dict[str, Any], number: int) -> Labelled:
    at = datetime.fromisoformat(row["published"])
    url = f"https://{row['provider']['domain']}/{number}"
    item = Item(
        item_id=blake2b(url.encode(), digest_size=8).hexdigest(),
        collection="news",
        source=Source.FEED,
        title=row["title"],
        excerpt=row["excerpt"],
        published_at=at,
        original_url=url,
        web_url=url,
        provider=Provider(**row["provider"]),
        language=row["language"],
        feed_url=f"https://{row['provider']['domain']}/feed",
        guid=str(number),
        url_keys=(url,),
        quality=40,
        first_seen_at=at,
    )
    return Labelled(item, row["story"], row["kind"])
