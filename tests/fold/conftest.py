"""Items and stories for the tests of folding."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from storyfold.document import Provider
from worker.fold.apply import Outcome, apply
from worker.fold.decide import Decision
from worker.fold.revise import Telling, revise
from worker.model.entry import Source
from worker.model.item import Item
from worker.model.story import Story

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HALF_LIFE = timedelta(hours=24)


def _item(name: str = "a", **values: Any) -> Item:
    domain = values.pop("domain", "harbor.example")
    url = values.pop("url", f"https://{domain}/{name}")
    defaults: dict[str, Any] = {
        "item_id": name.ljust(16, "0"),
        "collection": "news",
        "source": Source.FEED,
        "title": f"Title of {name}",
        "published_at": NOW - timedelta(hours=1),
        "original_url": url,
        "web_url": url,
        "provider": Provider(name=domain, domain=domain),
        "quality": 40,
        "feed_url": f"https://{domain}/feed",
        "guid": name,
        "url_keys": (url,),
        "fingerprint": f"fp-{name}",
        "first_seen_at": NOW,
    }
    return Item(**{**defaults, **values})


@pytest.fixture(scope="session")
def make_item() -> Callable[..., Item]:
    """Builds an item; ``name`` sets id, GUID and address, everything else may be given."""
    return _item


@pytest.fixture(scope="session")
def tell() -> Callable[..., Story]:
    """Brings items into a story (a new one by default) and gives its next state."""

    def run(*items: Item, story: Story | None = None, now: datetime = NOW) -> Story:
        for item in items:
            targets = (story.story_id,) if story else ()
            decision = Decision(arriving=(item, *item.related), targets=targets, why="a test")
            known = {story.story_id: story} if story else {}
            outcome = apply(decision, known, now=now, half_life=HALF_LIFE)
            story = _revised(outcome, now)
        assert story is not None
        return story

    return run


def _revised(outcome: Outcome, now: datetime) -> Story:
    revision = revise(
        outcome,
        Telling(source="/storyfold/news"),
        now=now,
        free_path=lambda story: f"_news/{story.story_id}.md",
    )
    return revision.writes[0][1] if revision.writes else outcome.after
