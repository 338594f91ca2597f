"""Parsing: real feeds to entries and to items, beside feedparser on the same bytes, in one process.

The three readers take turns at each document. Caches of ours are emptied before each pass, so that the second
pass is no cheaper than the first; the best of the passes counts, for all three alike. What is counted is CPU time,
which another process on the same machine does not change much.
"""

from __future__ import annotations

import functools
import gc
import time
import warnings
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from statistics import median
from typing import NamedTuple

import feedparser

from bench.corpus import feed_folder, feed_paths
from bench.figures import Figure, arguments, show
from config.settings import BUNDLED_FOLDER
from storyfold.errors import SourceError
from worker.normalize.item import Context, normalize
from worker.normalize.providers import load_organizations
from worker.normalize.topics import load_taxonomy
from worker.sources.parse.feed_document import parse_feed

FEED_URL = "https://www.paper.example/feed.xml"


_READERS = {"bytes to entries": "parsed", "bytes to items": "items", "feedparser": "feedparser"}


class Document(NamedTuple):
    """A feed to read.

    Attributes:
        name: of its file.
        body: its bytes.
    """

    name: str
    body: bytes


class Times(NamedTuple):
    """Seconds for one document; the best of all passes.

    Attributes:
        name: of the document.
        entries: that our reader finds.
        parsed: bytes to entries.
        items: bytes to items.
        feedparser: bytes to feedparser's dictionary.
    """

    name: str
    entries: int
    parsed: float
    items: float
    feedparser: float


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = arguments("parse and normalize beside feedparser")
    parser.add_argument("--passes", type=int, default=4, help="over all documents (default 4)")
    parser.add_argument("--limit", type=int, default=0, help="most documents, 0 for all (default 0)")
    parser.add_argument("--slowest", type=int, default=0, help="name so many documents of the least ratio")
    options = parser.parse_args(argv)
    folder = feed_folder()
    paths = feed_paths(folder)[: options.limit or None]
    documents = [Document(str(path.relative_to(folder)), path.read_bytes()) for path in paths]
    times = _measure(documents, options.passes)
    if options.slowest and not options.json:
        _print_slowest(times, options.slowest)
    show(
        f"parsing {len(documents)} documents of {folder.parent.name}/{folder.name}",
        _figures(times, sum(len(document.body) for document in documents)),
        as_json=options.json,
    )


def _measure(documents: Sequence[Document], passes: int) -> list[Times]:
    context = Context(
        collection="news",
        taxonomy=load_taxonomy(BUNDLED_FOLDER / "topics"),
        organizations=load_organizations(BUNDLED_FOLDER / "organizations"),
    )
    entries = {document.name: _count(document.body) for document in documents}
    best: dict[str, Times] = {}
    for _ in range(passes):
        empty_caches()
        for document in documents:
            times = _time_one(document, entries[document.name], context)
            before = best.get(document.name, times)
            best[document.name] = Times(times.name, times.entries, *map(min, times[2:], before[2:]))
    return list(best.values())


def _time_one(document: Document, entries: int, context: Context) -> Times:
    now = datetime.now(UTC)
    parsed = _seconds(lambda: _read(document.body))
    items = _seconds(lambda: _read_items(document.body, now, context))
    return Times(document.name, entries, parsed, items, _seconds(lambda: _read_with_feedparser(document.body)))


def empty_caches() -> None:
    """Forget what our functions remember of earlier documents. What libraries keep is left to both sides."""
    for cached in _caches():
        cached.cache_clear()


@functools.cache
def _caches() -> list[functools._lru_cache_wrapper[object]]:
    rooms = ("worker.", "storyfold.")
    found = [each for each in gc.get_objects() if isinstance(each, functools._lru_cache_wrapper)]  # noqa: SLF001
    return [each for each in found if str(getattr(each, "__module__", "")).startswith(rooms)]


def _seconds(call: Callable[[], None]) -> float:
    started = time.thread_time()
    call()
    return time.thread_time() - started


def _count(body: bytes) -> int:
    try:
        return len(parse_feed(body, feed_url=FEED_URL).entries)
    except SourceError:
        return 0


def _read(body: bytes) -> None:
    _count(body)


def _read_items(body: bytes, now: datetime, context: Context) -> None:
    try:
        parsed = parse_feed(body, feed_url=FEED_URL)
    except SourceError:
        return
    for entry in parsed.entries:
        try:
            normalize(entry, now=now, context=context)
        except SourceError:
            continue


def _read_with_feedparser(body: bytes) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        feedparser.parse(body)


def _figures(times: Sequence[Times], total_bytes: int) -> list[Figure]:
    entries = sum(each.entries for each in times)
    figures = [Figure("entries in all documents", entries, "entries"), Figure("their size", total_bytes / 1e6, "MB")]
    seconds = {name: sum(getattr(each, field) for each in times) for name, field in _READERS.items()}
    for name, spent in seconds.items():
        figures += [
            Figure(name, spent / len(times) * 1000, "ms a feed"),
            Figure(f"{name}, speed", entries / spent, "entries/s"),
            Figure(f"{name}, throughput", total_bytes / 1e6 / spent, "MB/s"),
        ]
    parsed, items, naive = seconds.values()
    return [
        *figures,
        Figure("ratio feedparser to entries", naive / parsed, "x", ">= 20"),
        Figure("  the same, median of documents", median(each.feedparser / each.parsed for each in times), "x"),
        Figure("ratio feedparser to items", naive / items, "x"),
        Figure("  the same, median of documents", median(each.feedparser / each.items for each in times), "x"),
    ]


def _print_slowest(times: Sequence[Times], count: int) -> None:
    for each in sorted(times, key=lambda each: each.feedparser / each.items)[:count]:
        ratio = each.feedparser / each.items
        ours = f"{each.parsed * 1000:8.1f} {each.items * 1000:8.1f} {each.feedparser * 1000:8.1f} ms"
        print(f"  {ratio:6.1f} x {ours} {each.entries:6} entries  {each.name}")


if __name__ == "__main__":
    main()
