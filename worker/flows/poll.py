"""Poll: ask feeds for what is new, many at a time, and put it into the lane."""

from __future__ import annotations

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING

import structlog
from msgspec.structs import replace

from storyfold.errors import FetchError, SourceError, StoreUnavailableError
from worker.flows.credential import FeedCredentials
from worker.flows.fetch_loop import Loop
from worker.flows.filed_elsewhere import send_elsewhere
from worker.flows.host_lanes import AHEAD, HostLane, HostLanes, host_of
from worker.flows.host_leases import HostLeases
from worker.flows.outage import first_passing
from worker.flows.poll_outcome import PollRules, failed, fetched
from worker.flows.shared_feeds import Follower, SharedFeeds, by_credential, common_request, scheduled_together
from worker.model.failures import is_refusal
from worker.model.feed import Feed, FeedState
from worker.sources.fetch.exchange import FetchRequest, FetchResult
from worker.sources.fetch.web_address import public_text, public_url
from worker.store.feeds import SENT_WITHIN
from worker.store.lane import Lane
from worker.store.polled import Polled

if TYPE_CHECKING:
    from worker.sources.fetch.fetcher import Fetcher

CONCURRENT_FETCHES = 48
FEEDS_A_ROUND_TRIP = 32
FLUSH_SECONDS = 0.25
FLUSHES_A_RENEWAL = 20
FEEDS_A_LOOK = 500

CRASHED = "crashed"
MOST_CRASHES = 3
"""Polls of a feed that may end with their process before it is set aside; of one that was set aside, one a day."""

PUT_OFF = timedelta(seconds=5)
"""How long a feed waits whose host is being asked by other processes, or for which the time did not suffice."""
PUT_OFF_EACH = timedelta(seconds=0.5)

log = structlog.get_logger()


class Poll:
    """Polls feeds of one collection, and with them those of others that follow the same URLs."""

    def __init__(
        self,
        *,
        loop: Loop,
        collection: str,
        follower: Callable[[str], Follower],
        rules: PollRules,
        clock: Callable[[], datetime],
        on_items: Callable[[], None],
        lane_of: Callable[[str], Lane],
        leases: HostLeases,
        credentials: FeedCredentials,
        on_answer: Callable[[Feed, FetchResult], None] | None = None,
    ) -> None:
        """
        Args:
            loop: of this process.
            collection: whose feeds are polled.
            follower: what is needed of a collection, by its name.
            rules: of the operator.
            clock: aware UTC.
            on_items: called when items were put into the collection's lane.
            lane_of: the lane of a collection, for items that a rule files elsewhere.
            leases: slots of hosts.
            credentials: of the feeds that name one.
            on_answer: is given each usable answer before it is read.
        """
        self._loop = loop
        self._collection = collection
        self._make_follower = follower
        self._followers: dict[str, Follower] = {}
        self._feeds = self._follower(collection).feeds
        self._rules = rules
        self._clock = clock
        self._on_items = on_items
        self._lane_of = lane_of
        self._leases = leases
        self._credentials = credentials
        self._on_answer = on_answer
        self._started_at = clock()
        self._lanes: HostLanes[tuple[Feed, ...]] = HostLanes()
        self._shared = SharedFeeds(self._feeds, {}, self._follower)
        self._done: list[Polled] = []
        self._noted: list[str] = []

    def run(
        self, feed_ids: Sequence[str], budget_seconds: float, others: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        """Poll feeds, each unless it was asked too recently or is stopped.

        Those that the time does not suffice for are left to the schedule, which hands them out again; so are those
        whose host other processes are asking.

        Args:
            feed_ids: of feeds of the collection.
            budget_seconds: no request is begun after this time.
            others: feed id -> the other collections that follow the feed.

        Raises:
            StoreUnavailableError: Redis is away. What was fetched and not stored is asked for again.
        """
        until = time.monotonic() + budget_seconds
        self._shared = SharedFeeds(self._feeds, others or {}, self._follower)
        ids = list(dict.fromkeys(feed_ids))
        unfinished = self._feeds.unfinished(ids)
        self._run_together([feed_id for feed_id in ids if feed_id not in unfinished], until)
        # Whatever ends the process now, no other feed suffers from it.
        for feed_id in self._bearable(unfinished):
            self._run_together([feed_id], until)

    def _run_together(self, feed_ids: list[str], until: float) -> None:
        self._done, self._lanes, self._started_at = [], HostLanes(), self._clock()
        self._noted = []
        lined_up = self._line_up(feed_ids)
        try:
            self._loop.run(self._poll_all(min(CONCURRENT_FETCHES, lined_up), until))
        except BaseExceptionGroup as group:
            raise first_passing(group) from group
        except (SystemExit, KeyboardInterrupt):
            # Whoever stops us in time finds no fault with the feeds that we ask; the time limit comes later.
            if time.monotonic() < until:
                self._end_noted()
            raise

    def _end_noted(self) -> None:
        try:
            self._feeds.end_polls(self._noted)
        except StoreUnavailableError:
            log.warning("polls that a stop ended count as unfinished: Redis is away")

    def _bearable(self, unfinished: Mapping[str, int]) -> list[str]:
        """Of feeds whose last poll came to no end, those that are tried again; the others fail without a request."""
        again: list[str] = []
        self._done = []
        for feed in self._feeds.load(unfinished):
            most = 1 if feed.failure == CRASHED else MOST_CRASHES
            if unfinished[feed.feed_id] < most:
                again.append(feed.feed_id)
                continue
            error = SourceError(CRASHED, "each process that polled it died of it or was killed; it is left for a day")
            records = self._shared.records(feed)
            self._done += scheduled_together([self._failed(record, error, random.random()) for record in records])  # noqa: S311
        self._flush()
        return again

    def _follower(self, collection: str) -> Follower:
        if collection not in self._followers:
            self._followers[collection] = self._make_follower(collection)
        return self._followers[collection]

    def _line_up(self, feed_ids: list[str]) -> int:
        """Sort the feeds by host; returns how many they are."""
        lined_up, now = 0, self._clock()
        for start in range(0, len(feed_ids), FEEDS_A_LOOK):
            for feed in self._feeds.load(feed_ids[start : start + FEEDS_A_LOOK]):
                is_active = feed.state is FeedState.ACTIVE and not _is_left_alone(feed, now)
                if is_active or feed.feed_id in self._shared:
                    self._lanes.add(host_of(feed), feed.feed_id)
                    lined_up += 1
        return lined_up

    async def _poll_all(self, workers: int, until: float) -> None:
        if not workers:
            return
        fetcher = await self._loop.fetcher()
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._work(fetcher, until)) for _ in range(workers)]
            flusher = group.create_task(self._flush_at_times())
            await asyncio.wait(tasks)
            flusher.cancel()
        self._give_back()
        self._flush()
        for follower in self._followers.values():
            follower.counts.flush()

    async def _work(self, fetcher: Fetcher, until: float) -> None:
        while time.monotonic() < until:
            found = self._lanes.next()
            if found is None:
                if not self._begin():
                    return  # who asks a host that is left goes on with it
                continue
            lane, records = found
            polls = await self._poll_one(fetcher, records)
            self._done += polls  # looked up after the wait: a flush puts a new list in its place
            self._lanes.done(lane)
            if len(self._done) >= FEEDS_A_ROUND_TRIP:
                self._flush()

    def _begin(self) -> bool:
        """Begin some feeds of hosts that have slots; False when none is left that could be begun now."""
        lanes = self._lanes.take_open(FEEDS_A_ROUND_TRIP)
        if not lanes:
            return False
        self._leases.take(lanes, CONCURRENT_FETCHES)
        share = max(1, FEEDS_A_ROUND_TRIP // len(lanes))
        chosen: dict[str, HostLane[tuple[Feed, ...]]] = {}
        for lane in lanes:
            if lane.slots:
                for _ in range(min(share, max(AHEAD, lane.slots), len(lane.waiting))):
                    chosen[lane.waiting.popleft()] = lane
            else:
                self._put_off(lane.waiting)
                lane.waiting.clear()
        self._hold(lanes)
        begun: defaultdict[str, list[tuple[Feed, ...]]] = defaultdict(list)
        for records in self._begun(list(chosen)):
            begun[chosen[records[0].feed_id].host].append(records)
        for lane in lanes:
            self._lanes.begin(lane, begun[lane.host])
        return True

    def _hold(self, lanes: list[HostLane[tuple[Feed, ...]]]) -> None:
        """Keep the clock from handing out the feeds that wait here for their host's slots."""
        waiting = [lane for lane in lanes if lane.waiting and not lane.is_held]
        until = (self._clock() + SENT_WITHIN).timestamp()
        self._feeds.postpone({feed_id: until for lane in waiting for feed_id in lane.waiting})
        for lane in waiting:
            lane.is_held = True

    def _begun(self, feed_ids: list[str]) -> list[tuple[Feed, ...]]:
        """Note the attempts; returns the records of those feeds that may be asked now."""
        now = self._clock()
        gap = self._least_gap(now)
        shared = self._shared
        asking = [each for each in feed_ids if each not in shared or not shared.too_recent(each, now, gap)]
        found = []
        noted = self._feeds.begin_poll(asking, now, gap)
        self._noted += noted
        for feed in self._feeds.load(noted):
            if feed.feed_id in shared:
                shared.begin(feed.feed_id, now, gap)
            records = tuple(replace(record, last_attempt_at=now) for record in shared.records(feed))
            if records:
                found.append(records)
        self._credentials.load(record for records in found for record in records)
        return self._with_push(found)

    def _least_gap(self, now: datetime) -> timedelta:
        """Of two attempts at a feed. Whoever was asked by others since this run began needs no second poll."""
        return max(timedelta(seconds=self._rules.bounds.minimum_seconds), now - self._started_at)

    def _put_off(self, feed_ids: Iterable[str], *, unasked: bool = False) -> None:
        """Let feeds be handed out again soon, one after the other."""
        now = self._clock()
        due_at = {feed_id: now + PUT_OFF + PUT_OFF_EACH * number for number, feed_id in enumerate(feed_ids)}
        self._feeds.put_off(due_at, now, self._least_gap(now), is_turn=True, unasked=unasked)

    def _give_back(self) -> None:
        """Leave to the schedule what the time did not suffice for, and all slots."""
        held = self._lanes.emptied()
        for lane in self._lanes.living():
            self._put_off(lane.waiting)
            self._put_off([records[0].feed_id for records in lane.begun], unasked=True)
            for records in lane.begun:
                self._shared.give_back(records[0].feed_id, self._clock(), PUT_OFF)
            held[lane.host] = lane.slots
        self._leases.free(held)

    async def _poll_one(self, fetcher: Fetcher, records: tuple[Feed, ...]) -> list[Polled]:
        if len(records) == 1:
            return await self._ask(fetcher, records)
        polls = [polled for some in by_credential(records) for polled in await self._ask(fetcher, some)]
        return scheduled_together(polls)

    async def _ask(self, fetcher: Fetcher, records: tuple[Feed, ...]) -> list[Polled]:
        """One request, and its outcome for each of the records."""
        jitter = random.random()  # noqa: S311 - spreads load, hides nothing
        try:
            result = await fetcher.fetch(self._request(common_request(records)))
        except FetchError as error:
            return [self._failed(feed, error, jitter) for feed in records]
        return [self._outcome(feed, result, jitter) for feed in records]

    def _outcome(self, feed: Feed, result: FetchResult, jitter: float) -> Polled:
        if self._on_answer is not None:
            self._on_answer(feed, result)
        to_item = self._follower(feed.collection).to_item
        try:
            polled = fetched(feed, result, now=self._clock(), jitter=jitter, rules=self._rules, to_item=to_item)
        except Exception as error:  # the boundary of one feed: its fault is named, the batch goes on
            log.exception("feed given up", feed_url=public_url(feed.url))
            return self._failed(
                feed, SourceError("internal", public_text(f"{type(error).__name__}: {error}")), jitter
            )
        self._count(polled, not_modified=result.status == 304)
        return polled

    def _request(self, feed: Feed) -> FetchRequest:
        secret_headers, secret_origin = self._credentials.of(feed)
        return FetchRequest(
            url=feed.asked_url or feed.url,
            etag=feed.etag,
            last_modified=feed.last_modified,
            validators_url=feed.validators_url,
            secret_headers=secret_headers,
            secret_origin=secret_origin,
        )

    def _failed(self, feed: Feed, error: FetchError | SourceError, jitter: float) -> Polled:
        polled = failed(feed, error, now=self._clock(), jitter=jitter, rules=self._rules)
        self._count(polled, not_modified=False)
        return polled

    def _count(self, polled: Polled, *, not_modified: bool) -> None:
        feed = polled.feed
        self._follower(feed.collection).counts.add(
            polls=1,
            polls_failed=bool(feed.failure),
            polls_not_modified=not_modified,
            entries=len(polled.items),
            dead=len(polled.letters),
            **polled.counts,
        )
        if feed.failure:
            log.warning("feed failed", feed_url=public_url(feed.url), failure=feed.failure, detail=feed.detail)

    async def _flush_at_times(self) -> None:
        for number in count(1):
            await asyncio.sleep(FLUSH_SECONDS)
            self._flush()
            if number % FLUSHES_A_RENEWAL == 0:
                self._leases.renew(self._lanes.living())

    def _flush(self) -> None:
        done, self._done = self._done, []
        by_collection: defaultdict[str, list[Polled]] = defaultdict(list)
        for polled in done:
            by_collection[polled.feed.collection].append(send_elsewhere(polled, self._lane_of))
        for collection, polls in by_collection.items():
            follower = self._follower(collection)
            if follower.feeds.finish(polls) and collection == self._collection:
                self._on_items()
            follower.push.note(polled.feed for polled in polls)
        self._feeds.end_polls([polled.feed.feed_id for polled in done if polled.feed.collection != self._collection])
        self._leases.free(self._lanes.emptied())

    def _with_push(self, found: list[tuple[Feed, ...]]) -> list[tuple[Feed, ...]]:
        """The records with the ends of their WebSub leases as they are now."""
        by_collection: defaultdict[str, list[Feed]] = defaultdict(list)
        for records in found:
            for record in records:
                by_collection[record.collection].append(record)
        merged = {
            (name, feed.feed_id): feed
            for name, feeds in by_collection.items()
            for feed in self._follower(name).push.with_push(feeds)
        }
        return [tuple(merged[record.collection, record.feed_id] for record in records) for records in found]


def _is_left_alone(feed: Feed, now: datetime) -> bool:
    """Whether its server refused us and the time to wait is not over: no program's message makes it shorter."""
    return is_refusal(feed.failure) and feed.next_poll_at is not None and feed.next_poll_at > now
