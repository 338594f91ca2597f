"""Servers of the simulated week: about thirty kinds of good, odd and troubled ones, as a table.

A server answers from its state alone: the time, what was asked, and its own random numbers.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from random import Random

from tests.week.papers import DAILY, HOURLY, OFTEN, STILL, WEEKLY, Paper, Rhythm

HOUR = timedelta(hours=1)
RETRY_AFTER = 2 * HOUR
PAGE = b"<!DOCTYPE html><html><head><title>Please log in</title></head><body><form></form></body></html>"

MIXED = (HOURLY, DAILY, WEEKLY, STILL, OFTEN, WEEKLY, STILL, DAILY, STILL, STILL, WEEKLY, STILL, DAILY, STILL)
SLOW = (DAILY, WEEKLY, STILL, OFTEN, DAILY)

MOST_IN_A_ROW = 3
"""Bad answers of a server that has trouble at times: more would make a day's silence, and a test of luck."""

Fields = list[tuple[bytes, bytes]]


@dataclass
class Answer:
    """What came back.

    Attributes:
        status: of the answer; 0 for a connection that failed.
        fields: header fields.
        body: bytes of it.
        fault: name of the failure that the connection ends with, "" for none.
        is_feed: whether it is a whole feed, so that its validators and hints count.
        wait: time that the client may not ask again for, by what this answer says.
    """

    status: int
    fields: Fields = field(default_factory=list)
    body: bytes = b""
    fault: str = ""
    is_feed: bool = False
    wait: timedelta = timedelta(0)


Answering = Callable[[datetime], Answer]
Trouble = Callable[[datetime], Answer | None]


@dataclass(frozen=True)
class Kind:
    """A kind of server.

    Attributes:
        etag: text with {n} for the version of the feed, "" for none.
        last_modified: likewise; "date" for an HTTP date that changes with the version.
        on_304: which fields a 304 has: ``both``, ``etag`` alone, ``none``, or ``new``: an ETag that takes
            the place of the one that was asked with.
        turns: the validators change so often though the body does not; None for never.
        forgets: share of the 304s in whose place a whole body comes.
        compressed: bodies come in gzip.
        drops: from this hour of the week on answers come without Last-Modified, or (both) without any validator.
        drops_all: which of the two.
        fields: further header fields of each good answer.
        channel: XML in the feed's channel.
        wait: what fields or channel ask for.
        skip_hours: hours that the channel names.
        skip_days: weekdays that the channel names, Monday is 0.
        trouble: an answer in place of the good one.
        at_times: share of the requests that are answered otherwise, and how; three in a row at most.
        moves: status of a redirect to another host that stands before the feed, 0 for none.
        moves_between: hours of the week in which it does; None for always.
        moves_to_page: the redirect leads to a page, and to no feed.
        shared: whether all feeds of the kind are on one host.
        rhythms: of the papers, in turn.
    """

    etag: str = ""
    last_modified: str = ""
    on_304: str = "both"
    turns: timedelta | None = None
    forgets: float = 0.0
    compressed: bool = False
    drops: float | None = None
    drops_all: bool = False
    fields: str = ""
    channel: str = ""
    wait: timedelta = timedelta(0)
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()
    trouble: Trouble | None = None
    at_times: tuple[float, Answering] | None = None
    moves: int = 0
    moves_between: tuple[float, float] | None = None
    moves_to_page: bool = False
    shared: bool = False
    rhythms: tuple[Rhythm, ...] = MIXED


class Server:
    """One feed on its host, or its new host."""

    def __init__(self, kind: Kind, paper: Paper, start: datetime, random: Random) -> None:
        self.kind = kind
        self.paper = paper
        self._start = start
        self._random = random
        self._renewals = 0
        self._troubles_in_a_row = 0

    def answer(self, now: datetime, if_none_match: str, if_modified_since: str) -> Answer:
        """Answer a request for the feed."""
        kind = self.kind
        trouble = kind.trouble(now) if kind.trouble else self._trouble_at_times(now)
        if trouble is not None:
            return trouble
        etag, last_modified = self._validators(now)
        # Strict equality, as the servers have it that are hardest to please.
        same = if_none_match == etag if if_none_match and etag else if_modified_since == last_modified != ""
        if same and self._random.random() >= kind.forgets:
            return Answer(304, self._fields(now, *self._on_304(now)), is_feed=True, wait=kind.wait)
        fields = [*self._fields(now, etag, last_modified), (b"Content-Type", b"application/rss+xml")]
        body = self.paper.body(now)
        if kind.compressed:
            fields, body = [*fields, (b"Content-Encoding", b"gzip")], gzip.compress(body, 1)
        return Answer(200, fields, body, is_feed=True, wait=kind.wait)

    def _trouble_at_times(self, now: datetime) -> Answer | None:
        share, answer = self.kind.at_times or (0.0, None)
        hit = self._random.random() < share and self._troubles_in_a_row < MOST_IN_A_ROW
        self._troubles_in_a_row = self._troubles_in_a_row + 1 if hit else 0
        return answer(now) if hit and answer is not None else None

    def _validators(self, now: datetime) -> tuple[str, str]:
        kind, number = self.kind, self.paper.count(now)
        hours = (now - self._start) / HOUR
        dropped = kind.drops is not None and hours >= kind.drops
        if dropped and kind.drops_all:
            return "", ""
        turn = int((now - self._start) / kind.turns) if kind.turns else 0
        etag = kind.etag.format(n=f"{number}.{turn}.{self._renewals}") if kind.etag else ""
        if not kind.last_modified or dropped:
            return etag, ""
        if kind.last_modified == "date":
            newest = self.paper.articles[number - 1].at
            return etag, format_datetime(newest + timedelta(seconds=turn), usegmt=True)
        return etag, kind.last_modified.format(n=f"{number % 60:02}")

    def _on_304(self, now: datetime) -> tuple[str, str]:
        self._renewals += self.kind.on_304 == "new"
        etag, last_modified = self._validators(now)
        return etag if self.kind.on_304 != "none" else "", last_modified if self.kind.on_304 == "both" else ""

    def _fields(self, now: datetime, etag: str, last_modified: str) -> Fields:
        fields = [(b"Date", _date(now)), (b"Set-Cookie", b"visitor=1")]
        if etag:
            fields.append((b"ETag", etag.encode("latin-1")))
        if last_modified:
            fields.append((b"Last-Modified", last_modified.encode("latin-1")))
        for line in filter(None, self.kind.fields.split("\n")):
            name, _, value = line.partition(": ")
            text = value.format(later=_date(now + self.kind.wait).decode())
            fields.append((name.encode(), text.encode()))
        return fields


def between(first: datetime, last: datetime, answer: Answering) -> Trouble:
    """Trouble in a part of the week."""
    return lambda now: answer(now) if first <= now < last else None


def _date(now: datetime) -> bytes:
    return format_datetime(now, usegmt=True).encode()


def _status(status: int, *fields: tuple[bytes, bytes], body: bytes = b"no", wait: timedelta = timedelta(0)) -> Answer:
    return Answer(status, [(b"ETag", b'"of-a-failure"'), *fields], body, wait=wait)


def _retry_seconds(status: int) -> Answering:
    return lambda _: _status(status, (b"Retry-After", b"7200"), wait=RETRY_AFTER)


def _retry_date(now: datetime) -> Answer:
    fields = (b"Retry-After", _date(now + RETRY_AFTER)), (b"Date", _date(now))
    return _status(429, *fields, wait=RETRY_AFTER - timedelta(seconds=1))


def _page(status: int, *fields: tuple[bytes, bytes]) -> Answering:
    """A page in place of the feed, with validators of its own: they are not the feed's."""
    own = (b"ETag", b'"of-a-page"'), (b"Last-Modified", b"Mon, 01 Jan 2024 00:00:00 GMT")
    return lambda _: Answer(status, [*own, (b"Content-Type", b"text/html"), *fields], PAGE)


def _cut_off(_: datetime) -> Answer:
    fields = [(b"ETag", b'"of-a-part"'), (b"Content-Length", b"9000")]
    return Answer(200, fields, b"<rss version='2.0'><channel><item><title>Half a", fault="truncated")


def _nothing(_: datetime) -> Answer:
    return Answer(200, [(b"ETag", b'"of-nothing"'), (b"Content-Length", b"0")])


def _lost(fault: str) -> Answering:
    return lambda _: Answer(0, fault=fault)


def kinds(start: datetime) -> dict[str, Kind]:
    """All kinds of servers of a week that begins at ``start``."""

    def hours(first: float, last: float, answer: Answering) -> Trouble:
        return between(start + first * HOUR, start + last * HOUR, answer)

    skipped = "".join(f"<hour>{hour}</hour>" for hour in (0, 1, 2, 3, 4, 5, 24))
    return {
        "strong etag": Kind(etag='"v{n}"'),
        "weak etag with a comma": Kind(etag='W/"v{n},b c"', on_304="none"),
        "unquoted etag": Kind(etag="v{n}"),
        "etag of the compressed form": Kind(etag='"v{n}-gzip"', last_modified="date", on_304="etag", compressed=True),
        "304 with a new etag": Kind(etag='"v{n}"', on_304="new"),
        "last-modified alone": Kind(last_modified="date"),
        "both": Kind(etag='"v{n}"', last_modified="date"),
        "odd last-modified": Kind(last_modified="Sun, 28 Dec 2025 10:00:{n} EST", on_304="none"),
        "no validators": Kind(rhythms=(DAILY, WEEKLY, STILL)),
        "validators turn, body stays": Kind(etag='"v{n}"', last_modified="date", turns=7 * HOUR),
        "etag turns, last-modified stays": Kind(
            etag='"v{n}"', last_modified="Thu, 01 Jan 2026 00:00:00 GMT", turns=9 * HOUR
        ),
        "forgets 304": Kind(etag='"v{n}"', last_modified="date", forgets=0.3),
        "drops last-modified": Kind(etag='"v{n}"', last_modified="date", drops=80),
        "drops its validators": Kind(etag='"v{n}"', drops=90, drops_all=True, rhythms=(DAILY, WEEKLY)),
        "max-age": Kind(etag='"v{n}"', fields="Cache-Control: public, max-age=7200", wait=2 * HOUR),
        "expires": Kind(last_modified="date", fields="Expires: {later}", wait=2 * HOUR),
        "ttl": Kind(etag='"v{n}"', channel="<ttl>180</ttl>", wait=3 * HOUR),
        "skipped hours": Kind(
            etag='"v{n}"', channel=f"<skipHours>{skipped}</skipHours>", skip_hours=frozenset(range(6))
        ),
        "skipped days": Kind(
            etag='"v{n}"',
            channel="<skipDays><day>Saturday</day><day>Sunday</day></skipDays>",
            skip_days=frozenset({5, 6}),
            rhythms=(DAILY, WEEKLY),
        ),
        "syndication": Kind(
            last_modified="date",
            channel="<sy:updatePeriod xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'>daily</sy:updatePeriod>"
            "<sy:updateFrequency xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'>4</sy:updateFrequency>",
            wait=6 * HOUR,
        ),
        "429 at times, seconds": Kind(etag='"v{n}"', at_times=(0.2, _retry_seconds(429))),
        "429 at times, date": Kind(last_modified="date", at_times=(0.2, _retry_date)),
        "503 at times": Kind(etag='"v{n}"', at_times=(0.2, lambda _: _status(503))),
        "500 for ten hours": Kind(etag='"v{n}"', trouble=hours(30, 40, lambda _: _status(500))),
        "no answer for six hours": Kind(etag='"v{n}"', last_modified="date", trouble=hours(50, 56, _lost("timeout"))),
        "no name for eight hours": Kind(etag='"v{n}"', trouble=hours(20, 28, _lost("dns"))),
        "no answer at first": Kind(etag='"v{n}"', trouble=hours(0, 5, _lost("connect"))),
        "gone": Kind(etag='"v{n}"', trouble=hours(75, 1000, lambda _: _status(410))),
        "404 for a day": Kind(etag='"v{n}"', trouble=hours(60, 84, lambda _: _status(404)), rhythms=SLOW),
        "a login page for a day": Kind(
            etag='"v{n}"', last_modified="date", trouble=hours(40, 64, _page(200)), rhythms=SLOW
        ),
        "a page for browsers for a day": Kind(
            etag='"v{n}"',
            trouble=hours(66, 90, _page(403, (b"Server", b"cloudflare"), (b"CF-Mitigated", b"challenge"))),
            rhythms=SLOW,
        ),
        "cut off at times": Kind(etag='"v{n}"', at_times=(0.15, _cut_off)),
        "empty at times": Kind(etag='"v{n}"', last_modified="date", at_times=(0.15, _nothing)),
        "moved for good": Kind(etag='"v{n}"', last_modified="date", moves=301),
        "elsewhere": Kind(etag='"v{n}"', moves=302),
        "moved to a login page for a day": Kind(
            etag='"v{n}"', moves=301, moves_between=(40, 64), moves_to_page=True, rhythms=SLOW
        ),
        "fifty on one host": Kind(etag='"v{n}"', shared=True, rhythms=(DAILY, WEEKLY, STILL, STILL)),
    }
