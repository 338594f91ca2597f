"""Order: how far the stories depend on the order of arrival within the hour, and that nothing else moves them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Hashable, Sequence
from hashlib import blake2b
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

from bench.corpus import ROOT
from bench.folding_run import Row, fold_as_the_product, score
from bench.folding_scores import agreement
from bench.folding_stream import Stream, read_stream, shuffled_in_the_hour

HASH_SEEDS = ("0", "1")


class Order(NamedTuple):
    """What other orders make of the same items.

    Attributes:
        rows: one for each seed.
        with_given: agreement of each with the order as given, BCubed F1.
        among: agreement of each two of them.
        same_labels: the order as given gave the same labels each time, under other hash seeds, too.
    """

    rows: list[Row]
    with_given: list[float]
    among: list[float]
    same_labels: bool


def measure(stream: Stream, path: Path, joined: Path | None, seeds: Sequence[int], limit: int) -> Order:
    """Fold the items in orders that differ within the hour, and the given order again in other processes."""
    given = fold_as_the_product(stream.items).groups
    rows, labels = [], list[list[Hashable]]()
    for seed in seeds:
        order = shuffled_in_the_hour(stream.items, seed)
        shuffled = stream.of(order)
        folded = fold_as_the_product(shuffled.items)
        rows.append(score(f"shuffled in the hour, seed {seed}", folded, shuffled, 0.0))
        back = dict(zip(order, folded.groups, strict=True))
        labels.append([back[i] for i in range(len(order))])
    digests = {_digest(given)} | {_digest_elsewhere(path, joined, limit, seed) for seed in HASH_SEEDS}
    return Order(
        rows=rows,
        with_given=[agreement(given, each) for each in labels],
        among=[agreement(one, other) for one, other in combinations(labels, 2)],
        same_labels=len(digests) == 1,
    )


def _digest(groups: Sequence[Hashable]) -> str:
    return blake2b("\n".join(map(str, groups)).encode(), digest_size=16).hexdigest()


def _digest_elsewhere(path: Path, joined: Path | None, limit: int, hash_seed: str) -> str:
    """Digest of the labels that a process with this seed of hashes gives."""
    command = [sys.executable, "-m", "bench.folding_order", str(path.resolve()), str(limit)]
    command += [str(joined.resolve())] if joined else []
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _print_digest(path: str, limit: str, joined: str = "") -> None:
    stream = read_stream(Path(path), Path(joined) if joined else None, int(limit))
    print(_digest(fold_as_the_product(stream.items).groups))


if __name__ == "__main__":
    _print_digest(*sys.argv[1:])
