"""Sending a form to a hub: by POST, to where its redirects lead, and nowhere that the guard denies."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from storyfold.errors import FetchError
from worker.sources.fetch.exchange import FetchRequest, FetchResult, Purpose
from worker.sources.fetch.fetcher import Fetcher
from worker.sources.fetch.guard import AddressGuard
from worker.sources.websub.discovery import hub_and_topic

FORM = b"hub.mode=subscribe&hub.topic=https%3A%2F%2Fnews.example%2F"


class Hub:
    """Reads what is posted to a recording server and answers by target."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self.bodies: list[tuple[str, bytes]] = []

    def answer(self, target: str, status: int, location: str = "") -> None:
        headers = {"Location": location} if location else {}

        def reply(exchange: Any) -> None:
            self.bodies.append((target, exchange.request.headers.get("content-length", b"")))
            # The form stands on the connection still; the next request needs another one.
            exchange.send(self.server.reply(status, headers | {"Connection": "close"}))
            exchange.close()

        self.server.answer(target, reply)


@pytest.fixture
def hub(recording_server: Any) -> Hub:
    return Hub(recording_server)


def post(url: str, *allowed: str, **settings: Any) -> FetchResult:
    async def send() -> FetchResult:
        guard = AddressGuard(",".join(allowed))
        async with Fetcher(contact_url="https://x.example/", guard=guard, timeout_seconds=5, **settings) as fetcher:
            return await fetcher.fetch(FetchRequest(url=url, purpose=Purpose.HUB, form=FORM))

    return asyncio.run(send())


@pytest.mark.parametrize("status", [200, 202, 204])
def test_a_form_is_posted_as_one_without_cookie_or_referrer(hub: Hub, status: int) -> None:
    hub.answer("/hub", status)
    assert post(hub.server.url("/hub"), hub.server.address).status == status
    (request,) = hub.server.requests
    assert request.method == "POST"
    assert request.headers["content-type"] == b"application/x-www-form-urlencoded"
    assert int(request.headers["content-length"]) == len(FORM)
    assert not {"cookie", "referer", "if-none-match", "authorization"} & set(request.headers)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_of_the_hub_is_followed_with_a_post(hub: Hub, status: int) -> None:
    """E 76 (tests 203 and 204)."""
    hub.answer("/hub", status, "/moved")
    hub.answer("/moved", 202)
    result = post(hub.server.url("/hub"), hub.server.address)
    assert (result.status, result.final_url) == (202, hub.server.url("/moved"))
    assert [(each.method, each.target) for each in hub.server.requests] == [("POST", "/hub"), ("POST", "/moved")]
    assert [length for _, length in hub.bodies] == [str(len(FORM)).encode()] * 2


@pytest.mark.parametrize("status", [303, 400, 404, 500])
def test_any_other_answer_is_a_failure_by_its_name(hub: Hub, status: int) -> None:
    hub.answer("/hub", status, "/moved")
    with pytest.raises(FetchError) as caught:
        post(hub.server.url("/hub"), hub.server.address)
    assert caught.value.failure == f"http-{status}"
    assert len(hub.server.requests) == 1


def test_a_hub_at_a_private_address_is_not_connected_to(canary: Any) -> None:
    """E 82: the guard judges the hub."""
    with pytest.raises(FetchError, match="blocked"):
        post(canary.url("/hub"))
    assert canary.connections == 0


def test_a_hub_that_redirects_to_a_private_address_does_not_lead_there(hub: Hub, canary: Any) -> None:
    """E 82: the guard judges each redirect of the hub."""
    hub.answer("/hub", 307, canary.url("/"))
    with pytest.raises(FetchError, match="blocked"):
        post(hub.server.url("/hub"), hub.server.address)
    assert canary.connections == 0


def test_a_form_is_never_sent_on_from_https_to_http(
    start_server: Callable[..., Any], canary: Any, certificate: tuple[ssl.SSLContext, ssl.SSLContext, Path]
) -> None:
    """E 78: its secret travels by https only."""
    server, client, _ = certificate
    secure = Hub(start_server(ssl_context=server))
    secure.answer("/hub", 307, canary.url("/"))
    with pytest.raises(FetchError, match="without encryption"):
        post(secure.server.url("/hub"), secure.server.address, canary.address, ssl_context=client)
    assert (len(secure.server.requests), canary.connections) == (1, 0)


@pytest.mark.parametrize("status", [301, 302])
def test_hub_and_topic_of_a_feed_behind_a_redirect_are_those_of_its_far_end(
    recording_server: Any, status: int
) -> None:
    """E 76 (tests 201 and 202): what the redirecting answer says of hubs counts for nothing."""
    site = recording_server
    wrong = {"Link": "<https://wrong.example/>; rel=hub, </wrong>; rel=self", "Location": "/new/feed"}
    right = {"Link": "<https://hub.example/>; rel=hub, <topic>; rel=self", "Content-Type": "application/rss+xml"}
    site.answer("/old", site.reply(status, wrong))
    site.answer("/new/feed", site.reply(200, right, b"<rss/>"))

    async def ask() -> FetchResult:
        guard = AddressGuard(site.address)
        async with Fetcher(contact_url="https://x.example/", guard=guard, timeout_seconds=5) as fetcher:
            return await fetcher.fetch(FetchRequest(url=site.url("/old")))

    result = asyncio.run(ask())
    found = hub_and_topic(result.link, result.final_url, "", "")
    assert found == ("https://hub.example/", site.url("/new/topic"))
