"""Images: their size, and their bytes in the cache, each address asked for once by all workers together.

| question | answer |
| --- | --- |
| only the size is wanted | the first 64 KB are asked for, and the first 512 KB only when the size lies behind them |
| the bytes are wanted | the whole file is asked for, up to 5 MB; of a larger one only the size is learned |
| how long an answer holds | a good one 30 days, then it is asked for conditionally; a failure 24 hours |
| an image that was good fails later | what is known of it stays, for 24 hours at a time |
| more than 65,535 pixels a side or 250 million in all | ``too-many-pixels``, whatever it really holds |
| an SVG | its size is learned, its bytes are not kept: they may hold scripts |
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from msgspec.structs import replace

from storyfold.errors import FetchError
from worker.model.page import ImageFacts
from worker.sources.fetch.exchange import FetchRequest, FetchResult, Purpose
from worker.sources.fetch.web_address import public_url
from worker.sources.image.header import ImageSize, MoreNeeded
from worker.sources.image.probe import probe
from worker.sources.image.svg import SVG
from worker.store.image_files import ImageFiles
from worker.store.images import ImageRecord, ImageRecords

if TYPE_CHECKING:
    from worker.sources.fetch.fetcher import Fetcher

FIRST_BYTES = 64 * 1024
MOST_HEADER_BYTES = 512 * 1024
MAX_KEPT_BYTES = 5 * 2**20
MAX_SIDE_PIXELS = 65_535
MAX_PIXELS = 250_000_000

GOOD_FOR = timedelta(days=30)
FAILED_FOR = timedelta(hours=24)
REMEMBERED = timedelta(days=180)
"""How long the record of a good image is kept after its last request, so that the next may be conditional."""

LEASE = timedelta(seconds=90)
"""Longer than an image may take: after that its process has died."""

WAIT_SECONDS = 10.0
_LOOK_SECONDS = 0.2

_TOO_FAR = "header-too-long"
_NEVER_KEPT = frozenset({"svg", "too-large"})

log = structlog.get_logger()


class Images:
    """Learns images."""

    def __init__(self, *, records: ImageRecords, files: ImageFiles, clock: Callable[[], datetime]) -> None:
        """
        Args:
            records: what is known already.
            files: the cache of bytes.
            clock: aware UTC.
        """
        self._records = records
        self._files = files
        self._clock = clock

    async def learn(self, fetcher: Fetcher, url: str, *, keep_bytes: bool) -> ImageFacts:
        """What is known of an image, asking for it when that is too little or too old.

        Args:
            fetcher: the client of this process.
            url: as it stands in documents.
            keep_bytes: the bytes are wanted in the cache, not only the size.

        Returns:
            Facts with ``failure`` set when nothing could be learned: a FetchError's name, ``not-an-image``,
            ``truncated``, ``header-too-long``, ``too-many-pixels``, or ``busy`` when another process has been asking
            for it for too long.

        Raises:
            StoreUnavailableError: Redis is away.
        """
        record = self._known(url, keep_bytes)
        if record is not None:
            return self._facts(record)
        if not self._records.begin(url, LEASE):
            record = await self._wait(url, keep_bytes)
            return self._facts(record) if record is not None else self._failed(url, "busy")
        try:
            record = self._known(url, keep_bytes)  # somebody may have learned it a moment ago
            if record is None:
                record = await self._ask(fetcher, url, keep_bytes)
                lifetime = FAILED_FOR if record.facts.failure else REMEMBERED
                self._records.save(url, record, lifetime)
            return self._facts(record)
        finally:
            self._records.end(url)

    def open_cached(self, digest: str) -> Path | None:
        """The file with a digest, None when it is not cached; any text may be given."""
        return self._files.find(digest)

    def _known(self, url: str, keep_bytes: bool) -> ImageRecord | None:
        record = self._records.load(url)
        if record is None or self._clock() >= record.fresh_until:
            return None
        is_enough = not keep_bytes or record.facts.failure or record.not_kept or self._files.find(record.facts.digest)
        return record if is_enough else None

    def _facts(self, record: ImageRecord) -> ImageFacts:
        facts = record.facts
        if facts.digest and self._files.find(facts.digest) is None:
            return replace(facts, digest="")
        return facts

    async def _wait(self, url: str, keep_bytes: bool) -> ImageRecord | None:
        for _ in range(round(WAIT_SECONDS / _LOOK_SECONDS)):
            await asyncio.sleep(_LOOK_SECONDS)
            record = self._known(url, keep_bytes)
            if record is not None:
                return record
        return None

    async def _ask(self, fetcher: Fetcher, url: str, keep_bytes: bool) -> ImageRecord:
        known = self._records.load(url)
        if known is not None and known.facts.failure:
            known = None
        try:
            if keep_bytes:
                return await self._ask_whole(fetcher, url, known)
            return await self._ask_size(fetcher, url, known)
        except FetchError as error:
            log.info("image failed", image_url=public_url(url), failure=error.failure, detail=error.detail)
            return self._after_failure(url, known, error.failure)

    async def _ask_whole(self, fetcher: Fetcher, url: str, known: ImageRecord | None) -> ImageRecord:
        # What was not kept though it could have been must come whole: a 304 would not bring it.
        has_it = known is not None and (known.not_kept in _NEVER_KEPT or self._files.find(known.facts.digest))
        validators = known if has_it else None
        try:
            result = await fetcher.fetch(_request(url, validators, max_bytes=MAX_KEPT_BYTES))
        except FetchError as error:
            if error.failure != "too-large":
                raise
            return replace(await self._ask_size(fetcher, url, known), not_kept="too-large")
        if result.status == 304 and known is not None:
            return self._still_good(known)
        size = _read(result)
        if isinstance(size, str):
            return self._after_failure(url, known, size)
        digest, not_kept = await self._keep(url, result.body, size)
        return self._learned(url, size, result, digest=digest, not_kept=not_kept)

    async def _ask_size(self, fetcher: Fetcher, url: str, known: ImageRecord | None) -> ImageRecord:
        result = await fetcher.fetch(_request(url, known, first_bytes=FIRST_BYTES))
        if result.status == 304 and known is not None:
            return self._still_good(known)
        size = _read(result)
        if size == _TOO_FAR and result.is_partial:
            result = await fetcher.fetch(_request(url, None, first_bytes=MOST_HEADER_BYTES))
            size = _read(result)
        if isinstance(size, str):
            return self._after_failure(url, known, size)
        return self._learned(url, size, result)

    async def _keep(self, url: str, content: bytes, size: ImageSize) -> tuple[str, str]:
        """Digest, and why the bytes are not kept; one of the two is ""."""
        if size.media_type == SVG:
            return "", "svg"
        try:
            digest = await asyncio.to_thread(self._files.keep, content)
        except OSError as error:
            # A full disk costs the copies of images, and nothing else.
            log.warning("image not written", image_url=public_url(url), error=str(error))
            return "", "not-written"
        return digest, "" if digest else "too-large"

    def _learned(
        self, url: str, size: ImageSize, result: FetchResult, *, digest: str = "", not_kept: str = ""
    ) -> ImageRecord:
        facts = ImageFacts(url=url, width=size.width, height=size.height, digest=digest, checked_at=self._now())
        return ImageRecord(
            facts=facts,
            fresh_until=self._clock() + (FAILED_FOR if not_kept == "not-written" else GOOD_FOR),
            not_kept=not_kept,
            etag=result.etag,
            last_modified=result.last_modified,
            validators_url=result.final_url,
        )

    def _still_good(self, known: ImageRecord) -> ImageRecord:
        facts = replace(known.facts, checked_at=self._now())
        not_kept = known.not_kept if known.not_kept in _NEVER_KEPT else ""
        return replace(known, facts=facts, fresh_until=self._clock() + GOOD_FOR, not_kept=not_kept)

    def _after_failure(self, url: str, known: ImageRecord | None, failure: str) -> ImageRecord:
        fresh_until = self._clock() + FAILED_FOR
        if known is not None:
            return replace(known, fresh_until=fresh_until, not_kept=known.not_kept or failure)
        return ImageRecord(facts=self._failed(url, failure), fresh_until=fresh_until)

    def _failed(self, url: str, failure: str) -> ImageFacts:
        return ImageFacts(url=url, failure=failure, checked_at=self._now())

    def _now(self) -> datetime:
        return self._clock().replace(microsecond=0)


def _request(
    url: str, known: ImageRecord | None, *, max_bytes: int | None = None, first_bytes: int | None = None
) -> FetchRequest:
    return FetchRequest(
        url=url,
        purpose=Purpose.IMAGE,
        max_bytes=max_bytes,
        first_bytes=first_bytes,
        etag=known.etag if known else "",
        last_modified=known.last_modified if known else "",
        validators_url=known.validators_url if known else "",
    )


def _read(result: FetchResult) -> ImageSize | str:
    """The size that an answer shows, else the name of the failure."""
    size = probe(result.body)
    if size is None:
        return "not-an-image"
    if isinstance(size, MoreNeeded):
        return _TOO_FAR if result.is_partial else "truncated"
    width, height = size.width or 0, size.height or 0
    if max(width, height) > MAX_SIDE_PIXELS or width * height > MAX_PIXELS:
        return "too-many-pixels"
    return size
