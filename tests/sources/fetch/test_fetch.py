"""One conditional GET: what is sent, what comes back."""

from __future__ import annotations

import asyncio
import logging
import re
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from storyfold.errors import FetchError
from worker.sources.fetch.exchange import ACCEPT, FetchRequest, FetchResult, Purpose
from worker.sources.fetch.fetcher import Fetcher
from worker.sources.fetch.guard import AddressGuard

CONTACT = "https://storyfold.example/bot"


def fetch(server: Any, *requests: FetchRequest, **settings: Any) -> list[FetchResult]:
    """Fetch one after another with one client."""

    async def run() -> list[FetchResult]:
        allow = AddressGuard(f"{server.address},localhost:{server.port}")
        async with Fetcher(contact_url=CONTACT, guard=allow, **settings) as fetcher:
            return [await fetcher.fetch(request) for request in requests]

    return asyncio.run(run())


def failure(server: Any, request: FetchRequest, **settings: Any) -> FetchError:
    with pytest.raises(FetchError) as caught:
        fetch(server, request, **settings)
    return caught.value


# What is asked


def test_a_request_is_one_get_with_only_the_fields_that_it_needs(recording_server: Any) -> None:
    recording_server.answer("/feed", recording_server.reply(body=b"<rss/>"))
    fetch(recording_server, FetchRequest(url=recording_server.url("/feed")))
    [request] = recording_server.requests
    assert request.line == "GET /feed HTTP/1.1"
    assert set(request.headers) == {"host", "user-agent", "accept", "accept-encoding"}
    assert request.headers["host"].decode() == recording_server.address
    assert re.fullmatch(
        rb"Storyfold/\d+\.\d+\.\d+ \(\+https://storyfold\.example/bot\)", request.headers["user-agent"]
    )
    assert request.headers["accept"].decode() == ACCEPT[Purpose.FEED]
    assert request.headers["accept-encoding"] == b"gzip, deflate"


@pytest.mark.parametrize(
    "target",
    [
        *(
            "/Feed.XML?b=2&a=1&a=",
            "/%7euser/%2fx%2F?%41=%c3%b6",
            "/a/../b/./c//d",
            "/feed?",
            "/?",
            "/a|b^`{}",
        ),
        *('/"<>\\', "/a+b%20c?d+e", "/%zz%", "/x%0d%0aX-Injected:%20y", "/'(*)!;,=:@&$?'(*)!;,=:@&$/?"),
    ],
)
def test_the_address_is_asked_byte_for_byte(recording_server: Any, target: str) -> None:
    recording_server.answer(target, recording_server.reply(body=b"x"))
    [result] = fetch(recording_server, FetchRequest(url=recording_server.url(target) + "#part"))
    assert [request.target for request in recording_server.requests] == [target]
    assert result.final_url == recording_server.url(target)


@pytest.mark.parametrize(
    ("etag", "last_modified"),
    [
        ('"abc"', "Sun, 28 Dec 2025 10:00:00 GMT"),
        ('W/"a,b c"', ""),
        ("unquoted", ""),
        ('"x-gzip"', ""),
        ("", "Sun, 28 Dec 2025 10:00:00 EST"),
        ("", "not a date at all; %41 'x'"),
        ('"ümlaut"'.encode().decode("latin-1"), ""),
    ],
)
def test_validators_come_and_go_byte_for_byte(recording_server: Any, etag: str, last_modified: str) -> None:
    headers = {"ETag": etag.encode("latin-1"), "Last-Modified": last_modified.encode("latin-1")}
    first = recording_server.reply(headers={name: value for name, value in headers.items() if value}, body=b"x")
    recording_server.answer("/feed", first, recording_server.reply(304))
    url = recording_server.url("/feed")
    [result] = fetch(recording_server, FetchRequest(url=url))
    assert (result.etag, result.last_modified) == (etag, last_modified)
    [again] = fetch(recording_server, FetchRequest(url=url, etag=result.etag, last_modified=result.last_modified))
    assert again.status == 304
    sent = recording_server.requests[1].headers
    assert sent.get("if-none-match", b"") == etag.encode("latin-1")
    assert sent.get("if-modified-since", b"") == last_modified.encode("latin-1")
    assert ("if-none-match" in sent, "if-modified-since" in sent) == (bool(etag), bool(last_modified))


@pytest.mark.parametrize("etag", ['"\xfc"', '"a\r\nX-Injected: y"', '"€"', '"\x00"'])
def test_a_validator_that_cannot_be_sent_exactly_is_not_sent(recording_server: Any, etag: str) -> None:
    recording_server.answer("/feed", recording_server.reply(body=b"x"))
    fetch(recording_server, FetchRequest(url=recording_server.url("/feed"), etag=etag))
    assert not {"if-none-match", "x-injected"} & set(recording_server.requests[0].headers)


def test_cookies_are_never_given_back(recording_server: Any) -> None:
    cookie = {"Set-Cookie": "id=1; Path=/", "Location": "/feed"}
    recording_server.answer("/old", recording_server.reply(302, cookie))
    recording_server.answer("/feed", recording_server.reply(headers=cookie, body=b"x"))
    # By name: general cookie jars do not take a cookie from an IP address anyhow.
    fetch(recording_server, *[FetchRequest(url=recording_server.url("/old", host="localhost"))] * 2)
    assert len(recording_server.requests) == 4
    assert not any(b"cookie" in request.raw.lower() for request in recording_server.requests)
    assert not any(b"referer" in request.raw.lower() for request in recording_server.requests)


def test_one_connection_serves_one_poll_after_another(recording_server: Any) -> None:
    recording_server.answer("/feed", recording_server.reply(304))
    fetch(recording_server, *[FetchRequest(url=recording_server.url("/feed"), etag='"a"')] * 5)
    assert recording_server.connections == 1


def test_a_proxy_or_netrc_of_the_environment_is_not_used(
    recording_server: Any, canary: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, canary.url())
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    recording_server.answer("/feed", recording_server.reply(body=b"x"))
    fetch(recording_server, FetchRequest(url=recording_server.url("/feed")))
    assert canary.connections == 0
    assert "authorization" not in recording_server.requests[0].headers


# What comes back


def test_a_result_has_the_raw_texts_that_pacing_and_parsing_want(recording_server: Any) -> None:
    headers = {
        "Content-Type": "text/html; charset=latin1",
        "ETag": '"a"',
        "cache-control": "max-age=60",
        "Cache-Control": "private",
        "Expires": "0",
        "Date": "Sun, 28 Dec 2025 10:00:00 GMT",
        "Age": "7",
        "Retry-After": "9",
        "Link": '<https://hub.example/>; rel="hub"',
    }
    recording_server.answer("/feed", recording_server.reply(headers=headers, body=b"<rss/>"))
    [result] = fetch(recording_server, FetchRequest(url=recording_server.url("/feed")))
    assert result == FetchResult(
        status=200,
        body=b"<rss/>",
        total_bytes=6,
        content_type="text/html; charset=latin1",
        etag='"a"',
        cache_control="max-age=60, private",
        expires="0",
        date="Sun, 28 Dec 2025 10:00:00 GMT",
        age="7",
        retry_after="9",
        link='<https://hub.example/>; rel="hub"',
        final_url=recording_server.url("/feed"),
        elapsed_seconds=result.elapsed_seconds,
    )
    assert result.elapsed_seconds > 0


def test_not_modified_is_a_value_and_may_bring_new_validators(recording_server: Any) -> None:
    recording_server.answer("/feed", recording_server.reply(304, {"ETag": '"b"'}), recording_server.reply(304))
    request = FetchRequest(url=recording_server.url("/feed"), etag='"a"')
    first, second = fetch(recording_server, request, request)
    assert (first.status, first.body, first.etag) == (304, b"", '"b"')
    assert (second.status, second.etag) == (304, "")


def test_not_modified_without_a_validator_is_a_failure(recording_server: Any) -> None:
    recording_server.answer("/feed", recording_server.reply(304))
    assert failure(recording_server, FetchRequest(url=recording_server.url("/feed"))).failure == "http-304"


@pytest.mark.parametrize("status", [201, 204, 206, 226, 300, 400, 401, 403, 404, 410, 429, 500, 503])
def test_every_other_status_is_a_failure_with_its_number(recording_server: Any, status: int) -> None:
    recording_server.answer("/feed", recording_server.reply(status))
    error = failure(recording_server, FetchRequest(url=recording_server.url("/feed?key=secret")))
    assert error.failure == "http-404"  # the query is another target
    error = failure(recording_server, FetchRequest(url=recording_server.url("/feed")))
    assert error.failure == f"http-{status}"
    assert error.retry_after_seconds is None
    assert len(recording_server.requests) == 2


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7200"}, 7200),
        ({"Retry-After": "Sun, 28 Dec 2025 12:00:00 GMT", "Date": "Sun, 28 Dec 2025 10:00:00 GMT"}, 7200),
        ({"Retry-After": "Sun, 28 Dec 2025 12:00:00 GMT"}, 3600),
        ({"Retry-After": "soon"}, None),
    ],
)
def test_a_failure_says_how_long_the_server_wants_to_be_left_alone(
    recording_server: Any, headers: dict[str, str], seconds: float | None
) -> None:
    recording_server.answer("/feed", recording_server.reply(429, headers))
    error = failure(
        recording_server,
        FetchRequest(url=recording_server.url("/feed")),
        now=lambda: datetime(2025, 12, 28, 11, tzinfo=UTC),
    )
    assert error.retry_after_seconds == seconds
    assert len(recording_server.requests) == 1


def test_no_text_of_a_failure_or_log_holds_credentials_or_a_query(
    recording_server: Any, caplog: pytest.LogCaptureFixture
) -> None:
    recording_server.answer("/moved?key=secret", recording_server.reply(302, {"Location": "/feed?key=secret"}))
    urls = [
        recording_server.url("/feed?key=secret"),
        recording_server.url("/moved?key=secret"),
        recording_server.url("/feed?key=secret").replace("//", "//user:secret@"),
    ]
    with caplog.at_level(logging.DEBUG):
        errors = [failure(recording_server, FetchRequest(url=url)) for url in urls]
    assert [error.failure for error in errors] == ["http-404", "http-404", "blocked"]
    assert "secret" not in " ".join(map(str, errors))
    assert "secret" not in caplog.text


# Codings


def gzipped(data: bytes, level: int = 9) -> bytes:
    packer = zlib.compressobj(level, zlib.DEFLATED, 31)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        ("gzip", gzipped),
        ("X-GZip", gzipped),
        ("deflate", zlib.compress),
        ("deflate", lambda data: zlib.compress(data)[2:-4]),
        ("identity", bytes),
        ("", bytes),
        ("identity, gzip", gzipped),
    ],
)
def test_every_advertised_coding_is_decoded(
    recording_server: Any, coding: str, pack: Callable[[bytes], bytes]
) -> None:
    body = b"<rss>" + b"news " * 10_000 + b"</rss>"
    recording_server.answer("/feed", recording_server.reply(headers={"Content-Encoding": coding}, body=pack(body)))
    [result] = fetch(recording_server, FetchRequest(url=recording_server.url("/feed")))
    assert result.body == body


@pytest.mark.parametrize(
    "coding", ["gzip, gzip", "gzip, deflate", "br", "zstd", "compress", "gzip\r\nContent-Encoding: gzip"]
)
def test_stacked_codings_and_those_not_asked_for_are_refused(recording_server: Any, coding: str) -> None:
    body = gzipped(gzipped(b"x"))
    recording_server.answer("/feed", recording_server.reply(headers={"Content-Encoding": coding}, body=body))
    assert failure(recording_server, FetchRequest(url=recording_server.url("/feed"))).failure == "bad-encoding"


def test_use_without_opening_says_how_to_open() -> None:
    with pytest.raises(RuntimeError, match="async with Fetcher"):
        asyncio.run(Fetcher(contact_url=CONTACT).fetch(FetchRequest(url="http://example.com/")))
