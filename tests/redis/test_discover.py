"""Following: a good feed costs one request, a page leads to its feeds, and nobody is asked twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from redis import Redis

from storyfold.errors import FetchError, SourceError
from storyfold.event import Event
from worker.flows.discover import Added, add_feed, follow_later
from worker.flows.engine import Engine
from worker.model.credential import Credential, CredentialKind
from worker.model.feed import Feed
from worker.sources.parse.opml import Outline

RSS = (
    b'<?xml version="1.0"?><rss version="2.0"><channel><title>Harbour News</title><link>https://h.example/</link>'
    b"<item><title>Council approves harbour bridge plan</title><link>https://h.example/1</link></item></channel></rss>"
)
PAGE = b"""<!doctype html><html><head><title>Harbour</title>
<link rel=alternate type=application/rss+xml title="Comments" href=/comments.xml>
<link rel=alternate type=application/rss+xml title="Posts" href=/feed.xml>
<link rel=alternate type=application/rss+xml title="Podcast" href=/podcast.xml></head><body></body></html>"""


@pytest.fixture
def engine(client: Redis, redis_url: str, make_engine: Callable[..., Engine], recording_server: Any) -> Engine:
    return make_engine(redis_url, FETCH_ALLOW=recording_server.address)


@pytest.fixture
def add(engine: Engine) -> Callable[..., Added]:
    def run(url: str, *, every: bool = False, **outline: Any) -> Added:
        filled: list[str] = []
        added = add_feed(
            engine, Outline(url=url, **outline), "news", every=every, on_items=lambda: filled.append("news")
        )
        if filled:
            engine.drain("news").run(20.0)
        return added

    return run


@pytest.fixture
def followed(engine: Engine) -> Callable[[], dict[str, Feed]]:
    def load() -> dict[str, Feed]:
        store = engine.feeds("news")
        return {feed.url: feed for feed in store.load(store.ids())}

    return load


def _serve(
    server: Any, target: str, body: bytes, content_type: str = "application/rss+xml", status: int = 200
) -> str:
    server.answer(target, server.reply(status, {"Content-Type": content_type}, body))
    url: str = server.url(target)
    return url


def test_adding_a_feed_costs_one_request_and_publishes_its_items(
    recording_server: Any, add: Callable[..., Added], engine: Engine, events: Callable[[], list[Event]]
) -> None:
    """C 47: one GET, no HEAD before it. The same request's validators serve the next poll."""
    recording_server.answer("/feed.xml", recording_server.reply(200, {"ETag": '"1"'}, RSS))
    url = recording_server.url("/feed.xml")
    added = add(url)
    assert [(request.method, request.target) for request in recording_server.requests] == [("GET", "/feed.xml")]
    (feed,) = added.feeds
    assert (feed.url, feed.title, feed.failure, feed.entries, feed.etag) == (url, "Harbour News", "", 1, '"1"')
    assert added.known == frozenset()
    assert [event.data["document"]["title"] for event in events()] == ["Council approves harbour bridge plan"]
    assert feed.next_poll_at is not None
    assert feed.next_poll_at >= engine.clock() + timedelta(minutes=59)


def test_a_known_feed_is_not_asked_again(recording_server: Any, add: Callable[..., Added]) -> None:
    url = _serve(recording_server, "/feed.xml", RSS)
    add(url)
    again = add(url)
    assert again.known == {again.feeds[0].feed_id}
    assert len(recording_server.requests) == 1


def test_while_the_command_polls_the_schedule_leaves_the_feed_alone(
    recording_server: Any, add: Callable[..., Added], engine: Engine
) -> None:
    """What a worker beside us would claim at the moment of the request."""
    claimed: list[Any] = []

    def answer(exchange: Any) -> None:
        store = engine.feeds("news")
        claimed.append(store.load(store.ids())[0].next_poll_at)
        exchange.send(recording_server.reply(200, {}, RSS))

    recording_server.answer("/feed.xml", answer)
    add(recording_server.url("/feed.xml"))
    assert claimed == [engine.clock() + timedelta(minutes=3)]


def test_the_best_feed_of_a_page_is_followed_and_the_others_are_named(
    recording_server: Any, add: Callable[..., Added], followed: Callable[[], dict[str, Feed]]
) -> None:
    page, url = _serve(recording_server, "/", PAGE, "text/html"), _serve(recording_server, "/feed.xml", RSS)
    added = add(page)
    assert list(followed()) == [url], "the page itself is not followed"
    assert added.site_url == followed()[url].site_url == page
    assert [link.title for link in added.others] == ["Podcast", "Comments"]
    assert [request.target for request in recording_server.requests] == ["/", "/feed.xml"]


def test_all_feeds_of_a_page_are_followed_on_wish(
    recording_server: Any, add: Callable[..., Added], followed: Callable[[], dict[str, Feed]]
) -> None:
    page = _serve(recording_server, "/", PAGE, "text/html")
    urls = [_serve(recording_server, f"/{name}.xml", RSS) for name in ("feed", "podcast", "comments")]
    assert [feed.url for feed in add(page, every=True).feeds] == urls
    assert sorted(followed()) == sorted(urls)


def test_a_page_is_not_asked_twice_within_a_day(
    recording_server: Any, add: Callable[..., Added], client: Redis, engine: Engine
) -> None:
    """C 55; the record of what it named ends by itself."""
    page, url = _serve(recording_server, "/", PAGE, "text/html"), _serve(recording_server, "/feed.xml", RSS)
    add(page)
    assert add(page).feeds[0].url == url
    engine.feeds("news").remove(add(page).feeds[0].feed_id)
    assert add(page).known == frozenset()
    assert [request.target for request in recording_server.requests] == ["/", "/feed.xml", "/feed.xml"]
    (key,) = client.keys("storyfold:discovery:*")
    assert 0 < client.ttl(key) <= 24 * 3600
    client.delete(key)
    add(page)
    assert [request.target for request in recording_server.requests][3:] == ["/"]


@pytest.mark.parametrize("body", [b"<html><head><title>x</title></head><body>No feed.</body></html>", b'{"a": 1}'])
def test_a_page_without_feeds_stays_followed_with_its_failure_and_is_not_looked_through_again(
    recording_server: Any,
    add: Callable[..., Added],
    engine: Engine,
    followed: Callable[[], dict[str, Feed]],
    body: bytes,
) -> None:
    page = _serve(recording_server, "/", body, "text/html")
    for _ in range(2):
        feed = add(page).feeds[0]
        assert (feed.failure, followed()[page].failure) == ("not-a-feed", "not-a-feed")
        assert feed.next_poll_at is not None
        assert engine.feeds("news").remove(feed.feed_id)
    assert len(recording_server.requests) == 1


def test_a_named_feed_that_is_none_gives_way_to_the_next(
    recording_server: Any, add: Callable[..., Added], followed: Callable[[], dict[str, Feed]]
) -> None:
    page = _serve(recording_server, "/", PAGE, "text/html")
    _serve(recording_server, "/feed.xml", b"<html><body>gone</body></html>", "text/html")
    url = _serve(recording_server, "/podcast.xml", RSS)
    assert [feed.url for feed in add(page).feeds] == list(followed()) == [url]


@pytest.mark.parametrize("status", [401, 403, 404, 410, 429, 500, 503])
def test_a_feed_that_fails_stays_followed_with_its_failure(
    recording_server: Any, add: Callable[..., Added], followed: Callable[[], dict[str, Feed]], status: int
) -> None:
    url = _serve(recording_server, "/feed.xml", b"", status=status)
    assert add(url).feeds[0].failure == followed()[url].failure == f"http-{status}"


def test_a_refused_host_stays_followed_as_blocked(
    add: Callable[..., Added], followed: Callable[[], dict[str, Feed]], canary: Any
) -> None:
    url = canary.url("/feed.xml")
    assert add(url).feeds[0].failure == followed()[url].failure == "blocked"
    assert canary.connections == 0


def test_a_page_cannot_lead_into_the_private_network(
    recording_server: Any, add: Callable[..., Added], canary: Any
) -> None:
    page = f'<html><head><link rel=feed href="{canary.url("/f")}"></head></html>'.encode()
    added = add(_serve(recording_server, "/", page, "text/html"))
    assert added.feeds[0].failure == "blocked"
    assert canary.connections == 0


def test_an_address_that_no_feed_can_have_is_refused(
    add: Callable[..., Added], followed: Callable[[], dict[str, Feed]]
) -> None:
    for url in ("file:///etc/passwd", "https://", "https://user:\x01@h.example/"):
        with pytest.raises(FetchError):
            add(url)
    assert followed() == {}


def test_following_without_a_poll_asks_nobody(recording_server: Any, engine: Engine) -> None:
    added = follow_later(engine, Outline(url=recording_server.url("/feed.xml"), interval_seconds=7200), "news")
    assert added.feeds[0].own_interval_seconds == 7200
    assert added.feeds[0].next_poll_at == engine.clock()
    assert recording_server.requests == []


SECRET = "s3cret-Word"


def test_user_and_password_leave_the_address_and_go_to_its_server_alone(
    recording_server: Any,
    start_server: Callable[..., Any],
    add: Callable[..., Added],
    engine: Engine,
    snapshot: Callable[[], dict[str, Any]],
) -> None:
    """B 41, C 49, J 43: the secret goes to the feed's origin, not behind a redirect, and into no other record."""
    other = start_server()
    recording_server.answer("/feed.xml", recording_server.reply(302, {"Location": other.url("/feed.xml")}))
    engine.settings.__dict__["fetch_allow"] = f"{recording_server.address},{other.address}"
    other.answer("/feed.xml", other.reply(200, {}, RSS))
    url = recording_server.url("/feed.xml")
    added = add(url.replace("://", f"://ann:{SECRET}@"))
    assert [feed.url for feed in added.feeds] == [url]
    assert added.credential == added.feeds[0].credential != ""
    assert recording_server.requests[0].headers["authorization"].startswith(b"Basic ")
    assert "authorization" not in other.requests[0].headers
    credentials = engine.credentials()
    assert credentials.load([added.credential])[added.credential].secret == SECRET
    stored = {key: value for key, value in snapshot().items() if key != "storyfold:credentials"}
    assert SECRET not in json.dumps(stored, default=str) + "".join(snapshot())


def test_a_page_does_not_lead_a_credential_to_another_server(
    recording_server: Any, start_server: Callable[..., Any], add: Callable[..., Added], engine: Engine
) -> None:
    other = start_server()
    engine.settings.__dict__["fetch_allow"] = f"{recording_server.address},{other.address}"
    other.answer("/f", other.reply(200, {}, RSS))
    page = f'<html><head><link rel=feed href="{other.url("/f")}"></head></html>'.encode()
    url = _serve(recording_server, "/", page, "text/html")
    engine.credentials().save(
        Credential(name="mine", kind=CredentialKind.BEARER, origins=(recording_server.url(""),), secret=SECRET)
    )  # fmt: skip
    assert add(url, credential="mine").feeds[0].credential == ""
    assert recording_server.requests[0].headers["authorization"] == f"Bearer {SECRET}".encode()
    assert "authorization" not in other.requests[0].headers


def test_a_credential_that_is_not_for_a_server_is_refused_before_anything_is_asked(
    recording_server: Any, add: Callable[..., Added], engine: Engine, followed: Callable[[], dict[str, Feed]]
) -> None:
    engine.credentials().save(
        Credential(name="mine", kind=CredentialKind.BEARER, origins=("https://a.example",), secret=SECRET)
    )
    for name in ("mine", "absent"):
        with pytest.raises(SourceError) as raised:
            add(recording_server.url("/feed.xml"), credential=name)
        assert raised.value.failure == "no-credential"
    assert followed() == {}
    assert recording_server.requests == []
