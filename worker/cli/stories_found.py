"""Stories and items as commands name them: by id, or by the address of an item."""

from __future__ import annotations

from worker.cli.output import fail
from worker.flows.engine import Engine
from worker.fold.identity import claim_of_url
from worker.model.item import Item
from worker.model.story import Story
from worker.normalize.page_parts import page_keys
from worker.normalize.urls import comparison_key


def find_story(engine: Engine, named: str) -> Story:
    """The story of an id, or the one that holds the item at an address, in whichever collection.

    Ends the command when there is none.
    """
    if "://" in named:
        return find_item(engine, named)[0]
    for collection in engine.collections():
        found = engine.stories(collection).load([named])
        if found:
            return found[named]
    fail(f"no story {named}; see `storyfold stories list`")


def living_story(engine: Engine, named: str) -> Story:
    """The same, or the story that took it in; ends the command when it was retired."""
    story = find_story(engine, named)
    while story.merged_into:
        story = find_story(engine, story.merged_into)
    if story.retired:
        fail(f"story {story.story_id} is not told any more: {story.retired}")
    return story


def find_item(engine: Engine, url: str) -> tuple[Story, Item]:
    """The item at an address, with its story; ends the command when there is none."""
    keys = dict.fromkeys((*page_keys([url]), comparison_key(url)))
    for collection in engine.collections():
        store = engine.stories(collection)
        item_ids = store.item_ids([claim_of_url(key) for key in keys])
        for story in store.load(store.story_ids(list(item_ids.values())).values()).values():
            for item in story.items:
                if item.item_id in item_ids.values():
                    return story, item
    fail(f"no item has the address {url}; see `storyfold items list`")


def item_of(story: Story, engine: Engine, url: str) -> Item:
    """The item of a story at an address; ends the command when the story has none there."""
    holder, item = find_item(engine, url)
    if holder.story_id != story.story_id or holder.collection != story.collection:
        fail(
            f"{url} is not in story {story.story_id} but in {holder.story_id}; see `storyfold items list --url {url}`"
        )
    return item
