"""Credentials in Redis, apart from the feeds that use them: sealed when a key is set, never in a key's name.

A record is sealed as the private part of a story is (AES-SIV), with its own name inside, so that a sealed record put
under another's name is not taken for it. Without a key it stands there in plain text, as Redis itself does.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from storyfold.errors import DocumentError, StoreConflictError
from storyfold.secured import seal, unseal
from worker.model.credential import Credential
from worker.store.client import Client, store_errors
from worker.store.keys import CREDENTIALS

_SEALED = "sealed:"
_PLAIN = "plain:"

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Credential)


class Credentials:
    """All credentials. They belong to no collection.

    Args:
        client: of the store.
        key: seals the records; None for plain ones.
    """

    def __init__(self, client: Client, key: bytes | None) -> None:
        self._client = client
        self._key = key

    def __repr__(self) -> str:
        return "Credentials()"

    def save(self, credential: Credential) -> bool:
        """Keep a credential under its name; True when there was none of this name."""
        with store_errors():
            return bool(self._client.hset(CREDENTIALS, credential.name, self._written(credential)))

    def load(self, names: Iterable[str]) -> dict[str, Credential]:
        """Those of the named credentials that are there, by name.

        Raises:
            StoreConflictError: one of them cannot be read: it was sealed under another key.
        """
        wanted = list(names)
        if not wanted:
            return {}
        with store_errors():
            records = self._client.hmget(CREDENTIALS, wanted)
        pairs = zip(wanted, records, strict=True)
        return {name: self._read(name, record) for name, record in pairs if record is not None}

    def names(self) -> list[str]:
        """The names of all, in their order. Nothing is unsealed for it."""
        with store_errors():
            return sorted(self._client.hkeys(CREDENTIALS))

    def remove(self, name: str) -> bool:
        """Forget a credential; False when there was none."""
        with store_errors():
            return bool(self._client.hdel(CREDENTIALS, name))

    def _written(self, credential: Credential) -> str:
        if self._key is None:
            return _PLAIN + _encoder.encode(credential).decode()
        return _SEALED + seal(msgspec.to_builtins(credential), self._key)

    def _read(self, name: str, record: str) -> Credential:
        try:
            credential = self._opened(record)
        except (DocumentError, msgspec.MsgspecError):
            # "from None": the cause may hold a part of the record.
            raise _unreadable(name) from None
        if credential.name != name:
            raise _unreadable(name)
        return credential

    def _opened(self, record: str) -> Credential:
        if not record.startswith(_SEALED):
            return _decoder.decode(record.removeprefix(_PLAIN))
        if self._key is None:
            raise DocumentError(["sealed, and STORYFOLD_SECURED_KEY is not set"])
        return msgspec.convert(unseal(record.removeprefix(_SEALED), self._key), Credential)


def _unreadable(name: str) -> StoreConflictError:
    return StoreConflictError(
        f"the credential {name!r} cannot be read: it was kept under another STORYFOLD_SECURED_KEY; set it again"
    )
