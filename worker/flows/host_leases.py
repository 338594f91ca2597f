"""Slots of hosts: a run of polls leases them from the store, so that all processes together keep to the limit.

A slot is held for as long as the run has feeds of its host, which then follow each other in it. Whoever dies loses
its slots when the lease ends.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from worker.flows.host_lanes import HostLane
from worker.store.hosts import Hosts, SlotCall

SLOT_MARGIN = timedelta(seconds=30)
"""A lease lasts longer than a request by this time; it is renewed every few seconds."""


class HostLeases:
    """The slots of one run."""

    def __init__(self, hosts: Hosts, *, per_host: int, lease: timedelta, clock: Callable[[], datetime]) -> None:
        """
        Args:
            hosts: where slots are leased.
            per_host: slots of a host, over all processes.
            lease: longer than a request may take.
            clock: aware UTC.
        """
        self._hosts = hosts
        self._per_host = per_host
        self._lease = lease
        self._clock = clock
        self._holder = secrets.token_hex(8)

    def take(self, lanes: Iterable[HostLane[Any]], most: int) -> None:
        """Ask for the slots that these lanes could use, at most so many of a host; some may get none."""
        limit = min(self._per_host, most)
        wanting = [(lane, wants) for lane in lanes if (wants := lane.wanted_slots(limit))]
        got = self._call({lane.host: SlotCall(lane.slots, wants) for lane, wants in wanting})
        for lane, _ in wanting:
            lane.slots += got[lane.host]

    def renew(self, lanes: Iterable[HostLane[Any]]) -> None:
        """Hold on to the slots of these lanes."""
        self._call({lane.host: SlotCall(lane.slots, 0) for lane in lanes if lane.slots})

    def free(self, held: Mapping[str, int]) -> None:
        """Give slots back. ``held``: host -> how many."""
        self._hosts.free_slots(self._holder, held)

    def _call(self, calls: dict[str, SlotCall]) -> dict[str, int]:
        return self._hosts.take_slots(self._holder, calls, self._clock(), self._lease, self._per_host)
