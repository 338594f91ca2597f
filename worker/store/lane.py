"""The lane of a collection: its backlog, and the lease of the one process that may drain it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import islice

import msgspec

from worker.model.item import Item
from worker.model.override import Order
from worker.model.page import Enrichment
from worker.model.verdict import Judgement
from worker.store.client import Client, script, store_errors
from worker.store.keys import COLLECTIONS, Keys

LEASE = timedelta(seconds=5)
"""Long against one batch, short against a person's patience when a holder dies."""

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Item)
_enrichment_decoder = msgspec.json.Decoder(Enrichment)
_judgement_decoder = msgspec.json.Decoder(Judgement)
_order_decoder = msgspec.json.Decoder(Order)
_MAX_PIPELINE = 500

COOL = "cool"
ENRICH = "enrich"
JUDGE = "judge"
ORDER = "order"


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the backlog.

    Attributes:
        entry_id: stream id.
        item: the item, None for a command.
        command: ``cool``: the stories named in ``story_ids`` may have gone cold. ``enrich``: something was learned
            about an item.
        story_ids: the stories that the command is about.
        enrichment: what was learned, for the command ``enrich``.
        judgement: what topics and rules say now of a story's items, for the command ``judge``.
        order: what a person wants, for the command ``order``.
        fault: why the entry cannot be read; "" when it can.
        text: the entry as it lies there, for the dead letter.
    """

    entry_id: str
    item: Item | None = None
    command: str = ""
    story_ids: tuple[str, ...] = ()
    enrichment: Enrichment | None = None
    judgement: Judgement | None = None
    order: Order | None = None
    fault: str = ""
    text: str = ""


class Lease:
    """A held lease.

    Attributes:
        token: fencing token; every commit carries it, and a commit with an old one is refused.
    """

    def __init__(self, lane: Lane, token: int) -> None:
        self._lane = lane
        self.token = token

    def renew(self) -> bool:
        """Prolong the lease; False when it has ended and somebody else may hold it."""
        return self._lane.keep(self.token, LEASE)

    def release(self) -> None:
        """Give the lease up, if it is still ours."""
        self._lane.keep(self.token, timedelta(0))


class Lane:
    """Backlog and lease of one collection."""

    def __init__(self, client: Client, collection: str) -> None:
        self._client = client
        self._keys = Keys(collection)
        self._take = script(client, "take_lease")
        self._keep = script(client, "keep_lease")

    def push(self, items: Iterable[Item]) -> int:
        """Append items to the backlog, in their order, all or none of each 500.

        An item that was pushed twice, because a reply was lost, is found known at its second turn.

        Raises:
            StoreUnavailableError: Redis is away or full.
        """
        waiting, pushed = iter(items), 0
        with store_errors():
            while some := list(islice(waiting, _MAX_PIPELINE)):
                with self._client.pipeline(transaction=True) as pipe:
                    for item in some:
                        pipe.xadd(self._keys.backlog, {"item": _encoder.encode(item)})
                    pipe.execute()
                pushed += len(some)
            if pushed:
                self._client.sadd(COLLECTIONS, self._keys.collection)
        return pushed

    def push_cooling(self, story_ids: Iterable[str]) -> None:
        """Ask the lane to look whether these stories have gone cold."""
        ids = ",".join(story_ids)
        if ids:
            with store_errors():
                self._client.xadd(self._keys.backlog, {"command": COOL, "stories": ids})

    def push_judgements(self, judgements: Iterable[Judgement]) -> None:
        """Append verdicts on stored items, a story each, in their order.

        Raises:
            StoreUnavailableError: Redis is away or full.
        """
        payloads = [_encoder.encode(judgement) for judgement in judgements]
        with store_errors():
            for start in range(0, len(payloads), _MAX_PIPELINE):
                with self._client.pipeline(transaction=True) as pipe:
                    for payload in payloads[start : start + _MAX_PIPELINE]:
                        pipe.xadd(self._keys.backlog, {"command": JUDGE, "judgement": payload})
                    pipe.execute()

    def push_orders(self, orders: Iterable[Order]) -> list[str]:
        """Append orders of a person, in their turn; returns the ids of the backlog's entries.

        Raises:
            StoreUnavailableError: Redis is away or full.
        """
        payloads = [_encoder.encode(order) for order in orders]
        entry_ids: list[str] = []
        with store_errors():
            for start in range(0, len(payloads), _MAX_PIPELINE):
                with self._client.pipeline(transaction=True) as pipe:
                    for payload in payloads[start : start + _MAX_PIPELINE]:
                        pipe.xadd(self._keys.backlog, {"command": ORDER, "order": payload})
                    entry_ids += pipe.execute()
            if payloads:
                self._client.sadd(COLLECTIONS, self._keys.collection)
        return entry_ids

    def holds(self, entry_id: str) -> bool:
        """Whether an entry of the backlog still waits."""
        with store_errors():
            return bool(self._client.xrange(self._keys.backlog, min=entry_id, max=entry_id))

    def push_enrichment(self, enrichment: Enrichment) -> None:
        """Append what was learned about an item, and take its page off those that are still to be read.

        Both or neither: a crash before it costs a second request, never the knowledge.

        Raises:
            StoreUnavailableError: Redis is away or full.
        """
        payload = _encoder.encode(enrichment)
        with store_errors(), self._client.pipeline(transaction=True) as pipe:
            pipe.xadd(self._keys.backlog, {"command": ENRICH, "enrichment": payload})
            pipe.zrem(self._keys.pages, enrichment.item_id)
            pipe.hdel(self._keys.page_attempts, enrichment.item_id)
            pipe.execute()

    def waiting(self, count: int) -> list[Waiting]:
        """The oldest entries of the backlog, at most ``count``."""
        with store_errors():
            entries = self._client.xrange(self._keys.backlog, count=count)
        return [_read(entry_id, fields) for entry_id, fields in entries]

    def length(self) -> int:
        """Number of entries in the backlog."""
        with store_errors():
            return int(self._client.xlen(self._keys.backlog))

    def discard(self, entry_ids: list[str]) -> None:
        """Remove entries that need no commit. Harmless when somebody else did it before."""
        if entry_ids:
            with store_errors():
                self._client.xdel(self._keys.backlog, *entry_ids)

    def take(self, lease: timedelta = LEASE) -> Lease | None:
        """Become the holder; None when somebody else is."""
        with store_errors():
            token = self._take(keys=[self._keys.lease, self._keys.token], args=[int(lease.total_seconds() * 1000)])
        return None if token is None else Lease(self, int(token))

    def keep(self, token: int, lease: timedelta) -> bool:
        """Renew a lease, or give it up with a time of zero; False when it is no longer ours."""
        with store_errors():
            args = [token, int(lease.total_seconds() * 1000)]
            return bool(self._keep(keys=[self._keys.lease], args=args))

    @contextmanager
    def held(self) -> Iterator[Lease | None]:
        """Hold the lease inside the block, or None when somebody else does."""
        lease = self.take()
        try:
            yield lease
        finally:
            if lease is not None:
                lease.release()


def _read(entry_id: str, fields: dict[str, str]) -> Waiting:
    if fields.get("command") == ENRICH and "enrichment" in fields:
        return _read_enrichment(entry_id, fields["enrichment"])
    if fields.get("command") == JUDGE and "judgement" in fields:
        return _read_judgement(entry_id, fields["judgement"])
    if fields.get("command") == ORDER and "order" in fields:
        return _read_order(entry_id, fields["order"])
    if "item" not in fields and fields.get("command") != COOL:
        # of a newer version, perhaps: it must not be dropped as if it were done
        return Waiting(entry_id=entry_id, fault="neither an item nor a known command", text=_as_text(fields))
    if "command" in fields:
        ids = tuple(filter(None, fields.get("stories", "").split(",")))
        return Waiting(entry_id=entry_id, command=fields["command"], story_ids=ids)
    text = fields["item"]
    try:
        return Waiting(entry_id=entry_id, item=_decoder.decode(text), text=text)
    except msgspec.MsgspecError as error:
        return Waiting(entry_id=entry_id, fault=str(error), text=text)


def _read_enrichment(entry_id: str, text: str) -> Waiting:
    try:
        enrichment = _enrichment_decoder.decode(text)
    except msgspec.MsgspecError as error:
        return Waiting(entry_id=entry_id, fault=str(error), text=text)
    return Waiting(entry_id=entry_id, command=ENRICH, enrichment=enrichment, text=text)


def _read_judgement(entry_id: str, text: str) -> Waiting:
    try:
        judgement = _judgement_decoder.decode(text)
    except msgspec.MsgspecError as error:
        return Waiting(entry_id=entry_id, fault=str(error), text=text)
    return Waiting(entry_id=entry_id, command=JUDGE, judgement=judgement, text=text)


def _read_order(entry_id: str, text: str) -> Waiting:
    try:
        order = _order_decoder.decode(text)
    except msgspec.MsgspecError as error:
        return Waiting(entry_id=entry_id, fault=str(error), text=text)
    return Waiting(entry_id=entry_id, command=ORDER, order=order, text=text)


def _as_text(fields: dict[str, str]) -> str:
    return _encoder.encode(fields).decode()
