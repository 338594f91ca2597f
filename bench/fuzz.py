"""Fuzzing: readers under mutated documents. ``python -m bench.fuzz feed --count 70000``

A run fails on an exception that the reader does not promise, on an input that takes more than a second of CPU time,
and on memory that grows. The same seed gives the same inputs.
"""

from __future__ import annotations

import argparse
import gc
import os
import resource
import sys
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

from bench.fuzz_targets import TARGETS, Target, save
from bench.mutations import mutate

MAX_SECONDS: Final = 1.0
MAX_GROWTH_BYTES: Final = 32 * 1024 * 1024
"""Between the first fifth of a run and its end; caches with a bound are full by then."""
WARM_SHARE: Final = 0.2
_KEPT_FAILURES: Final = 3
"""Of each kind."""


class Failure(NamedTuple):
    """An input that went wrong.

    Attributes:
        number: of the input in its run.
        why: in a line.
        data: the input.
    """

    number: int
    why: str
    data: bytes


class Run(NamedTuple):
    """What came of a run.

    Attributes:
        outcomes: how many inputs were read, and how many refused, by the name of the refusal.
        failures: inputs that went wrong.
        slowest_seconds: of CPU time for one input.
        growth_bytes: of memory between the first fifth and the end.
    """

    outcomes: Counter[str]
    failures: list[Failure]
    slowest_seconds: float
    growth_bytes: int


def main(argv: Sequence[str] | None = None) -> int:
    """Fuzz the targets named, or all; 1 when something went wrong."""
    parser = argparse.ArgumentParser(description="read mutated documents")
    parser.add_argument("targets", nargs="*", default=list(TARGETS), help=f"of {', '.join(TARGETS)} (default: all)")
    parser.add_argument("--count", type=int, default=2_000, help="inputs for each target (default 2000)")
    parser.add_argument("--seed", type=int, default=1, help="another one gives other inputs (default 1)")
    parser.add_argument("--keep", type=Path, default=None, help="folder for inputs that went wrong")
    options = parser.parse_args(argv)
    unknown = [name for name in options.targets if name not in TARGETS]
    if unknown:
        parser.error(f"no such target: {', '.join(unknown)}")
    bad = False
    for name in options.targets:
        started = time.monotonic()
        run = fuzz(TARGETS[name], options.count, options.seed)
        bad |= bool(run.failures) or run.growth_bytes > MAX_GROWTH_BYTES
        _print(name, run, time.monotonic() - started)
        if options.keep is not None:
            for failure in distinct(run.failures):
                print(f"  kept {save(options.keep, name, failure.number, failure.data)}")
    return int(bad)


def fuzz(target: Target, count: int, seed: int) -> Run:
    """Read ``count`` mutated documents."""
    corpus, random = target.corpus(), Random(seed)
    outcomes: Counter[str] = Counter()
    failures: list[Failure] = []
    slowest, warm = 0.0, 0
    for number in range(count):
        data = mutate(random, corpus)
        started = time.thread_time()
        outcome = _read(target, data)
        seconds = time.thread_time() - started
        slowest = max(slowest, seconds)
        outcomes[outcome.partition("\n")[0]] += 1
        if "\n" in outcome:
            failures.append(Failure(number, outcome, data))
        elif seconds > MAX_SECONDS:
            failures.append(Failure(number, f"{seconds:.1f} seconds", data))
        if number == int(count * WARM_SHARE):
            warm = resident_bytes()
    return Run(outcomes, failures, slowest, resident_bytes() - warm)


def _read(target: Target, data: bytes) -> str:
    """``read``, the name of the refusal, or the trace of what should not have come out."""
    try:
        target.run(data)
    except target.allowed as error:
        return f"refused: {type(error).__name__}"
    except Exception as error:  # the boundary: every one is reported, and fails the run
        trace = "".join(traceback.format_exception(error, limit=-3, chain=False))
        return f"FAILED: {type(error).__name__}\n{trace}"
    return "read"


def distinct(failures: Sequence[Failure]) -> list[Failure]:
    """The first few of each kind, told apart by where they come from."""
    by_kind: dict[str, list[Failure]] = {}
    for failure in failures:
        where = [line for line in failure.why.splitlines() if line.lstrip().startswith("File ")]
        by_kind.setdefault(where[-1] if where else "slow", []).append(failure)
    return [failure for kind in by_kind.values() for failure in kind[:_KEPT_FAILURES]]


def resident_bytes() -> int:
    """Memory of this process now; where the system does not tell, the most that it ever had."""
    gc.collect()
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return pages * os.sysconf("SC_PAGE_SIZE")


def _print(name: str, run: Run, seconds: float) -> None:
    total = sum(run.outcomes.values())
    growth = run.growth_bytes / 1024 / 1024
    print(
        f"{name}: {total:,} inputs in {seconds:.0f} s, slowest {run.slowest_seconds:.2f} s, memory {growth:+.1f} MiB"
    )
    for outcome, number in run.outcomes.most_common():
        print(f"  {outcome}: {number:,}")
    for failure in distinct(run.failures):
        print(f"  input {failure.number}: {failure.why}")


if __name__ == "__main__":
    sys.exit(main())
