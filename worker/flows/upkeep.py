"""Upkeep: what the clock asks for. Whatever a lost message left undone is found again here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from config.settings import Settings
from worker.flows.engine import Engine
from worker.flows.host_lanes import host_of
from worker.model.feed import Feed, FeedState
from worker.sources.drop.stability import StabilityTracker
from worker.store.feeds import DispatchLimits
from worker.store.hosts import Hosts, TurnCall

#: How often the clock comes by.
TICK = timedelta(seconds=1)

#: How long a dispatched feed is left to the message that carries it.
DISPATCH_LEASE = timedelta(minutes=3)
FEEDS_A_MESSAGE = 100
MAX_DISPATCHED = 2000
"""In one tick. A million feeds an hour are 278 a second; this is what a start after an outage may make of them."""
MAX_COOLED = 1000
PAGES_A_ROUND = 100
SUBSCRIPTIONS_A_ROUND = 40


class _Due(NamedTuple):
    feed: Feed
    holds_turn: bool


def due_batches(engine: Engine, collection: str) -> list[list[str]]:
    """Claim the feeds that are due and form batches of URLs, those of one host together.

    Of each host only those go whose turn has come. The others become due again at a turn that they then hold, so that
    no feed is claimed more often than twice, however many its host has.
    """
    feeds, now = engine.feeds(collection), engine.clock()
    claims = feeds.claim(now, DISPATCH_LEASE, dispatch_limits(engine.settings))
    holds_turn = dict(claims)
    by_host: defaultdict[str, list[_Due]] = defaultdict(list)
    for feed in feeds.load(holds_turn):
        if feed.state is FeedState.ACTIVE:
            by_host[host_of(feed)].append(_Due(feed, holds_turn[feed.feed_id]))
    later = _take_turns(engine, by_host, now)
    feeds.put_off(later, now, timedelta(seconds=engine.settings.poll_interval_min_seconds), is_turn=True)
    urls = [due.feed.url for host in sorted(by_host) for due in by_host[host] if due.feed.feed_id not in later]
    return [urls[start : start + FEEDS_A_MESSAGE] for start in range(0, len(urls), FEEDS_A_MESSAGE)]


def dispatch_limits(settings: Settings) -> DispatchLimits:
    """How many feeds a tick hands out.

    All feeds must be handed out within the shortest interval that one can have, whatever spread is wished for.
    Without any spread the first tick may fill the queue as far as one tick can.
    """
    if not settings.poll_spread_seconds:
        return DispatchLimits(at_most=MAX_DISPATCHED, under_way=MAX_DISPATCHED)
    shortest = min(settings.poll_interval_min_seconds, settings.poll_interval_default_seconds)
    spread = min(settings.poll_spread_seconds, max(1.0, shortest))
    return DispatchLimits(at_most=MAX_DISPATCHED, spread_seconds=spread)


def _take_turns(engine: Engine, by_host: dict[str, list[_Due]], now: datetime) -> dict[str, datetime]:
    """Feed ids and turns of those that are not to go now."""
    gap = timedelta(seconds=engine.settings.per_host_gap_seconds)
    if not gap:
        return {}
    waiting = {host: _without_turn(due, gap) for host, due in by_host.items()}
    calls = {
        host: TurnCall(len(by_host[host]) - len(feed_ids), len(feed_ids))
        for host, feed_ids in waiting.items()
        if feed_ids
    }
    later = {}
    for host, first in Hosts(engine.client).reserve_turns(calls, now, gap).items():
        for number, feed_id in enumerate(waiting[host]):
            turn = first + number * gap
            if turn > now:
                later[feed_id] = turn
    return later


def _without_turn(due: Iterable[_Due], gap: timedelta) -> list[str]:
    """Ids of those of a host's feeds that need a turn.

    Turns that were held up until they fall into one tick would come as a burst: only as many go as a tick has room
    for, the others take new ones.
    """
    room = 1 if gap >= TICK else TICK // gap + 1
    without = []
    for feed, holds_turn in due:
        if holds_turn and room:
            room -= 1
        else:
            without.append(feed.feed_id)
    return without


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


def due_subscriptions(engine: Engine, collection: str) -> list[str]:
    """Begin a round with the hubs: ids of the feeds whose WebSub subscriptions are to be looked at; none while a
    round is under way.

    Without PUBLIC_URL no hub could reach us, and none is asked.
    """
    subscriptions, now = engine.subscriptions(collection), engine.clock()
    if not engine.settings.public_url or not subscriptions.count_due(now):
        return []
    if not subscriptions.begin_round(DISPATCH_LEASE):
        return []
    feed_ids = subscriptions.claim_due(now, DISPATCH_LEASE, SUBSCRIPTIONS_A_ROUND)
    if not feed_ids:
        subscriptions.end_round()
    return feed_ids


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
