"""Enrich: read the pages of new items, politely, and send what they say through the lane.

An item is told before its page is asked for; what the page adds is an update of the same story. A page is asked
for when it is its host's turn, one request at a time and no sooner than a second after the last, by all workers
together.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from storyfold.errors import FetchError, RetryableError, SourceError, StoreConflictError
from worker.flows.fetch_loop import Loop
from worker.flows.page_visit import PageVisit
from worker.model.item import Item
from worker.model.page import Enrichment, ImageFacts
from worker.sources.fetch.web_address import parse_web_address, public_text, public_url
from worker.store.counts import Counts
from worker.store.hosts import Hosts
from worker.store.lane import Lane
from worker.store.pages import PAGE_GAP, PageFailure, PageStore
from worker.store.stories import PageTurn, StoryStore

if TYPE_CHECKING:
    from worker.sources.fetch.fetcher import Fetcher

RETRY_DELAYS = (timedelta(minutes=10), timedelta(hours=2))
"""Wait after the first and the second failed attempt. After the third the page is given up."""

MAX_RETRY_AFTER = timedelta(days=1)

CONCURRENT_HOSTS = 32
PATIENCE_SECONDS = 5.0
"""How long a batch waits for the turns of one host. Its other pages get turns of their own and come again."""

VISIT_SECONDS = 20.0
"""Robots.txt, page and images of one item. A round takes that much longer than its budget."""

LAST_LOOK_SECONDS = 10.0
"""For the images of an item whose page was given up."""

ATTEMPT_LEASE = timedelta(minutes=3)
"""Longer than a task may live: after that the attempt's process has died."""

TELL_SECONDS = 0.5
"""How long what was learned waits for company before the lane is told of it."""

_FOR_GOOD = frozenset(
    {
        "blocked",
        "robots",
        "redirects",
        "too-large",
        "not-a-page",
        "http-401",
        "http-402",
        "http-404",
        "http-410",
        "http-451",
        "crashed",
    }
)
"""Failures that another request would meet again."""

_HOST_IS_BUSY = frozenset({"http-429", "http-503"})

log = structlog.get_logger()


def page_turn(item: Item, now: datetime) -> PageTurn | None:
    """The turn to ask for of an item's page; None for an address that nothing is asked of."""
    try:
        host = parse_web_address(item.web_url or "").host
    except FetchError:
        return None
    return PageTurn(item_id=item.item_id, host=host, earliest_at=now, gap=PAGE_GAP)


class Enricher:
    """Reads pages of one collection's items."""

    def __init__(
        self,
        *,
        loop: Loop,
        stories: StoryStore,
        pages: PageStore,
        hosts: Hosts,
        lane: Lane,
        counts: Counts,
        visit: PageVisit,
        needs_page: Callable[[Item], bool],
        clock: Callable[[], datetime],
        on_items: Callable[[], None],
    ) -> None:
        """
        Args:
            loop: of this process.
            stories: the collection's stories.
            pages: the pages that are still to be read.
            hosts: when each host may be asked again.
            lane: takes what was learned.
            counts: running totals.
            visit: asks for a page.
            needs_page: whether an item's page has anything to add.
            clock: aware UTC.
            on_items: called when something was put into the lane.
        """
        self._loop = loop
        self._stories = stories
        self._pages = pages
        self._hosts = hosts
        self._lane = lane
        self._counts = counts
        self._visit = visit
        self._needs_page = needs_page
        self._clock = clock
        self._on_items = on_items
        self._told_at = 0.0

    def run(self, item_ids: Sequence[str], budget_seconds: float) -> None:
        """Read the pages of items, as far as they are still wanted and their hosts' turn has come.

        Raises:
            StoreUnavailableError: Redis is away. What was read and not stored is asked for again.
        """
        by_host: defaultdict[str, list[Item]] = defaultdict(list)
        for item in self._load(self._pages.wanted(item_ids)):
            by_host[parse_web_address(item.web_url or "").host].append(item)
        try:
            self._loop.run(self._read_all(by_host, budget_seconds))
        finally:
            self._pages.end_round()

    def _load(self, item_ids: list[str]) -> list[Item]:
        """The items in their newest state; pages that have nothing to add any more are forgotten."""
        story_ids = self._stories.story_ids(item_ids)
        stories = {story.story_id: story for story in self._stories.load_sound(dict.fromkeys(story_ids.values()))}
        found: dict[str, Item] = {}
        for item_id, story_id in story_ids.items():
            story = stories.get(story_id)
            member = story.member(item_id) if story and not story.is_gone else None
            if member and self._needs_page(member.item) and page_turn(member.item, self._clock()):
                found[item_id] = member.item
        self._pages.forget(item_id for item_id in item_ids if item_id not in found)
        return list(found.values())

    async def _read_all(self, by_host: dict[str, list[Item]], budget_seconds: float) -> None:
        if not by_host:
            return
        fetcher = await self._loop.fetcher()
        slots = asyncio.Semaphore(CONCURRENT_HOSTS)
        until = time.monotonic() + budget_seconds
        readers = [
            asyncio.create_task(self._read_host(fetcher, slots, host, items, until))
            for host, items in by_host.items()
        ]
        _, slow = await asyncio.wait(readers, timeout=budget_seconds)
        if slow:
            self._pages.end_round()  # the next one need not wait for a slow site
            await asyncio.wait(slow)
        self._on_items()
        self._counts.flush()
        errors = [error for reader in readers if (error := reader.exception())]
        for error in sorted(errors, key=lambda error: not isinstance(error, RetryableError)):
            raise error

    async def _read_host(
        self, fetcher: Fetcher, slots: asyncio.Semaphore, host: str, items: list[Item], until: float
    ) -> None:
        async with slots:
            patience = min(until, time.monotonic() + PATIENCE_SECONDS)
            for number, item in enumerate(items):
                in_time = time.monotonic() < until
                closed = await self._wait_for_turn(host, patience) if in_time else timedelta(0)
                if closed or not in_time:
                    self._put_off(host, items[number:], closed)
                    return
                await self._read_one(fetcher, host, item)

    async def _wait_for_turn(self, host: str, until: float) -> timedelta:
        """Go through the host's gate; returns how long it is still closed when that is too long, else zero."""
        while True:
            closed = self._hosts.pass_gate(host, PAGE_GAP)
            if not closed or time.monotonic() + closed.total_seconds() > until:
                return closed
            await asyncio.sleep(closed.total_seconds())

    def _put_off(self, host: str, items: Iterable[Item], closed: timedelta) -> None:
        earliest_at = self._clock() + closed
        for item in items:
            self._pages.put_off(item.item_id, host, earliest_at)

    async def _read_one(self, fetcher: Fetcher, host: str, item: Item) -> None:
        attempt = self._pages.begin(item.item_id, self._clock(), ATTEMPT_LEASE)
        if not attempt:
            return
        if attempt > len(RETRY_DELAYS) + 1:
            crashed = SourceError("crashed", "each process that read this page has died; it is left alone")
            await self._failed(fetcher, host, item, attempt, crashed)
            return
        try:
            async with asyncio.timeout(VISIT_SECONDS):
                enrichment = await self._visit.read(fetcher, item)
        except (FetchError, SourceError) as error:
            await self._failed(fetcher, host, item, attempt, error)
        except TimeoutError:
            late = FetchError("timeout", f"{_shown(item)} took more than {VISIT_SECONDS:g} seconds")
            await self._failed(fetcher, host, item, attempt, late)
        except (RetryableError, StoreConflictError):
            raise
        except Exception as error:  # the boundary of one page: its fault is named, the batch goes on
            log.exception("page given up", item_id=item.item_id, page_url=_shown(item))
            fault = SourceError("internal", public_text(f"{type(error).__name__}: {error}"))
            await self._failed(fetcher, host, item, attempt, fault)
        else:
            self._push(enrichment)

    async def _failed(
        self, fetcher: Fetcher, host: str, item: Item, attempt: int, error: FetchError | SourceError
    ) -> None:
        log.warning(
            "page failed",
            item_id=item.item_id,
            page_url=_shown(item),
            failure=error.failure,
            detail=error.detail,
            attempt=attempt,
        )
        self._counts.add(pages_failed=1)
        asked = _retry_after(error)
        if asked and error.failure in _HOST_IS_BUSY:
            self._hosts.close_gate(host, asked)
            self._pages.close_host(host, self._clock() + asked)
        if error.failure in _FOR_GOOD or attempt > len(RETRY_DELAYS):
            await self._give_up(fetcher, item, attempt, error)
        else:
            self._pages.retry_at(item.item_id, self._clock() + max(RETRY_DELAYS[attempt - 1], asked))

    async def _give_up(self, fetcher: Fetcher, item: Item, attempt: int, error: FetchError | SourceError) -> None:
        """The item stays as its source told it; the images that it has are looked at all the same."""
        self._counts.add(pages_given_up=1)
        failure = PageFailure(
            item_id=item.item_id,
            url=_shown(item),
            failure=error.failure,
            detail=error.detail,
            attempts=attempt,
            at=self._clock().replace(microsecond=0),
        )
        images = () if error.failure == "crashed" else await self._last_look(fetcher, item)
        self._pages.give_up(failure)
        if images:
            self._push(Enrichment(item_id=item.item_id, images=images))

    async def _last_look(self, fetcher: Fetcher, item: Item) -> tuple[ImageFacts, ...]:
        try:
            async with asyncio.timeout(LAST_LOOK_SECONDS):
                return await self._visit.learn_images(fetcher, item)
        except TimeoutError:
            log.warning("images took too long", item_id=item.item_id)
            return ()

    def _push(self, enrichment: Enrichment) -> None:
        self._lane.push_enrichment(enrichment)
        if time.monotonic() - self._told_at > TELL_SECONDS:
            self._told_at = time.monotonic()
            self._on_items()


def _retry_after(error: FetchError | SourceError) -> timedelta:
    seconds = error.retry_after_seconds if isinstance(error, FetchError) else None
    return min(timedelta(seconds=max(0.0, seconds or 0.0)), MAX_RETRY_AFTER)


def _shown(item: Item) -> str:
    return public_url(item.web_url or "")
