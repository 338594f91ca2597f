"""Feed list: the feeds of an OPML list are followed, and all feeds are written as one.

An import asks nobody: the schedule polls what is new. A feed that is followed already takes the settings that the
list states; its title stays when it has one, since a person may have given it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from storyfold.document import SLUG_PATTERN
from storyfold.errors import FetchError
from worker.flows.credential import check_credential
from worker.flows.discover import prepared
from worker.flows.engine import Engine
from worker.flows.subscribe import new_feeds
from worker.model.feed import Feed
from worker.sources.fetch.web_address import public_url
from worker.sources.parse.opml import Outline
from worker.store.feeds import FeedStore

_COLLECTION = re.compile(SLUG_PATTERN)


class Imported(Struct, frozen=True, kw_only=True):
    """What became of a list.

    Attributes:
        listed: its feeds.
        new: those that were not followed before.
        changed: those that were, and have other settings now.
        refused: a sentence on each address that no feed can have.
        notices: a sentence on each setting that has no effect as it stands.
    """

    listed: int
    new: int
    changed: int
    refused: tuple[str, ...]
    notices: tuple[str, ...]


def import_list(engine: Engine, outlines: Sequence[Outline], collection: str | None) -> Imported:
    """Follow the feeds of a list.

    Args:
        engine: of this process.
        outlines: the list.
        collection: for all of them; None for what each line states, else for the usual one.

    Raises:
        StoreUnavailableError: Redis is away. To do it again has the same effect as to do it once.
    """
    refused: list[str] = []
    notices: list[str] = []
    by_collection: defaultdict[str, list[Outline]] = defaultdict(list)
    faults: dict[tuple[str, str], str] = {}
    for outline in outlines:
        try:
            good = prepared(engine, outline)
        except FetchError as error:
            refused.append(f"{public_url(outline.url)}: {error.detail}")
            continue
        notices += _notices(engine, outline, good, faults)
        by_collection[collection or _stated_collection(good) or engine.settings.collection].append(good)
    new = changed = 0
    for name, some in by_collection.items():
        store = engine.feeds(name)
        feeds = new_feeds(some, name, engine.clock())
        known = set(store.known(feed.feed_id for feed in feeds))
        changed += _change(store, [feed for feed in feeds if feed.feed_id in known])
        new += store.add([feed for feed in feeds if feed.feed_id not in known])
    return Imported(
        listed=len(outlines), new=new, changed=changed, refused=tuple(refused), notices=tuple(dict.fromkeys(notices))
    )


def _stated_collection(outline: Outline) -> str:
    return outline.collection if _COLLECTION.fullmatch(outline.collection) else ""


def _notices(engine: Engine, stated: Outline, outline: Outline, faults: dict[tuple[str, str], str]) -> list[str]:
    url, notices = public_url(outline.url), []
    if outline.credential != stated.credential:
        notices.append(
            f"{url}: user and password are kept as credential {outline.credential!r}, apart from the address"
        )
    elif outline.credential:
        key = (outline.credential, outline.url.split("/", 3)[2])
        if key not in faults:
            faults[key] = check_credential(engine.credentials(), outline.credential, outline.url)
        if faults[key]:
            notices.append(f"{url}: {faults[key]}; until then its polls fail as no-credential")
    if outline.collection and not _stated_collection(outline):
        notices.append(f"{url}: {outline.collection!r} is no collection")
    return notices


def _change(store: FeedStore, listed: Sequence[Feed]) -> int:
    """Give known feeds the settings that a list states; returns how many have changed."""
    by_id = {feed.feed_id: feed for feed in listed}
    changed = 0
    for feed in store.load(by_id):
        after = with_settings(feed, by_id[feed.feed_id])
        if after != feed:
            store.save(after)
            changed += 1
    return changed


def with_settings(feed: Feed, listed: Feed) -> Feed:
    """A feed with the settings that a list states for it; what the list leaves open stays."""
    return replace(
        feed,
        title=feed.title or listed.title,
        site_url=feed.site_url or listed.site_url,
        folder=listed.folder or feed.folder,
        own_interval_seconds=listed.own_interval_seconds or feed.own_interval_seconds,
        credential=listed.credential or feed.credential,
        rules=listed.rules or feed.rules,
    )


def outline_of(feed: Feed) -> Outline:
    """The line of a list that stands for a feed: in the folder in which a list had it, else in its collection's."""
    return Outline(
        url=feed.url,
        title=feed.title,
        category=feed.folder or feed.collection,
        site_url=feed.site_url,
        collection=feed.collection,
        interval_seconds=feed.own_interval_seconds,
        credential=feed.credential,
        rules=feed.rules,
    )
