"""The vocabulary that a collection's stories have taught, kept for the next process that folds them."""

from __future__ import annotations

from base64 import b85decode, b85encode

from worker.store.client import Client, store_errors
from worker.store.keys import Keys


class VocabularyStore:
    """Where one collection's vocabulary is kept. It is a convenience: whoever writes last is right enough."""

    def __init__(self, client: Client, collection: str) -> None:
        self._client = client
        self._key = Keys(collection).vocabulary

    def load(self) -> bytes | None:
        """What was saved last; None when nothing was, or when it is no text of ours."""
        with store_errors():
            text = self._client.get(self._key)
        try:
            return b85decode(text) if text else None
        except ValueError:
            return None

    def save(self, packed: bytes) -> None:
        """Keep it in place of what was there."""
        with store_errors():
            self._client.set(self._key, b85encode(packed).decode())
