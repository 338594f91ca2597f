"""A run of one way of folding: who went where, how often stories merged, and how long it took."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple

from bench.folding_scores import Score, bcubed, pairwise
from bench.folding_stream import Stream
from config.settings import load_settings
from worker.flows.engine import Engine
from worker.flows.replay import Replay
from worker.model.item import Item


class Folded(NamedTuple):
    """What a way of folding made of some items.

    Attributes:
        groups: the group of each item, at the end.
        merges: how many groups were taken in by others.
    """

    groups: list[Hashable]
    merges: int


Fold = Callable[[Sequence[Item]], Folded]


class Row(NamedTuple):
    """One line of the table.

    Attributes:
        name: of the way of folding.
        raw: BCubed against the gold as labelled.
        joined: BCubed against the joined gold.
        pairs: pairwise against the joined gold.
        items_a_second: of CPU time of one core.
        merges_an_item: groups taken in, a folded item.
        groups: how many there are at the end.
    """

    name: str
    raw: Score
    joined: Score
    pairs: Score
    items_a_second: float
    merges_an_item: float
    groups: int


def run(name: str, fold: Fold, stream: Stream) -> Row:
    """Fold a stream and score what came of it."""
    started = time.process_time()
    folded = fold(stream.items)
    seconds = time.process_time() - started
    return score(name, folded, stream, seconds)


def score(name: str, folded: Folded, stream: Stream, seconds: float) -> Row:
    """The line of a run that took so many seconds."""
    items = len(stream.items) or 1
    return Row(
        name=name,
        raw=bcubed(folded.groups, stream.raw),
        joined=bcubed(folded.groups, stream.joined),
        pairs=pairwise(folded.groups, stream.joined),
        items_a_second=items / seconds if seconds else 0.0,
        merges_an_item=folded.merges / items,
        groups=len(set(folded.groups)),
    )


def fold_as_the_product(items: Sequence[Item], *, restart_every: int = 0) -> Folded:
    """The product's own decisions, with its default settings, in memory.

    Args:
        items: in order of arrival, no two of them the same item.
        restart_every: after so many items everything but the stories is forgotten, as when a process ends and another
            takes over; 0: never.
    """
    replay, merges = new_replay(), 0
    for number, item in enumerate(items):
        if restart_every and number and number % restart_every == 0:
            merges += replay.merges
            replay, stories = new_replay(), replay.stories
            replay.hold(stories.values())
        replay.fold(item)
    return Folded([replay.story_ids[item.item_id] for item in items], merges + replay.merges)


def new_replay() -> Replay:
    """An empty collection in memory, folded by the product's matcher with the default settings."""
    engine = Engine(load_settings({}), has_store=False)
    rules = engine.fold_rules()
    return Replay(engine.matcher(rules), rules)
