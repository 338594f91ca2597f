"""Robots: whether a site's robots.txt lets us read a page (RFC 9309).

To follow a feed is a person's wish, carried out by a program. To read the pages behind it is what a robot does, so
robots.txt is asked first and obeyed.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from storyfold.errors import FetchError, SourceError
from worker.sources.fetch.exchange import FetchRequest, Purpose
from worker.sources.fetch.web_address import parse_web_address, public_url
from worker.sources.page.robots import MAX_ROBOTS_BYTES, may_fetch
from worker.store.hosts import Hosts, RobotsRecord

if TYPE_CHECKING:
    from worker.sources.fetch.fetcher import Fetcher

KEPT = timedelta(hours=24)
"""RFC 9309 section 2.4: not longer than 24 hours."""

FAILURE_KEPT = timedelta(minutes=5)
"""A site that cannot be reached is asked again soon; a batch of its pages asks once."""

ROBOT_NAME = "Storyfold"
"""The name to which a site's rules may speak (RFC 9309 section 2.2.1); our User-Agent begins with it."""


class Robots:
    """Asks each origin once a day."""

    def __init__(self, hosts: Hosts) -> None:
        """``hosts`` keeps the answers."""
        self._hosts = hosts

    async def check(self, fetcher: Fetcher, url: str) -> None:
        """Return when the page may be read.

        Raises:
            SourceError: ``robots``; the site does not want it.
            FetchError: ``robots-unreachable``; it cannot be known now, so nothing may be asked (RFC 9309 section
                2.3.1.4). ``blocked``; nothing may be asked there at all.
        """
        origin = parse_web_address(url).origin
        record = self._hosts.robots(origin)
        if record is None:
            record = await self._ask(fetcher, origin)
            self._hosts.keep_robots(origin, record, FAILURE_KEPT if record.failure else KEPT)
        if record.failure:
            raise FetchError("robots-unreachable", f"{origin}/robots.txt cannot be read: {record.failure}")
        if record.text and not may_fetch(record.text.encode(), url, ROBOT_NAME):
            raise SourceError("robots", f"{origin}/robots.txt does not allow {public_url(url)}")

    async def _ask(self, fetcher: Fetcher, origin: str) -> RobotsRecord:
        request = FetchRequest(url=f"{origin}/robots.txt", purpose=Purpose.ROBOTS, first_bytes=MAX_ROBOTS_BYTES)
        try:
            result = await fetcher.fetch(request)
        except FetchError as error:
            if error.failure == "blocked":
                raise
            # RFC 9309 section 2.3.1.3: a client error means that there are no rules. 429 says "not now".
            if error.failure.startswith("http-4") and error.failure != "http-429":
                return RobotsRecord()
            return RobotsRecord(failure=error.failure)
        return RobotsRecord(text=result.body.decode("utf-8", "replace"))
