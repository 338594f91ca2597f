"""Discoveries: which feeds a page named, kept for a day, so that it is not asked for them again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import msgspec

from worker.model.feed_link import FeedLink
from worker.store.client import Client, store_errors
from worker.store.keys import discovery_record

KEPT = timedelta(hours=24)


class Discovery(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a page named.

    Attributes:
        site_url: the page, where redirects led.
        links: its feeds, the best first; none when it names none.
    """

    site_url: str
    links: tuple[FeedLink, ...] = ()


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Discovery)


class Discoveries:
    """Records of pages, each ending by itself."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def load(self, url: str) -> Discovery | None:
        """What is known of a page; None when it has to be asked for."""
        with store_errors():
            record = self._client.get(discovery_record(url))
        if record is None:
            return None
        try:
            return _decoder.decode(record)
        except msgspec.MsgspecError:
            return None  # written by another version; it is asked for again

    def keep(self, url: str, site_url: str, links: Sequence[FeedLink]) -> Discovery:
        """Keep for a day what a page named."""
        discovery = Discovery(site_url=site_url, links=tuple(links))
        with store_errors():
            self._client.set(discovery_record(url), _encoder.encode(discovery), px=round(KEPT.total_seconds() * 1000))
        return discovery
