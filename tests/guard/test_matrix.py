"""The guard matrix: each address form, by each way, for each kind of request; nobody is connected to.

Forms times ways times kinds make some thousands of cases. One test is one kind by one way, with all forms at once on
one event loop; what it reports are the cases that went wrong.
"""

from __future__ import annotations

import asyncio
import html
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from storyfold.document import Image, Provider
from storyfold.errors import FetchError, SourceError
from worker.flows.discover import add_feed
from worker.flows.engine import Engine
from worker.flows.page_visit import PageVisit
from worker.flows.robots import Robots
from worker.model.entry import Source
from worker.model.feed import Feed, feed_id_of
from worker.model.item import Item
from worker.sources.fetch.exchange import FetchRequest, Purpose
from worker.sources.parse.opml import Outline
from worker.store.hosts import Hosts

NOW = datetime(2026, 3, 1, tzinfo=UTC)
AT_ONCE = 48

# Criteria F 1, 2, 3 and 7, and notations of the same addresses that are not listed there.
LOOPBACK_HOSTS = (
    *("127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0X7F.0.0.1", "0177.0.0.1"),
    *("017700000001", "127.0.0.1.", "0", "0x0", "0.0.0.0", "127.0.0.2", "127.255.255.254"),  # noqa: S104 to refuse
    *(
        "localhost",
        "LOCALHOST",
        "localhost.",
        "127。0。0。1",
        "127．0．0．1",
        "127｡0｡0｡1",
        "①②⑦.0.0.1",
        "１２７.0.0.1",
    ),
    *("ｌｏｃａｌｈｏｓｔ", "local\u00adhost", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:7f00:0001]"),
)
LOOPBACK_6_HOSTS = ("[::1]", "[0:0:0:0:0:0:0:1]", "[::0001]", "[::]", "[0::0]")
OTHER_HOSTS = (
    *("10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.254", "192.168.0.1", "192.168.255.255", "100.64.0.1"),
    *("100.127.255.254", "169.254.169.254", "2852039166", "0xa9fea9fe", "169.254.170.2", "192.0.0.1", "192.0.0.192"),
    *("198.18.0.1", "198.19.255.255", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "4294967295"),
    *("0.1.2.3", "192.0.2.1", "192.88.99.1", "198.51.100.1", "203.0.113.1"),
    *("[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b::10.0.0.1]", "[64:ff9b:1::1]", "[2002:7f00:1::]"),
    *("[2001:0:7f00:1::]", "[2001:0:4136:e378:8000:63bf:3fff:fdd2]", "[fe80::1]", "[fe80::1%25lo]", "[fe80::1%lo]"),
    *("[fc00::1]", "[fd12:3456::1]", "[fd00:ec2::254]", "[fec0::1]", "[ff02::1]", "[2001:db8::1]", "[3fff::1]"),
    *("[100::1]", "[::ffff:10.0.0.1]", "[::ffff:169.254.169.254]", "[::ffff:0:127.0.0.1]", "[5f00::1]"),
)
TRICKS = (
    *(
        "http://public.example@127.0.0.1:{port}/",
        "http://user:password@127.0.0.1:{port}/",
        "http://@127.0.0.1:{port}/",
    ),
    *("http://127.0.0.1:{port}#@public.example/", "http://public.example\\@127.0.0.1:{port}/"),
    *("http://127.0.0.1:{port}\\@public.example/", "http://127.0.0.1\t:{port}/", "http://127.0.0.1\n:{port}/"),
    *("http://127.0.0.1\x00:{port}/", "http://127.0.0.1\x00.public.example:{port}/", "http://127.0.0%2e1:{port}/"),
    *("http://%31%32%37.0.0.1:{port}/", "http://127.0.0.1%00:{port}/", "http://127.0.0.1%20:{port}/"),
    *("http://127.0.0.1:{port}:80/", "http://[::1]:{port}@public.example/", "http://[127.0.0.1]:{port}/"),
    *("http://[::1:{port}/", "http://[::1]x:{port}/", "http:///127.0.0.1:{port}/", "http:127.0.0.1:{port}/"),
    *("http:\\\\127.0.0.1:{port}\\", "HTTP://127.0.0.1:{port}/", "hTTps://127.0.0.1:{port}/"),
    *("http://127.0.0.1:{port}?@public.example/", "http://127.0.0.1 :{port}/", "http://127.0.0.1;:{port}/"),
)
SCHEMES = (
    *("file:///etc/passwd", "FILE:///etc/passwd", "file://127.0.0.1/etc/passwd", "gopher://127.0.0.1:{port}/_x"),
    *(
        "ftp://127.0.0.1:{port}/",
        "dict://127.0.0.1:{port}/d",
        "data:text/xml,<rss/>",
        "jar:http://127.0.0.1:{port}!/x",
    ),
    *("unix:/run/docker.sock", "http+unix://%2Frun%2Fdocker.sock/x", "feed:http://127.0.0.1:{port}/"),
    *(
        "feed://127.0.0.1:{port}/",
        "view-source:http://127.0.0.1:{port}/",
        "ws://127.0.0.1:{port}/",
        "ldap://127.0.0.1/",
    ),
    *(
        "tftp://127.0.0.1:{port}/x",
        "javascript:alert(1)",
        "redis://127.0.0.1:{port}/",
        "blob:http://127.0.0.1:{port}/x",
    ),
)
# Criterion F 4: names that look public, and what their name servers say.
NAMES = {
    "loopback.example": ["127.0.0.1"],
    "loopback-6.example": ["::1"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "any.example": ["0.0.0.0"],  # noqa: S104 to refuse
    "any-6.example": ["::"],
    "private.example": ["10.0.0.1"],
    "carrier.example": ["100.64.0.1"],
    "metadata.example": ["169.254.169.254"],
    "local-6.example": ["fe80::1%lo"],
    "unique-6.example": ["fd00:ec2::254"],
    "nat64.example": ["64:ff9b::7f00:1"],
    "6to4.example": ["2002:7f00:1::"],
    "teredo.example": ["2001:0:7f00:1::"],
    "multicast.example": ["224.0.0.1"],
    "both.example": ["198.252.206.1", "127.0.0.1"],
    "both-reversed.example": ["127.0.0.1", "198.252.206.1"],
    "both-6.example": ["2606:4700::1", "198.252.206.1", "::1"],
    "public-4-private-6.example": ["198.252.206.1", "fd00::1"],
}


def forms(canaries: dict[int, Any]) -> list[str]:
    """The URLs of all forms, those of loopback with the port of the canary that would hear them."""
    urls = [f"http://{host}:{canaries[4].port}/x" for host in (*LOOPBACK_HOSTS, *OTHER_HOSTS, *NAMES)]
    urls += [f"http://{host}:{canaries[6].port}/x" for host in (*LOOPBACK_6_HOSTS, "loopback-6.example")]
    urls += [f"http://{host}/x" for host in ("127.0.0.1", "[::1]", "localhost", "10.0.0.1", "metadata.example")]
    urls += [f"https://{host}/x" for host in ("127.0.0.1", "[::1]", "localhost", "169.254.169.254", "both.example")]
    return urls + [trick.replace("{port}", str(canaries[4].port)) for trick in (*TRICKS, *SCHEMES)]


WAYS = ("direct", "301", "302", "303", "307", "308", "protocol-relative", "chain")


@dataclass(frozen=True)
class Case:
    """One form by one way.

    Attributes:
        url: the form.
        start: what is asked for: the form itself, or a public place that redirects to it.
    """

    url: str
    start: str


class Redirector:
    """The public site of a way: each form has a host of its own there, whose every page redirects to it."""

    def __init__(self, server: Any, way: str, urls: Iterable[str], *, robots_too: bool) -> None:
        self._server = server
        self._way = way
        self._robots_too = robots_too
        self._targets = {f"r{number}.example": url for number, url in enumerate(urls)}
        for target in ("/start", "/hop", "/robots.txt"):
            server.answer(target, self._answer)

    @property
    def names(self) -> dict[str, list[str]]:
        return {host: ["127.0.0.1"] for host in self._targets}

    @property
    def allow(self) -> str:
        return ",".join(f"{host}:{self._server.port}" for host in self._targets)

    def cases(self) -> list[Case]:
        if self._way == "direct":
            return [Case(url, url) for url in self._targets.values()]
        return [Case(url, self._server.url("/start", host=host)) for host, url in self._targets.items()]

    def _answer(self, exchange: Any) -> None:
        request = exchange.request
        host = request.headers["host"].decode().rpartition(":")[0]
        if request.target == "/robots.txt" and not self._robots_too:
            exchange.send(self._server.reply(404, {"Connection": "close"}))
            return
        status, location = self._step(request.target, self._targets[host])
        headers = {"Location": location.encode(), "Connection": "close"}
        exchange.send(self._server.reply(status, headers))

    def _step(self, target: str, url: str) -> tuple[int, str]:
        if self._way == "chain" and target != "/hop":
            return 302, "/hop"
        if self._way == "protocol-relative":
            return 301, url.partition(":")[2] if url.lower().startswith(("http://", "https://")) else url
        return (307, url) if self._way == "chain" else (int(self._way), url)


Kind = Callable[[Engine, list[str]], list[str]]


def together(engine: Engine, starts: list[str], ask: Callable[[Any, str], Any]) -> list[str]:
    """Ask for all at once; the failure's name of each, what ``ask`` returns where nothing is raised."""

    async def one(fetcher: Any, slots: asyncio.Semaphore, url: str) -> str:
        async with slots:
            try:
                return str(await ask(fetcher, url) or "")
            except FetchError as error:
                return error.failure

    async def run() -> list[str]:
        fetcher, slots = await engine.loop.fetcher(), asyncio.Semaphore(AT_ONCE)
        return await asyncio.gather(*(one(fetcher, slots, url) for url in starts))

    return engine.loop.run(run())


def poll(engine: Engine, starts: list[str]) -> list[str]:
    """A feed: what its record says after the poll."""
    store = engine.feeds("news")
    ids = [feed_id_of(url) for url in starts]
    feeds = [
        Feed(feed_id=feed_id, url=url, collection="news", added_at=NOW, next_poll_at=NOW)
        for feed_id, url in zip(ids, starts, strict=True)
    ]
    store.add(feeds)
    engine.poll("news", lambda: None).run(ids, 60.0)
    failures = {feed.feed_id: feed.failure for feed in store.load(ids)}
    for feed_id in ids:
        assert [record.outcome for record in store.fetches(feed_id)] == [failures[feed_id]]
    return [failures[feed_id] for feed_id in ids]


def visit_of(engine: Engine) -> PageVisit:
    return PageVisit(
        robots=Robots(Hosts(engine.client)),
        images=engine.images,
        enrich=engine.enrich("news"),
        keep_images=False,
        counts=engine.counts("news"),
    )


def item_of(url: str, *images: str) -> Item:
    return Item(
        item_id="0123456789abcdef",
        collection="news",
        source=Source.FEED,
        title="Council approves harbour bridge plan",
        published_at=NOW,
        original_url=url,
        web_url=url,
        images=tuple(Image(url=image) for image in images),
        provider=Provider(name="Example", domain="public.example"),
        first_seen_at=NOW,
    )


def read_page(engine: Engine, starts: list[str]) -> list[str]:
    """The page of an item."""
    visit = visit_of(engine)

    async def read(fetcher: Any, url: str) -> None:
        await visit.read(fetcher, item_of(url))

    return together(engine, starts, read)


def check_robots(engine: Engine, starts: list[str]) -> list[str]:
    """The robots.txt of a page."""
    robots = Robots(Hosts(engine.client))
    return together(engine, starts, robots.check)


def learn_image(engine: Engine, starts: list[str], *, keep_bytes: bool = False) -> list[str]:
    """The start of an image file."""

    async def learn(fetcher: Any, url: str) -> str:
        return (await engine.images.learn(fetcher, url, keep_bytes=keep_bytes)).failure

    return together(engine, starts, learn)


def keep_image(engine: Engine, starts: list[str]) -> list[str]:
    """A whole image file for the cache."""
    return learn_image(engine, starts, keep_bytes=True)


def learn_document_image(engine: Engine, starts: list[str]) -> list[str]:
    """The lead image that a document names."""
    visit = visit_of(engine)

    async def learn(fetcher: Any, url: str) -> str:
        facts = await visit.learn_images(fetcher, item_of("https://public.example/", url))
        return facts[0].failure if facts else "blocked"  # an address that is none is not even tried

    return together(engine, starts, learn)


def post_to_hub(engine: Engine, starts: list[str]) -> list[str]:
    """A form for a WebSub hub."""
    return together(
        engine,
        starts,
        lambda fetcher, url: fetcher.fetch(FetchRequest(url=url, purpose=Purpose.HUB, form=b"hub.mode=x")),
    )


def discover(engine: Engine, starts: list[str]) -> list[str]:
    """What ``feeds add`` asks for: a feed, or a page that names feeds."""
    found = []
    for url in starts:
        try:
            added = add_feed(engine, Outline(url=url), "news", on_items=lambda: None)
        except (FetchError, SourceError) as error:
            found.append(error.failure)
        else:
            found.append(added.feeds[0].failure)
    return found


KINDS: dict[str, Kind] = {
    "discovery": discover,
    "feed": poll,
    "page": read_page,
    "robots": check_robots,
    "image": learn_image,
    "kept-image": keep_image,
    "document-image": learn_document_image,
    "hub": post_to_hub,
}


def expected(kind: str, way: str, url: str) -> set[str]:
    """Failures that a case may be recorded as."""
    names = {"blocked"}
    if kind == "hub" and way == "303":
        names = {"http-303"}  # RFC 9110 section 15.4.4: it leads to a page for people, and none is wanted
    if kind == "discovery" and url.startswith("http://[::1]:") and url.endswith("@public.example/"):
        return names | {"dns"}  # user and password become a credential; the host is the public one behind them
    if way == "protocol-relative" and url.startswith("http:///"):
        return {"http-404", ""}  # no host in it: a path of the public site itself
    if way != "direct" and ("\n" in url or "\x00" in url):
        # Such a Location is no header field any more, so that the answer is refused as a whole.
        return names | {"protocol", "robots-unreachable"}
    return names


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_leads_into_the_private_network(
    kind: str,
    way: str,
    canaries: dict[int, Any],
    recording_server: Any,
    make_engine: Callable[..., Engine],
    lookup_of: Callable[..., Any],
    connects: list[Any],
) -> None:
    site = Redirector(recording_server, way, forms(canaries), robots_too=kind == "robots")
    engine = make_engine(site.allow, lookup_of(NAMES | site.names | {"public.example": []}))
    engine.client.ping()
    of_redis = [address for address in connects if address[1] != recording_server.port]
    cases = site.cases()
    failures = KINDS[kind](engine, [case.start for case in cases])
    told = {case.url: failure for case, failure in zip(cases, failures, strict=True)}
    assert {url: failure for url, failure in told.items() if failure not in expected(kind, way, url)} == {}
    assert (canaries[4].connections, canaries[6].connections) == (0, 0)
    ours = {("127.0.0.1", recording_server.port), *of_redis}
    assert {tuple(address[:2]) for address in connects} <= ours
    assert (recording_server.connections == 0) == (way == "direct")


def test_the_matrix_can_fail(
    canaries: dict[int, Any], make_engine: Callable[..., Engine], lookup_of: Callable[..., Any]
) -> None:
    """With the loopback allowed the same forms do reach the canaries, so their silence elsewhere means something."""
    engine = make_engine("127.0.0.0/8,0.0.0.0/8,::/127", lookup_of({}))
    hosts = [f"http://{host}:{canaries[4].port}/x" for host in LOOPBACK_HOSTS]
    answered = learn_image(engine, hosts).count("http-404")
    assert answered > len(hosts) // 2
    assert canaries[4].connections > 0


def test_what_a_page_points_to_is_not_asked_for(
    canaries: dict[int, Any],
    recording_server: Any,
    make_engine: Callable[..., Engine],
    lookup_of: Callable[..., Any],
    connects: list[Any],
) -> None:
    """canonical, amphtml, icon, manifest, feed, refresh, frame, script, style and base of a page are read as text."""
    urls = forms(canaries)
    lines = [
        f'<link rel="{rel}" href="{html.escape(url)}">'
        for url in urls
        for rel in (
            "canonical",
            "amphtml",
            "icon",
            "manifest",
            "preload",
            "stylesheet",
            "alternate",
            "pingback",
            "hub",
        )
    ]
    lines += [f'<meta http-equiv="refresh" content="0; url={html.escape(url)}">' for url in urls]
    lines += [f'<iframe src="{html.escape(url)}"></iframe><script src="{html.escape(url)}"></script>' for url in urls]
    page = "<html><head><title>Harbour bridge</title>" + "".join(lines) + "<body><p>Text"
    headers = {"Content-Type": "text/html", "Refresh": f"0; url={urls[0]}", "Link": f'<{urls[0]}>; rel="canonical"'}
    recording_server.answer("/page", recording_server.reply(200, headers, page.encode()))
    engine = make_engine(recording_server.address, lookup_of(NAMES))
    assert read_page(engine, [recording_server.url("/page")]) == [""]
    assert [request.target for request in recording_server.requests] == ["/robots.txt", "/page"]
    assert (canaries[4].connections, canaries[6].connections) == (0, 0)


def test_the_lead_image_that_a_page_names_is_guarded(
    canaries: dict[int, Any], recording_server: Any, make_engine: Callable[..., Engine], lookup_of: Callable[..., Any]
) -> None:
    """og:image, twitter:image and JSON-LD; direct and by a redirect of the page's own site."""
    urls = [url for url in forms(canaries) if "\x00" not in url and "\n" not in url]
    pages = {}
    for number, url in enumerate(urls):
        recording_server.answer(f"/image/{number}", recording_server.reply(302, {"Location": url.encode()}))
        for way, image in (("direct", url), ("302", recording_server.url(f"/image/{number}"))):
            head = "".join(
                f'<meta property="{name}" content="{html.escape(image)}">' for name in ("og:image", "twitter:image")
            )
            body = f'<html><head>{head}<script type="application/ld+json">{_json_ld(image)}</script><body><p>Text'
            target = f"/page/{way}/{number}"
            recording_server.answer(target, recording_server.reply(200, {"Content-Type": "text/html"}, body.encode()))
            pages[recording_server.url(target)] = way
    engine = make_engine(recording_server.address, lookup_of(NAMES))
    visit = visit_of(engine)

    async def learn(fetcher: Any, url: str) -> str:
        enrichment = await visit.read(fetcher, item_of(url))
        return ", ".join(sorted({facts.failure for facts in enrichment.images}))

    found = dict(zip(pages, together(engine, list(pages), learn), strict=True))
    # What is no public address at all is no image for the document, and so nothing is asked; the rest is blocked.
    assert {failure for url, failure in found.items() if pages[url] == "direct"} <= {
        *("", "blocked"),
        "http-404",  # "http:127.0.0.1" in a page is a path of its own site
    }
    assert {failure for url, failure in found.items() if pages[url] == "302"} == {"blocked"}
    assert (canaries[4].connections, canaries[6].connections) == (0, 0)


def _json_ld(image: str) -> str:
    thing = {"@context": "https://schema.org", "@type": "NewsArticle", "headline": "Harbour", "image": image}
    return msgspec.json.encode(thing).decode().replace("</", "<\\/")
