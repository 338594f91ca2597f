"""Size: what a large window costs. Each size is measured in a process of its own.

The stories are made up (``bench.articles``): words as frequent as in real headlines, all within a day, so that every
one is alive; three in ten have several members, which word the first one's title anew. The window is built from their
stored records, as a process builds it that gets the lane; then items arrive, of which four in ten word an old
title anew, and go through the product's steps in memory: match, apply, insert, partner.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from random import Random
from statistics import mean

import msgspec

from bench.articles import TITLE_WORDS, Articles
from bench.corpus import ROOT
from bench.figures import Figure, arguments, percentile, show
from bench.folding_run import new_replay
from bench.folding_stream import COLLECTION
from config.settings import load_settings
from storyfold.document import Provider
from worker.flows.engine import Engine
from worker.flows.story_days import StoryDays
from worker.model.entry import Source
from worker.model.item import Item
from worker.model.story import Member, Story

SIZES = (50_000, 200_000)
PROBES = 10_000
WARM_UP = 200
_NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
_SPREAD_SECONDS = 20 * 3600
_MEMBERS, _MEMBER_WEIGHTS = (1, 2, 5, 10), (70, 15, 10, 5)
_REWORDED_SHARE, _REWORDED_WORDS = 0.4, 2
_PROVIDERS = 200

Records = defaultdict[date, list[bytes]]
"""Stories as the store keeps them, by the day of their latest item. The window asks for a day at a time."""


class _Headlines:
    """Items that nobody wrote, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._articles = Articles(seed, _NOON)
        self.random = Random(seed)
        self._made = 0

    def item(self, title: str, at: datetime) -> Item:
        self._made += 1
        domain = f"paper{self.random.randrange(_PROVIDERS)}.example"
        url = f"https://{domain}/{self._made}"
        return Item(
            item_id=blake2b(f"{url} {title}".encode(), digest_size=8).hexdigest(),
            collection=COLLECTION,
            source=Source.FEED,
            title=title,
            published_at=at,
            original_url=url,
            web_url=url,
            provider=Provider(name=domain, domain=domain),
            language="en",
            url_keys=(url,),
            first_seen_at=at,
        )

    def title(self) -> str:
        return self._articles.phrase(TITLE_WORDS)

    def reworded(self, title: str) -> str:
        """The title with two of its words replaced by others."""
        words = title.split()
        self.random.shuffle(words)
        return " ".join([*words[_REWORDED_WORDS:], *self._articles.phrase(_REWORDED_WORDS).split()])

    def story(self) -> Story:
        title, at = self.title(), _NOON - timedelta(seconds=self.random.randrange(_SPREAD_SECONDS))
        more = self.random.choices(_MEMBERS, _MEMBER_WEIGHTS)[0] - 1
        items = [self.item(title, at), *(self.item(self.reworded(title), at) for _ in range(more))]
        members = tuple(Member(item=item, joined_at=at) for item in items)
        lead_id = items[0].item_id
        return Story(
            story_id=lead_id,
            collection=COLLECTION,
            revision=1,
            path="",
            lead_id=lead_id,
            members=members,
            created_at=at,
            updated_at=at,
        )

    def arrivals(self, count: int, stories: Sequence[Story]) -> Iterator[tuple[Item, bool]]:
        """Items, and whether each one words an old title anew."""
        for _ in range(count):
            known = self.random.random() < _REWORDED_SHARE
            title = self.reworded(self.random.choice(stories).lead.title) if known else self.title()
            yield self.item(title, _NOON), known


def measure(stories: int, probes: int) -> list[Figure]:
    """The figures of one size, in this process."""
    headlines = _Headlines(1)
    records: Records = defaultdict(list)
    for story in (headlines.story() for _ in range(stories)):
        records[story.last_at.date()].append(msgspec.json.encode(story))
    rebuilt = _rebuild(records, stories)
    held = [msgspec.json.decode(record, type=Story) for some in records.values() for record in some]
    del records
    gc.collect()
    gc.freeze()  # the bench's own stories are not what the collector would go through
    seconds, shares, merges = _fold(held, list(headlines.arrivals(probes + WARM_UP, held)))
    words = f"{stories:,} stories"
    return [
        Figure(f"{words}: match, insert, partner", 1 / mean(seconds), "items/s", ">= 2,000"),
        Figure(f"{words}: an item, p50", percentile(seconds, 0.5) * 1e6, "us"),
        Figure(f"{words}: an item, p99", percentile(seconds, 0.99) * 1e6, "us"),
        Figure(f"{words}: reworded titles that joined a story", shares[True] * 100, "%"),
        Figure(f"{words}: new titles that joined one by chance", shares[False] * 100, "%"),
        Figure(f"{words}: merges an item", merges / len(seconds), ""),
        *rebuilt,
    ]


def _rebuild(records: Records, count: int) -> list[Figure]:
    """Build the window from stored records: seconds, and what the process grew by."""
    engine = Engine(load_settings({}), has_store=False)
    days = StoryDays(lambda first, _last: _decoded(records[first.date()]), engine.fold_rules())
    gc.collect()
    before, started = _resident_bytes(), time.perf_counter()
    index = days.reach_to(_NOON)
    seconds = time.perf_counter() - started
    gc.collect()
    grown = _resident_bytes() - before
    assert len(index) == count, f"{len(index)} of {count} stories are in the window"
    words = f"{count:,} stories"
    return [
        Figure(f"{words}: memory a story", grown / count, "bytes"),
        Figure(f"{words}: rebuild from the stored records", seconds, "s"),
        Figure(f"{words}: rebuild, speed", count / seconds, "stories/s"),
    ]


def _decoded(records: list[bytes]) -> Iterator[Story]:
    return (msgspec.json.decode(record, type=Story) for record in records)


def _fold(held: list[Story], items: list[tuple[Item, bool]]) -> tuple[list[float], dict[bool, float], int]:
    """Seconds of each item, the share that joined a story by whether the title is an old one, and the merges."""
    replay = new_replay()
    replay.hold(held)
    for item, _ in items[:WARM_UP]:
        replay.fold(item)
    seconds, merges = list[float](), replay.merges
    joined: dict[bool, list[bool]] = {True: [], False: []}
    for item, known in items[WARM_UP:]:
        started = time.perf_counter()
        story_id = replay.fold(item)
        seconds.append(time.perf_counter() - started)
        joined[known].append(story_id != item.item_id)
    return seconds, {known: mean(each or [0]) for known, each in joined.items()}, replay.merges - merges


def _resident_bytes() -> int:
    """Memory of this process; Linux."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def measure_apart(stories: int, probes: int) -> list[Figure]:
    """The figures of one size, measured in a fresh process."""
    command = [
        sys.executable,
        "-m",
        "bench.folding_size",
        "--stories",
        str(stories),
        "--probes",
        str(probes),
        "--json",
    ]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return [Figure(**figure) for figure in json.loads(done.stdout)["figures"]]


def main(argv: Sequence[str] | None = None) -> None:
    """Measure one size and print."""
    parser = arguments("folding into a large window")
    parser.add_argument("--stories", type=int, default=SIZES[0], help=f"in the window (default {SIZES[0]})")
    parser.add_argument("--probes", type=int, default=PROBES, help=f"items that arrive (default {PROBES})")
    options = parser.parse_args(argv)
    show("folding, size", measure(options.stories, options.probes), as_json=options.json)


if __name__ == "__main__":
    main()
