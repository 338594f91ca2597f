"""Drain: the holder of a collection's lane turns its backlog into stories and events.

Whoever puts items into a lane calls :meth:`Drain.run`. One process gets the lease and works; it looks once
more after it has let go, so that an item which came in the last moment does not wait.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from itertools import islice

import structlog

from storyfold.errors import LeaseLostError, RetryableError, StoreConflictError, StoryConflictError
from worker.flows.window import Window
from worker.fold.apply import Outcome, apply, cool
from worker.fold.decide import Known, arriving_items, decide
from worker.fold.identity import claims_of
from worker.fold.match import Matcher
from worker.fold.path import paths_of
from worker.fold.revise import Telling, revise
from worker.model.item import Item
from worker.model.story import Story
from worker.store.counts import Counts
from worker.store.dead import DeadLetter, DeadLetters
from worker.store.lane import LEASE, Lane, Lease, Waiting
from worker.store.stories import Commit, StoryStore

BATCH = 256
COMMITS_A_ROUND_TRIP = 64
_PATHS_AT_ONCE = 8

log = structlog.get_logger()


class Drain:
    """Drains one collection's lane; kept for the life of the process, with the index in it."""

    def __init__(
        self,
        *,
        lane: Lane,
        store: StoryStore,
        dead: DeadLetters,
        counts: Counts,
        window: Window,
        matcher: Matcher,
        telling: Telling,
        half_life: timedelta,
        clock: Callable[[], datetime],
    ) -> None:
        self._lane = lane
        self._store = store
        self._dead = dead
        self._counts = counts
        self._window = window
        self._matcher = matcher
        self._telling = telling
        self._half_life = half_life
        self._clock = clock
        self._forget()

    def run(self, budget_seconds: float) -> bool:
        """Drain until the backlog is empty, somebody else holds the lane, or the time is over.

        Returns:
            True when items are left that nobody works on, so that the caller sends word.

        Raises:
            StoreUnavailableError: Redis is away. Nothing is lost: the backlog has what is not committed.
        """
        until = time.monotonic() + budget_seconds
        while True:
            with self._lane.held() as lease:
                if lease is None:
                    return False
                self._hold(lease, until)
            if self._lane.length() == 0:
                return False
            if time.monotonic() >= until:
                return True

    def _hold(self, lease: Lease, until: float) -> None:
        self._forget()
        self._window.catch_up()
        renew_at = time.monotonic() + LEASE.total_seconds() / 3
        try:
            while time.monotonic() < until and (batch := self._lane.waiting(BATCH)):
                self._handle_or_part(batch, lease)
                if time.monotonic() >= renew_at:
                    if not lease.renew():
                        return
                    renew_at = time.monotonic() + LEASE.total_seconds() / 3
        except LeaseLostError:
            log.warning("lane lease lost", collection=self._store.keys.collection, token=lease.token)
            self._window.reset()
        except BaseException:
            self._window.reset()  # what of the last round trip was written is only known to the store
            raise
        finally:
            self._counts.flush()

    def _forget(self) -> None:
        self._stories: dict[str, Story] = {}
        self._item_ids: dict[str, str] = {}
        self._story_ids: dict[str, str] = {}
        self._taken: dict[str, str] = {}
        self._commits: list[Commit] = []

    def _handle_or_part(self, batch: list[Waiting], lease: Lease) -> None:
        """Work on a batch; where a story's record is damaged, entry by entry, and give up only those it concerns."""
        try:
            self._handle(batch, lease)
        except StoryConflictError as error:
            self._window.reset()
            if len(batch) == 1:
                log.exception("item given up", entry_id=batch[0].entry_id)
                self._bury(batch[0], "story-conflict", str(error))
                return
            for waiting in batch:
                self._handle_or_part([waiting], lease)

    def _handle(self, batch: list[Waiting], lease: Lease) -> None:
        self._forget()
        self._look_up([item for waiting in batch if waiting.item for item in arriving_items(waiting.item)])
        idle: list[str] = []
        for waiting in batch:
            if not self._one(waiting):
                idle.append(waiting.entry_id)
            if len(self._commits) >= COMMITS_A_ROUND_TRIP:
                self._flush(lease)
        self._flush(lease)
        self._lane.discard(idle)

    def _look_up(self, items: list[Item]) -> None:
        claims = list(dict.fromkeys(claim for item in items for claim in claims_of(item)))
        self._item_ids = self._store.item_ids(claims)
        self._story_ids = self._store.story_ids(list(dict.fromkeys(self._item_ids.values())))
        self._stories = self._store.load(self._story_ids.values())
        first_paths = [next(paths_of(item.collection, item.title, item.published_at)) for item in items]
        self._taken = self._store.holders(list(dict.fromkeys(first_paths)))

    def _one(self, waiting: Waiting) -> bool:
        """Work on one backlog entry; False when it needs no commit."""
        if waiting.command:
            return self._cool(waiting)
        if waiting.item is None:
            self._bury(waiting, "unreadable", waiting.fault)
            return True
        try:
            return self._fold(waiting.entry_id, waiting.item)
        except (RetryableError, StoreConflictError):
            raise
        except Exception as error:  # the one boundary: one item's fault must not stop the lane for all
            log.exception("item given up", item_id=waiting.item.item_id, entry_id=waiting.entry_id)
            self._bury(waiting, type(error).__name__, str(error))
            return True

    def _bury(self, waiting: Waiting, error: str, detail: str) -> None:
        now = self._clock()
        letter = DeadLetter(
            origin=waiting.entry_id,
            group="lane",
            error=error,
            detail=detail,
            first_at=now,
            last_at=now,
            payload=waiting.text,
        )
        self._dead.add(letter, backlog_entry=waiting.entry_id)
        self._counts.add(dead=1)

    def _fold(self, entry_id: str, item: Item) -> bool:
        now = self._clock()
        known = Known(item_ids=self._item_ids, story_ids=self._story_ids)
        decision = decide(item, known, self._matcher, self._window.reach_to(item.published_at))
        self._have(decision.targets)
        outcome = apply(decision, self._stories, now=now, half_life=self._half_life)
        return self._tell(entry_id, outcome, now)

    def _tell(self, entry_id: str, outcome: Outcome, now: datetime) -> bool:
        revision = revise(outcome, self._telling, now=now, free_path=self._free_path)
        claims = {claim: each for claim, each in outcome.claims.items() if self._item_ids.get(claim) != each}
        items = {each: story for each, story in outcome.items.items() if self._story_ids.get(each) != story}
        self._count(outcome, bool(revision.events))
        if not (revision.writes or claims or items):
            return False
        self._commits.append(
            Commit(entry_id=entry_id, stories=revision.writes, claims=claims, items=items, events=revision.events)
        )
        self._item_ids.update(claims)
        self._story_ids.update(items)
        for _, story in revision.writes:
            self._stories[story.story_id] = story
            self._taken[story.path] = story.story_id
            self._window.put(story)
        return True

    def _count(self, outcome: Outcome, told: bool) -> None:
        before = outcome.before
        self._counts.add(
            items=1,
            created=before is None,
            updated=told and before is not None,
            unchanged=not told,
            folded=before is not None and len(outcome.after.members) > len(before.members),
            merged=len(outcome.absorbed),
        )

    def _cool(self, waiting: Waiting) -> bool:
        now = self._clock()
        self._have(waiting.story_ids)
        for story_id in waiting.story_ids:
            story = self._stories.get(story_id)
            if story is None or story.merged_into:
                continue
            after = cool(story, now)
            if after != story:
                outcome = Outcome(before=story, after=after, absorbed=(), claims={}, items={})
                self._tell("", outcome, now)
        return False

    def _have(self, story_ids: Iterable[str]) -> None:
        missing = [story_id for story_id in story_ids if story_id not in self._stories]
        self._stories.update(self._store.load(missing))

    def _free_path(self, story: Story) -> str:
        paths = paths_of(story.collection, story.lead.title, story.lead.published_at)
        first = next(paths)
        if self._taken.get(first, story.story_id) == story.story_id:
            return first
        while True:
            some = list(islice(paths, _PATHS_AT_ONCE))
            holders = {
                **self._store.holders(some),
                **{path: self._taken[path] for path in some if path in self._taken},
            }
            for path in some:
                if holders.get(path, story.story_id) == story.story_id:
                    return path

    def _flush(self, lease: Lease) -> None:
        commits, self._commits = self._commits, []
        if commits:
            self._window.committed(self._store.commit(lease.token, commits))
