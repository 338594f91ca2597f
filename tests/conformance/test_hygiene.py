"""C 47 to 56: what a request looks like, byte by byte, and which ones are not made."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from msgspec.structs import replace

from storyfold import __version__
from worker.flows.engine import Engine
from worker.flows.upkeep import due_pages
from worker.model.credential import Credential, CredentialKind
from worker.sources.fetch.decoding import ACCEPT_ENCODING
from worker.store.keys import host_gate

ETAG = '"33a64df5"'
CONTACT = "https://reader.example/about-us"
SECRET = "hunter2"
PAGES = 50


def test_a_poll_is_one_get(reader: Any) -> None:
    """C 47: no HEAD, no OPTIONS, no favicon, no robots.txt and no second GET beside the one request."""
    reader.answer("/feed", reader.not_modified(ETag=ETAG))
    reader.follow()
    reader.poll(times=3)
    assert [request.line for request in reader.server.requests] == ["GET /feed HTTP/1.1"] * 3


def test_adding_a_feed_costs_one_request(reader: Any) -> None:
    """C 47: `feeds add` and the first poll together ask the server once."""
    reader.answer("/feed", reader.not_modified(ETag=ETAG))
    reader.command("feeds", "add", reader.server.url("/feed"))
    _wait_almost_an_hour(reader)
    assert [request.line for request in reader.server.requests] == ["GET /feed HTTP/1.1"]
    assert reader.titles() == ["One"]


def _wait_almost_an_hour(reader: Any) -> None:
    """From the first poll on, which a command made by the real clock."""
    reader.clock.now = reader.feed().last_attempt_at
    for _ in range(59):
        reader.tick()
        reader.advance(minutes=1)
    reader.drain()


def test_the_user_agent_names_us_and_how_to_reach_us(make_reader: Any) -> None:
    """C 48: name, version and the operator's contact, nothing of a browser or a library."""
    reader = make_reader(CONTACT_URL=CONTACT)
    reader.answer("/feed", reader.not_modified(ETag=ETAG))
    reader.follow()
    reader.poll()
    assert reader.asked()[0].headers["user-agent"].decode() == f"Storyfold/{__version__} (+{CONTACT})"


def test_a_request_has_these_fields_and_no_other(reader: Any) -> None:
    """C 49: no Cookie, Referer, Origin, Authorization, Cache-Control or Pragma; nothing that nobody needs."""
    target = "/feed?a=1&b="
    reader.answer(target, reader.not_modified(ETag=ETAG))
    reader.follow(target)
    reader.poll(target, times=2)
    first, second = reader.asked(target)
    assert set(first.headers) == {"host", "user-agent", "accept", "accept-encoding"}
    assert set(second.headers) == {*first.headers, "if-none-match"}
    assert first.line == f"GET {target} HTTP/1.1"
    assert first.headers["host"].decode() == reader.server.address


def test_cookies_are_never_returned(reader: Any) -> None:
    """C 50: what any answer or redirect sets is forgotten, for the redirect's target, too."""
    cookie = {"Set_Cookie": "id=1; Path=/; Max-Age=999999"}
    reader.answer("/feed", reader.status(302, Location="/there", **cookie))
    reader.answer("/there", reader.not_modified(ETag=ETAG, **cookie))
    reader.follow()
    reader.poll(times=3)
    assert len(reader.server.requests) == 6
    assert all("cookie" not in request.headers for request in reader.server.requests)


def _deflated(data: bytes, bits: int) -> bytes:
    coder = zlib.compressobj(wbits=bits)
    return coder.compress(data) + coder.flush()


CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "identity": bytes,
}


@pytest.mark.parametrize("coding", [*CODINGS, "raw deflate"])
def test_what_is_advertised_is_decoded(reader: Any, coding: str) -> None:
    """C 51: gzip, deflate in both of its forms, and each other coding that Accept-Encoding names."""
    body = reader.rss("One").encode()
    name, data = ("deflate", _deflated(body, -15)) if coding == "raw deflate" else (coding, CODINGS[coding](body))
    reader.answer("/feed", reader.ok(data, Content_Encoding=name))
    reader.follow()
    assert reader.poll().failure == ""
    assert reader.titles() == ["One"]
    assert reader.asked()[0].headers["accept-encoding"].decode() == ACCEPT_ENCODING


def test_nothing_is_advertised_that_is_not_decoded() -> None:
    """C 51: each coding of Accept-Encoding is one of those that the test above decodes."""
    advertised = [coding.partition(";")[0].strip() for coding in ACCEPT_ENCODING.split(",")]
    assert "gzip" in advertised
    assert set(advertised) <= set(CODINGS)


@pytest.mark.parametrize(
    "content_type", ["text/plain", "text/html", "application/octet-stream", "image/png", "", "x"]
)
def test_a_feed_is_read_whatever_its_content_type(reader: Any, content_type: str) -> None:
    """C 52: Accept names the kinds of feeds and takes anything else; a wrong or missing type does not matter."""
    reader.answer("/feed", reader.status(200, reader.rss("One"), Content_Type=content_type))
    reader.answer("/bare", reader.status(200, reader.rss("Two")))
    reader.follow("/feed", "/bare")
    assert reader.poll().failure == ""
    assert reader.poll("/bare").failure == ""
    assert sorted(reader.titles()) == ["One", "Two"]
    accept = reader.asked()[0].headers["accept"].decode()
    for kind in ("application/atom+xml", "application/rss+xml", "application/feed+json"):
        assert kind in accept
    assert ", */*;q=0." in accept


@pytest.mark.parametrize(
    "target",
    ["/Feed.XML", "/a%2Fb%7e", "/x?b=2&a=1&&", "/x?", "/a/../b", "/x?q=a+b%20c", "/~me//feed/", "/x?y=%zz", "/;a=1"],
)
def test_the_address_is_asked_byte_for_byte(reader: Any, target: str) -> None:
    """C 53: case, order, escapes, doubled slashes and empty queries stay; only the fragment is not sent."""
    reader.answer(target, reader.not_modified(ETag=ETAG))
    url = reader.server.url(target) + "#section"
    reader.follow_urls(url)
    assert reader.poll(url=url).failure == ""
    assert reader.server.requests[0].line == f"GET {target} HTTP/1.1"


def test_pages_are_read_once_and_by_robots_txt(make_reader: Any) -> None:
    """C 54: of fifty items with ENRICH on, robots.txt is asked once, each allowed page once, one a second, never
    again at later polls."""
    reader = make_reader(ENRICH="page")
    titles = [f"Page {number}" for number in range(PAGES)]
    site = reader.server.url("")
    reader.answer("/feed", reader.not_modified(reader.rss(*titles, site=site.rstrip("/")), ETag=ETAG))
    reader.answer("/robots.txt", reader.status(200, "User-agent: *\nDisallow: /page-7\n", Content_Type="text/plain"))
    page = "<!doctype html><html><head><title>Page</title></head><body><p>Words of the page.</p></body></html>"
    targets = [f"/page-{number}" for number in range(PAGES)]
    for target in targets:
        reader.answer(target, reader.status(200, page, Content_Type="text/html"))
    reader.follow()
    reader.poll()
    for _ in range(PAGES + 20):
        # the gate of a host ends by Redis's clock, which the test cannot set
        reader.engine.client.delete(host_gate("127.0.0.1"))
        _read_pages(reader, reader.engine)
        reader.advance(seconds=1)
    allowed = [target for target in targets if not target.startswith("/page-7")]
    assert [len(reader.asked(target)) for target in allowed] == [1] * len(allowed)
    assert reader.asked("/page-7") == []
    assert len(reader.asked("/robots.txt")) == 1
    times = sorted(asked.at for target in targets for asked in reader.asked(target))
    assert min(after - before for before, after in pairwise(times)) >= timedelta(seconds=1)
    before = len(reader.server.requests)
    reader.poll(times=3)
    _read_pages(reader, reader.engine)
    assert len(reader.server.requests) == before + 3


def _read_pages(reader: Any, engine: Engine) -> None:
    if item_ids := due_pages(engine, "news"):
        engine.enricher("news", lambda: None).run(item_ids, 5.0)
        reader.drain()


def test_what_a_page_names_is_kept_for_a_day(reader: Any) -> None:
    """C 55: `feeds add` of a site asks its page once in 24 hours, however often it is given."""
    head = '<link rel="alternate" type="application/rss+xml" title="Harbor" href="/feed">'
    page = f"<!doctype html><html><head><title>Harbor</title>{head}</head><body>News</body></html>"
    reader.answer("/", reader.status(200, page, Content_Type="text/html"))
    reader.answer("/feed", reader.not_modified(ETag=ETAG))
    for _ in range(2):
        reader.command("feeds", "add", reader.server.url("/"))
    _wait_almost_an_hour(reader)
    assert [request.target for request in reader.server.requests] == ["/", "/feed"]
    assert reader.titles() == ["One"]
    (lasts,) = map(reader.engine.client.ttl, reader.engine.client.keys("storyfold:discovery:*"))
    assert 86_000 < lasts <= 86_400


def test_a_credential_goes_to_its_own_server_only(
    make_reader: Any, start_server: Callable[..., Any], recording_server: Any
) -> None:
    """B 41, C 49: Authorization goes with the feed it is configured for, to that origin, and along no redirect to
    another."""
    far = start_server()
    reader = make_reader(FETCH_ALLOW=f"{recording_server.address},{far.address}")
    reader.answer("/feed", reader.not_modified(ETag=ETAG), reader.status(302, Location=far.url("/far")))
    reader.answer("/other", reader.not_modified(ETag=ETAG))
    reader.answer("/far", reader.ok(reader.rss("One"), ETag='"far"'), server=far)
    reader.follow("/feed", "/other")
    origin = reader.server.url("")
    credential = Credential(name="own", kind=CredentialKind.BEARER, origins=(origin.rstrip("/"),), secret=SECRET)
    assert reader.engine.credentials().save(credential)
    reader.engine.feeds("news").save(replace(reader.feed(), credential="own"))
    reader.run(hours=3)
    assert [asked.headers.get("authorization") for asked in reader.asked()] == [f"Bearer {SECRET}".encode()] * 3
    assert all("authorization" not in asked.headers for asked in reader.asked("/other"))
    assert len(reader.asked("/far", server=far)) == 2
    assert all(SECRET.encode() not in request.raw for request in far.requests)
