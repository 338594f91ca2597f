"""What is known of web hosts: when they were last asked for a page, and what their robots.txt says.

It belongs to no collection: a host sees one Storyfold.
"""

from __future__ import annotations

from datetime import timedelta

import msgspec

from worker.store.client import Client, store_errors
from worker.store.keys import host_gate, robots_record

_encoder = msgspec.json.Encoder()


class RobotsRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an origin answered to /robots.txt.

    Attributes:
        text: the file, "" where there is none.
        failure: why it could not be read, so that nothing may be asked for now; "" when it could.
    """

    text: str = ""
    failure: str = ""


_decoder = msgspec.json.Decoder(RobotsRecord)


class Hosts:
    """Records of hosts and origins, each ending by itself."""

    def __init__(self, client: Client) -> None:
        self._client = client

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
