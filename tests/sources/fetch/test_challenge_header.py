"""A challenge that is named in a header field."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from storyfold.errors import FetchError
from worker.sources.fetch.exchange import FetchRequest, Purpose
from worker.sources.fetch.fetcher import Fetcher
from worker.sources.fetch.guard import AddressGuard


@pytest.mark.parametrize(
    ("status", "said", "purpose", "failure"),
    [
        (403, "challenge", Purpose.FEED, "challenge"),
        (503, "Challenge ", Purpose.FEED, "challenge"),
        (403, "other", Purpose.FEED, "http-403"),
        (503, None, Purpose.FEED, "http-503"),
        (403, "challenge", Purpose.ROBOTS, "http-403"),
    ],
)
def test_cloudflares_name_for_a_challenge_is_taken_for_feeds(
    recording_server: Any, status: int, said: str | None, purpose: Purpose, failure: str
) -> None:
    fields = {"Retry-After": "7200"} | ({"cf-mitigated": said} if said else {})
    recording_server.answer("/feed", recording_server.reply(status, fields, b"<html>wait</html>"))

    async def run() -> None:
        guard = AddressGuard(recording_server.address)
        async with Fetcher(contact_url="https://storyfold.example/bot", guard=guard) as fetcher:
            await fetcher.fetch(FetchRequest(url=recording_server.url("/feed"), purpose=purpose))

    with pytest.raises(FetchError) as caught:
        asyncio.run(run())
    assert (caught.value.failure, caught.value.retry_after_seconds) == (failure, 7200)
