"""Drain: the holder of a collection's lane turns its backlog into stories and events.

Whoever puts items into a lane calls :meth:`Drain.run`. One process gets the lease and works; it looks once
more after it has let go, so that an item which came in the last moment does not wait.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from msgspec.structs import replace

from storyfold.errors import LeaseLostError, RetryableError, StoreConflictError, StoryConflictError
from worker.flows.obey import obey
from worker.flows.window import Window
from worker.flows.working_set import WorkingSet
from worker.fold.apply import Outcome, apply, cool, merge
from worker.fold.decide import Decision, arriving_items, decide, decide_learned, keep_apart
from worker.fold.identity import is_told
from worker.fold.judge import judge
from worker.fold.match import Matcher
from worker.fold.override import may_be_one
from worker.fold.revise import Telling, revise
from worker.model.item import Item
from worker.model.override import NO_OVERRIDES, Order, Overrides
from worker.model.page import Enrichment
from worker.model.verdict import Judgement
from worker.store.counts import Counts
from worker.store.dead import DeadLetter, DeadLetters
from worker.store.lane import LEASE, Lane, Lease, Waiting
from worker.store.stories import Commit, PageTurn, StoryStore

BATCH = 256
COMMITS_A_ROUND_TRIP = 64

log = structlog.get_logger()


class Drain:
    """Drains one collection's lane; kept for the life of the process, with the index in it.

    Attributes:
        committed_at: when it last wrote an outcome; None when it has written none yet.
    """

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
        enrich: Callable[[Item, Enrichment], Item],
        page_turn: Callable[[Item], PageTurn | None],
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
        self._enrich = enrich
        self._page_turn = page_turn
        self.committed_at: datetime | None = None
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
            self._window.keep_vocabulary(self._clock())
        except LeaseLostError:
            log.warning("lane lease lost", collection=self._store.keys.collection, token=lease.token)
            self._window.reset()
        except BaseException:
            self._window.reset()  # what of the last round trip was written is only known to the store
            raise
        finally:
            self._counts.flush()

    def _forget(self) -> None:
        self._set = WorkingSet(self._store)
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
        self._set.look_up([item for waiting in batch if waiting.item for item in arriving_items(waiting.item)])
        self._set.look_up_stories_of([waiting.enrichment.item_id for waiting in batch if waiting.enrichment])
        idle: list[str] = []
        for waiting in batch:
            if not self._one(waiting):
                idle.append(waiting.entry_id)
            if len(self._commits) >= COMMITS_A_ROUND_TRIP:
                self._flush(lease)
        self._flush(lease)
        self._lane.discard(idle)

    def _one(self, waiting: Waiting) -> bool:
        """Work on one backlog entry; False when it needs no commit."""
        if waiting.fault:
            self._bury(waiting, "unreadable", waiting.fault)
            return True
        try:
            return self._handle_entry(waiting)
        except (RetryableError, StoreConflictError):
            raise
        except Exception as error:  # the one boundary: one item's fault must not stop the lane for all
            log.exception("item given up", item_id=_item_id(waiting), entry_id=waiting.entry_id)
            self._bury(waiting, type(error).__name__, str(error))
            return True

    def _handle_entry(self, waiting: Waiting) -> bool:
        if waiting.item is not None:
            return self._fold(waiting.entry_id, waiting.item)
        if waiting.enrichment is not None:
            return self._learn(waiting.entry_id, waiting.enrichment)
        if waiting.judgement is not None:
            return self._judge(waiting.entry_id, waiting.judgement)
        if waiting.order is not None:
            return self._obey(waiting.entry_id, waiting.order)
        return self._cool(waiting)

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
        index = self._window.reach_to(item.published_at)
        for story_id in index.due_for_a_look(item.published_at):
            self._merge_alike(story_id, now, late=True)
        decision = decide(item, self._set.known, self._matcher, index, self._set.overrides)
        item_id = decision.arriving[0].item_id
        turn = self._page_turn(item) if item_id not in self._set.story_ids else None
        changed = self._apply(entry_id, decision, now, (turn,) if turn else ())
        if changed and decision.targets:
            self._merge_alike(self._set.story_ids[item_id], now)
        return changed

    def _merge_alike(self, story_id: str, now: datetime, *, late: bool = False) -> None:
        """Make one story of this one, which has changed or looks again, and of those that it has turned out to be."""
        barred: frozenset[str] = frozenset()
        while match := self._matcher.partner(story_id, self._window.index, barred, late=late):
            self._set.look_up_members((story_id, match.story_id))
            pair = (self._set.stories[story_id], self._set.stories[match.story_id])
            overrides = self._set.overrides
            if not may_be_one(*pair, overrides, self._set.story_ids):
                barred |= {match.story_id}
                continue
            outcome = merge(pair, match.why, now=now, half_life=self._half_life, overrides=overrides)
            self._tell("", outcome, now)
            story_id, late = outcome.after.story_id, False

    def _learn(self, entry_id: str, enrichment: Enrichment) -> bool:
        """Fold what was learned about an item as if a newer version of it came; False when it changes nothing."""
        story = self._set.story_of(enrichment.item_id)
        member = story.member(enrichment.item_id) if story and not story.retired else None
        if member is None:
            return False  # it has become part of another item meanwhile, or a rule blocks it
        item = self._enrich(member.item, enrichment)
        if item == member.item:
            return False
        self._counts.add(enriched=1)
        self._set.look_up_claims(item)
        return self._apply(entry_id, decide_learned(item, self._set.known, "the same page"), self._clock())

    def _apply(self, entry_id: str, decision: Decision, now: datetime, pages: tuple[PageTurn, ...] = ()) -> bool:
        self._set.have(decision.targets)
        if len(decision.targets) > 1 or len(decision.arriving) > 1 or is_told(decision.arriving[0]):
            self._set.look_up_members(decision.targets)
        decision = keep_apart(decision, self._set.stories, self._set.known, self._set.overrides)
        overrides = self._set.overrides
        outcome = apply(decision, self._set.stories, now=now, half_life=self._half_life, overrides=overrides)
        for item in decision.parted:
            self._fold("", item)  # before the entry is answered: a crash in between does it again
        return self._tell(entry_id, outcome, now, pages)

    def _obey(self, entry_id: str, order: Order) -> bool:
        """Carry out a person's order; False when it was carried out before, or may not be."""
        now = self._clock()
        obeyed = obey(order, self._set, now=now, half_life=self._half_life)
        if not obeyed.outcomes and not obeyed.changes:
            return False
        self._counts.add(orders=1)
        return self._tell_all(entry_id, obeyed.outcomes, now, overrides=obeyed.changes)

    def _tell(self, entry_id: str, outcome: Outcome, now: datetime, pages: tuple[PageTurn, ...] = ()) -> bool:
        return self._tell_all(entry_id, (outcome,), now, pages)

    def _tell_all(
        self,
        entry_id: str,
        outcomes: tuple[Outcome, ...],
        now: datetime,
        pages: tuple[PageTurn, ...] = (),
        overrides: Overrides = NO_OVERRIDES,
    ) -> bool:
        """One commit of outcomes that concern different stories; False when there is nothing to write."""
        commit = Commit(entry_id=entry_id, stories=(), claims={}, items={}, pages=pages, overrides=overrides)
        for outcome in outcomes:
            revision = revise(outcome, self._telling, now=now, free_path=self._set.free_path)
            claims, items = self._set.changed(outcome)
            self._count(outcome, bool(revision.events))
            self._set.note(revision, claims, items)
            commit = replace(
                commit,
                stories=commit.stories + revision.writes,
                claims={**commit.claims, **claims},
                items={**commit.items, **items},
                events=commit.events + revision.events,
            )
        if not (commit.stories or commit.claims or commit.items or overrides):
            return False
        self._set.note_overrides(overrides)
        self._commits.append(commit)
        for _, story in commit.stories:
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
        self._set.have(waiting.story_ids)
        for story_id in waiting.story_ids:
            story = self._set.stories.get(story_id)
            if story is None or story.is_gone:
                continue
            after = cool(story, now, self._half_life)
            if after != story:
                outcome = Outcome(before=story, after=after, absorbed=(), claims={}, items={})
                self._tell("", outcome, now)
        return False

    def _judge(self, entry_id: str, judgement: Judgement) -> bool:
        """Carry out verdicts on a story's items; False when they change nothing any more."""
        self._set.have([judgement.story_id])
        story = self._set.stories.get(judgement.story_id)
        if story is None or story.is_gone:
            return False
        now = self._clock()
        after = judge(story, judgement, now=now, half_life=self._half_life)
        if after == story:
            return False
        self._counts.add(retired=bool(after.retired))
        return self._tell(entry_id, Outcome(before=story, after=after, absorbed=(), claims={}, items={}), now)

    def _flush(self, lease: Lease) -> None:
        commits, self._commits = self._commits, []
        if commits:
            self._window.committed(self._store.commit(lease.token, commits))
            self.committed_at = self._clock()


def _item_id(waiting: Waiting) -> str:
    named = waiting.item or waiting.enrichment
    return named.item_id if named else ""
