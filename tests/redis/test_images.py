"""Learning images: asked once, remembered, refreshed, kept; every failure named and no item held up by it."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from storyfold.errors import FetchError, StoreUnavailableError
from worker.flows import images as flow
from worker.flows.images import FAILED_FOR, FIRST_BYTES, GOOD_FOR, MAX_KEPT_BYTES, MOST_HEADER_BYTES, Images
from worker.model.page import ImageFacts
from worker.sources.fetch.exchange import FetchRequest, FetchResult, Purpose
from worker.store.client import connect
from worker.store.image_files import ImageFiles
from worker.store.images import ImageRecords
from worker.store.keys import image_lease, image_record

URL = "https://a.example/x.png?size=1&key=secret"


def png(width: int = 640, height: int = 480) -> bytes:
    return b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR" + struct.pack(">II", width, height) + bytes(2000)


def jpeg_with_header_of(size: int) -> bytes:
    segments = b"".join(b"\xff\xe2\xff\xff" + bytes(65533) for _ in range(size // 65537 + 1))
    return b"\xff\xd8" + segments + b"\xff\xc0\0\x11\x08" + struct.pack(">HH", 480, 640) + bytes(200)


class Site:
    """A fetcher that answers from memory, as the real one would.

    Attributes:
        body: of every address; an error is raised.
        etag: sent with it; a request that names it gets a 304.
        requests: in the order of their coming.
        asked: set by a request.
        gate: requests wait for it.
    """

    def __init__(self) -> None:
        self.body: bytes | FetchError = png()
        self.etag = ""
        self.requests: list[FetchRequest] = []
        self.asked: asyncio.Event | None = None
        self.gate: asyncio.Event | None = None

    async def fetch(self, request: FetchRequest) -> FetchResult:
        self.requests.append(request)
        if self.asked is not None:
            self.asked.set()
        if self.gate is not None:
            await self.gate.wait()
        if isinstance(self.body, FetchError):
            raise self.body
        values: dict[str, Any] = {"final_url": request.url, "etag": self.etag}
        if self.etag and request.etag == self.etag:
            return FetchResult(status=304, **values)
        limit = request.first_bytes
        if limit is None and request.max_bytes is not None and len(self.body) > request.max_bytes:
            raise FetchError("too-large", "it is")
        body = self.body if limit is None else self.body[:limit]
        is_partial = len(body) < len(self.body)
        return FetchResult(status=206 if limit else 200, body=body, is_partial=is_partial, **values)


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def make_images(redis_url: str, tmp_path: Path, clock: Any) -> Iterator[Callable[[], Images]]:
    """Builds what each worker process has; all share Redis and the folder."""
    clients: list[Any] = []

    def make() -> Images:
        clients.append(connect(redis_url))
        files = ImageFiles(tmp_path / "images", 2**30)
        return Images(records=ImageRecords(clients[-1]), files=files, clock=clock)

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def learn(make_images: Callable[[], Images], site: Site) -> Callable[..., ImageFacts]:
    images = make_images()
    return lambda url=URL, keep_bytes=False: asyncio.run(images.learn(site, url, keep_bytes=keep_bytes))  # type: ignore[arg-type]


def test_the_size_is_learned_from_the_first_64_kilobytes(site: Site, learn: Callable[..., ImageFacts]) -> None:
    facts = learn()
    assert (facts.url, facts.width, facts.height, facts.digest, facts.failure) == (URL, 640, 480, "", "")
    [request] = site.requests
    assert (request.purpose, request.first_bytes, request.etag) == (Purpose.IMAGE, FIRST_BYTES, "")
    assert FIRST_BYTES <= 64 * 1024


def test_more_is_asked_for_once_and_only_when_the_size_lies_further_on(
    site: Site, learn: Callable[..., ImageFacts]
) -> None:
    site.body = jpeg_with_header_of(300_000)
    assert (learn().width, learn().height) == (640, 480)
    assert [request.first_bytes for request in site.requests] == [FIRST_BYTES, MOST_HEADER_BYTES]
    assert MOST_HEADER_BYTES <= 512 * 1024


FAILURES: list[tuple[bytes | FetchError, str]] = [
    (FetchError("http-404", "gone"), "http-404"),
    (FetchError("http-403", "no hotlinks"), "http-403"),
    (FetchError("blocked", "a private address"), "blocked"),
    (FetchError("timeout", "slow"), "timeout"),
    (b"<!DOCTYPE html><html><title>403</title><svg></svg></html>", "not-an-image"),
    (png()[:20], "truncated"),
    (jpeg_with_header_of(600_000), "header-too-long"),
    (png(100_000, 100_000), "too-many-pixels"),
    (png(65_000, 65_000), "too-many-pixels"),
    (b"", "truncated"),
]


@pytest.mark.parametrize(("body", "failure"), FAILURES)
@pytest.mark.parametrize("keep_bytes", [False, True])
def test_every_failure_is_a_fact_and_holds_for_a_day(
    site: Site,
    learn: Callable[..., ImageFacts],
    clock: Any,
    body: bytes | FetchError,
    failure: str,
    keep_bytes: bool,
) -> None:
    site.body = body
    facts = learn(keep_bytes=keep_bytes)
    if failure == "header-too-long" and keep_bytes:
        assert (facts.width, facts.failure) == (640, "")  # the whole file was read
        return
    assert (facts.width, facts.height, facts.digest, facts.failure) == (None, None, "", failure)
    asked = len(site.requests)
    clock.advance(FAILED_FOR - timedelta(seconds=1))
    assert learn(keep_bytes=keep_bytes) == facts
    assert len(site.requests) == asked
    clock.advance(timedelta(seconds=2))
    site.body = png()
    assert learn(keep_bytes=keep_bytes).width == 640


def test_an_image_in_a_hundred_items_and_two_workers_is_asked_for_once(
    site: Site, make_images: Callable[[], Images], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "_LOOK_SECONDS", 0.01)
    workers = make_images(), make_images()

    async def run() -> list[ImageFacts]:
        site.gate, site.asked = asyncio.Event(), asyncio.Event()
        learning = [
            asyncio.create_task(workers[number % 2].learn(site, URL, keep_bytes=True))  # type: ignore[arg-type]
            for number in range(100)
        ]
        await site.asked.wait()
        site.gate.set()
        return await asyncio.gather(*learning)

    facts = asyncio.run(run())
    assert len(site.requests) == 1
    assert len({one.digest for one in facts}) == 1
    assert {one.failure for one in facts} == {""}


def test_what_is_known_survives_a_restart(site: Site, make_images: Callable[[], Images]) -> None:
    first = asyncio.run(make_images().learn(site, URL, keep_bytes=True))  # type: ignore[arg-type]
    second = asyncio.run(make_images().learn(site, URL, keep_bytes=True))  # type: ignore[arg-type]
    assert first == second
    assert len(site.requests) == 1


def test_another_query_is_another_image(site: Site, learn: Callable[..., ImageFacts]) -> None:
    learn("https://a.example/x.png?w=1")
    learn("https://a.example/x.png?w=2")
    assert len(site.requests) == 2


def test_an_old_answer_is_refreshed_conditionally(site: Site, learn: Callable[..., ImageFacts], clock: Any) -> None:
    site.etag = '"v1"'
    first = learn()
    clock.advance(GOOD_FOR + timedelta(seconds=1))
    again = learn()
    assert [request.etag for request in site.requests] == ["", '"v1"']
    assert (again.width, again.checked_at > first.checked_at) == (640, True)
    learn()
    assert len(site.requests) == 2


def test_a_changed_image_replaces_what_was_known(site: Site, learn: Callable[..., ImageFacts], clock: Any) -> None:
    site.etag = '"v1"'
    old = learn(keep_bytes=True)
    clock.advance(GOOD_FOR + timedelta(seconds=1))
    site.etag, site.body = '"v2"', png(800, 600)
    new = learn(keep_bytes=True)
    assert (new.width, new.height) == (800, 600)
    assert new.digest != old.digest


def test_an_image_that_was_good_stays_known_when_it_fails_later(
    site: Site, learn: Callable[..., ImageFacts], clock: Any
) -> None:
    first = learn(keep_bytes=True)
    clock.advance(GOOD_FOR + timedelta(seconds=1))
    site.body = FetchError("http-500", "down")
    later = learn(keep_bytes=True)
    assert (later.width, later.digest, later.failure) == (640, first.digest, "")
    learn(keep_bytes=True)
    assert len(site.requests) == 2
    clock.advance(FAILED_FOR + timedelta(seconds=1))
    learn(keep_bytes=True)
    assert len(site.requests) == 3


def test_kept_bytes_lie_under_their_digest(
    site: Site, make_images: Callable[[], Images], learn: Callable[..., ImageFacts]
) -> None:
    facts = learn(keep_bytes=True)
    [request] = site.requests
    assert (request.first_bytes, request.max_bytes) == (None, MAX_KEPT_BYTES)
    path = make_images().open_cached(facts.digest)
    assert path is not None
    assert path.read_bytes() == site.body
    assert learn(keep_bytes=False).digest == facts.digest
    assert len(site.requests) == 1


def test_bytes_are_asked_for_when_only_the_size_was_known(site: Site, learn: Callable[..., ImageFacts]) -> None:
    site.etag = '"v1"'
    assert learn(keep_bytes=False).digest == ""
    assert learn(keep_bytes=True).digest
    assert [request.etag for request in site.requests] == ["", ""]


def test_bytes_that_were_swept_away_are_no_longer_told_of_and_are_asked_for_again(
    site: Site, make_images: Callable[[], Images], learn: Callable[..., ImageFacts]
) -> None:
    site.etag = '"v1"'
    facts = learn(keep_bytes=True)
    path = make_images().open_cached(facts.digest)
    assert path is not None
    path.unlink()
    assert learn(keep_bytes=False).digest == ""
    assert len(site.requests) == 1
    assert learn(keep_bytes=True).digest == facts.digest
    assert site.requests[1].etag == ""


def test_of_a_file_over_the_limit_only_the_size_is_learned(
    site: Site, learn: Callable[..., ImageFacts], clock: Any
) -> None:
    site.body, site.etag = png() + bytes(MAX_KEPT_BYTES), '"v1"'
    for _ in range(2):
        facts = learn(keep_bytes=True)
        assert (facts.width, facts.digest, facts.failure) == (640, "", "")
    assert [request.first_bytes for request in site.requests] == [None, FIRST_BYTES]
    clock.advance(GOOD_FOR + timedelta(seconds=1))
    assert learn(keep_bytes=True).width == 640
    assert len(site.requests) == 3  # a 304 is enough


def test_the_bytes_of_an_svg_are_not_kept(site: Site, learn: Callable[..., ImageFacts]) -> None:
    site.body = b'<svg viewBox="0 0 64 48"><script>alert(1)</script></svg>'
    for _ in range(2):
        facts = learn(keep_bytes=True)
        assert (facts.width, facts.height, facts.digest) == (64, 48, "")
    assert len(site.requests) == 1


def test_a_folder_that_cannot_be_written_costs_only_the_copy(
    site: Site, learn: Callable[..., ImageFacts], tmp_path: Path, clock: Any
) -> None:
    (tmp_path / "images").write_bytes(b"in the way")
    facts = learn(keep_bytes=True)
    assert (facts.width, facts.digest, facts.failure) == (640, "", "")
    (tmp_path / "images").unlink()
    assert learn(keep_bytes=True).digest == ""
    clock.advance(FAILED_FOR + timedelta(seconds=1))
    assert learn(keep_bytes=True).digest


def test_somebody_who_asks_for_too_long_is_not_waited_for(
    site: Site, learn: Callable[..., ImageFacts], client: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "WAIT_SECONDS", 0.4)
    client.set(image_lease(URL), "1", px=60_000)
    assert learn().failure == "busy"
    assert client.get(image_record(URL)) is None
    client.delete(image_lease(URL))
    assert learn().failure == ""


def test_an_attempt_that_ends_early_lets_others_ask(
    site: Site, make_images: Callable[[], Images], client: Redis
) -> None:
    async def run() -> None:
        site.gate = asyncio.Event()
        async with asyncio.timeout(0.05):
            await make_images().learn(site, URL, keep_bytes=False)  # type: ignore[arg-type]

    with pytest.raises(TimeoutError):
        asyncio.run(run())
    assert client.exists(image_lease(URL)) == 0


def test_records_end_by_themselves(site: Site, learn: Callable[..., ImageFacts], client: Redis) -> None:
    learn()
    assert 0 < client.pttl(image_record(URL)) <= 180 * 86_400_000
    site.body = FetchError("http-404", "gone")
    learn("https://a.example/2")
    assert 0 < client.pttl(image_record("https://a.example/2")) <= 86_400_000
    assert client.exists(image_lease(URL)) == 0


def test_a_record_of_another_version_is_asked_for_again(
    site: Site, learn: Callable[..., ImageFacts], client: Redis
) -> None:
    client.set(image_record(URL), '{"facts": 7}')
    assert learn().width == 640


def test_a_redis_that_is_away_is_retried_by_the_caller(site: Site, tmp_path: Path, clock: Any) -> None:
    with connect("redis://127.0.0.1:1/0") as nobody:
        images = Images(records=ImageRecords(nobody), files=ImageFiles(tmp_path, 1), clock=clock)
        with pytest.raises(StoreUnavailableError):
            asyncio.run(images.learn(site, URL, keep_bytes=False))  # type: ignore[arg-type]
    assert site.requests == []
