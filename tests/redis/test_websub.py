"""WebSub end to end in one process: a scripted hub, real Redis, the web role's application, the reading worker."""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from msgspec.structs import replace
from redis import Redis

from storyfold.errors import FetchError
from storyfold.event import Event
from worker.cli.push_row import push_row
from worker.flows.engine import Engine
from worker.flows.fetch_loop import Loop
from worker.flows.poll_outcome import fetched
from worker.flows.upkeep import due_subscriptions
from worker.model.feed import Feed, feed_id_of
from worker.model.subscription import Subscription, SubscriptionState
from worker.sources.fetch.exchange import FetchRequest, FetchResult
from worker.store import deliveries as limits
from worker.store.deliveries import Delivery
from worker.store.keys import Keys, websub_callback
from worker.store.websub import Callbacks
from worker.web.app import make_app

KEYS = Keys("news")
PUBLIC = "https://news.example"
HUB = "https://hub.example/"
FEED_URL = "https://a.example/feed"
TOPIC = "https://a.example/topic.xml"
FEED_ID = feed_id_of(FEED_URL)
DAY = timedelta(days=1)


class Hub:
    """Stands where the fetcher stands. By default it accepts each request and does not verify it."""

    def __init__(self) -> None:
        self.requests: list[dict[str, str]] = []
        self.error: FetchError | None = None
        self.before_answer: Callable[[dict[str, str]], None] = lambda _: None

    async def open(self) -> None: ...

    async def aclose(self) -> None: ...

    async def fetch(self, request: FetchRequest) -> FetchResult:
        assert request.form is not None
        assert request.url == HUB
        form = {name: values[0] for name, values in parse_qs(request.form.decode()).items()}
        self.requests.append(form)
        await asyncio.to_thread(self.before_answer, form)
        if self.error is not None:
            raise self.error
        return FetchResult(status=202, final_url=request.url)

    @property
    def modes(self) -> list[str]:
        return [each["hub.mode"] for each in self.requests]

    @property
    def token(self) -> str:
        """Of the newest subscription."""
        return next(each for each in reversed(self.requests) if each["hub.mode"] == "subscribe")["hub.callback"][-43:]

    @property
    def secret(self) -> str:
        return next(each for each in reversed(self.requests) if each["hub.mode"] == "subscribe")["hub.secret"]


class Site:
    """The whole: engine with the hub for its fetcher, and the web role on the same Redis."""

    def __init__(self, engine: Engine, hub: Hub, clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.engine = engine
        self.hub = hub
        self.clock = clock
        engine.__dict__["loop"] = Loop(lambda: hub)  # type: ignore[arg-type,return-value]
        self.feeds = engine.feeds("news")
        # The web role makes an engine for each request; it must live in the test's time.
        monkeypatch.setattr(
            "worker.web.websub.Engine", lambda settings, **given: Engine(settings, clock=clock, **given)
        )
        self.app = make_app(engine.settings)
        self.drains = 0

    def follow(self, **given: Any) -> Feed:
        values: dict[str, Any] = {"hub_url": HUB, "topic_url": TOPIC, "added_at": self.clock()}
        due = self.clock() + DAY
        feed = Feed(feed_id=FEED_ID, url=FEED_URL, collection="news", next_poll_at=due, **(values | given))
        self.feeds.add([feed])
        self.note(feed)
        return feed

    def note(self, feed: Feed) -> None:
        """What a poll does when its outcome is stored."""
        self.feeds.save(feed)
        self.engine._follower("news").push.note([feed])

    def tick(self) -> None:
        if feed_ids := due_subscriptions(self.engine, "news"):
            self.engine.subscriber("news").run(feed_ids, 5.0)
        if self.engine.deliveries("news").count():
            self.engine.delivery_reader("news", self._drain).run(5.0)

    def _drain(self) -> None:
        self.drains += 1
        assert self.engine.drain("news").run(20.0) is False

    def subscription(self) -> Subscription | None:
        (standing,) = self.engine.subscriptions("news").load([FEED_ID])
        return standing

    def standing(self) -> Subscription:
        standing = self.subscription()
        assert standing is not None
        return standing

    def subscribed(self) -> None:
        self.follow()
        self.tick()
        assert self.verify().status_code == 200

    def verify(self, mode: str = "subscribe", token: str = "", **given: str) -> httpx.Response:
        said = {"hub.mode": mode, "hub.topic": TOPIC, "hub.challenge": "<b>42</b>", "hub.lease_seconds": "864000"}
        named = {name.replace("_", ".", 1): value for name, value in given.items()}
        return self.ask("GET", token or self.hub.token, params=said | named)

    def deliver(
        self, body: bytes, *, token: str = "", signature: str | None = None, **headers: str
    ) -> httpx.Response:
        if signature is None:
            signature = "sha256=" + hmac.new(self.hub.secret.encode(), body, "sha256").hexdigest()
        sent = {"X-Hub-Signature": signature, "Content-Type": "application/rss+xml"} if signature else {}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask("POST", token or self.hub.token, content=body, headers=sent | named)

    def ask(self, method: str, token: str, **given: Any) -> httpx.Response:
        async def exchange() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(transport=transport, base_url=PUBLIC) as client:
                return await client.request(method, f"/websub/{token}", **given)

        return asyncio.run(exchange())


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture
def site(
    client: Redis, redis_url: str, make_engine: Callable[..., Engine], hub: Hub, clock: Any, monkeypatch: Any
) -> Site:
    engine = make_engine(redis_url, PUBLIC_URL=PUBLIC, WEB_BIND="0.0.0.0:8080", WEB_TOKEN="page-token")
    return Site(engine, hub, clock, monkeypatch)


def rss(*titles: str) -> bytes:
    items = "".join(
        f"<item><guid isPermaLink='false'>{title}</guid><title>{title}</title>"
        f"<link>https://a.example/{title.replace(' ', '-')}</link>"
        "<pubDate>Sun, 01 Mar 2026 10:00:00 GMT</pubDate></item>"
        for title in titles
    )
    return f"<rss version='2.0'><channel><title>A</title>{items}</channel></rss>".encode()


# Subscribing


def test_a_feed_with_a_hub_is_subscribed_to_once(site: Site, hub: Hub, client: Redis) -> None:
    """E 75 and E 78: the topic is rel=self; callback and secret are 256 random bits each."""
    site.follow()
    site.tick()
    site.tick()
    (request,) = hub.requests
    assert (request["hub.mode"], request["hub.topic"]) == ("subscribe", TOPIC)
    assert request["hub.callback"].startswith(f"{PUBLIC}/websub/")
    assert len(hub.token) == 43
    assert hub.secret != hub.token
    assert len(hub.secret) <= 200
    assert site.standing().state is SubscriptionState.ASKED
    assert not any(hub.token in key for key in client.keys("*"))


def test_each_subscription_has_a_token_and_a_secret_of_its_own(site: Site, hub: Hub) -> None:
    """E 78."""
    for number in range(20):
        feed = Feed(
            feed_id=feed_id_of(str(number)), url=str(number), collection="news", added_at=site.clock(),
            hub_url=HUB, topic_url=TOPIC,
        )  # fmt: skip
        site.feeds.add([feed])
        site.note(feed)
    site.tick()
    assert len({each["hub.callback"] for each in hub.requests}) == 20
    assert len({each["hub.secret"] for each in hub.requests}) == 20


@pytest.mark.parametrize(
    "given",
    [{"hub_url": ""}, {"hub_url": "http://hub.example/"}, {"topic_url": ""}],
    ids=["none", "http", "no topic"],
)
def test_a_feed_that_cannot_be_subscribed_to_costs_nothing(site: Site, hub: Hub, given: Any, client: Redis) -> None:
    site.follow(**given)
    site.tick()
    assert hub.requests == []
    assert not client.exists(KEYS.websub_due)


def test_without_a_public_url_feeds_are_polled(
    client: Redis, redis_url: str, make_engine: Callable[..., Engine], hub: Hub, clock: Any, monkeypatch: Any
) -> None:
    site = Site(make_engine(redis_url), hub, clock, monkeypatch)
    site.follow()
    site.tick()
    assert (hub.requests, client.exists(KEYS.websub_due)) == ([], 0)


def test_a_hub_that_verifies_before_it_answers_is_heard(site: Site, hub: Hub) -> None:
    """The callback is known before the hub hears of it, and the answer does not overwrite what the hub said."""
    hub.before_answer = lambda _: None if site.verify().status_code == 200 else pytest.fail("not verified")
    site.follow()
    site.tick()
    assert site.standing().state is SubscriptionState.HOLDS
    hub.error = FetchError("timeout", "too slow")
    site.clock.advance(8 * DAY)
    site.tick()
    assert (site.standing().state, site.standing().failures) == (SubscriptionState.HOLDS, 0)


def test_a_hub_that_fails_is_asked_again_later_and_the_feed_is_polled(site: Site, hub: Hub) -> None:
    """E 81."""
    hub.error = FetchError("http-500", "hub.example answered 500")
    site.follow()
    site.tick()
    assert site.standing().state is SubscriptionState.FAILED
    assert "500" in site.standing().detail
    site.tick()
    assert len(hub.requests) == 1
    site.clock.advance(timedelta(hours=1))
    site.tick()
    assert len(hub.requests) == 2
    (feed,) = site.engine._follower("news").push.with_push(site.feeds.load([FEED_ID]))
    assert feed.pushed_until is None


# Verification


def test_a_verification_of_ours_is_answered_with_its_challenge_as_plain_text(site: Site) -> None:
    """E 77 (test 205): the challenge and nothing else, never as HTML, without a token of the web role."""
    site.follow()
    site.tick()
    answer = site.verify()
    assert (answer.status_code, answer.text) == (200, "<b>42</b>")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert site.standing().pushed_until() == site.clock() + 10 * DAY


@pytest.mark.parametrize(
    "said",
    [
        {"hub_topic": "https://a.example/other"},
        {"hub_topic": ""},
        {"mode": "unsubscribe"},
        {"mode": "publish"},
        {"mode": ""},
        {"token": "A" * 43},
        {"token": "short"},
        {"hub_challenge": ""},
        {"hub_challenge": "x" * 5000},
    ],
    ids=str,
)
def test_any_other_verification_is_answered_with_404(site: Site, said: dict[str, str]) -> None:
    """E 77 (test 205): and nothing of the request comes back."""
    site.follow()
    site.tick()
    answer = site.verify(**said)
    assert answer.status_code == 404
    assert "42" not in answer.text
    assert site.standing().state is SubscriptionState.ASKED


def test_an_unsolicited_verification_does_not_prolong_a_lease(site: Site) -> None:
    """E 77."""
    site.subscribed()
    site.clock.advance(2 * DAY)
    before = site.standing()
    assert site.verify().status_code == 404
    assert site.standing() == before


def test_a_denial_brings_the_polls_back(site: Site, client: Redis) -> None:
    """E 81: at the normal rate, the first of them soon."""
    site.subscribed()
    assert site.verify("denied", hub_reason="gone\r\nbad").status_code == 200
    assert site.standing().state is SubscriptionState.DENIED
    assert site.standing().detail == "the hub denies it: gone bad"
    due = client.zscore(KEYS.due, FEED_ID)
    assert site.clock().timestamp() <= due <= (site.clock() + timedelta(minutes=10)).timestamp()
    (feed,) = site.engine._follower("news").push.with_push(site.feeds.load([FEED_ID]))
    assert feed.pushed_until is None


def test_a_denial_of_what_never_held_changes_no_schedule(site: Site, client: Redis) -> None:
    site.follow()
    site.tick()
    due = client.zscore(KEYS.due, FEED_ID)
    assert site.verify("denied").status_code == 200
    assert client.zscore(KEYS.due, FEED_ID) == due


# The lease


def test_a_lease_that_holds_is_told_to_polls_and_renewed_with_the_same_callback(site: Site, hub: Hub) -> None:
    """E 81."""
    site.subscribed()
    (feed,) = site.engine._follower("news").push.with_push(site.feeds.load([FEED_ID]))
    assert feed.pushed_until == site.clock() + 10 * DAY
    site.clock.advance(timedelta(days=7, hours=23))
    site.tick()
    assert len(hub.requests) == 1
    site.clock.advance(timedelta(hours=1))
    site.tick()
    assert hub.requests[0] == hub.requests[1]
    assert site.standing().pushed_until() is not None
    assert site.verify().status_code == 200
    assert site.standing().pushed_until() == site.clock() + 10 * DAY


def test_a_lease_that_runs_out_brings_the_polls_back(site: Site, client: Redis) -> None:
    """E 81."""
    site.subscribed()
    site.feeds.save(replace(site.feeds.load([FEED_ID])[0], next_poll_at=site.clock() + 20 * DAY))
    for _ in range(20):
        site.clock.now = max(site.clock(), site.standing().next_at)
        site.tick()
        if site.standing().state is SubscriptionState.ASKED:
            break
    assert site.standing().pushed_until() is None
    assert client.zscore(KEYS.due, FEED_ID) <= (site.clock() + timedelta(minutes=10)).timestamp()


def test_a_poll_under_way_does_not_lose_the_lease(site: Site) -> None:
    """The feed's record is written whole at the end of a poll; the lease stands elsewhere."""
    before = site.follow()
    site.tick()
    site.verify()
    site.note(replace(before, etag='"new"'))
    (feed,) = site.engine._follower("news").push.with_push(site.feeds.load([FEED_ID]))
    assert (feed.etag, feed.pushed_until) == ('"new"', site.clock() + 10 * DAY)


# Its end


@pytest.mark.parametrize("how", ["removed", "no hub"])
def test_a_subscription_that_is_not_wanted_any_more_is_ended_at_the_hub(site: Site, hub: Hub, how: str) -> None:
    site.subscribed()
    token = hub.token
    if how == "removed":
        site.feeds.remove(FEED_ID)
    else:
        site.note(replace(site.feeds.load([FEED_ID])[0], hub_url="", topic_url="", pushed_until=site.clock()))
    site.tick()
    assert hub.modes == ["subscribe", "unsubscribe"]
    assert site.subscription() is None
    assert site.verify("unsubscribe", token).text == "<b>42</b>"
    assert site.verify("unsubscribe", token, hub_topic="https://a.example/other").status_code == 404
    assert site.verify("subscribe", token).status_code == 404
    assert site.deliver(rss("Late news"), token=token).status_code == 410
    site.tick()
    assert len(hub.requests) == 2


def test_another_topic_is_subscribed_to_in_the_place_of_the_old_one(site: Site, hub: Hub) -> None:
    site.subscribed()
    old = hub.token
    site.note(replace(site.feeds.load([FEED_ID])[0], topic_url=TOPIC + "?2"))
    site.tick()
    assert hub.modes == ["subscribe", "subscribe", "unsubscribe"]
    assert [each["hub.topic"] for each in hub.requests] == [TOPIC, TOPIC + "?2", TOPIC]
    assert hub.token != old
    assert site.verify(hub_topic=TOPIC + "?2").status_code == 200
    assert site.deliver(rss("Old news"), token=old).status_code == 410


# Deliveries


def test_a_signed_delivery_becomes_an_event_and_its_replay_none(
    site: Site, events: Callable[[], list[Event]], client: Redis
) -> None:
    """E 79 and E 82 (test 300): it is answered before it is read."""
    site.subscribed()
    answer = site.deliver(rss("Bridge opens"))
    assert (answer.status_code, answer.content) == (202, b"")
    assert events() == []
    site.tick()
    assert [event.data["document"]["title"] for event in events()] == ["Bridge opens"]
    assert site.deliver(rss("Bridge opens")).status_code == 202
    site.tick()
    assert len(events()) == 1
    assert not client.exists(KEYS.deliveries_waiting)
    assert [record.outcome for record in site.feeds.fetches(FEED_ID)] == ["push", "push"]
    assert site.standing().delivered_at == site.clock()


def test_a_delivery_that_was_read_but_not_taken_out_makes_no_second_event(
    site: Site, events: Callable[[], list[Event]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """E 82: at least once, and with one effect: a worker that dies between the two steps does no harm."""
    site.subscribed()
    site.deliver(rss("Bridge opens"))

    def die(*_: object) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr("worker.store.deliveries.Deliveries.drop", die)
        with pytest.raises(RuntimeError, match="killed"):
            site.tick()
    assert len(events()) == 1
    site.tick()
    assert len(events()) == 1
    assert site.engine.deliveries("news").count() == 0


def test_a_delivery_keeps_the_schedule_of_its_feed(site: Site, client: Redis) -> None:
    site.subscribed()
    client.zadd(KEYS.due, {FEED_ID: 1234.5})
    site.deliver(rss("Bridge opens"))
    site.tick()
    assert client.zscore(KEYS.due, FEED_ID) == 1234.5


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "sha256=" + "0" * 64,
        "sha1=" + hmac.new(b"x", b"y", "sha1").hexdigest(),
        "crc32=12345678",
        "nonsense",
    ],
    ids=["missing", "wrong", "sha1", "unknown", "ill-formed"],
)
def test_a_delivery_without_a_right_signature_changes_nothing(
    site: Site, events: Callable[[], list[Event]], client: Redis, signature: str
) -> None:
    """E 80 (tests 301 and 302): accepted by its status, counted, and nothing of it is kept."""
    site.subscribed()
    before = site.feeds.load([FEED_ID])
    assert site.deliver(rss("Bridge opens"), signature=signature).status_code == 202
    assert not client.exists(KEYS.deliveries)
    site.tick()
    assert events() == []
    assert site.feeds.load([FEED_ID]) == before
    assert site.engine.counts("news").read()["pushes_ignored"] == 1


def test_sha1_is_refused_even_when_it_is_right(site: Site, client: Redis) -> None:
    """E 80."""
    site.subscribed()
    body = rss("Bridge opens")
    site.deliver(body, signature="sha1=" + hmac.new(site.hub.secret.encode(), body, "sha1").hexdigest())
    assert not client.exists(KEYS.deliveries)


def test_a_delivery_that_is_no_feed_is_a_dead_letter_and_a_line_of_the_feed(site: Site) -> None:
    """Nothing is lost silently, and the next delivery is read."""
    site.subscribed()
    site.deliver(b"\xff\x00 no feed")
    site.deliver(rss("Bridge opens"))
    site.tick()
    (letter,) = site.engine.dead_letters("news").newest()
    assert (letter.group, letter.origin) == ("websub", FEED_ID)
    outcomes = [record.outcome for record in site.feeds.fetches(FEED_ID)]
    assert outcomes[0] == "push"
    assert outcomes[1] == letter.error != "push"


def test_a_delivery_that_kills_its_reader_is_given_up(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.subscribed()
    site.deliver(rss("Bridge opens"))

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("worker.flows.websub_reading.pushed", die)
        for _ in range(3):
            with pytest.raises(KeyboardInterrupt):
                site.tick()
        site.tick()
    (letter,) = site.engine.dead_letters("news").newest()
    assert (letter.error, site.engine.deliveries("news").count()) == ("too-often", 0)


def test_what_waits_is_bounded_and_the_hub_is_told_to_come_again(
    site: Site, monkeypatch: pytest.MonkeyPatch, client: Redis
) -> None:
    """E 82: 503 with Retry-After, by number of one feed, by number and by bytes of all."""
    site.subscribed()
    for name, limit in (("MAX_WAITING_OF_A_FEED", 2), ("MAX_WAITING", 2), ("MAX_WAITING_BYTES", 500)):
        with monkeypatch.context() as patched:
            patched.setattr(limits, name, limit)
            answers = [site.deliver(rss(f"Bridge {number}")) for number in range(3)]
        assert answers[0].status_code == 202
        assert answers[-1].status_code == 503
        assert int(answers[-1].headers["retry-after"]) > 0
        site.tick()
        assert not client.exists(KEYS.deliveries_waiting)
    assert site.deliver(rss("Bridge again")).status_code == 202


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        pytest.param(b"x" * 2000, {}, 413, id="too large"),
        pytest.param(b"x", {"Content_Length": "1" + "0" * 12}, 413, id="said to be large"),
        pytest.param(b"x", {"Content_Encoding": "gzip"}, 415, id="encoded"),
    ],
)
def test_the_limits_of_bodies_hold_for_deliveries(
    client: Redis, redis_url: str, make_engine: Callable[..., Engine], hub: Hub, clock: Any,
    monkeypatch: Any, body: bytes, headers: dict[str, str], status: int,
) -> None:  # fmt: skip
    """E 82."""
    site = Site(make_engine(redis_url, PUBLIC_URL=PUBLIC, FETCH_MAX_BYTES="1024"), hub, clock, monkeypatch)
    site.subscribed()
    assert site.deliver(body, **headers).status_code == status
    assert not client.exists(KEYS.deliveries)


def test_a_body_that_has_no_length_is_cut_off_at_the_limit(
    client: Redis, redis_url: str, make_engine: Callable[..., Engine], hub: Hub, clock: Any, monkeypatch: Any
) -> None:
    """E 82: no more is read than that."""
    site = Site(make_engine(redis_url, PUBLIC_URL=PUBLIC, FETCH_MAX_BYTES="1024"), hub, clock, monkeypatch)
    site.subscribed()
    sent = 0

    async def endless() -> Any:
        nonlocal sent
        for _ in range(1000):
            sent += 100
            yield b"x" * 100

    assert site.ask("POST", hub.token, content=endless()).status_code == 413
    assert not client.exists(KEYS.deliveries)


def test_what_hubs_say_is_logged_without_token_and_secret(
    site: Site, caplog: pytest.LogCaptureFixture, capsys: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    site.subscribed()
    site.deliver(rss("Bridge opens"), signature="sha256=00")
    site.verify("denied")
    of_ours = [record.getMessage() for record in caplog.records if record.name != "httpx"]  # the test's own client
    written = "".join([*of_ours, *capsys.readouterr()])
    assert "delivery ignored" in written
    assert site.hub.token not in written
    assert site.hub.secret not in written


def test_callbacks_end_by_themselves(site: Site, client: Redis) -> None:
    """So that tokens of feeds that are long gone do not gather in Redis."""
    site.subscribed()
    assert 30 * 86400 < client.ttl(websub_callback(site.hub.token)) <= 45 * 86400
    Callbacks(client).end("news", site.standing())
    assert 0 < client.ttl(websub_callback(site.hub.token)) <= 2 * 86400


def test_feeds_show_tells_how_the_hub_stands_to_a_feed_and_no_secret(site: Site) -> None:
    assert set(push_row(None).values()) == {None}
    site.subscribed()
    site.deliver(rss("Bridge opens"))
    site.tick()
    shown = push_row(site.standing())
    assert shown["push"] == "holds"
    assert shown["pushed_until"] == "2026-03-11T12:00:00Z"
    assert shown["last_push_at"] == "2026-03-01T12:00:00Z"
    assert site.hub.token not in str(shown)
    assert site.hub.secret not in str(shown)


def test_deliveries_are_kept_byte_for_byte(site: Site) -> None:
    body = bytes(range(256)) * 10
    delivery = Delivery(feed_id="f", topic_url=TOPIC, content_type="x/y", body=body, received_at=site.clock())
    assert site.engine.deliveries("news").add(delivery)
    kept = site.engine.deliveries("news").oldest()
    assert kept is not None
    assert replace(kept, delivery_id="") == delivery


def test_an_item_of_a_delivery_is_found_known_by_the_next_poll(site: Site, events: Callable[[], list[Event]]) -> None:
    """Push and poll bring the same entry: one event."""
    site.subscribed()
    site.deliver(rss("Bridge opens"))
    site.tick()
    (feed,) = site.feeds.load([FEED_ID])
    result = FetchResult(status=200, body=rss("Bridge opens"), final_url=FEED_URL)
    polled = fetched(
        feed,
        result,
        now=site.clock(),
        jitter=0.5,
        rules=site.engine.poll_rules(),
        to_item=site.engine.to_item("news"),
    )
    site.feeds.finish([polled])
    site._drain()
    assert len(events()) == 1
