"""Backtest: what other settings would have made of the items of the last days. Nothing is changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from msgspec import Struct
from msgspec.structs import replace

from worker.flows.engine import Engine
from worker.flows.replay import Replay
from worker.fold.decide import arriving_items
from worker.fold.match import FoldRules
from worker.fold.regrouped import Regrouped, regrouped
from worker.model.item import Item
from worker.model.story import Story
from worker.normalize.rules import is_of_document


class Backtest(Struct, frozen=True, kw_only=True):
    """The outcome of a backtest.

    Attributes:
        collection: of the stories.
        items: item id -> item, all that were replayed.
        rules: under which they were replayed.
        compared_with: under which they were replayed for comparison; None: with the stories as they are stored.
        found: what is different.
    """

    collection: str
    items: dict[str, Item]
    rules: FoldRules
    compared_with: FoldRules | None
    found: Regrouped


def backtest(
    engine: Engine,
    collection: str,
    rules: FoldRules,
    *,
    days: int,
    on_item: Callable[[], None] = lambda: None,
) -> Backtest:
    """Replay the stored items of the last days in the order in which they came, by the overrides that stand.

    With rules other than the engine's, two replays are compared, so that every difference is the rules'. With the
    engine's own, the replay is compared with the stored stories: it shows what an older version or another order did.

    Args:
        engine: of the collection.
        collection: its slug.
        rules: to be tried.
        days: before the newest stored item.
        on_item: called for each replayed item.

    Raises:
        StoreConflictError: the record of an override is damaged.
    """
    stories = stored_stories(engine, collection, days)
    arrivals = _arrivals(stories)
    current = engine.fold_rules()
    overrides = engine.stories(collection).overrides.all()
    after = _replayed(Replay(engine.matcher(rules), rules, overrides), arrivals, on_item)
    if rules == current:
        before = {story.story_id: tuple(item.item_id for item in story.items) for story in stories}
    else:
        before = _replayed(Replay(engine.matcher(current), current, overrides), arrivals, on_item).groups()
    return Backtest(
        collection=collection,
        items={each.item_id: each for item in arrivals for each in arriving_items(item)},
        rules=rules,
        compared_with=None if rules == current else current,
        found=regrouped(before, after.groups()),
    )


def stored_stories(engine: Engine, collection: str, days: int) -> list[Story]:
    """The living stories whose latest item was published at most ``days`` before the newest of all."""
    store = engine.stories(collection)
    newest = store.load_sound(store.newest_ids(1))
    if not newest:
        return []
    latest = newest[0].last_at
    return store.load_sound(store.ids_between(latest - timedelta(days=days), latest))


def _arrivals(stories: list[Story]) -> list[Item]:
    """All items in the order in which they came; those that a document brought along come with it again."""
    items = [item for story in stories for item in _as_they_came(story)]
    return sorted(items, key=lambda item: (item.first_seen_at, item.published_at, item.item_id))


def _as_they_came(story: Story) -> list[Item]:
    document = next((item for item in story.items if item.given is not None), None)
    if document is None:
        return list(story.items)
    brought = tuple(item for item in story.items if item.given is None and is_of_document(item))
    others = [item for item in story.items if item not in brought and item is not document]
    return [replace(document, related=brought), *others]


def _replayed(replay: Replay, arrivals: list[Item], on_item: Callable[[], None]) -> Replay:
    for item in arrivals:
        replay.fold(item)
        on_item()
    return replay
