"""The politeness report: for each host what it was asked for, what it was spared, and what it refused.

Feeds are counted from their own records, a chunk at a time: what is kept is one row a host. Requests for pages,
robots.txt and images come from the tally of hosts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec import Struct

from worker.flows.host_lanes import host_of
from worker.model.feed import Feed
from worker.sources.fetch.exchange import Purpose

NO_HOST = "(no address)"

_KINDS = {Purpose.PAGE: "pages", Purpose.ROBOTS: "robots", Purpose.IMAGE: "images", Purpose.HUB: "hub"}


class HostRow(Struct, kw_only=True):
    """What was asked of one host.

    Attributes:
        host: as it is connected to.
        feeds: feeds that are asked of it.
        requests: polls that were sent.
        not_modified: of them, those that were answered with 304.
        saved_bytes: bodies that a 304 spared, together.
        refused: polls that the server refused: 401, 403, 429, 503, a page for browsers.
        failed: polls that failed in another way.
        failing: feeds whose last poll failed.
        pages: requests for pages of items.
        robots: requests for robots.txt.
        images: requests for images.
        hub: forms sent to it as a WebSub hub.
        next_poll_at: when the next of its feeds is due, None when none is.
    """

    host: str
    feeds: int = 0
    requests: int = 0
    not_modified: int = 0
    saved_bytes: int = 0
    refused: int = 0
    failed: int = 0
    failing: int = 0
    pages: int = 0
    robots: int = 0
    images: int = 0
    hub: int = 0
    next_poll_at: datetime | None = None


SORTS = ("requests", "saved_bytes", "refused", "failed", "failing", "feeds", "pages", "images", "host")


def host_report(
    chunks: Iterable[Iterable[Feed]], tally: Mapping[str, Mapping[str, int]], *, sort: str = "requests"
) -> list[HostRow]:
    """The rows of all hosts.

    Args:
        chunks: records of feeds, some at a time.
        tally: host -> purpose -> number of requests that were not polls.
        sort: one of ``SORTS``; numbers from the largest, hosts that are equal in it by name.
    """
    rows: dict[str, HostRow] = {}
    for chunk in chunks:
        for feed in chunk:
            host = host_of(feed) or NO_HOST
            _add(rows.setdefault(host, HostRow(host=host)), feed)
    for host, kinds in tally.items():
        row = rows.setdefault(host, HostRow(host=host))
        for purpose, attribute in _KINDS.items():
            setattr(row, attribute, kinds.get(purpose, 0))
    by_name = sorted(rows.values(), key=lambda row: row.host)
    return by_name if sort == "host" else sorted(by_name, key=lambda row: -int(getattr(row, sort)))


def _add(row: HostRow, feed: Feed) -> None:
    row.feeds += 1
    row.requests += feed.requests
    row.not_modified += feed.not_modified
    row.saved_bytes += feed.saved_bytes
    row.refused += feed.refusals
    row.failed += feed.faults
    row.failing += bool(feed.failure)
    due_at = feed.next_poll_at
    if due_at is not None and (row.next_poll_at is None or due_at < row.next_poll_at):
        row.next_poll_at = due_at
