"""The whole product on the labelled stream: ``storyfold ingest``, lane, commits; stories read back from the events.

The rows go as bare documents, in files of some thousand lines, each file through a process of its own, so that the
window is loaded from the store anew for each. The matcher alone folds the same items in memory: as the product
normalizes them, without the server, and begun anew as often, too. Rows that the product takes for one item (an
address or a title of a provider that an earlier row has) are left out on both sides, for an item stands in one story
by rule.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Hashable, Iterator, Sequence
from typing import Any, NamedTuple

from msgspec.structs import replace

from bench.folding_run import Folded, Row, fold_as_the_product, score
from bench.folding_scores import agreement
from bench.folding_stream import COLLECTION, Stream
from bench.installation import Installation, clean_environment, installation
from config.redis_url import redis_url
from storyfold.event import Event, EventType
from worker.flows.file_content import read_objects
from worker.fold.identity import claims_of
from worker.model.entry import Source
from worker.model.item import Item
from worker.supervisor.role_commands import role_environment

LINES_A_FILE = 5_000
EVENTS_AT_ONCE = 1_000


class Comparison(NamedTuple):
    """The product beside its matcher alone.

    Attributes:
        product: the line of the product; its speed is by the clock, processes, server and all.
        alone: the line of the matcher on the same items, begun anew from the stories where a file ended.
        unbroken: the same in one go.
        agreement: BCubed F1 between the groupings of the product and of ``alone``.
        unbroken_agreement: likewise of ``unbroken``: what restarts change.
        left_out: rows that are one item with an earlier row.
        untold: items that no event names, since a large story's event does not hold all; taken from the store.
        events: read.
    """

    product: Row
    alone: Row
    unbroken: Row
    agreement: float
    unbroken_agreement: float
    left_out: int
    untold: int
    events: int


def measure(stream: Stream) -> Comparison:
    """Ingest the stream and fold it in memory."""
    with installation({}) as place:
        normalized = _normalized(place, stream.items)
        kept = _kept_rows(normalized)
        ours = Stream(tuple(normalized[i] for i in kept), *stream.of(kept)[1:])
        started = time.perf_counter()
        _ingest(place, [stream.items[i] for i in kept])
        seconds = time.perf_counter() - started
        _check_taken(place)
        told = _Told(place)
        groups, untold = told.groups(ours.items)
    started = time.process_time()
    alone = fold_as_the_product(ours.items, restart_every=LINES_A_FILE)
    alone_seconds = time.process_time() - started
    unbroken = fold_as_the_product(ours.items)
    return Comparison(
        product=score("through the whole product", Folded(groups, told.merges), ours, seconds),
        alone=score("the matcher alone, same items", alone, ours, alone_seconds),
        unbroken=score("the same without restarts", unbroken, ours, 0.0),
        agreement=agreement(groups, alone.groups),
        unbroken_agreement=agreement(groups, unbroken.groups),
        left_out=len(stream.items) - len(kept),
        untold=untold,
        events=told.events,
    )


def document_of(item: Item) -> dict[str, Any]:
    """The bare document that stands for a row."""
    written = {
        "title": item.title,
        "originalUrl": item.original_url,
        "publishedDateTime": item.published_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "provider": {"name": item.provider.name, "domain": item.provider.domain},
    }
    return written | ({"excerpt": item.excerpt} if item.excerpt else {})


def _normalized(place: Installation, items: Sequence[Item]) -> list[Item]:
    """The items as the product makes them of their documents, first seen when they came out."""
    engine = place.engine
    documents = [document_of(item) for item in items]
    bare = engine.to_item(COLLECTION, by_rules=False)
    entries = read_objects(documents, collection=COLLECTION, source=Source.TASK, to_item=bare)
    made = map(engine.to_item(COLLECTION), entries)
    return [replace(item, first_seen_at=item.published_at) for item in made]


def _kept_rows(items: Sequence[Item]) -> list[int]:
    """Rows that share no claim with an earlier one."""
    claimed: set[str] = set()
    kept = []
    for number, item in enumerate(items):
        claims = claims_of(item)
        if claimed.isdisjoint(claims):
            kept.append(number)
        claimed.update(claims)
    return kept


def _ingest(place: Installation, items: Sequence[Item]) -> None:
    environment = role_environment(place.settings, clean_environment({})) | {
        "STORYFOLD_REDIS_URL": redis_url(place.settings)
    }
    for start in range(0, len(items), LINES_A_FILE):
        path = place.folder / f"rows-{start}.jsonl"
        lines = [json.dumps(document_of(item)) + "\n" for item in items[start : start + LINES_A_FILE]]
        path.write_text("".join(lines), encoding="utf-8")
        command = [sys.executable, "-m", "worker.cli", "ingest", str(path), "--category", COLLECTION]
        done = subprocess.run(command, env=environment, cwd=place.folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"storyfold ingest failed on the rows from {start}:\n{done.stderr[-3000:]}")


def _check_taken(place: Installation) -> None:
    """End the bench when items became dead letters: the scores would be of something else."""
    letters = place.engine.dead_letters(COLLECTION)
    if count := letters.count():
        first = letters.newest(1)[0]
        raise SystemExit(f"{count:,} rows became dead letters; the newest: {first.error}: {first.detail}")


class _Told:
    """What the events of a stream say of who is with whom.

    Attributes:
        events: how many were read.
        merges: stories that were taken in by others.
    """

    def __init__(self, place: Installation) -> None:
        self._stories = place.engine.stories(COLLECTION)
        self._story_of: dict[str, str] = {}
        self._into: dict[str, str] = {}
        self.events = 0
        for event in _events(place, self._stories.keys.stream):
            self._read(event)
        self.merges = len(self._into)

    def _read(self, event: Event) -> None:
        self.events += 1
        if event.type == EventType.MERGED:
            self._into[event.subject] = str(event.data["into"])
        elif event.type != EventType.RETIRED:
            document = event.data["document"]
            for told in (document, *document.get("related", ())):
                self._story_of[told["webUrl"]] = event.subject

    def groups(self, items: Sequence[Item]) -> tuple[list[Hashable], int]:
        """The story of each item, and for how many the store had to be asked."""
        missing = [item.item_id for item in items if item.web_url not in self._story_of]
        stored = self._stories.story_ids(missing)
        told = [self._story_of.get(item.web_url or "") or stored.get(item.item_id, item.item_id) for item in items]
        return [self._survivor(story_id) for story_id in told], len(missing)

    def _survivor(self, story_id: str) -> str:
        while story_id in self._into:
            story_id = self._into[story_id]
        return story_id


def _events(place: Installation, stream: str) -> Iterator[Event]:
    last = "-"
    while entries := place.engine.client.xrange(stream, last, "+", count=EVENTS_AT_ONCE):
        yield from (Event.from_fields(fields) for _, fields in entries)
        last = f"({entries[-1][0]}"
