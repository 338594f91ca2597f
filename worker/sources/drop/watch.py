"""Watching the drop folder: tells which files are finished, soon after they are.

Events make it quick, the scan makes it right: the folder is scanned at the start, after each change of
what is watched, and every ``rescan_seconds``. A file that was told and still stands there at a regular
scan is told again, so whoever lost the first notice gets another one.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import structlog

from storyfold.errors import RetryableError
from worker.sources.drop.events import EventsLostError, EventSource, file_events, guarded, no_events
from worker.sources.drop.folder import DropFolder, Identity, Survey
from worker.sources.drop.names import is_candidate, is_utf8, natural_key
from worker.sources.drop.stability import StabilityTracker

BATCH_SIZE: Final = 200
_MISSING_WAIT_SECONDS: Final = 0.25
_RESTART_WAIT_SECONDS: Final = 0.05
_POLL_SCAN_SECONDS: Final = 1.0
_EVENTS_RETRY_SECONDS: Final = 60.0
_BACKOFF_FIRST_SECONDS: Final = 0.5
_BACKOFF_MAX_SECONDS: Final = 30.0

log = structlog.get_logger()


class WatchState(StrEnum):
    """How the folder is watched now."""

    EVENTS = "events"
    """The system tells of changes; scans are the safety net."""
    POLLING = "polling"
    """The system cannot tell (its limits are reached); the folder is scanned each second."""
    MISSING = "missing"
    """There is no folder, or it cannot be read; nothing is taken to be deleted."""


def compute_backoff(failures: int) -> float:
    """Seconds to wait after so many failures in a row: 0.5, 1, 2, ... at most 30."""
    return min(_BACKOFF_FIRST_SECONDS * 2.0 ** min(failures - 1, 16), _BACKOFF_MAX_SECONDS)


def watch_folder(
    folder: DropFolder,
    *,
    on_stable: Callable[[list[str]], None],
    stop: threading.Event,
    stable_seconds: float,
    rescan_seconds: float,
    on_state: Callable[[WatchState], None] | None = None,
    clock: Callable[[], float] = time.time,
    monotonic: Callable[[], float] = time.monotonic,
    event_source: EventSource = file_events,
) -> None:
    """Watch the folder until ``stop`` is set. Blocks; everything happens in the calling thread.

    Args:
        folder: need not exist yet.
        on_stable: gets relative paths of finished files in natural order, at most 200 at once. When it
            raises a RetryableError, these files are kept and given again after a pause that grows.
            Any other exception ends the watch and reaches the caller.
        stop: set it from another thread or a signal handler; the watch ends in some 10 ms.
        stable_seconds: how long a file must have stood still; 0 takes it at first sight.
        rescan_seconds: between regular scans.
        on_state: is told each change of the state.
        clock: wall clock, seconds since the epoch.
        monotonic: seconds, a clock that nobody sets.
        event_source: where notices come from.
    """
    watcher = _FolderWatcher(
        folder=folder,
        on_stable=on_stable,
        stop=stop,
        tracker=StabilityTracker(stable_seconds),
        rescan_seconds=rescan_seconds,
        on_state=on_state,
        clock=clock,
        monotonic=monotonic,
        event_source=event_source,
    )
    watcher.run()


@dataclass(kw_only=True)
class _FolderWatcher:
    """One :func:`watch_folder` with its state."""

    folder: DropFolder
    on_stable: Callable[[list[str]], None]
    stop: threading.Event
    tracker: StabilityTracker
    rescan_seconds: float
    on_state: Callable[[WatchState], None] | None
    clock: Callable[[], float]
    monotonic: Callable[[], float]
    event_source: EventSource

    state: WatchState | None = None
    ready: set[str] = field(default_factory=set)
    """Stable, but not yet accepted by on_stable."""
    scan_at: float = -math.inf
    tell_again_at: float = -math.inf
    retry_at: float = -math.inf
    failures: int = 0
    poll_until: float = -math.inf
    events_run: bool = False
    """The present watch has yielded at least once."""
    events_error: str = ""

    def run(self) -> None:
        while not self.stop.is_set():
            try:
                self._watch()
            except RetryableError as error:  # the folder is missing or cannot be listed
                self._enter(WatchState.MISSING, str(error))
                self.stop.wait(_MISSING_WAIT_SECONDS)
            except EventsLostError as error:
                self._on_events_lost(error)

    def _watch(self) -> None:
        """Watch the folders that there are now; return when others are to be watched."""
        identity = self.folder.identity()
        watched = set(self.folder.survey().folders)
        polling = self.monotonic() < self.poll_until
        source = no_events if polling else self.event_source
        self.scan_at = -math.inf  # watch first, then scan, so that nothing falls between
        self.events_run = False
        with closing(guarded(source(self._paths_to_watch(watched), self.stop))) as ticks:
            for touched in ticks:
                self.events_run = True
                self._enter(WatchState.POLLING if polling else WatchState.EVENTS, self.events_error)
                if (polling and self.monotonic() >= self.poll_until) or not self._step(touched, identity, watched):
                    return

    def _paths_to_watch(self, folders: Iterable[str]) -> list[str]:
        # watchfiles takes and gives UTF-8 only; folders of other names are left to the scan.
        root = str(self.folder.root)
        return [root, *(f"{root}/{path}" for path in sorted(folders) if is_utf8(path))]

    def _below_root(self, touched: set[str]) -> set[str]:
        prefix = f"{self.folder.root}/"
        below = (path.removeprefix(prefix) for path in touched if path.startswith(prefix))
        return {path for path in below if is_candidate(path)}

    def _step(self, touched: set[str], identity: Identity, watched: set[str]) -> bool:
        """One round; False when the folders to watch are no longer the same."""
        # Both are needed: the number of a removed folder may be given to the next one at once.
        if str(self.folder.root) in touched or self.folder.identity() != identity:
            return False
        touched = self._below_root(touched)
        moment = self.monotonic()
        scan_is_due = moment >= self.scan_at
        same = self._scan(touched, moment, watched) if scan_is_due else self._look(touched, moment)
        self._deliver()
        return same

    def _scan(self, touched: set[str], moment: float, watched: set[str]) -> bool:
        survey = self.folder.survey()
        if moment >= self.tell_again_at:
            self.tracker.tell_again()
            self.tell_again_at = moment + self.rescan_seconds
        paths = {seen.path for seen in survey.files}
        self.tracker.retain(paths)
        self.ready &= paths
        self._take_in(survey, moment)
        polling = self.state is WatchState.POLLING
        self.scan_at = moment + (min(self.rescan_seconds, _POLL_SCAN_SECONDS) if polling else self.rescan_seconds)
        return polling or (watched.issuperset(survey.folders) and touched.isdisjoint(survey.folders))

    def _look(self, touched: set[str], moment: float) -> bool:
        paths = touched.union(self.tracker.due(moment))
        if not paths:
            return True
        survey = self.folder.look(paths)
        for path in paths.difference(seen.path for seen in survey.files):
            self.tracker.forget(path)
            self.ready.discard(path)
        self._take_in(survey, moment)
        return not survey.folders

    def _take_in(self, survey: Survey, moment: float) -> None:
        stable = self.tracker.observe(survey.files, now=self.clock(), monotonic=moment)
        if self.ready:  # what has changed since it was ready has to stand still again
            self.ready -= {seen.path for seen in survey.files if not self.tracker.was_told(seen.path)}
        self.ready.update(stable)

    def _deliver(self) -> None:
        if not self.ready or self.monotonic() < self.retry_at:
            return
        order = sorted(self.ready, key=natural_key)
        for start in range(0, len(order), BATCH_SIZE):
            if self.stop.is_set():
                return
            batch = order[start : start + BATCH_SIZE]
            try:
                self.on_stable(batch)
            except RetryableError as error:
                self._put_off(error)
                return
            self.failures = 0
            self.ready.difference_update(batch)

    def _put_off(self, error: RetryableError) -> None:
        self.failures += 1
        wait = compute_backoff(self.failures)
        self.retry_at = self.monotonic() + wait
        log.warning("drop files put off", files=len(self.ready), retry_seconds=wait, error=str(error))

    def _on_events_lost(self, error: EventsLostError) -> None:
        self.events_error = str(error)
        if self.events_run or isinstance(error.__cause__, FileNotFoundError):
            # A name that is no UTF-8 ends watchfiles' watch; a sub-folder may have gone meanwhile.
            log.info("drop folder events interrupted", error=self.events_error)
        else:
            self.poll_until = self.monotonic() + _EVENTS_RETRY_SECONDS
        self.stop.wait(_RESTART_WAIT_SECONDS)

    def _enter(self, state: WatchState, error: str) -> None:
        if state is self.state:
            return
        self.state = state
        root = str(self.folder.root)
        if state is WatchState.EVENTS:
            log.info("drop folder watched", root=root)
        elif state is WatchState.POLLING:
            log.warning("drop folder is polled, events are not to be had", root=root, error=error)
        else:
            log.warning("drop folder is not there", root=root, error=error)
        if self.on_state is not None:
            self.on_state(state)
