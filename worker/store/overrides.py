"""The overrides of a collection: what people said about folding, apart from the stories and kept longer than they.

One hash. ``i:`` and an item id lead to what was said of the item, ``g:`` and a group id to a group of items. It is
written by the commit that carries an order out.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import msgspec

from storyfold.errors import StoreConflictError
from worker.model.override import Group, ItemOverrides, Overrides
from worker.store.client import Client, store_errors
from worker.store.keys import Keys

_encoder = msgspec.json.Encoder()
_item_decoder = msgspec.json.Decoder(ItemOverrides)
_group_decoder = msgspec.json.Decoder(Group)
_ITEM, _GROUP = "i:", "g:"

Record = TypeVar("Record", ItemOverrides, Group)


class OverrideStore:
    """Overrides of one collection in Redis."""

    def __init__(self, client: Client, collection: str) -> None:
        self._client = client
        self._key = Keys(collection).overrides

    def load(self, item_ids: Iterable[str]) -> Overrides:
        """What was said of these items, with the groups that they belong to.

        Raises:
            StoreConflictError: a record is damaged.
        """
        items = self._items(list(dict.fromkeys(item_ids)))
        return Overrides(items=items, groups=self._groups(items))

    def all(self) -> Overrides:
        """Every override.

        Raises:
            StoreConflictError: a record is damaged.
        """
        items: dict[str, ItemOverrides] = {}
        with store_errors():
            for field, text in self._client.hscan_iter(self._key, match=f"{_ITEM}*", count=1000):
                items[field.removeprefix(_ITEM)] = self._read(_item_decoder, field, text)
        return Overrides(items=items, groups=self._groups(items))

    def _items(self, item_ids: list[str]) -> dict[str, ItemOverrides]:
        found = self._texts([_ITEM + item_id for item_id in item_ids])
        return {field.removeprefix(_ITEM): self._read(_item_decoder, field, text) for field, text in found.items()}

    def _groups(self, items: dict[str, ItemOverrides]) -> dict[str, Group]:
        ids = dict.fromkeys(record.group for record in items.values() if record.group)
        found = self._texts([_GROUP + group_id for group_id in ids])
        return {field.removeprefix(_GROUP): self._read(_group_decoder, field, text) for field, text in found.items()}

    def _texts(self, fields: list[str]) -> dict[str, str]:
        if not fields:
            return {}
        with store_errors():
            values = self._client.hmget(self._key, fields)
        return {field: text for field, text in zip(fields, values, strict=True) if text is not None}

    def _read(self, decoder: msgspec.json.Decoder[Record], field: str, text: str) -> Record:
        try:
            return decoder.decode(text)
        except msgspec.MsgspecError as error:
            raise StoreConflictError(f"{self._key}, field {field}, cannot be read: {error}") from error


def override_fields(changes: Overrides) -> dict[str, str]:
    """The fields of the hash that changes write; an empty text takes a field away."""
    items = {_ITEM + item_id: _text(record) for item_id, record in changes.items.items()}
    return items | {_GROUP + group_id: _text(group) for group_id, group in changes.groups.items()}


def _text(record: ItemOverrides | Group | None) -> str:
    return _encoder.encode(record).decode() if record else ""
