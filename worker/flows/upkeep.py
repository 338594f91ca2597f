"""Upkeep: what the clock asks for. Whatever a lost message left undone is found again here."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from urllib.parse import urlsplit

from worker.flows.engine import Engine
from worker.sources.drop.stability import StabilityTracker

#: How long a dispatched feed is left to the message that carries it.
DISPATCH_LEASE = timedelta(minutes=3)
FEEDS_A_MESSAGE = 100
MAX_DISPATCHED = 2000
MAX_COOLED = 1000
PAGES_A_ROUND = 100


def due_batches(engine: Engine, collection: str) -> list[list[str]]:
    """Claim the feeds that are due and form batches of URLs, those of one host together."""
    feeds = engine.feeds(collection)
    claimed = feeds.claim_due(engine.clock(), DISPATCH_LEASE, MAX_DISPATCHED)
    by_host: defaultdict[str, list[str]] = defaultdict(list)
    for feed in feeds.load(claimed):
        by_host[urlsplit(feed.url).netloc].append(feed.url)
    urls = [url for host in sorted(by_host) for url in by_host[host]]
    return [urls[start : start + FEEDS_A_MESSAGE] for start in range(0, len(urls), FEEDS_A_MESSAGE)]


def due_pages(engine: Engine, collection: str) -> list[str]:
    """Begin a round of page reading: ids of the items whose pages' turn has come; none while a round is under way.

    With ENRICH off the pages that wait are left as they are.
    """
    pages = engine.pages(collection)
    if engine.settings.enrich == "off" or not pages.begin_round(DISPATCH_LEASE):
        return []
    item_ids = pages.claim_due(engine.clock(), DISPATCH_LEASE, PAGES_A_ROUND)
    if not item_ids:
        pages.end_round()
    return item_ids


def ask_for_cooling(engine: Engine, collection: str) -> bool:
    """Send the stories whose heat is to fall through the lane; True when there were any."""
    due = engine.stories(collection).due_to_cool(engine.clock(), MAX_COOLED)
    engine.lane(collection).push_cooling(due)
    return bool(due)


def still_files(engine: Engine) -> list[str]:
    """Paths of the dropped files that have stood still long enough, judged by one look.

    A look cannot see a change; the inode's own time stamp, which no program sets, tells how long ago the last
    one was.

    Raises:
        DropFolderMissingError: the drop folder is not there.
    """
    tracker = StabilityTracker(engine.settings.drop_stable_seconds)
    observations = engine.drop_folder.scan()
    return tracker.observe(observations, now=engine.clock().timestamp(), monotonic=0.0)


def note_tick(engine: Engine, collection: str) -> None:
    """Leave the time of this tick for health checks: it proves beat, queue, worker and Redis at once."""
    engine.note_health(collection, tick=engine.clock().timestamp())
