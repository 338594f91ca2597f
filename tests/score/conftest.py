"""Items and stories for the tests of scores."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from storyfold.document import Provider
from worker.model.entry import Source
from worker.model.item import Item
from worker.model.story import Member, Story

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def _item(name: str = "a", **values: Any) -> Item:
    """An item that has nothing to score but what is given."""
    domain = values.pop("domain", f"{name}.example")
    defaults: dict[str, Any] = {
        "item_id": name.ljust(16, "0"),
        "collection": "news",
        "source": Source.FEED,
        "title": "x",
        "published_at": NOW,
        "original_url": f"http://{domain}/{name}",
        "provider": Provider(name=domain, domain=domain),
        "first_seen_at": NOW,
    }
    return Item(**{**defaults, **values})


@pytest.fixture(scope="session")
def make_item() -> Callable[..., Item]:
    return _item


@pytest.fixture(scope="session")
def make_story() -> Callable[..., Story]:
    """Builds a story of items, the first of them its lead, that joined ``joined`` after their publication."""

    def make(*items: Item, joined: timedelta = timedelta(0), **values: Any) -> Story:
        defaults: dict[str, Any] = {
            "story_id": items[0].item_id,
            "collection": "news",
            "revision": 1,
            "path": "_news/x.md",
            "lead_id": items[0].item_id,
            "members": tuple(Member(item=item, joined_at=item.published_at + joined) for item in items),
            "created_at": items[0].published_at + joined,
            "updated_at": items[0].published_at + joined,
        }
        return Story(**{**defaults, **values})

    return make
