"""What was learned of images, by their addresses. All collections share it.

A record ends by itself. The lease of an address only saves requests: two processes that ask for one image at a time
get the same answer, and nothing else rests on it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from worker.model.page import ImageFacts
from worker.store.client import Client, store_errors
from worker.store.keys import image_lease, image_record

_encoder = msgspec.json.Encoder()


class ImageRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an address answered.

    Attributes:
        facts: of the image; its digest names a file that may have been removed since.
        fresh_until: until then nobody asks again.
        not_kept: why the bytes of a good image are not cached: ``svg``, ``too-large``, ``not-written``, the failure
            of the last request; "" when they are, or nobody wanted them yet.
        etag: for the next, conditional request.
        last_modified: likewise.
        validators_url: where the two came from.
    """

    facts: ImageFacts
    fresh_until: datetime
    not_kept: str = ""
    etag: str = ""
    last_modified: str = ""
    validators_url: str = ""


_decoder = msgspec.json.Decoder(ImageRecord)


class ImageRecords:
    """Records of images in Redis."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def load(self, url: str) -> ImageRecord | None:
        """What is known of an address; None when it has to be asked."""
        with store_errors():
            record = self._client.get(image_record(url))
        if record is None:
            return None
        try:
            return _decoder.decode(record)
        except msgspec.MsgspecError:
            return None  # written by another version; the image is asked for again

    def save(self, url: str, record: ImageRecord, lifetime: timedelta) -> None:
        """Keep a record for a while."""
        with store_errors():
            self._client.set(image_record(url), _encoder.encode(record), px=_milliseconds(lifetime))

    def begin(self, url: str, lease: timedelta) -> bool:
        """Become the only one who asks for an address; False when somebody else does."""
        with store_errors():
            return bool(self._client.set(image_lease(url), "1", nx=True, px=_milliseconds(lease)))

    def end(self, url: str) -> None:
        """Let others ask for an address."""
        with store_errors():
            self._client.delete(image_lease(url))


def _milliseconds(time: timedelta) -> int:
    return max(1, round(time.total_seconds() * 1000))
