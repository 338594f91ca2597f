"""Subscribe: feeds from commands, lists and tasks get their record and their first due time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from worker.flows.engine import Engine
from worker.model.feed import Feed, feed_id_of
from worker.sources.fetch.web_address import parse_web_address
from worker.sources.parse.opml import Outline

#: First polls of many new feeds are spread, so that a list of thousands is no stampede.
SPREAD_PER_FEED = timedelta(milliseconds=20)
MAX_SPREAD = timedelta(minutes=10)


def new_feeds(outlines: Iterable[Outline], collection: str, now: datetime) -> list[Feed]:
    """The records of new subscriptions, due at once or shortly after.

    Raises:
        FetchError: ``blocked``: an address is no http or https URL.
    """
    feeds = []
    for number, outline in enumerate(outlines):
        check_feed_url(outline.url)
        due_at = now + min(number * SPREAD_PER_FEED, MAX_SPREAD)
        feeds.append(
            Feed(
                feed_id=feed_id_of(outline.url),
                url=outline.url,
                collection=collection,
                title=outline.title,
                added_at=now,
                next_poll_at=due_at,
            )
        )
    return feeds


def follow(engine: Engine, urls: Iterable[str]) -> dict[str, list[str]]:
    """Collection -> ids of those of the feeds that it follows. Who follows none of them yet does from now on.

    Raises:
        FetchError: ``blocked``: an address is no http or https URL. Nothing is followed then.
    """
    urls = list(dict.fromkeys(urls))
    for url in urls:
        check_feed_url(url)
    ids = {feed_id_of(url): url for url in urls}
    followed: dict[str, list[str]] = {}
    for collection in engine.collections():
        known = engine.feeds(collection).known(ids)
        if known:
            followed[collection] = known
    unknown = set(ids).difference(*followed.values())
    if unknown:
        default = engine.settings.collection
        outlines = [Outline(url=ids[feed_id]) for feed_id in ids if feed_id in unknown]
        engine.feeds(default).add(new_feeds(outlines, default, engine.clock()))
        followed.setdefault(default, []).extend(feed_id for feed_id in ids if feed_id in unknown)
    return followed


def check_feed_url(url: str) -> None:
    """Raise unless a feed could be fetched from this URL.

    Raises:
        FetchError: ``blocked``: no http or https URL, or one with a user name or control characters.
    """
    parse_web_address(url)
