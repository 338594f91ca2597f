"""The engine: everything that a process needs, put together at one place.

It is built from the settings and passed on; nothing here is global.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec.structs import replace

from config.redis_url import redis_ports, redis_url
from config.settings import Settings
from storyfold.errors import SourceError
from storyfold.secured import parse_key
from worker.flows.configuration import Configuration
from worker.flows.credential import FeedCredentials
from worker.flows.drain import Drain
from worker.flows.enrich import Enricher, page_turn
from worker.flows.fetch_loop import Loop
from worker.flows.host_leases import SLOT_MARGIN, HostLeases
from worker.flows.page_visit import PageVisit
from worker.flows.poll import Poll
from worker.flows.poll_outcome import PollRules
from worker.flows.robots import Robots
from worker.flows.shared_feeds import Follower
from worker.flows.websub import FeedPush, Subscriber
from worker.flows.websub_reading import DeliveryReader
from worker.flows.window import Window
from worker.fold.match import FoldRules, Matcher, WordMatcher
from worker.fold.revise import Telling
from worker.model.entry import Entry
from worker.model.feed import Feed
from worker.model.item import Item
from worker.model.page import Enrichment
from worker.normalize.enrich import enrich, needs_page
from worker.normalize.item import normalize
from worker.normalize.rules import NO_RULES
from worker.sources.drop.folder import DropFolder
from worker.sources.drop.names import is_candidate
from worker.sources.fetch.guard import AddressGuard
from worker.sources.schedule.pacing import PacingBounds
from worker.store.client import REPLY_TIMEOUT_SECONDS, Client, connect, store_errors
from worker.store.counts import Counts
from worker.store.credentials import Credentials
from worker.store.dead import DeadLetters
from worker.store.deliveries import Deliveries
from worker.store.discoveries import Discoveries
from worker.store.feeds import FeedStore
from worker.store.host_tally import HostTally
from worker.store.hosts import Hosts
from worker.store.image_files import ImageFiles
from worker.store.images import ImageRecords
from worker.store.keys import COLLECTIONS, Keys
from worker.store.lane import Lane
from worker.store.pages import PageStore
from worker.store.stories import PageTurn, StoryStore
from worker.store.stream import EventStream
from worker.store.vocabularies import VocabularyStore
from worker.store.websub import Callbacks, SubscriptionStore

if TYPE_CHECKING:
    from worker.flows.images import Images
    from worker.sources.fetch.exchange import FetchResult
    from worker.sources.fetch.fetcher import Fetcher

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The clock of production."""
    return datetime.now(UTC)


class Engine:
    """The parts of one process, made when they are first needed."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock = utc_now,
        reply_timeout_seconds: float = REPLY_TIMEOUT_SECONDS,
        has_store: bool = True,
    ) -> None:
        """``has_store``: there is a Redis, whose ports are guarded and which counts requests."""
        self.settings = settings
        self._has_store = has_store
        self.clock = clock
        self._reply_timeout_seconds = reply_timeout_seconds
        self._drains: dict[str, Drain] = {}
        self.pid = os.getpid()
        self.configuration = Configuration(settings.config_dir)

    def check(self) -> None:
        """Raise now what a wrong setting or configuration file would raise later, in the middle of work.

        Raises:
            SettingsError: one line that names the variable or the file.
        """
        AddressGuard(self.settings.fetch_allow)
        self.configuration.check()

    @cached_property
    def client(self) -> Client:
        """The store's Redis."""
        return connect(redis_url(self.settings), self._reply_timeout_seconds)

    @cached_property
    def loop(self) -> Loop:
        """Event loop and HTTP client."""
        return Loop(self._make_fetcher)

    @cached_property
    def drop_folder(self) -> DropFolder:
        """The drop folder, its own folders in it."""
        folder = DropFolder(self.settings.drop_dir)
        folder.ensure()
        return folder

    def drop_path(self, path: str) -> str:
        """A path relative to the drop folder, given so or absolute.

        Raises:
            SourceError: ``bad-path``: it lies elsewhere, or has a name that is never taken.
        """
        root = str(self.settings.drop_dir.resolve())
        relative = path.removeprefix(root + os.sep)
        if not is_candidate(relative):
            raise SourceError("bad-path", f"{path!r} is no file to take from the drop folder {root}")
        return relative

    @cached_property
    def host_tally(self) -> HostTally:
        """Requests that were no polls, by host."""
        return HostTally(self.client)

    def _make_fetcher(self) -> Fetcher:
        # Most commands fetch nothing, and the HTTP client takes a quarter of a second to import.
        from worker.sources.fetch.fetcher import Fetcher

        settings = self.settings
        own_ports = redis_ports(settings) if self._has_store else frozenset()
        return Fetcher(
            contact_url=settings.contact_url,
            guard=AddressGuard(settings.fetch_allow, own_ports=own_ports),
            timeout_seconds=settings.fetch_timeout_seconds,
            max_bytes=settings.fetch_max_bytes,
            per_host_connections=settings.per_host_connections,
            now=self.clock,
            on_request=self.host_tally.add if self._has_store else None,
        )

    def collections(self) -> list[str]:
        """Slugs of all collections that hold anything, and the default one."""
        with store_errors():
            known = set(self.client.smembers(COLLECTIONS))
        return sorted(known | {self.settings.collection})

    def to_item(self, collection: str, *, by_rules: bool = True) -> Callable[[Entry], Item]:
        """Normalizes entries of a collection; without the operator's rules to complete a document."""
        context = self.configuration.context(collection)
        if not by_rules:
            context = replace(context, rules=NO_RULES)
        return lambda entry: normalize(entry, now=self.clock(), context=context)

    def lane(self, collection: str) -> Lane:
        """Backlog and lease of a collection."""
        return Lane(self.client, collection)

    def pages(self, collection: str) -> PageStore:
        """Pages of a collection that are still to be read."""
        return PageStore(self.client, collection)

    def enricher(self, collection: str, on_items: Callable[[], None]) -> Enricher:
        """Reads pages of a collection's items; ``on_items`` is called when something was put into its lane."""
        hosts, counts = Hosts(self.client), self.counts(collection)
        visit = PageVisit(
            robots=Robots(hosts),
            images=self.images,
            enrich=self.enrich(collection),
            keep_images=self.settings.enrich == "page+images",
            counts=counts,
        )
        return Enricher(
            loop=self.loop,
            stories=self.stories(collection),
            pages=self.pages(collection),
            hosts=hosts,
            lane=self.lane(collection),
            counts=counts,
            visit=visit,
            needs_page=needs_page,
            clock=self.clock,
            on_items=on_items,
        )

    @cached_property
    def images(self) -> Images:
        """Reads images, and keeps copies of them."""
        from worker.flows.images import Images

        return Images(records=ImageRecords(self.client), files=self.image_files, clock=self.clock)

    @cached_property
    def image_files(self) -> ImageFiles:
        """The bytes of cached images."""
        return ImageFiles(self.settings.data_dir / "images", self.settings.image_cache_bytes)

    def stories(self, collection: str) -> StoryStore:
        """Stories of a collection."""
        return StoryStore(self.client, collection)

    def feeds(self, collection: str) -> FeedStore:
        """Feeds of a collection."""
        return FeedStore(self.client, collection)

    def dead_letters(self, collection: str) -> DeadLetters:
        """Dead letters of a collection."""
        return DeadLetters(self.client, collection)

    def stream(self, collection: str) -> EventStream:
        """Event stream of a collection."""
        return EventStream(self.client, collection)

    def counts(self, collection: str) -> Counts:
        """Running totals of a collection."""
        return Counts(self.client, collection)

    def drain(self, collection: str) -> Drain:
        """The drain of a collection, kept with its index."""
        if collection not in self._drains:
            self._drains[collection] = self._make_drain(collection)
        return self._drains[collection]

    def _make_drain(self, collection: str) -> Drain:
        settings, store, rules = self.settings, self.stories(collection), self.fold_rules()
        return Drain(
            lane=self.lane(collection),
            store=store,
            dead=self.dead_letters(collection),
            counts=self.counts(collection),
            window=self.window(collection),
            matcher=self.matcher(rules),
            telling=self.telling(collection),
            half_life=timedelta(hours=settings.heat_half_life_hours),
            clock=self.clock,
            enrich=self.enrich(collection),
            page_turn=self.page_turn,
        )

    def fold_rules(self) -> FoldRules:
        """What the operator chose for folding."""
        settings = self.settings
        return FoldRules(
            window=timedelta(hours=settings.fold_window_hours),
            max_span=timedelta(hours=settings.fold_max_span_hours),
            threshold=settings.fold_threshold,
        )

    def matcher(self, rules: FoldRules) -> Matcher:
        """Decides by likeness which story an item tells."""
        return WordMatcher(rules)

    def window(self, collection: str) -> Window:
        """A new, empty index of a collection's stories."""
        return Window(self.stories(collection), self.fold_rules(), VocabularyStore(self.client, collection))

    def enrich(self, collection: str) -> Callable[[Item, Enrichment], Item]:
        """Gives an item what was learned about it."""
        context = self.configuration.context(collection)
        return lambda item, learned: enrich(item, learned.page, learned.images, now=self.clock(), context=context)

    def page_turn(self, item: Item) -> PageTurn | None:
        """The turn to ask for of a new item's page; None when its page is not to be read."""
        return page_turn(item, self.clock()) if self.settings.enrich != "off" and needs_page(item) else None

    def telling(self, collection: str) -> Telling:
        """How a collection's stories are told."""
        return Telling(source=self.settings.source_of(collection), secured_key=self._secured_key())

    def credentials(self) -> Credentials:
        """Credentials of feeds, sealed when there is a key."""
        return Credentials(self.client, self._secured_key())

    def discoveries(self) -> Discoveries:
        """What pages were found to name as their feeds."""
        return Discoveries(self.client)

    def _secured_key(self) -> bytes | None:
        secret = self.settings.secured_key
        return parse_key(secret.get_secret_value()) if secret is not None else None

    def poll(
        self,
        collection: str,
        on_items: Callable[[], None],
        on_answer: Callable[[Feed, FetchResult], None] | None = None,
    ) -> Poll:
        """Polls feeds of a collection; ``on_items`` is called when some were put into its lane, ``on_answer`` with
        each usable answer."""
        return Poll(
            loop=self.loop,
            collection=collection,
            follower=self._follower,
            rules=self.poll_rules(),
            clock=self.clock,
            on_items=on_items,
            lane_of=self.lane,
            leases=HostLeases(
                Hosts(self.client),
                per_host=self.settings.per_host_connections,
                lease=timedelta(seconds=self.settings.fetch_timeout_seconds) + SLOT_MARGIN,
                clock=self.clock,
            ),
            credentials=FeedCredentials(self.credentials()),
            on_answer=on_answer,
        )

    def _follower(self, collection: str) -> Follower:
        push = FeedPush(self.subscriptions(collection), self.settings.public_url, self.clock)
        return Follower(self.feeds(collection), self.counts(collection), self.to_item(collection), push)

    def subscriptions(self, collection: str) -> SubscriptionStore:
        """What WebSub hubs were asked for a collection's feeds."""
        return SubscriptionStore(self.client, collection)

    def deliveries(self, collection: str) -> Deliveries:
        """What hubs have sent for a collection and nobody has read yet."""
        return Deliveries(self.client, collection)

    def subscriber(self, collection: str) -> Subscriber:
        """Asks hubs for a collection's feeds."""
        return Subscriber(
            loop=self.loop,
            collection=collection,
            feeds=self.feeds(collection),
            subscriptions=self.subscriptions(collection),
            callbacks=Callbacks(self.client),
            public_url=self.settings.public_url,
            clock=self.clock,
        )

    def delivery_reader(self, collection: str, on_items: Callable[[], None]) -> DeliveryReader:
        """Reads what hubs have sent; ``on_items`` is called when something was put into the collection's lane."""
        return DeliveryReader(
            deliveries=self.deliveries(collection),
            subscriptions=self.subscriptions(collection),
            feeds=self.feeds(collection),
            counts=self.counts(collection),
            rules=self.poll_rules(),
            to_item=self.to_item(collection),
            clock=self.clock,
            on_items=on_items,
            lane_of=self.lane,
        )

    def poll_rules(self) -> PollRules:
        """What the operator chose for polls."""
        settings = self.settings
        numbers = {"all": None, "none": 0}
        first_poll = numbers[settings.first_poll] if settings.first_poll in numbers else int(settings.first_poll)
        bounds = PacingBounds(
            minimum_seconds=int(settings.poll_interval_min_seconds),
            default_seconds=int(settings.poll_interval_default_seconds),
            maximum_seconds=int(settings.poll_interval_max_seconds),
        )
        return PollRules(bounds=bounds, first_poll=first_poll)

    def note_health(self, collection: str, **at: float) -> None:
        """Keep the time at which something last went well, seconds since 1970."""
        with store_errors():
            self.client.hset(Keys(collection).health, mapping=dict(at))

    def health(self, collection: str) -> dict[str, float]:
        """Name -> time at which it last went well, seconds since 1970."""
        with store_errors():
            times = self.client.hgetall(Keys(collection).health)
        return {name: float(value) for name, value in times.items()}

    def close(self) -> None:
        """Close connections, client and loop, as far as they were opened."""
        if "loop" in self.__dict__:
            self.loop.close()
        if "client" in self.__dict__:
            self.client.close()
