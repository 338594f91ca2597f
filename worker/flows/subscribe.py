"""Subscribe: feeds from commands, lists and tasks get their record and their first due time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from worker.flows.engine import Engine
from worker.model.feed import Feed, feed_id_of
from worker.sources.fetch.web_address import parse_web_address
from worker.sources.parse.opml import Outline

#: First polls of many new feeds are spread, so that a list of thousands is no stampede.
SPREAD_PER_FEED = timedelta(milliseconds=20)
MAX_SPREAD = timedelta(minutes=10)


def new_feeds(outlines: Iterable[Outline], collection: str, now: datetime, *, first: int = 0) -> list[Feed]:
    """The records of new subscriptions, due at once or shortly after; ``first``: how many come before them.

    Raises:
        FetchError: ``blocked``: an address is no http or https URL.
    """
    feeds = []
    for number, outline in enumerate(outlines, start=first):
        check_feed_url(outline.url)
        due_at = now + min(number * SPREAD_PER_FEED, MAX_SPREAD)
        feeds.append(
            Feed(
                feed_id=feed_id_of(outline.url),
                url=outline.url,
                collection=collection,
                # lists give its address to a feed that has no name
                title="" if outline.title == outline.url else outline.title,
                added_at=now,
                next_poll_at=due_at,
                site_url=outline.site_url,
                folder=outline.category,
                own_interval_seconds=outline.interval_seconds,
                credential=outline.credential,
                rules=outline.rules,
            )
        )
    return feeds


class Followed(NamedTuple):
    """Who follows what.

    Attributes:
        batches: collection -> ids of feeds to be polled for it. A feed that several follow is with the first by name.
        others: id of such a feed -> the other collections.
    """

    batches: dict[str, list[str]]
    others: dict[str, list[str]]


def follow(engine: Engine, urls: Iterable[str]) -> Followed:
    """Find the collections that follow feeds. What none of them follows yet the default one does from now on.

    Raises:
        FetchError: ``blocked``: an address is no http or https URL. Nothing is followed then.
    """
    ids = {feed_id_of(url): url for url in urls}
    for url in ids.values():
        check_feed_url(url)
    found = followed(engine, ids.values())
    polled = {feed_id for feed_ids in found.batches.values() for feed_id in feed_ids}
    unknown = [feed_id for feed_id in ids if feed_id not in polled]
    if unknown:
        default = engine.settings.collection
        outlines = [Outline(url=ids[feed_id]) for feed_id in unknown]
        engine.feeds(default).add(new_feeds(outlines, default, engine.clock()))
        found.batches.setdefault(default, []).extend(unknown)
    return found


def followed(engine: Engine, urls: Iterable[str]) -> Followed:
    """Find the collections that follow feeds. What none of them follows, any more, is left out."""
    ids = list(dict.fromkeys(map(feed_id_of, urls)))
    batches: dict[str, list[str]] = {}
    others: dict[str, list[str]] = {}
    polled: set[str] = set()
    for collection in engine.collections():
        for feed_id in engine.feeds(collection).known(ids):
            if feed_id in polled:
                others.setdefault(feed_id, []).append(collection)
            else:
                batches.setdefault(collection, []).append(feed_id)
                polled.add(feed_id)
    return Followed(batches, others)


def check_feed_url(url: str) -> None:
    """Raise unless a feed could be fetched from this URL.

    Raises:
        FetchError: ``blocked``: no http or https URL, or one with a user name or control characters.
    """
    parse_web_address(url)
