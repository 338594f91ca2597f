"""Fetching: one conditional GET, safe against hostile servers, polite to all others."""

from __future__ import annotations

import asyncio
import re
import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, lru_cache
from types import TracebackType

import httpx

from storyfold._version import __version__
from storyfold.errors import FetchError
from worker.sources.fetch.body import Body, read_body
from worker.sources.fetch.decoding import ACCEPT_ENCODING
from worker.sources.fetch.exchange import ACCEPT, FetchRequest, FetchResult, Purpose
from worker.sources.fetch.guard import AddressGuard
from worker.sources.fetch.host_slots import HostSlots
from worker.sources.fetch.http_dates import retry_after_seconds
from worker.sources.fetch.http_headers import HeaderValues, RawHeaders, first_value, location_value
from worker.sources.fetch.redirects import REDIRECTS, RedirectTrail
from worker.sources.fetch.transport import GuardedTransport, Lookup, open_session
from worker.sources.fetch.web_address import WebAddress, parse_web_address, public_url

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f]")


class Fetcher:
    """The client of a process, opened once on its event loop: ``async with Fetcher(...) as fetcher``.

    How many fetches run at a time is the caller's choice; of one host no more than
    ``per_host_connections`` do.
    """

    def __init__(
        self,
        *,
        contact_url: str,
        guard: AddressGuard | None = None,
        timeout_seconds: float = 30.0,
        max_bytes: int = 10 * 1024 * 1024,
        per_host_connections: int = 2,
        ssl_context: ssl.SSLContext | None = None,
        lookup: Lookup | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        transport: httpx.AsyncBaseTransport | None = None,
        on_request: Callable[[Purpose, str], None] | None = None,
    ) -> None:
        """Describe the client; nothing is opened yet.

        Args:
            contact_url: goes into the User-Agent, so that a site's owner can find us.
            guard: judges every host and address; the strictest when None.
            timeout_seconds: deadline of a whole fetch, redirects and body included.
            max_bytes: limit of a body, decoded as well as on the wire.
            per_host_connections: fetches that one host sees at a time.
            ssl_context: None for certifi's authorities, or those of SSL_CERT_FILE or SSL_CERT_DIR.
            lookup: name resolution in place of the system's.
            now: clock for a Retry-After date in an answer without Date.
            transport: moves the bytes in place of :class:`GuardedTransport`, and does as that one promises. It is
                closed with the client.
            on_request: told of each request that is no poll: its purpose, and the host that is asked.
        """
        self._user_agent = f"Storyfold/{__version__} (+{contact_url})"
        self._guard = guard or AddressGuard()
        self._timeout_seconds = timeout_seconds
        self._max_bytes = max_bytes
        self._per_host_connections = per_host_connections
        self._slots = HostSlots(per_host_connections)
        self._ssl_context = ssl_context
        self._lookup = lookup
        self._now = now
        self._given_transport = transport
        self._on_request = on_request
        # No httpx.AsyncClient stands around it: cookies, redirects, authorization, a proxy from the environment are
        # what a fetch must not have, and a client spends 27 microseconds of each request on not having them.
        self._transport: httpx.AsyncBaseTransport | None = None

    async def open(self) -> None:
        """Make the connections' pool. Must be called on the loop that will fetch."""
        self._transport = self._given_transport or self._guarded_transport()

    def _guarded_transport(self) -> GuardedTransport:
        session = open_session(
            self._guard,
            per_host_connections=self._per_host_connections,
            ssl_context=self._ssl_context or _default_ssl_context(),
            lookup=self._lookup,
        )
        return GuardedTransport(session)

    async def aclose(self) -> None:
        """Close all connections. A second call does nothing."""
        transport, self._transport = self._transport, None
        if transport is not None:
            await transport.aclose()

    async def __aenter__(self) -> Fetcher:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def fetch(self, request: FetchRequest) -> FetchResult:
        """Ask once, following redirects.

        Returns:
            The answer, status 200 or 304; 206, too, when only the first bytes were asked for.

        Raises:
            FetchError: anything else, by name: ``blocked``, ``dns``, ``connect``, ``tls``, ``timeout``,
                ``protocol``, ``redirects``, ``challenge``,
                ``gone-elsewhere``, ``http-<status>``, ``too-large``, ``bad-encoding``,
                ``truncated``. Its text holds no credentials and no query.
        """
        address = parse_web_address(request.url)
        async with self._slots.hold(address.host):
            started = time.monotonic()
            try:
                async with asyncio.timeout(self._timeout_seconds):
                    return await self._follow(request, address, started)
            except TimeoutError as error:
                raise FetchError(
                    "timeout", f"{public_url(request.url)} took more than {self._timeout_seconds:g} seconds"
                ) from error

    async def _follow(self, request: FetchRequest, address: WebAddress, started: float) -> FetchResult:
        trail = RedirectTrail(address)
        fields = _conditional_fields(request)
        given_by = parse_web_address(request.validators_url) if request.validators_url else address
        validators_origin = given_by.origin
        secret_origin = request.secret_origin or address.origin
        while True:
            validators = fields if trail.address.origin == validators_origin else []
            secrets = _secret_fields(request) if trail.address.origin == secret_origin else []
            response = await self._send(trail.address, request, [*validators, *secrets])
            try:
                headers = response.extensions["raw_headers"]
                # 303 asks for a GET of another resource (RFC 9110 section 15.4.4), which a form is not sent for.
                if response.status_code not in REDIRECTS or (
                    request.form is not None and response.status_code == 303
                ):
                    self._check_status(response, trail, request, conditional=bool(validators))
                    body = await self._read(response, request)
                    return _result(response.status_code, headers, body, trail, started)
            finally:
                await response.aclose()
            trail.follow(response.status_code, location_value(headers))
            if request.form is not None and trail.insecure_redirect:
                raise FetchError(
                    "blocked", f"{public_url(request.url)} would have the form sent on without encryption"
                )

    async def _read(self, response: httpx.Response, request: FetchRequest) -> Body:
        if request.form is not None:
            return Body(b"", is_partial=False, total_bytes=None)
        return await read_body(response, self._max_bytes, request)

    async def _send(self, address: WebAddress, request: FetchRequest, fields: RawHeaders) -> httpx.Response:
        if self._transport is None:
            raise RuntimeError("the Fetcher is not open; use it as: async with Fetcher(...) as fetcher")
        self._guard.check_address(address)
        if self._on_request is not None and request.purpose is not Purpose.FEED:
            self._on_request(request.purpose, address.host)
        sent = httpx.Request(
            "GET" if request.form is None else "POST",
            _origin_url(address.origin),
            # Host is given because httpx would decode an IDNA name for it, and fails on what some names hold.
            headers=[
                (b"Host", address.origin.partition("//")[2].encode("ascii")),
                (b"User-Agent", self._user_agent.encode()),
                *_content_fields(request),
                *fields,
            ],
            content=request.form,
            extensions={"target": address.target.encode("ascii")},
        )
        return await self._transport.handle_async_request(sent)

    def _check_status(
        self, response: httpx.Response, trail: RedirectTrail, request: FetchRequest, *, conditional: bool
    ) -> None:
        status = response.status_code
        if request.form is not None and 200 <= status < 300:
            return
        is_good = status == 200 or (status == 304 and conditional) or (status == 206 and request.first_bytes)
        if not is_good:
            raise self._status_failure(status, response.extensions["raw_headers"], trail, request.purpose)

    def _status_failure(self, status: int, headers: RawHeaders, trail: RedirectTrail, purpose: Purpose) -> FetchError:
        said = "304 to a request without validators" if status == 304 else str(status)
        failure = f"http-{status}"
        if purpose is Purpose.FEED:
            failure = _feed_failure(failure, headers, trail)
        return FetchError(
            failure,
            f"{public_url(trail.address.url)} answered {said}",
            retry_after_seconds=retry_after_seconds(
                first_value(headers, b"retry-after"), first_value(headers, b"date"), self._now()
            ),
        )


def _feed_failure(failure: str, headers: RawHeaders, trail: RedirectTrail) -> str:
    """The name of a bad answer's failure, as far as it tells more of a feed than of other things."""
    # Cloudflare's name for a page that only a browser gets past; other walls say so in the page alone.
    if first_value(headers, b"cf-mitigated").strip().lower() == "challenge":
        return "challenge"
    # 410 speaks of the resource that was asked for (RFC 9110 section 15.5.11), which a temporary redirect replaced.
    return "gone-elsewhere" if failure == "http-410" and not trail.is_permanent else failure


@cache
def _default_ssl_context() -> ssl.SSLContext:
    # Reading certifi's authorities takes 20 ms; a context may be shared by any number of clients.
    return httpx.create_ssl_context()


@lru_cache(maxsize=4096)
def _origin_url(origin: str) -> httpx.URL:
    return httpx.URL(origin + "/")


def _content_fields(request: FetchRequest) -> RawHeaders:
    """What of a body is wanted, and in which form."""
    accept = (b"Accept", (request.accept or ACCEPT[request.purpose]).encode())
    if request.form is not None:
        return [accept, (b"Content-Type", b"application/x-www-form-urlencoded")]
    if request.first_bytes is None:
        return [accept, (b"Accept-Encoding", ACCEPT_ENCODING.encode())]
    # A range counts the bytes of what is sent (RFC 9110 section 14.1.2): the start of a gzip file is of no use.
    last = request.first_bytes - 1
    return [accept, (b"Accept-Encoding", b"identity"), (b"Range", b"bytes=0-%d" % last)]


def _conditional_fields(request: FetchRequest) -> RawHeaders:
    """The validators as header fields. A value that cannot be sent exactly is not sent at all."""
    pairs = ((b"If-None-Match", request.etag), (b"If-Modified-Since", request.last_modified))
    return [(name, value.encode("latin-1")) for name, value in pairs if value and _is_sendable(value)]


def _secret_fields(request: FetchRequest) -> RawHeaders:
    return [(name.encode("ascii"), value.encode("ascii")) for name, value in request.secret_headers]


def _is_sendable(value: str) -> bool:
    try:
        text = value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return False
    return _CONTROL.search(text) is None


def _result(status: int, headers: RawHeaders, body: Body, trail: RedirectTrail, started: float) -> FetchResult:
    values = HeaderValues(headers)
    return FetchResult(
        status=status,
        body=body.data,
        is_partial=body.is_partial,
        total_bytes=body.total_bytes,
        content_type=values.first(b"content-type"),
        etag=values.first(b"etag"),
        last_modified=values.first(b"last-modified"),
        cache_control=values.joined(b"cache-control"),
        expires=values.first(b"expires"),
        date=values.first(b"date"),
        age=values.first(b"age"),
        retry_after=values.first(b"retry-after"),
        content_location=values.first(b"content-location"),
        link=values.joined(b"link"),
        x_robots_tag=values.joined(b"x-robots-tag"),
        tdm_reservation=values.first(b"tdm-reservation"),
        final_url=trail.address.url,
        permanent_url=trail.permanent_url,
        insecure_redirect=trail.insecure_redirect,
        elapsed_seconds=time.monotonic() - started,
    )
