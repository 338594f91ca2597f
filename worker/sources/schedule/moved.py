"""Where a feed is asked: its own URL, or the one to which the server has moved it for good.

A permanent redirect (301, 308) is adopted when five good answers in a row came by it; one alone may be a mistake
of the server, or of a network that wants a login. What follows a temporary redirect is never remembered. An
adopted address that fails three times in a row is given up again for the feed's own. Identity, seen items and the
address under which the feed is listed stay what they were, whatever is asked.
"""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from msgspec import Struct

from storyfold.errors import FetchError
from worker.model.feed import Feed, FeedNote
from worker.sources.fetch.web_address import parse_web_address, public_url

CONFIRMATIONS = 5
"""Good answers in a row by the same permanent redirect, until it is adopted."""
FAILURES_UNTIL_RETURN = 3
"""Failures in a row of an adopted address, until the feed's own is asked again."""


class Place(Struct, frozen=True, kw_only=True):
    """Where the next poll goes, and what was counted on the way there.

    Attributes:
        asked_url: as in :class:`~worker.model.feed.Feed`; likewise ``moved_url`` and ``moved_times``.
        note: what the feed's owner should know, None when nothing changed.
    """

    asked_url: str = ""
    moved_url: str = ""
    moved_times: int = 0
    note: FeedNote | None = None


def place_after_success(feed: Feed, permanent_url: str, now: datetime) -> Place:
    """The place after a good answer: 304, or a document that is a feed.

    Args:
        feed: its record before the answer.
        permanent_url: where the leading permanent redirects led, "" when there were none.
        now: for the note.
    """
    if not permanent_url or _must_not_move(feed, permanent_url):
        return Place(asked_url=feed.asked_url)
    times = feed.moved_times + 1 if permanent_url == feed.moved_url else 1
    if times < CONFIRMATIONS:
        return Place(asked_url=feed.asked_url, moved_url=permanent_url, moved_times=times)
    detail = (
        f"{times} answers in a row came by a permanent redirect; {public_url(permanent_url)} is asked from now on"
    )
    note = FeedNote(at=now, kind="moved", detail=detail)
    return Place(asked_url="" if _is_same(feed.url, permanent_url) else permanent_url, note=note)


def place_after_failure(feed: Feed, failures: int, now: datetime) -> Place:
    """The place after a failure, which is the one of so many in a row."""
    if not feed.asked_url or failures < FAILURES_UNTIL_RETURN:
        return Place(asked_url=feed.asked_url)
    detail = f"{public_url(feed.asked_url)} failed {failures} times in a row; the feed's own address is asked again"
    return Place(note=FeedNote(at=now, kind="returned", detail=detail))


def validators_url_at(given_by: str, asked_url: str) -> str:
    """How :attr:`Feed.validators_url` names an address when ``asked_url`` is what is asked."""
    return "" if given_by == asked_url else given_by


def _must_not_move(feed: Feed, target: str) -> bool:
    """https is not given up for http; and a feed with a credential stays at the origin that it was given for."""
    before, after = urlsplit(feed.asked_url or feed.url), urlsplit(target)
    if before.scheme.lower() == "https" and after.scheme.lower() != "https":
        return True
    return bool(feed.credential) and not _is_same_origin(feed.asked_url or feed.url, target)


def _is_same_origin(one: str, other: str) -> bool:
    try:
        return parse_web_address(one).origin == parse_web_address(other).origin
    except FetchError:
        return False


def _is_same(one: str, other: str) -> bool:
    try:
        return parse_web_address(one).url == parse_web_address(other).url
    except FetchError:
        return False
