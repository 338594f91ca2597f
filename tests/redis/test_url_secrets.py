"""Secrets in a feed's address: user and password, a token in the query, a key in the path (criterion J 43).

They may stand in the feed's own records, in the message that hands the feed out, and in requests to its own origin.
They must be in no event, log line, traceback, dead letter, counter, list of fetches or name of a key.
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from redis import Redis

from config.settings import load_settings
from storyfold.errors import FetchError
from worker.flows import poll_outcome
from worker.flows.engine import Engine
from worker.flows.subscribe import new_feeds
from worker.logs import configure_logs
from worker.model.feed import Feed, feed_id_of
from worker.sources.fetch.exchange import FetchRequest
from worker.sources.fetch.fetcher import Fetcher
from worker.sources.fetch.guard import AddressGuard
from worker.sources.fetch.web_address import public_text, public_url
from worker.sources.parse.opml import Outline
from worker.store.keys import Keys

KEYS = Keys("news")
QUERY = "kwzqtoken8815"
PATH = "b7f3a9c2d4e8416fa0c1"
SECRETS = (QUERY, PATH)
TARGET = f"/private/{PATH}/rss?token={QUERY}"

ITEM = "<item><title>{title}</title><link>{link}</link><guid isPermaLink='false'>{title}</guid></item>"
LINKS = (
    *("https://a.example/1", "", "#comments", "?", "?page=2", "/absolute/path", "../relative"),
    *(f"https://a.example/episode.mp3?token={QUERY}&amp;id=1", f"https://a.example/2?id=1&amp;token={QUERY}#x"),
)


def rss(*items: str) -> bytes:
    return f"<rss version='2.0'><channel><title>Private</title>{''.join(items)}</channel></rss>".encode()


GOOD = rss(
    *(ITEM.format(title=f"The harbour {number} has a new bridge", link=link) for number, link in enumerate(LINKS))
)
REJECTED = rss("<item><guid>only this</guid></item>", "<item><description>and no more</description></item>")


@pytest.fixture(params=["console", "json"])
def log_lines(request: pytest.FixtureRequest) -> Iterator[Callable[[], str]]:
    """What has been logged at debug level, in each format."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    configure_logs(load_settings({"STORYFOLD_LOG_FORMAT": request.param, "STORYFOLD_LOG_LEVEL": "debug"}))
    written = io.StringIO()
    for handler in root.handlers:
        assert isinstance(handler, logging.StreamHandler)
        handler.setStream(written)
    yield written.getvalue
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


_FOUND = re.compile(f".{{0,60}}(?:{'|'.join(SECRETS)}).{{0,20}}")


def follow(engine: Engine, url: str) -> str:
    feed = new_feeds([Outline(url=url)], "news", engine.clock())[0]
    engine.feeds("news").add([feed])
    return feed.feed_id


def poll(engine: Engine, feed_id: str) -> Feed:
    engine.feeds("news").make_due([feed_id], engine.clock())
    engine.poll("news", lambda: None).run([feed_id], 20.0)
    engine.drain("news").run(20.0)
    return engine.feeds("news").load([feed_id])[0]


def leaks(client: Redis, snapshot: Callable[[], dict[str, Any]], feed_id: str) -> dict[str, str]:
    """Key -> what of it holds a secret, but for the records that must have the feed's address."""
    own = {KEYS.feed(feed_id), KEYS.backlog}
    told = {key: str(value) for key, value in snapshot().items() if key not in own and ":story:" not in key}
    found = {f"{key}: {match[0]}": "" for key, text in told.items() for match in _FOUND.finditer(text)}
    return found | {key: "its name" for key in client.keys("*") if any(secret in key for secret in SECRETS)}


ANSWERS = {
    "good": lambda server: server.reply(200, {"Content-Type": "application/rss+xml"}, GOOD),
    "rejected": lambda server: server.reply(200, {}, REJECTED),
    "not a feed": lambda server: server.reply(200, {"Content-Type": "text/html"}, b"<html><body>Hello"),
    "empty": lambda server: server.reply(200, {}, b""),
    "missing": lambda server: server.reply(404, {}, b"no"),
    "refused": lambda server: server.reply(429, {"Retry-After": "600"}, b""),
    "too large": lambda server: server.reply(200, {"Content-Length": "99999999999"}, b"", length=False),
    "truncated": lambda server: server.reply(200, {"Content-Length": "5000"}, b"<rss", length=False),
    "coding": lambda server: server.reply(200, {"Content-Encoding": "gzip, gzip"}, b"x"),
    "no HTTP": lambda _: f"HTTP/1.1 {TARGET}\r\n\r\n".encode(),
    "bad header": lambda _: f"HTTP/1.1 200 OK\r\n{TARGET}\r\n\r\n".encode(),
    "closed": lambda _: b"",
    "circle": lambda server: server.reply(302, {"Location": TARGET}),
    "to itself": lambda server: server.reply(301, {"Location": TARGET + "&again=1"}),
    "nowhere": lambda server: server.reply(302, {}),
    "blocked": lambda server: server.reply(302, {"Location": f"http://10.0.0.1{TARGET}"}),
    "no address": lambda server: server.reply(302, {"Location": f"//[::1{TARGET}"}),
    "user": lambda server: server.reply(302, {"Location": f"http://{QUERY}:{PATH}@127.0.0.1/"}),
    "file": lambda server: server.reply(302, {"Location": f"file://{TARGET}"}),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_whatever_a_server_answers_no_secret_of_the_address_is_told(
    answer: str,
    client: Redis,
    redis_url: str,
    make_engine: Callable[..., Engine],
    recording_server: Any,
    snapshot: Callable[[], dict[str, Any]],
    log_lines: Callable[[], str],
) -> None:
    engine = make_engine(redis_url, FETCH_ALLOW=recording_server.address, FETCH_TIMEOUT="5")

    def script(exchange: Any) -> None:
        exchange.send(ANSWERS[answer](recording_server))
        if answer not in {"good", "rejected"}:
            exchange.close()

    recording_server.answer(TARGET, script)
    feed_id = follow(engine, recording_server.url(TARGET))
    feed = poll(engine, feed_id)
    assert (feed.failure == "") == (answer == "good")
    # A relative link below a key in the path is an address that the publisher itself made of it.
    published = {name for name in leaks(client, snapshot, feed_id) if not (KEYS.stream in name and QUERY not in name)}
    assert published == set()
    assert not any(secret in f"{feed.failure} {feed.detail} {feed.notes}" for secret in SECRETS)
    written = log_lines()
    assert [line for line in written.splitlines() if any(secret in line for secret in SECRETS)] == []
    assert answer == "good" or "feed failed" in written
    assert all(request.target.startswith(TARGET) for request in recording_server.requests)
    assert all("referer" not in request.headers for request in recording_server.requests)


def test_a_fault_of_ours_is_told_without_the_address_that_met_it(
    client: Redis,
    redis_url: str,
    make_engine: Callable[..., Engine],
    recording_server: Any,
    snapshot: Callable[[], dict[str, Any]],
    log_lines: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The text of an error is whatever a library wrote, and its causes are printed with it."""

    def fail(*_: Any, feed_url: str, **__: Any) -> None:
        try:
            raise KeyError(feed_url)  # noqa: TRY301 the cause is what is tested
        except KeyError as error:
            raise ValueError(f"cannot read '{feed_url}' (see {feed_url}), {feed_url}") from error

    monkeypatch.setattr(poll_outcome, "parse_feed", fail)
    engine = make_engine(redis_url, FETCH_ALLOW=recording_server.address)
    recording_server.answer(TARGET, recording_server.reply(200, {}, GOOD))
    feed_id = follow(engine, recording_server.url(TARGET))
    feed = poll(engine, feed_id)
    assert feed.failure == "internal"
    assert leaks(client, snapshot, feed_id) == {}
    written = log_lines()
    assert "Traceback" in written
    assert "ValueError: cannot read" in written
    assert [line for line in written.splitlines() if any(secret in line for secret in SECRETS)] == []
    assert not any(secret in feed.detail for secret in SECRETS)


def test_a_redirect_to_another_origin_takes_no_secret_along(
    redis_url: str, make_engine: Callable[..., Engine], recording_server: Any, start_server: Callable[..., Any]
) -> None:
    other = start_server()
    other.answer("/feed", other.reply(200, {}, GOOD))
    recording_server.answer(TARGET, recording_server.reply(301, {"Location": other.url("/feed")}))
    engine = make_engine(redis_url, FETCH_ALLOW=f"{recording_server.address},{other.address}")
    assert poll(engine, follow(engine, recording_server.url(TARGET))).failure == ""
    assert len(other.requests) == 1
    assert not any(secret.encode() in other.requests[0].raw for secret in SECRETS)


def test_the_cause_of_a_failed_fetch_quotes_nothing(engine: Engine, recording_server: Any) -> None:
    """Whoever prints the error with its causes prints no address."""
    recording_server.answer(TARGET, f"HTTP/1.1 {TARGET}\r\n\r\n".encode())

    async def run() -> FetchError:
        guard = AddressGuard(recording_server.address)
        async with Fetcher(contact_url="https://c.example", guard=guard) as fetcher:
            with pytest.raises(FetchError) as caught:
                await fetcher.fetch(FetchRequest(url=recording_server.url(TARGET)))
            return caught.value

    error = engine.loop.run(run())
    assert error.failure == "protocol"
    assert error.__suppress_context__
    assert error.__cause__ is None


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:password@a.example/feed?token=x#y", "https://a.example/feed"),
        (f"https://a.example/feed/{PATH}/rss", "https://a.example/feed/***/rss"),
        ("https://a.example/5f6c1d2e-1111-4a5b-9c3d-0123456789ab.xml", "https://a.example/***.xml"),
        ("https://a.example/feed;key=abc/rss", "https://a.example/feed;***/rss"),
        ("https://a.example/token=abc/rss", "https://a.example/token=***/rss"),
        ("https://a.example/2026/03/01/council-approves-harbour-bridge-20260301/", None),
        ("https://a.example/internationalisation", None),
        ("https://a.example/1234567890123456789", None),
        ("https://abcdef0123456789abcdef.example/rss", None),
        ("https://a.example:8443", None),
    ],
)
def test_what_is_shown_of_an_address_holds_no_key_and_stays_known(url: str, shown: str | None) -> None:
    assert public_url(url) == (shown or url)
    assert public_text(f"cannot read '{url}' and ({url}\\n {url}").startswith(f"cannot read '{shown or url}' and (")


def test_the_id_of_a_feed_tells_nothing_of_its_address() -> None:
    assert not any(secret in feed_id_of(f"https://a.example{TARGET}") for secret in SECRETS)
