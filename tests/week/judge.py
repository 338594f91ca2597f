"""The judge: what the servers of the simulated week think of their guest, request by request.

It counts as the public feed reader tests do, from what came over the wire alone. The one thing that it is told is
when the power was cut: an answer of that moment may never have been stored, and then the validators and the wait of
the answer before it are right, too.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from tests.week.servers import Answer, Kind

LEAST_GAP = timedelta(hours=1)
DAY = timedelta(days=1)
#: A feed that is due in the last seconds before a skipped hour may be asked in its first.
DISPATCH = timedelta(seconds=180)
NEEDLESS = {"cookie", "referer", "origin", "authorization", "cache-control", "pragma", "range", "from"}
LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Validators(NamedTuple):
    """What a server gives and gets back, latin-1; "" for none."""

    etag: str = ""
    last_modified: str = ""


NONE = Validators()


@dataclass
class Origin:
    """What one origin knows of a feed's reader."""

    given: Validators = NONE
    before: Validators = NONE
    had_any: bool = False
    answered_in: int = -1
    in_doubt: bool = False


@dataclass
class Reader:
    """What all servers of one feed know of its reader together.

    Attributes:
        kind: of the server.
        origins: by host.
        polled_at: when it last began a poll.
        ready_at: when it may come again.
        read_at: when it last got a good answer.
        answered_in: batch of the last answer.
        was_sent_on: the last answer was a redirect, so that the next request belongs to the same poll.
        is_gone: 410 was answered.
        whole: unconditional requests that were answered with the whole feed and validators.
        again: those of them whose answer was lost in a power cut.
    """

    kind: Kind
    origins: dict[str, Origin] = field(default_factory=dict)
    polled_at: datetime = LONG_AGO
    ready_at: datetime = LONG_AGO
    answered_in: int = -1
    was_sent_on: bool = False
    read_at: datetime = LONG_AGO
    is_gone: bool = False
    whole: int = 0
    again: int = 0


class Judge:
    """Judges all requests of the week.

    Attributes:
        faults: name of a fault -> what happened, each time.
        totals: counts of good and bad.
        readers: by name of the feed.
    """

    def __init__(self) -> None:
        self.faults: defaultdict[str, list[str]] = defaultdict(list)
        self.totals: Counter[str] = Counter()
        self.readers: dict[str, Reader] = {}
        self._batch = 0

    def begin_batch(self) -> None:
        """A new batch of polls begins; the outcomes of all before it are stored."""
        self._batch += 1

    def power_cut(self) -> None:
        """What was answered in this batch may be lost."""
        self.totals["power cuts"] += 1
        for reader in self.readers.values():
            reader.was_sent_on = False
            if reader.answered_in == self._batch:
                reader.ready_at = LONG_AGO
            for origin in reader.origins.values():
                origin.in_doubt = origin.answered_in == self._batch

    def asked(self, feed: str, origin: str, now: datetime, sent: Validators, fields: dict[str, str]) -> None:
        """A request came."""
        reader = self.readers[feed]
        self.totals["requests"] += 1
        if reader.is_gone:
            self._fault("request after 410", feed, now)
        for name in fields.keys() & NEEDLESS:
            self._fault(f"needless field {name}", feed, now)
        if not fields["user-agent"].startswith("Storyfold/"):
            self._fault("wrong User-Agent", feed, now)
        if not reader.was_sent_on:
            self._polled(feed, reader, now)
        reader.was_sent_on = False
        self._validators(feed, reader, reader.origins.setdefault(origin, Origin()), now, sent)

    def answered(self, feed: str, origin: str, now: datetime, sent: Validators, answer: Answer) -> None:
        """The request was answered."""
        reader = self.readers[feed]
        self.totals[f"answered {answer.status or answer.fault}"] += 1
        self.totals["bytes"] += len(answer.body)
        reader.answered_in = self._batch
        reader.was_sent_on = answer.status in (301, 302)
        reader.is_gone |= answer.status == 410
        wait = max(answer.wait, DAY if answer.status == 403 else answer.wait)
        if answer.is_feed:
            reader.read_at = now
            given = self._given(reader, reader.origins[origin], answer, sent)
            wait = max(wait, DAY if given == NONE else wait)
        reader.ready_at = now + wait

    def _given(self, reader: Reader, origin: Origin, answer: Answer, sent: Validators) -> Validators:
        fields = {name.decode().lower(): value.decode("latin-1") for name, value in answer.fields}
        given = Validators(fields.get("etag", ""), fields.get("last-modified", ""))
        if answer.status == 304:
            # RFC 9111 section 4.3.4: what it does not name stays.
            given = Validators(given.etag or origin.given.etag, given.last_modified or origin.given.last_modified)
        elif sent == NONE and given != NONE:
            reader.whole += 1
        origin.before, origin.given, origin.answered_in = origin.given, given, self._batch
        origin.had_any |= given != NONE
        return given

    def _polled(self, feed: str, reader: Reader, now: datetime) -> None:
        self.totals["polls"] += 1
        if now - reader.polled_at < LEAST_GAP:
            self._fault("poll within an hour", feed, now, f"the last was at {reader.polled_at:%a %H:%M:%S}")
        if now < reader.ready_at:
            self._fault("poll before its time", feed, now, f"not before {reader.ready_at:%a %H:%M:%S}")
        settled = now - DISPATCH
        skips = (settled.hour in reader.kind.skip_hours) or (settled.weekday() in reader.kind.skip_days)
        if reader.read_at != LONG_AGO and skips and now.hour == settled.hour:
            self._fault("poll in a skipped hour", feed, now)
        reader.polled_at = now

    def _validators(self, feed: str, reader: Reader, origin: Origin, now: datetime, sent: Validators) -> None:
        if origin.in_doubt and sent == origin.before != origin.given:
            self.totals["asked again with the validators from before a power cut"] += 1
            origin.given = origin.before
            reader.again += sent == NONE
        origin.in_doubt = False
        if sent == NONE:
            self._unconditional(feed, origin, now)
        elif sent != origin.given:
            self._fault("bad validators", feed, now, f"sent {sent}, given {origin.given}")

    def _unconditional(self, feed: str, origin: Origin, now: datetime) -> None:
        if origin.given != NONE:
            self._fault("unconditional", feed, now, f"given {origin.given}")
        elif origin.had_any:
            self.totals["unconditional: its validators were taken away"] += 1
        else:
            self.totals["unconditional: no validators were ever given"] += 1

    def _fault(self, name: str, feed: str, now: datetime, detail: str = "") -> None:
        self.totals[f"FAULT {name}"] += 1
        self.faults[name].append(f"{feed}, {now:%a %H:%M:%S}: {detail}")
