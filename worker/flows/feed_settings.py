"""Feed settings: what a person chooses for one feed."""

from __future__ import annotations

from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from storyfold.errors import SourceError
from worker.flows.credential import check_credential
from worker.flows.engine import Engine
from worker.model.feed import Feed

T = TypeVar("T")


class FeedSettings(Struct, frozen=True, kw_only=True):
    """Settings to be changed; None leaves one as it is.

    Attributes:
        collection: where its items go from now on.
        title: for lists; "" for the feed's own, taken at the next poll that reads it.
        interval_seconds: usual gap of its polls; 0 for that of all.
        credential: name; "" for none.
        rules: names; () for none.
    """

    collection: str | None = None
    title: str | None = None
    interval_seconds: int | None = None
    credential: str | None = None
    rules: tuple[str, ...] | None = None


def change_settings(engine: Engine, feed: Feed, settings: FeedSettings) -> Feed:
    """Give a feed other settings. Its schedule stays, so they hold from the next poll on.

    Raises:
        SourceError: ``no-credential``: it is not there, or not for this feed's server. Nothing is changed.
    """
    if settings.credential:
        fault = check_credential(engine.credentials(), settings.credential, feed.url)
        if fault:
            raise SourceError("no-credential", fault)
    after = replace(
        feed,
        collection=_chosen(settings.collection, feed.collection),
        title=_chosen(settings.title, feed.title),
        own_interval_seconds=_chosen(settings.interval_seconds, feed.own_interval_seconds),
        credential=_chosen(settings.credential, feed.credential),
        rules=_chosen(settings.rules, feed.rules),
    )
    if after.collection == feed.collection:
        return engine.feeds(feed.collection).save(after)
    target = engine.feeds(after.collection)
    if not target.add([after]):
        raise SourceError("known-feed", f"{after.collection} follows this feed already; remove one of the two")
    engine.feeds(feed.collection).remove(feed.feed_id)
    return after


def _chosen(wanted: T | None, present: T) -> T:
    return present if wanted is None else wanted
