"""CPU time of processes that the bench has started, children included, from /proc (Linux)."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
_SESSION, _USER_TIME, _CHILDREN_SYSTEM_TIME = 3, 11, 15  # fields of proc(5) stat, counted after the name


class Rate(NamedTuple):
    """Speed of one side of a comparison.

    Attributes:
        feeds_a_second: by the clock.
        feeds_a_core: by CPU second of its processes, main and children.
    """

    feeds_a_second: float
    feeds_a_core: float


def session_cpu_seconds(sessions: Iterable[int]) -> float:
    """User and system time that all processes of some sessions have used so far.

    Every role runs in a session of its own, so this counts a Celery worker with its children; the children
    that it has replaced are in its own account. NaN where there is no /proc.
    """
    if not Path("/proc/self/stat").exists():
        return math.nan
    wanted = set(sessions)
    ticks = 0
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            fields = _stat(folder)
            if fields and int(fields[_SESSION]) in wanted:
                ticks += sum(map(int, fields[_USER_TIME:_CHILDREN_SYSTEM_TIME]))
    return ticks / _TICKS_A_SECOND


def _stat(folder: Path) -> list[str]:
    try:
        return (folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:  # it ended while we looked
        return []
