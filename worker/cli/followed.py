"""The feeds that are followed, as commands name them."""

from __future__ import annotations

from worker.cli.output import fail
from worker.flows.engine import Engine
from worker.model.feed import Feed, feed_id_of


def all_feeds(engine: Engine) -> list[Feed]:
    """Every feed of every collection, in a fixed order."""
    feeds: list[Feed] = []
    for collection in engine.collections():
        store = engine.feeds(collection)
        feeds += store.load(store.ids())
    return sorted(feeds, key=lambda feed: (feed.collection, feed.url))


def find_feed(engine: Engine, url: str) -> Feed | None:
    """The feed at an address, None when it is not followed."""
    for collection in engine.collections():
        feeds = engine.feeds(collection).load([feed_id_of(url)])
        if feeds:
            return feeds[0]
    return None


def one_feed(engine: Engine, url: str) -> Feed:
    """The feed at an address; ends the command when it is not followed."""
    feed = find_feed(engine, url)
    if feed is not None:
        return feed
    fail(f"{url} is not followed; see `storyfold feeds list`")
