"""The engine: everything that a process needs, put together at one place.

It is built from the settings and passed on; nothing here is global.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from config.redis_url import redis_url
from config.settings import BUNDLED_FOLDER, Settings
from storyfold.errors import SettingsError, SourceError
from storyfold.secured import parse_key
from worker.flows.drain import Drain
from worker.flows.poll import Loop, Poll
from worker.flows.poll_outcome import PollRules
from worker.flows.window import Window
from worker.fold.match import FoldRules, TitleMatcher
from worker.fold.revise import Telling
from worker.model.entry import Entry
from worker.model.item import Item
from worker.normalize.item import Context, normalize
from worker.normalize.providers import Organizations, load_organizations
from worker.normalize.topics import Taxonomy, load_taxonomy
from worker.sources.drop.folder import DropFolder
from worker.sources.drop.names import is_candidate
from worker.sources.fetch.guard import AddressGuard
from worker.sources.fetch.pacing import PacingBounds
from worker.store.client import Client, connect, store_errors
from worker.store.counts import Counts
from worker.store.dead import DeadLetters
from worker.store.feeds import FeedStore
from worker.store.keys import COLLECTIONS, Keys
from worker.store.lane import Lane
from worker.store.stories import StoryStore
from worker.store.stream import EventStream

if TYPE_CHECKING:
    from worker.sources.fetch.fetcher import Fetcher

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The clock of production."""
    return datetime.now(UTC)


class Engine:
    """The parts of one process, made when they are first needed."""

    def __init__(self, settings: Settings, *, clock: Clock = utc_now) -> None:
        self.settings = settings
        self.clock = clock
        self._drains: dict[str, Drain] = {}
        self.pid = os.getpid()

    def check(self) -> None:
        """Raise now what a wrong setting or configuration file would raise later, in the middle of work.

        Raises:
            SettingsError: one line that names the variable or the file.
        """
        AddressGuard(self.settings.fetch_allow)
        _ = self.taxonomy, self.organizations

    @cached_property
    def client(self) -> Client:
        """The store's Redis."""
        return connect(redis_url(self.settings))

    @cached_property
    def taxonomy(self) -> Taxonomy:
        """Topics of the configuration folder."""
        return load_taxonomy(self._config_folder("topics"))

    @cached_property
    def organizations(self) -> Organizations:
        """Publishers of the configuration folder."""
        return load_organizations(self._config_folder("organizations"))

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

    def _config_folder(self, name: str) -> Path:
        chosen = self.settings.config_dir
        if chosen is not None and not chosen.is_dir():
            raise SettingsError(f"STORYFOLD_CONFIG_DIR: there is no folder {str(chosen)!r}")
        if chosen is not None and (chosen / name).is_dir():
            return chosen / name
        return BUNDLED_FOLDER / name

    def _make_fetcher(self) -> Fetcher:
        # Most commands fetch nothing, and the HTTP client takes a quarter of a second to import.
        from worker.sources.fetch.fetcher import Fetcher

        settings = self.settings
        return Fetcher(
            contact_url=settings.contact_url,
            guard=AddressGuard(settings.fetch_allow),
            timeout_seconds=settings.fetch_timeout_seconds,
            max_bytes=settings.fetch_max_bytes,
            per_host_connections=settings.per_host_connections,
            now=self.clock,
        )

    def collections(self) -> list[str]:
        """Slugs of all collections that hold anything, and the default one."""
        with store_errors():
            known = set(self.client.smembers(COLLECTIONS))
        return sorted(known | {self.settings.collection})

    def to_item(self, collection: str) -> Callable[[Entry], Item]:
        """Normalizes entries of a collection."""
        context = Context(collection=collection, taxonomy=self.taxonomy, organizations=self.organizations)
        return lambda entry: normalize(entry, now=self.clock(), context=context)

    def lane(self, collection: str) -> Lane:
        """Backlog and lease of a collection."""
        return Lane(self.client, collection)

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
        settings, store = self.settings, self.stories(collection)
        rules = FoldRules(
            window=timedelta(hours=settings.fold_window_hours),
            max_span=timedelta(hours=settings.fold_max_span_hours),
            threshold=settings.fold_threshold,
        )
        return Drain(
            lane=self.lane(collection),
            store=store,
            dead=self.dead_letters(collection),
            counts=self.counts(collection),
            window=Window(store, rules.max_span),
            matcher=TitleMatcher(rules),
            telling=self.telling(collection),
            half_life=timedelta(hours=settings.heat_half_life_hours),
            clock=self.clock,
        )

    def telling(self, collection: str) -> Telling:
        """How a collection's stories are told."""
        secret = self.settings.secured_key
        key = parse_key(secret.get_secret_value()) if secret is not None else None
        return Telling(source=self.settings.source_of(collection), secured_key=key)

    def poll(self, collection: str, on_items: Callable[[], None]) -> Poll:
        """Polls feeds of a collection; ``on_items`` is called when some were put into its lane."""
        return Poll(
            loop=self.loop,
            feeds=self.feeds(collection),
            counts=self.counts(collection),
            rules=self.poll_rules(),
            to_item=self.to_item(collection),
            clock=self.clock,
            on_items=on_items,
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
