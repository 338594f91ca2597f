"""Notices that something changed in watched folders. They are hints: they may be late or missing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Sequence
from typing import Final

import watchfiles

EventSource = Callable[[Sequence[str], threading.Event], Generator[set[str], None, None]]
"""Takes the folders to watch (absolute paths, each by itself, not what is below) and a stop event.

Yields sets of absolute paths that were touched, also an empty one every few milliseconds, until the
stop event is set. The folders are watched from the first yield on. Raises OSError or RuntimeError when
it cannot watch, or not any longer.
"""

# Measured: a rename is told about 6 ms later, and an idle watcher takes 0.7 % of a core.
# Half the step halves the first and doubles the second.
_STEP_MS: Final = 3
_TICK_MS: Final = 9
_DEBOUNCE_MS: Final = 50

_POLL_TICK_SECONDS: Final = 0.25


class EventsLostError(Exception):
    """The event source gave up; its cause says why. Inside the watcher only."""


def file_events(folders: Sequence[str], stop: threading.Event) -> Generator[set[str], None, None]:
    """What the operating system tells (inotify, FSEvents)."""
    # No filter: a round of which the filter leaves nothing is not yielded, so a stream of such
    # rounds would hold up the clock of the watcher. Not recursive: that would follow symlinks.
    for changes in watchfiles.watch(
        *folders,
        watch_filter=None,
        recursive=False,
        step=_STEP_MS,
        debounce=_DEBOUNCE_MS,
        rust_timeout=_TICK_MS,
        yield_on_timeout=True,
        stop_event=stop,
        force_polling=False,
        ignore_permission_denied=True,
    ):
        yield {path for _, path in changes}


def no_events(folders: Sequence[str], stop: threading.Event) -> Generator[set[str], None, None]:
    """Only the ticks, for a system that can tell nothing."""
    del folders
    while not stop.is_set():
        yield set()
        stop.wait(_POLL_TICK_SECONDS)


def guarded(events: Generator[set[str], None, None]) -> Generator[set[str], None, None]:
    """The same events, with the source's own faults as :class:`EventsLostError`."""
    try:
        yield from events
    except (OSError, RuntimeError) as error:  # watchfiles raises its internal error as a RuntimeError
        raise EventsLostError(str(error)) from error
