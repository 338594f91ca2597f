"""Pages: an item is told at once, its page is asked for politely and once, and adds a revision to the same story."""

from __future__ import annotations

import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from typing import Any

import pytest
from msgspec.structs import replace
from redis import Redis

from config.settings import load_settings
from storyfold.document import Image, StoryType
from storyfold.errors import StoreUnavailableError
from storyfold.event import Event, EventType
from worker.flows.engine import Engine
from worker.flows.enrich import MAX_RETRY_AFTER, RETRY_DELAYS
from worker.flows.upkeep import DISPATCH_LEASE, PAGES_A_ROUND, due_pages
from worker.model.item import Given, Item
from worker.model.page import Enrichment, PageFacts
from worker.normalize.urls import comparison_key
from worker.store.keys import Keys, host_gate
from worker.store.pages import PAGE_GAP

KEYS = Keys("news")
DAY = timedelta(days=1)
LONG_TEXT = "The harbour council met on Tuesday and approved the plan for the bridge. " * 20


def article(**facts: str) -> str:
    """A page with Open Graph facts; ``canonical`` and ``robots`` are no Open Graph ones."""
    canonical = facts.pop("canonical", "")
    robots = facts.pop("robots", "")
    head = "".join(f'<meta property="og:{name}" content="{value}">' for name, value in facts.items())
    head += f'<link rel="canonical" href="{canonical}">' if canonical else ""
    head += f'<meta name="robots" content="{robots}">' if robots else ""
    return (
        f"<!doctype html><html lang=en><head><meta charset=utf-8><title>Page</title>{head}</head>"
        f"<body><article><h1>Page</h1><p>{LONG_TEXT}</p></article></body></html>"
    )


def png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 64))
        + chunk(b"IEND", b"")
    )


class PageSite:
    """A site on loopback that keeps each request; what was not put there is a 404."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, float]] = []
        self._answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                site.requests.append((self.path, time.monotonic()))
                status, headers, body = site._answers.get(self.path, (404, {}, b""))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except OSError:
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def put(self, path: str, body: str | bytes = b"", *, status: int = 200, **headers: str) -> str:
        """Answer at a path; returns its URL."""
        fields = {"Content-Type": "text/html"} | {name.replace("_", "-"): value for name, value in headers.items()}
        self._answers[path] = (status, fields, body.encode() if isinstance(body, str) else body)
        return self.url(path)

    def asked(self, path: str) -> int:
        return sum(1 for asked, _ in self.requests if asked == path)


@pytest.fixture
def site() -> Iterator[PageSite]:
    server = PageSite()
    yield server
    server.close()


@pytest.fixture
def canary() -> Iterator[PageSite]:
    """A site that the guard does not let us reach."""
    server = PageSite()
    yield server
    assert server.requests == []
    server.close()


@pytest.fixture
def reader(client: Redis, redis_url: str, make_engine: Callable[..., Engine], site: PageSite) -> Engine:
    """An engine with ENRICH=page that may reach the site under two host names."""
    return make_engine(redis_url, ENRICH="page", FETCH_ALLOW=f"127.0.0.1:{site.port},localhost:{site.port}")


@pytest.fixture
def read_pages(client: Redis) -> Callable[..., list[str]]:
    """One round: what the tick claims is read and folded. Hosts' gates are opened before it unless told not to."""

    def run(engine: Engine, *, open_gates: bool = True) -> list[str]:
        if open_gates:
            client.delete(*(host_gate(host) for host in ("127.0.0.1", "localhost")))
        item_ids = due_pages(engine, "news")
        if item_ids:
            engine.enricher("news", lambda: None).run(item_ids, 15.0)
        assert engine.drain("news").run(20.0) is False
        return item_ids

    return run


@pytest.fixture
def events(events: Callable[[], list[Event]]) -> Callable[[], list[Event]]:
    """The events without those that only time has made."""
    return lambda: [event for event in events() if event.data["changes"] not in (["heat"], ["heat", "published"])]


@pytest.fixture
def make_item(make_item: Callable[..., Item]) -> Callable[..., Item]:
    """Items with the keys that normalizing would give them."""

    def make(url: str = "https://a.example/1", *title: str, **given: Any) -> Item:
        return make_item(url, *title, **({"url_keys": (comparison_key(url),)} | given))

    return make


Fold = Callable[..., None]
Make = Callable[..., Item]
Read = Callable[..., list[str]]
Events = Callable[[], list[Event]]


def test_item_is_told_at_once_and_its_page_adds_a_revision(
    reader: Engine, site: PageSite, make_item: Make, fold: Fold, read_pages: Read, events: Events
) -> None:
    url = site.put(
        "/bridge", article(title="Council approves harbour bridge plan", description="Work begins in May.")
    )
    fold(reader, make_item(url, excerpt=""))
    (created,) = events()
    assert site.requests == []

    read_pages(reader)

    _, updated = events()
    assert (updated.subject, updated.path, updated.revision) == (created.subject, created.path, 2)
    assert updated.type is EventType.UPDATED
    assert "excerpt" in updated.data["changes"]
    assert updated.document().excerpt == "Work begins in May."


def test_page_that_was_read_is_not_asked_for_again(
    reader: Engine, clock: Any, site: PageSite, make_item: Make, fold: Fold, read_pages: Read, events: Events
) -> None:
    item = make_item(site.put("/bridge", article(description="Work begins in May.")))
    fold(reader, item)
    read_pages(reader)
    told = len(events())
    for _ in range(3):
        clock.advance(DAY)
        fold(reader, item)
        assert read_pages(reader) == []
    assert site.asked("/bridge") == 1
    assert len(events()) == told
    assert reader.pages("news").pending() == 0


def test_same_message_twice_is_one_request(
    reader: Engine, site: PageSite, make_item: Make, fold: Fold, events: Events
) -> None:
    fold(reader, make_item(site.put("/bridge", article(description="Work begins in May."))))
    item_ids = due_pages(reader, "news")
    for _ in range(2):
        reader.enricher("news", lambda: None).run([*item_ids, *item_ids], 15.0)
        reader.drain("news").run(20.0)
    assert site.asked("/bridge") == 1
    assert [event.revision for event in events()] == [1, 2]


def test_enrichment_that_lies_in_the_lane_twice_is_one_revision(
    reader: Engine, make_item: Make, fold: Fold, events: Events
) -> None:
    item = make_item(excerpt="")
    fold(reader, item)
    facts = PageFacts(url=item.web_url or "", excerpt="Work begins in May.", obtained={"excerpt": "og"})
    for _ in range(2):
        reader.lane("news").push_enrichment(Enrichment(item_id=item.item_id, page=facts))
        assert reader.drain("news").run(20.0) is False
    assert [event.revision for event in events()] == [1, 2]
    assert reader.lane("news").length() == 0


def test_one_page_in_ten_feeds_is_asked_for_once(
    reader: Engine, site: PageSite, make_item: Make, fold: Fold, read_pages: Read
) -> None:
    item = make_item(site.put("/bridge", article(description="Work begins in May.")))
    fold(reader, *(replace(item, feed_url=f"https://feed{n}.example/", guid=f"g{n}") for n in range(10)))
    read_pages(reader)
    read_pages(reader)
    assert site.asked("/bridge") == 1
    assert site.asked("/robots.txt") == 1


FAULTS: dict[str, tuple[dict[str, Any], int]] = {
    "403": ({"status": 403}, 3),
    "500": ({"status": 500}, 3),
    "404": ({"status": 404}, 1),
    "410": ({"status": 410}, 1),
    "captcha": ({"body": "<html><head><title>Just a moment...</title></head><body></body></html>"}, 3),
    "20 MB": ({"body": b"<p>" + b"x" * 20 * 2**20}, 1),
    "no HTML": ({"body": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "Content_Type": "application/pdf"}, 1),
    "empty": ({"body": b""}, 1),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_page_that_cannot_be_read_leaves_the_item_and_ends_after_three_requests(
    reader: Engine,
    clock: Any,
    site: PageSite,
    make_item: Make,
    fold: Fold,
    read_pages: Read,
    events: Events,
    fault: str,
) -> None:
    answer, most = FAULTS[fault]
    fold(reader, make_item(site.put("/bridge", **answer)))
    for _ in range(10):
        read_pages(reader)
        clock.advance(RETRY_DELAYS[-1])
    assert 1 <= site.asked("/bridge") <= most
    assert [event.revision for event in events()] == [1]
    assert reader.pages("news").pending() == 0
    (failure,) = reader.pages("news").failures(10)
    assert (failure.url, failure.attempts) == (site.url("/bridge"), site.asked("/bridge"))
    totals = reader.counts("news").read()
    assert totals["pages_given_up"] == 1
    assert totals["pages_failed"] == site.asked("/bridge")


def test_failed_page_is_asked_for_again_after_growing_delays_and_then_tells(
    reader: Engine, clock: Any, site: PageSite, make_item: Make, fold: Fold, read_pages: Read, events: Events
) -> None:
    fold(reader, make_item(site.put("/bridge", status=502)))
    read_pages(reader)
    for delay in RETRY_DELAYS:
        asked = site.asked("/bridge")
        clock.advance(delay - timedelta(seconds=1))
        assert read_pages(reader) == []
        clock.advance(timedelta(seconds=1))
        if delay == RETRY_DELAYS[-1]:
            site.put("/bridge", article(description="Work begins in May."))
        read_pages(reader)
        assert site.asked("/bridge") == asked + 1
    assert events()[-1].document().excerpt == "Work begins in May."
    assert reader.pages("news").failures(10) == []


def test_host_that_asks_for_a_rest_gets_it_for_all_of_its_pages(
    reader: Engine, clock: Any, site: PageSite, make_item: Make, fold: Fold, read_pages: Read, client: Redis
) -> None:
    fold(reader, make_item(site.put("/one", status=503, Retry_After="86000")))
    read_pages(reader)
    fold(reader, make_item(site.put("/two", article(title="Second")), "Another title altogether here"))
    assert client.pttl(host_gate("127.0.0.1")) > 85_000_000
    clock.advance(timedelta(hours=3))
    read_pages(reader, open_gates=False)
    assert (site.asked("/one"), site.asked("/two")) == (1, 0)
    site.put("/one", article(title="First"))
    clock.advance(DAY)
    read_pages(reader)
    read_pages(reader)
    assert (site.asked("/one"), site.asked("/two")) == (2, 1)


def test_rest_of_a_year_counts_as_a_day(
    reader: Engine, clock: Any, site: PageSite, make_item: Make, fold: Fold, read_pages: Read, client: Redis
) -> None:
    fold(reader, make_item(site.put("/one", status=429, Retry_After=str(365 * 86400))))
    read_pages(reader)
    assert client.pttl(host_gate("127.0.0.1")) <= MAX_RETRY_AFTER.total_seconds() * 1000
    clock.advance(MAX_RETRY_AFTER)
    read_pages(reader)
    assert site.asked("/one") == 2


def test_thousand_pages_of_one_host_do_not_stand_before_another_host(
    reader: Engine, make_item: Make, fold: Fold, client: Redis
) -> None:
    many = [make_item(f"https://many.example/{n}", f"Number {n} of many") for n in range(1000)]
    other = make_item("https://other.example/1", "Other tells something else")
    fold(reader, *many, other)
    claimed = due_pages(reader, "news")
    assert other.item_id in claimed
    assert len(claimed) <= 2
    turns = sorted(client.zscore(KEYS.pages, item.item_id) for item in many if item.item_id not in claimed)
    gaps = {round(after - before, 3) for before, after in pairwise(turns)}
    assert gaps == {PAGE_GAP.total_seconds()}


def test_pages_of_one_host_that_are_all_overdue_get_new_turns(
    reader: Engine, clock: Any, site: PageSite, make_item: Make, fold: Fold, client: Redis
) -> None:
    """As after a night without a worker: one round asks for a few of them and does not wait for the rest."""
    items = [
        make_item(site.put(f"/{n}", article(description=f"About {n}")), f"Number {n} of many") for n in range(40)
    ]
    fold(reader, *items)
    clock.advance(timedelta(hours=8))
    claimed = due_pages(reader, "news")
    assert len(claimed) == len(items)
    began = time.monotonic()
    reader.enricher("news", lambda: None).run(claimed, 2.0)
    assert time.monotonic() - began < 10
    asked = [at for path, at in site.requests if path != "/robots.txt"]
    assert 1 <= len(asked) <= 8
    assert all(after - before >= PAGE_GAP.total_seconds() * 0.95 for before, after in pairwise(asked))
    turns = sorted(score for _, score in client.zrange(KEYS.pages, 0, -1, withscores=True))
    assert len(turns) == len(items) - len(asked)
    assert turns[-1] - turns[0] == pytest.approx(len(turns) - 1, abs=0.01)


def test_two_workers_keep_one_gap_between_them(
    reader: Engine, redis_url: str, make_engine: Callable[..., Engine], site: PageSite, make_item: Make, fold: Fold
) -> None:
    items = [make_item(site.put(f"/{n}", article()), f"Number {n} of many") for n in range(4)]
    fold(reader, *items)
    other = make_engine(redis_url, ENRICH="page", FETCH_ALLOW=f"127.0.0.1:{site.port}")
    halves = [[item.item_id for item in items[:2]], [item.item_id for item in items[2:]]]
    threads = [
        threading.Thread(target=engine.enricher("news", lambda: None).run, args=(half, 15.0))
        for engine, half in zip((reader, other), halves, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    asked = sorted(at for path, at in site.requests if path != "/robots.txt")
    assert len(asked) == 4
    assert all(after - before >= PAGE_GAP.total_seconds() * 0.9 for before, after in pairwise(asked))


def test_one_round_at_a_time(reader: Engine, make_item: Make, fold: Fold) -> None:
    fold(reader, *(make_item(f"https://s{n}.example/1", f"Number {n} of many") for n in range(PAGES_A_ROUND + 1)))
    assert len(due_pages(reader, "news")) == PAGES_A_ROUND
    assert due_pages(reader, "news") == []
    reader.pages("news").end_round()
    assert len(due_pages(reader, "news")) == 1


def test_lost_message_costs_a_delay_only(
    reader: Engine, client: Redis, clock: Any, site: PageSite, make_item: Make, fold: Fold, read_pages: Read
) -> None:
    fold(reader, make_item(site.put("/bridge", article())))
    assert len(due_pages(reader, "news")) == 1
    client.delete(KEYS.page_round)  # as if its time were over
    assert due_pages(reader, "news") == []
    clock.advance(DISPATCH_LEASE)
    client.delete(KEYS.page_round)
    assert len(read_pages(reader)) == 1


def test_crash_between_request_and_storing_costs_a_second_request_and_no_knowledge(
    reader: Engine,
    client: Redis,
    clock: Any,
    site: PageSite,
    make_item: Make,
    fold: Fold,
    read_pages: Read,
    events: Events,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fold(reader, make_item(site.put("/bridge", article(description="Work begins in May."))))
    item_ids = due_pages(reader, "news")
    enricher = reader.enricher("news", lambda: None)

    def fail(_: Enrichment) -> None:
        raise StoreUnavailableError("away")

    monkeypatch.setattr(enricher._lane, "push_enrichment", fail)
    with pytest.raises(StoreUnavailableError):
        enricher.run(item_ids, 15.0)
    assert site.asked("/bridge") == 1
    client.delete(KEYS.page_round)
    assert read_pages(reader) == []
    clock.advance(DISPATCH_LEASE)
    read_pages(reader)
    assert site.asked("/bridge") == 2
    assert [event.revision for event in events()] == [1, 2]


def test_page_that_ends_its_process_is_given_up_unread(
    reader: Engine, clock: Any, site: PageSite, make_item: Make, fold: Fold, read_pages: Read
) -> None:
    """The attempt is counted before the request."""
    item = make_item(site.put("/bridge", article()))
    fold(reader, item)
    for attempt in (1, 2, 3):
        assert reader.pages("news").begin(item.item_id, clock(), DISPATCH_LEASE) == attempt
        clock.advance(DISPATCH_LEASE)
    read_pages(reader)
    assert site.requests == []
    assert [failure.failure for failure in reader.pages("news").failures(10)] == ["crashed"]
    assert reader.pages("news").pending() == 0


def test_feeds_newer_version_keeps_what_the_page_added_and_tells_nothing(
    reader: Engine, site: PageSite, make_item: Make, fold: Fold, read_pages: Read, events: Events
) -> None:
    item = make_item(
        site.put("/bridge", article(description="Work begins in May.")), feed_url="https://a.example/feed", guid="1"
    )
    fold(reader, item)
    read_pages(reader)
    fold(reader, replace(item, text_chars=item.text_chars, first_seen_at=item.first_seen_at + DAY))
    assert [event.revision for event in events()] == [1, 2]
    fold(reader, replace(item, title="Council approves the bridge plan at last"))
    assert events()[-1].document().title == "Council approves the bridge plan at last"
    assert events()[-1].document().excerpt == "Work begins in May."


def test_two_addresses_of_one_page_become_one_item_of_one_story(
    reader: Engine, clock: Any, site: PageSite, make_item: Make, fold: Fold, read_pages: Read, events: Events
) -> None:
    """The page under the second address names the first as its canonical one."""
    first = make_item(site.put("/bridge", article(title="Council approves plan")))
    copy = make_item(
        site.put("/print/77", article(title="Other words", canonical=site.url("/bridge"))),
        "Quite another set of words",
        feed_url="https://planet.example/feed",
        guid="77",
    )
    fold(reader, first)
    clock.advance(timedelta(minutes=1))
    fold(reader, replace(copy, first_seen_at=clock()))
    assert [event.type for event in events()] == [EventType.CREATED, EventType.CREATED]
    for _ in range(2):
        read_pages(reader)
        clock.advance(timedelta(minutes=1))
    merged = [event for event in events() if event.type is EventType.MERGED]
    assert [event.data["into"] for event in merged] == [events()[0].subject]
    (story,) = [story for story in reader.stories("news").all() if not story.merged_into]
    assert [item.item_id for item in story.items] == [first.item_id]
    told = len(events())
    fold(reader, first, replace(copy, title="Edited words of the copy"))
    assert len(events()) == told


ROBOTS = "User-agent: *\nDisallow: /private/\n\nUser-agent: Storyfold\nDisallow: /members/\n"


@pytest.mark.parametrize(("path", "is_asked"), [("/members/1", False), ("/private/1", True), ("/open/1", True)])
def test_robots_txt_is_obeyed_and_asked_once(
    reader: Engine,
    clock: Any,
    site: PageSite,
    make_item: Make,
    fold: Fold,
    read_pages: Read,
    path: str,
    is_asked: bool,
) -> None:
    """The group that names us counts, and only that."""
    site.put("/robots.txt", ROBOTS, Content_Type="text/plain")
    fold(reader, make_item(site.put(path, article())), make_item(site.put("/open/2", article()), "Another one here"))
    for _ in range(5):
        read_pages(reader)
        clock.advance(timedelta(hours=1))
    assert site.asked(path) == int(is_asked)
    assert site.asked("/open/2") == 1
    assert site.asked("/robots.txt") == 1
    failures = [failure.failure for failure in reader.pages("news").failures(10)]
    assert failures == ([] if is_asked else ["robots"])


@pytest.mark.parametrize("status", [500, 503, 429])
def test_robots_txt_that_cannot_be_read_now_means_not_now(
    reader: Engine,
    client: Redis,
    clock: Any,
    site: PageSite,
    make_item: Make,
    fold: Fold,
    read_pages: Read,
    status: int,
) -> None:
    site.put("/robots.txt", status=status)
    fold(reader, make_item(site.put("/bridge", article())))
    read_pages(reader)
    assert site.asked("/bridge") == 0
    site.put("/robots.txt", "", Content_Type="text/plain")
    for key in client.keys("storyfold:robots:*"):
        assert client.pttl(key) <= 5 * 60 * 1000
        client.delete(key)
    clock.advance(RETRY_DELAYS[0])
    read_pages(reader)
    assert site.asked("/bridge") == 1


@pytest.mark.parametrize("status", [404, 403, 410])
def test_site_without_robots_txt_allows_all(
    reader: Engine, client: Redis, site: PageSite, make_item: Make, fold: Fold, read_pages: Read, status: int
) -> None:
    site.put("/robots.txt", status=status)
    fold(reader, make_item(site.put("/bridge", article())))
    read_pages(reader)
    assert site.asked("/bridge") == 1
    (key,) = client.keys("storyfold:robots:*")
    assert client.pttl(key) > 23 * 3600 * 1000


def test_page_that_a_redirect_leads_to_asks_its_own_site(
    reader: Engine, site: PageSite, make_item: Make, fold: Fold, read_pages: Read, make_site: Callable[[], PageSite]
) -> None:
    """Its robots.txt was not known when the redirect came; what it forbids is not used."""
    site.put("/moved", status=302, Location=site.url("/far", host="localhost"))
    site.put("/far", article(description="From afar."))
    site.put("/robots.txt", "User-agent: *\nDisallow: /far\n", Content_Type="text/plain")
    fold(reader, make_item(site.url("/moved")))
    read_pages(reader)
    assert site.asked("/robots.txt") == 2
    assert [failure.failure for failure in reader.pages("news").failures(10)] == ["robots"]


@pytest.fixture
def make_site() -> Callable[[], PageSite]:
    return PageSite


@pytest.mark.parametrize(
    ("robots", "headers"),
    [("noarchive", {}), ("", {"X_Robots_Tag": "noai"}), ("", {"tdm_reservation": "1"})],
    ids=["meta", "X-Robots-Tag", "tdm-reservation"],
)
def test_reserved_page_gives_nothing_but_addresses(
    reader: Engine,
    site: PageSite,
    make_item: Make,
    fold: Fold,
    read_pages: Read,
    events: Events,
    robots: str,
    headers: dict[str, str],
) -> None:
    page = article(description="Not to be kept.", image=site.url("/photo.png"), robots=robots)
    fold(reader, make_item(site.put("/bridge", page, **headers)))
    read_pages(reader)
    assert site.asked("/bridge") == 1
    assert site.asked("/photo.png") == 0
    assert events()[-1].document().excerpt is None
    assert events()[-1].document().images == ()


def test_size_of_the_lead_image_is_read_from_its_head(
    reader: Engine, site: PageSite, make_item: Make, fold: Fold, read_pages: Read, events: Events
) -> None:
    photo = site.put("/photo.png", png(1200, 630), Content_Type="image/png")
    fold(reader, make_item(site.put("/bridge", article(description="Work begins in May.", image=photo))))
    read_pages(reader)
    (image,) = events()[-1].document().images
    assert (image.url, image.width, image.height) == (photo, 1200, 630)
    assert events()[-1].revision == 2
    assert site.asked("/photo.png") == 1


def test_image_is_copied_when_copies_are_wanted(
    client: Redis,
    redis_url: str,
    make_engine: Callable[..., Engine],
    site: PageSite,
    make_item: Make,
    fold: Fold,
    read_pages: Read,
    events: Events,
) -> None:
    photo = site.put("/photo.png", png(1200, 630), Content_Type="image/png")
    engine = make_engine(redis_url, ENRICH="page+images", FETCH_ALLOW=f"127.0.0.1:{site.port}")
    fold(engine, make_item(site.put("/bridge", article(description="Work begins in May.", image=photo))))
    read_pages(engine)
    (image,) = events()[-1].document().images
    assert (image.url, image.width, image.height, image.is_cached) == (photo, 1200, 630, True)
    assert site.asked("/photo.png") == 1


def test_image_of_an_item_whose_page_is_closed_is_looked_at_all_the_same(
    reader: Engine, site: PageSite, make_item: Make, fold: Fold, read_pages: Read, events: Events
) -> None:
    photo = site.put("/photo.png", png(800, 600), Content_Type="image/png")
    fold(reader, make_item(site.put("/gone", status=410), images=(Image(url=photo),)))
    read_pages(reader)
    (image,) = events()[-1].document().images
    assert (image.width, image.height) == (800, 600)


def test_private_addresses_are_never_contacted(
    reader: Engine,
    clock: Any,
    site: PageSite,
    canary: PageSite,
    make_item: Make,
    fold: Fold,
    read_pages: Read,
    events: Events,
) -> None:
    """Neither as a page nor as a redirect, an image or a canonical address."""
    secret = canary.url("/secret")
    pages = [
        secret,
        site.put("/redirect", status=302, Location=secret),
        site.put("/image", article(title="Image", description="Text.", image=secret)),
        site.put("/canonical", article(title="Canonical", canonical=secret)),
    ]
    fold(reader, *(make_item(url, f"Number {n} of these four") for n, url in enumerate(pages)))
    for _ in range(4):
        read_pages(reader)
        clock.advance(timedelta(minutes=1))
    failures = {failure.url: failure.failure for failure in reader.pages("news").failures(10)}
    assert failures == {secret: "blocked", pages[1]: "blocked"}
    assert len({event.subject for event in events()}) == 4


@pytest.mark.parametrize(
    "given",
    [
        {"given": Given()},
        {"web_url": None, "type": StoryType.VIDEO},
        {"web_url": "https://user:pass@a.example/1"},
        {"web_url": "https://a.example:99999/1"},
    ],
    ids=["a document's", "without an address", "with a password", "without a possible port"],
)
def test_item_whose_page_must_not_be_read_gets_no_turn(
    reader: Engine, make_item: Make, fold: Fold, given: dict[str, Any]
) -> None:
    fold(reader, make_item(**given))
    assert reader.pages("news").pending() == 0


def test_item_that_a_document_told_meanwhile_is_left_alone(
    reader: Engine, site: PageSite, make_item: Make, fold: Fold, read_pages: Read
) -> None:
    item = make_item(site.put("/bridge", article()))
    fold(reader, item)
    fold(reader, replace(item, given=Given(heat=5, published=True), feed_url="", guid=""))
    read_pages(reader)
    assert site.requests == []
    assert reader.pages("news").pending() == 0


def test_without_enrich_nothing_is_asked_and_later_only_new_items_are(
    client: Redis,
    redis_url: str,
    make_engine: Callable[..., Engine],
    reader: Engine,
    site: PageSite,
    make_item: Make,
    fold: Fold,
    read_pages: Read,
) -> None:
    plain = make_engine(redis_url)
    fold(plain, make_item(site.put("/old", article())))
    assert client.exists(KEYS.pages) == 0
    fold(reader, make_item(site.put("/old", article())), make_item(site.put("/new", article()), "New one comes in"))
    assert due_pages(plain, "news") == []
    assert reader.pages("news").pending() == 1
    read_pages(reader)
    assert (site.asked("/old"), site.asked("/new")) == (0, 1)


def test_enrichment_of_an_unknown_item_changes_nothing(
    reader: Engine, make_item: Make, fold: Fold, events: Events
) -> None:
    fold(reader, make_item())
    reader.lane("news").push_enrichment(Enrichment(item_id="f" * 16, page=PageFacts(url="https://x.example/")))
    assert reader.drain("news").run(20.0) is False
    assert len(events()) == 1
    assert reader.lane("news").length() == 0
    assert reader.dead_letters("news").count() == 0


def test_enrichment_that_cannot_be_read_is_a_dead_letter(
    reader: Engine, client: Redis, make_item: Make, fold: Fold, events: Events
) -> None:
    client.xadd(KEYS.backlog, {"command": "enrich", "enrichment": "{not JSON"})
    fold(reader, make_item())
    assert len(events()) == 1
    assert [letter.error for letter in reader.dead_letters("news").newest()] == ["unreadable"]


def test_outage_of_redis_reaches_the_caller_as_one_error_that_it_may_retry() -> None:
    engine = Engine(load_settings({"STORYFOLD_REDIS_URL": "redis://127.0.0.1:1/0", "STORYFOLD_ENRICH": "page"}))
    try:
        with pytest.raises(StoreUnavailableError):
            engine.enricher("news", lambda: None).run(["a"], 5.0)
    finally:
        engine.close()
