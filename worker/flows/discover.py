"""Discover: follow the feed at an address, or those that the page there names. Each costs one request.

The first poll is made here, by the code that makes all others, and its items go into the lane. Only what that poll
cannot read as a feed is looked through for feeds. What a page names is kept for a day, so that asking again for the
same page asks nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta

from msgspec import Struct
from msgspec.structs import replace

from storyfold.errors import FetchError, SourceError
from worker.flows.credential import check_credential, origin_of, part_userinfo
from worker.flows.engine import Engine
from worker.flows.subscribe import new_feeds
from worker.model.feed import Feed
from worker.model.feed_link import FeedLink
from worker.sources.fetch.exchange import FetchResult
from worker.sources.fetch.web_address import public_url
from worker.sources.page.charset import decode_page
from worker.sources.page.feed_links import find_feed_links
from worker.sources.parse.opml import Outline
from worker.store.discoveries import Discovery

FIRST_POLL_LEASE = timedelta(minutes=3)
"""For so long the schedule leaves a new feed to the command that follows it."""

POLL_BUDGET_SECONDS = 60.0
MAX_TRIED = 3
"""Of the feeds that a page names, so many are asked for until one is a feed."""

MAX_PAGE_BYTES = 2 * 2**20
"""Feeds are named at the start of a page."""

NOT_A_FEED = "not-a-feed"


class Added(Struct, frozen=True, kw_only=True):
    """What became of an address that was to be followed.

    Attributes:
        feeds: now followed, each with what its first poll found.
        known: ids of those that were followed before; they were not asked again.
        site_url: the page that named them, "" when the address was a feed's own.
        others: what the page named besides.
        credential: name of the credential that user and password in the address became, "" for none.
    """

    feeds: tuple[Feed, ...]
    known: frozenset[str] = frozenset()
    site_url: str = ""
    others: tuple[FeedLink, ...] = ()
    credential: str = ""


def prepared(engine: Engine, outline: Outline) -> Outline:
    """A subscription with user and password taken out of its address and kept as a credential.

    Raises:
        FetchError: ``blocked``: the address is no http or https URL.
    """
    url, credential = part_userinfo(outline.url)
    if credential is None:
        origin_of(url)
        return outline
    engine.credentials().save(credential)
    return replace(outline, url=url, credential=credential.name)


def add_feed(
    engine: Engine,
    outline: Outline,
    collection: str,
    *,
    every: bool = False,
    on_items: Callable[[], None],
) -> Added:
    """Follow what an address leads to.

    A feed whose first poll fails stays followed, the failure in its record. So does what is no feed and names none:
    it may be one again when the site is back from its maintenance.

    Args:
        engine: of this process.
        outline: the address and the settings of the feed.
        collection: for its items.
        every: follow each feed that a page names, in place of the best.
        on_items: called when items were put into the lane.

    Raises:
        FetchError: ``blocked``: the address is no http or https URL; nothing is followed.
        SourceError: ``not-a-feed``: the page names feeds, and none of them is one; ``no-credential``: the credential
            is not there, or not for this server. Nothing is followed.
        StoreUnavailableError: Redis is away.
    """
    ready = _with_credential(engine, outline)
    added = _add(engine, ready, collection, every, on_items)
    return replace(added, credential=_taken_out(outline, ready))


def follow_later(engine: Engine, outline: Outline, collection: str) -> Added:
    """Follow a feed without a look at it; the schedule polls it. Raises as :func:`add_feed`, and asks nobody."""
    ready = _with_credential(engine, outline)
    store = engine.feeds(collection)
    feed = new_feeds([ready], collection, engine.clock())[0]
    is_new = bool(store.add([feed]))
    return Added(
        feeds=tuple(store.load([feed.feed_id])),
        known=frozenset() if is_new else frozenset({feed.feed_id}),
        credential=_taken_out(outline, ready),
    )


def _with_credential(engine: Engine, outline: Outline) -> Outline:
    ready = prepared(engine, outline)
    if not outline.credential:
        return ready
    fault = check_credential(engine.credentials(), outline.credential, ready.url)
    if fault:
        raise SourceError("no-credential", fault)
    return replace(ready, credential=outline.credential)


def _taken_out(outline: Outline, ready: Outline) -> str:
    return "" if ready.credential == outline.credential else ready.credential


def _add(engine: Engine, outline: Outline, collection: str, every: bool, on_items: Callable[[], None]) -> Added:
    store = engine.feeds(collection)
    feed = new_feeds([outline], collection, engine.clock())[0]
    if known := store.load([feed.feed_id]):
        return Added(feeds=tuple(known), known=frozenset({feed.feed_id}))
    discovery = engine.discoveries().load(outline.url)
    if discovery is None:
        answers: list[FetchResult] = []
        polled = _first_poll(engine, [feed], on_items, answers)[0]
        if polled.failure != NOT_A_FEED or not answers:
            return Added(feeds=(polled,))
        discovery = _discovered(engine, outline.url, answers[-1])
        if not discovery.links:
            return Added(feeds=(polled,))
        store.remove(feed.feed_id)
    if not discovery.links:
        return Added(feeds=(_looked_at_today(engine, feed),))
    return _follow_links(engine, outline, collection, discovery, every, on_items)


def _looked_at_today(engine: Engine, feed: Feed) -> Feed:
    """Follow an address that was found to be no feed a short while ago: its next poll is that of the schedule."""
    interval = timedelta(seconds=engine.settings.poll_interval_default_seconds)
    failing = replace(
        feed,
        failure=NOT_A_FEED,
        detail="it was no feed when it was last looked at, less than a day ago, and named none",
        failures=1,
        interval_seconds=int(interval.total_seconds()),
        next_poll_at=engine.clock() + interval,
    )
    engine.feeds(feed.collection).add([failing])
    return failing


def _discovered(engine: Engine, url: str, answer: FetchResult) -> Discovery:
    page = decode_page(answer.body[:MAX_PAGE_BYTES], answer.content_type)
    links = find_feed_links(page, answer.final_url)
    named = [link for link in links if link.url != url and _may_be_asked(link.url)]
    return engine.discoveries().keep(url, answer.final_url, named)


def _may_be_asked(url: str) -> bool:
    try:
        origin_of(url)
    except FetchError:
        return False
    return True


def _follow_links(
    engine: Engine,
    outline: Outline,
    collection: str,
    discovery: Discovery,
    every: bool,
    on_items: Callable[[], None],
) -> Added:
    links = discovery.links
    if every and len(links) > 1:
        outline = replace(outline, title="")  # one name is not for several feeds
    wanted = [_feed_of(link, outline, discovery.site_url, collection, engine) for link in links]
    known = frozenset(engine.feeds(collection).known(feed.feed_id for feed in wanted))
    if every:
        feeds = _kept(engine, collection, wanted, known, on_items)
    else:
        feeds = []
        for feed in wanted[:MAX_TRIED]:
            feeds = _kept(engine, collection, [feed], known, on_items)
            if feeds:
                break
    if not feeds:
        raise _nothing_found(outline.url)
    followed = {feed.url for feed in feeds}
    return Added(
        feeds=tuple(feeds),
        known=known & {feed.feed_id for feed in feeds},
        site_url=discovery.site_url,
        others=tuple(link for link in links if link.url not in followed),
    )


def _feed_of(link: FeedLink, outline: Outline, site_url: str, collection: str, engine: Engine) -> Feed:
    # What is sent to the page's server goes to no other one that the page may name.
    has_same_origin = origin_of(link.url) == origin_of(outline.url)
    stated = replace(
        outline, url=link.url, site_url=site_url, credential=outline.credential if has_same_origin else ""
    )
    return new_feeds([stated], collection, engine.clock())[0]


def _kept(
    engine: Engine, collection: str, feeds: list[Feed], known: frozenset[str], on_items: Callable[[], None]
) -> list[Feed]:
    """The feeds as they stand after their first poll, without those that are none."""
    store = engine.feeds(collection)
    polled = _first_poll(engine, [feed for feed in feeds if feed.feed_id not in known], on_items, [])
    for feed in polled:
        if feed.failure == NOT_A_FEED:
            store.remove(feed.feed_id)
    good = {feed.feed_id: feed for feed in polled if feed.failure != NOT_A_FEED}
    good.update((feed.feed_id, feed) for feed in store.load(known & {feed.feed_id for feed in feeds}))
    return [good[feed.feed_id] for feed in feeds if feed.feed_id in good]


def _first_poll(
    engine: Engine, feeds: Iterable[Feed], on_items: Callable[[], None], answers: list[FetchResult]
) -> list[Feed]:
    """Follow feeds and poll them at once. A worker that runs leaves them to us for a while."""
    later = engine.clock() + FIRST_POLL_LEASE
    new = [replace(feed, next_poll_at=later) for feed in feeds]
    if not new:
        return []
    collection = new[0].collection
    store, ids = engine.feeds(collection), [feed.feed_id for feed in new]
    store.add(new)
    poll = engine.poll(collection, on_items, lambda _, answer: answers.append(answer))
    poll.run(ids, POLL_BUDGET_SECONDS)
    return store.load(ids)


def _nothing_found(url: str) -> SourceError:
    return SourceError(
        NOT_A_FEED,
        f"{public_url(url)} is a page, and what it names as its feeds is none; follow a feed by its own address",
    )
