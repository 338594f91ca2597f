"""When a file in the drop folder is finished: it has not changed for a while.

Pure bookkeeping. Who looks at the files, and the two clocks, come from outside.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

MAX_TRACKED: Final = 100_000  # about 40 MB of stamps


class Observation(NamedTuple):
    """One look at a regular file.

    Attributes:
        path: below the drop folder.
        size: in bytes.
        mtime_ns: last change of the content, which a program may set (``cp -p``, ``rsync -t``).
        ctime_ns: last change of the inode, by the clock of the file system; no program can set it.
        inode: st_ino; an editor that saves by rename changes it.
    """

    path: str
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int


class StabilityTracker:
    """Tells once for each state of a file that it stood still for ``stable_seconds``.

    A file whose newest time stamp already is that old at first sight is stable at once, so a full
    folder is taken at start without a wait. Any other file, also one with a stamp in the future, has
    to look the same twice, ``stable_seconds`` apart by the monotonic clock. Zero means at first sight.

    At most ``max_tracked`` unsettled files are held, further ones wait unseen for the next full scan;
    and as many told ones, of which the oldest is forgotten first.
    """

    def __init__(self, stable_seconds: float, *, max_tracked: int = MAX_TRACKED) -> None:
        self._stable_seconds = stable_seconds
        self._max_tracked = max_tracked
        # Both in order of entry, so the one that is due first, or told longest ago, stands in front.
        self._unsettled: dict[str, tuple[Observation, float]] = {}
        self._told: dict[str, Observation] = {}

    def __len__(self) -> int:
        return len(self._unsettled) + len(self._told)

    @property
    def unsettled(self) -> int:
        """How many files are seen but not yet stable."""
        return len(self._unsettled)

    def observe(self, observations: Iterable[Observation], *, now: float, monotonic: float) -> list[str]:
        """Take in a look at some files; give those that are stable now and were not told before.

        Args:
            observations: at most one a path.
            now: wall clock, seconds since the epoch, comparable with the time stamps.
            monotonic: a clock that nobody sets, in seconds.
        """
        return [seen.path for seen in observations if self._becomes_stable(seen, now, monotonic)]

    def due(self, monotonic: float) -> list[str]:
        """The unsettled files whose wait is over: look at them again and :meth:`observe`."""
        paths = []
        for path, (_, since) in self._unsettled.items():
            if monotonic - since < self._stable_seconds:
                break
            paths.append(path)
        return paths

    def was_told(self, path: str) -> bool:
        """Whether the file was told as stable and looked the same ever since."""
        return path in self._told

    def forget(self, path: str) -> None:
        """The file is gone."""
        self._unsettled.pop(path, None)
        self._told.pop(path, None)

    def retain(self, paths: Iterable[str]) -> None:
        """These are all files that there are; forget every other one."""
        for path in (self._unsettled.keys() | self._told.keys()) - set(paths):
            self.forget(path)

    def tell_again(self) -> None:
        """Files that were told and still stand there are told once more when next observed."""
        self._told.clear()

    def _becomes_stable(self, seen: Observation, now: float, monotonic: float) -> bool:
        if self._told.get(seen.path) == seen:
            return False
        held = self._unsettled.get(seen.path)
        first_sight = held is None and seen.path not in self._told
        if held is None or held[0] != seen:
            held = (seen, monotonic)
            self._unsettled.pop(seen.path, None)
        if (first_sight and self._is_old(seen, now)) or monotonic - held[1] >= self._stable_seconds:
            self._settle(seen)
            return True
        self._told.pop(seen.path, None)
        if seen.path in self._unsettled or len(self._unsettled) < self._max_tracked:
            self._unsettled.setdefault(seen.path, held)
        return False

    def _is_old(self, seen: Observation, now: float) -> bool:
        return now - max(seen.mtime_ns, seen.ctime_ns) / 1e9 >= self._stable_seconds

    def _settle(self, seen: Observation) -> None:
        self._unsettled.pop(seen.path, None)
        self._told.pop(seen.path, None)
        # A forgotten one is only told again, and whoever then finds it taken does nothing.
        while len(self._told) >= self._max_tracked:
            del self._told[next(iter(self._told))]
        self._told[seen.path] = seen
