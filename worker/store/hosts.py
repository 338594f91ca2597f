"""What is known of web hosts: turns and slots of requests for feeds, the last request for a page, robots.txt.

It belongs to no collection: a host sees one Storyfold.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from worker.store.client import Client, script, store_errors
from worker.store.keys import host_gate, host_slots, host_turns, robots_record

_encoder = msgspec.json.Encoder()


class RobotsRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an origin answered to /robots.txt.

    Attributes:
        text: the file, "" where there is none.
        failure: why it could not be read, so that nothing may be asked for now; "" when it could.
    """

    text: str = ""
    failure: str = ""


class TurnCall(NamedTuple):
    """What a dispatcher says about a host.

    Attributes:
        going: feeds that it dispatches now by turns that they held.
        wants: turns that it needs for others.
    """

    going: int
    wants: int


class SlotCall(NamedTuple):
    """What a process says about its slots of one host.

    Attributes:
        holds: slots that it has.
        wants: slots that it would like beside them.
    """

    holds: int
    wants: int


_decoder = msgspec.json.Decoder(RobotsRecord)


class Hosts:
    """Records of hosts and origins, each ending by itself."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._reserve_turns = script(client, "reserve_turns")
        self._take_slots = script(client, "take_slots")
        self._free_slots = script(client, "free_slots")

    def reserve_turns(self, calls: Mapping[str, TurnCall], now: datetime, gap: timedelta) -> dict[str, datetime]:
        """Take the next free turns of hosts, ``gap`` apart.

        Args:
            calls: host -> what is wanted.
            now: our clock; no turn is before it.
            gap: more than zero.

        Returns:
            Host -> its first turn. The others follow it, each a gap later.
        """
        if not calls:
            return {}
        args: list[Any] = [now.timestamp(), gap.total_seconds()]
        for call in calls.values():
            args += call
        with store_errors():
            first = self._reserve_turns(keys=[host_turns(host) for host in calls], args=args)
        return {host: datetime.fromtimestamp(float(at), now.tzinfo) for host, at in zip(calls, first, strict=True)}

    def take_slots(
        self, holder: str, calls: Mapping[str, SlotCall], now: datetime, lease: timedelta, limit: int
    ) -> dict[str, int]:
        """Lease slots of hosts, and hold on to those that are held.

        Args:
            holder: name of who asks, told from all others.
            calls: host -> what is held and what is wanted.
            now: our clock.
            lease: longer than the longest request; who dies loses the slots then.
            limit: slots of a host, over all holders.

        Returns:
            Host -> how many slots it got beside those that it holds.
        """
        if not calls:
            return {}
        args: list[Any] = [now.timestamp(), (now + lease).timestamp(), limit, holder]
        for call in calls.values():
            args += call
        with store_errors():
            got = self._take_slots(keys=[host_slots(host) for host in calls], args=args)
        return dict(zip(calls, got, strict=True))

    def free_slots(self, holder: str, held: Mapping[str, int]) -> None:
        """Give all slots of these hosts back. ``held``: host -> how many."""
        if held:
            with store_errors():
                self._free_slots(keys=[host_slots(host) for host in held], args=[holder, *held.values()])

    def pass_gate(self, host: str, gap: timedelta) -> timedelta:
        """Go through a host's gate, which then stays closed for ``gap``.

        Returns:
            Zero for the one who goes through, else how long the gate is still closed.
        """
        key = host_gate(host)
        with store_errors(), self._client.pipeline(transaction=True) as pipe:
            pipe.set(key, "1", nx=True, px=_milliseconds(gap))
            pipe.pttl(key)
            passed, left = pipe.execute()
        return timedelta(0) if passed else timedelta(milliseconds=max(1, int(left)))

    def close_gate(self, host: str, time: timedelta) -> None:
        """Keep a host's gate closed, because it asked for that."""
        with store_errors():
            self._client.set(host_gate(host), "1", px=_milliseconds(time))

    def robots(self, origin: str) -> RobotsRecord | None:
        """What is known of an origin's robots.txt; None when it has to be asked for."""
        with store_errors():
            record = self._client.get(robots_record(origin))
        if record is None:
            return None
        try:
            return _decoder.decode(record)
        except msgspec.MsgspecError:
            return None  # written by another version; it is asked for again

    def keep_robots(self, origin: str, record: RobotsRecord, time: timedelta) -> None:
        """Keep an answer for a while."""
        with store_errors():
            self._client.set(robots_record(origin), _encoder.encode(record), px=_milliseconds(time))


def _milliseconds(time: timedelta) -> int:
    return max(1, round(time.total_seconds() * 1000))
