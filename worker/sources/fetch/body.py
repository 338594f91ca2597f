"""Reading the body of an answer: whole and within the limit, or no more than its start."""

from __future__ import annotations

import re
from typing import NamedTuple

import httpx

from storyfold.errors import FetchError
from worker.sources.fetch.decoding import BodyDecoder, too_large
from worker.sources.fetch.exchange import FetchRequest
from worker.sources.fetch.http_dates import parse_delta_seconds
from worker.sources.fetch.http_headers import RawHeaders, first_value, joined_values

_FROM_THE_START = re.compile(r"bytes 0-(?:[0-9]+)/(?P<total>[0-9]{1,18}|\*)", re.IGNORECASE)


class Body(NamedTuple):
    """What was read.

    Attributes:
        data: decoded bytes.
        is_partial: there are more.
        total_bytes: length of the whole body, None when unknown.
    """

    data: bytes
    is_partial: bool
    total_bytes: int | None


async def read_body(response: httpx.Response, max_bytes: int, request: FetchRequest) -> Body:
    """Read the body of an answer with a good status.

    Args:
        response: the answer, its body not yet read.
        max_bytes: the client's limit.
        request: its own limits lower that one.

    Raises:
        FetchError: ``too-large``, ``bad-encoding``, ``truncated``; ``protocol`` for a part (206) that does not begin
            at the start of the body.
    """
    if response.status_code == 304:
        return Body(b"", is_partial=False, total_bytes=None)
    headers: RawHeaders = response.extensions["raw_headers"]
    limit = min(number for number in (max_bytes, request.max_bytes, request.first_bytes) if number is not None)
    starts_only = request.first_bytes is not None
    length = _declared_length(response.status_code, headers)
    if not starts_only and length is not None and length > limit:
        raise too_large(limit)
    decoder = BodyDecoder(joined_values(headers, b"content-encoding"), limit, cut=starts_only)
    async for chunk in response.aiter_raw():
        decoder.feed(chunk)
        if decoder.is_cut:
            break
    data = decoder.finish()
    total = None if decoder.is_coded else length
    if response.status_code == 200 and not decoder.is_cut:
        total = len(data)
    is_partial = decoder.is_cut or (response.status_code == 206 and total != len(data))
    return Body(data, is_partial=is_partial, total_bytes=total)


def _declared_length(status: int, headers: RawHeaders) -> int | None:
    """Length of the whole body as the server states it."""
    if status != 206:
        length = parse_delta_seconds(first_value(headers, b"content-length"))
        return None if length is None else int(length)
    # Several parts (multipart/byteranges) have no Content-Range; nobody asked for them.
    part = _FROM_THE_START.fullmatch(first_value(headers, b"content-range").strip())
    if part is None:
        raise FetchError("protocol", "the answer is a part of the body, but not the one that was asked for")
    return None if part["total"] == "*" else int(part["total"])
