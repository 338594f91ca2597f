"""The transport under the HTTP client: guarded sockets, addresses asked byte for byte, named failures.

httpx is the interface, aiohttp moves the bytes (httpx's own pool is O(n) in its connections). The general
adapter between the two hands the URL over as text, which aiohttp then tidies; and it has no names for most
of aiohttp's errors. So :class:`GuardedTransport` makes the exchange itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from typing import Any

import aiohttp
import httpx
from aiohttp.abc import AbstractResolver, ResolveResult
from multidict import CIMultiDict
from yarl import URL

from storyfold.errors import FetchError
from worker.sources.fetch.guard import AddressGuard, blocked_detail
from worker.sources.fetch.web_address import DEFAULT_PORTS

Lookup = Callable[[str], Awaitable[list[str]]]
"""Gives all addresses of a host name; raises OSError when it has none."""

# getaddrinfo blocks, and a dead name server keeps a thread for many seconds. The loop's own pool has
# cpu + 4 threads, so that a handful of dead names would stall all others.
_LOOKUP_THREADS = 32
# A worker asks thousands of hosts once an hour; connections kept for longer are only open files.
_KEEPALIVE_SECONDS = 3.0


class _Attempt:
    """What one request needs to know of the connection made for it."""

    __slots__ = ("host", "opened")

    def __init__(self, host: str) -> None:
        self.host = host
        self.opened = False


# Sockets are made deep inside aiohttp, in tasks that inherit the request's context. The default has a host
# that no allow-list entry can name.
_attempt: ContextVar[_Attempt] = ContextVar("storyfold_fetch_attempt")


class BlockedAddressError(OSError):
    """The guard denies an address. An OSError, because aiohttp hands on no other kind in one piece."""


class ConnectionLostError(aiohttp.ClientConnectionError):
    """The server closed a new connection without an answer. Not among the errors that aiohttp resends on."""


class GuardedResolver(AbstractResolver):
    """Resolves names and denies a name of which any record is denied."""

    def __init__(self, guard: AddressGuard, lookup: Lookup | None = None) -> None:
        self._guard = guard
        self._threads = ThreadPoolExecutor(_LOOKUP_THREADS, thread_name_prefix="storyfold-dns")
        self._lookup = lookup or self._system_lookup

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """All addresses of a host of either family, none of them denied.

        Raises:
            BlockedAddressError: one record is denied. A name with a public and a private record is an attack
                or a mistake, and picking the public one would leave the choice to whoever answers next.
            OSError: the name does not resolve.
        """
        addresses = await self._lookup(host)
        if not addresses:
            raise OSError("the name has no address")
        if not all(self._guard.permits(ip, port, host) for ip in addresses):
            raise BlockedAddressError(blocked_detail(host, port))
        records = [_resolved(host, ip, port) for ip in addresses]
        return [record for record in records if family in {socket.AF_UNSPEC, record["family"]}]

    async def close(self) -> None:
        """Let go of the threads; one that still waits for a name server ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _system_lookup(self, host: str) -> list[str]:
        loop = asyncio.get_running_loop()
        records = await loop.run_in_executor(self._threads, _getaddrinfo, host)
        return list(dict.fromkeys(records))


def _getaddrinfo(host: str) -> list[str]:
    records = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    return [str(sockaddr[0]) for *_, sockaddr in records]


def _resolved(host: str, ip: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    return ResolveResult(hostname=host, host=ip, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST)


def open_session(
    guard: AddressGuard, *, per_host_connections: int, ssl_context: ssl.SSLContext, lookup: Lookup | None
) -> aiohttp.ClientSession:
    """The one session of a process: no cookies, no proxy, no environment, no decoding, guarded sockets."""

    def guarded_socket(address_info: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, (ip, port, *_) = address_info
        attempt = _attempt.get()
        if not guard.permits(ip, port, attempt.host):
            raise BlockedAddressError(blocked_detail(attempt.host, port))
        attempt.opened = True
        return socket.socket(family, kind, protocol)

    connector = aiohttp.TCPConnector(
        resolver=GuardedResolver(guard, lookup),
        socket_factory=guarded_socket,
        ssl=ssl_context,
        limit=0,
        limit_per_host=per_host_connections,
        keepalive_timeout=_KEEPALIVE_SECONDS,
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        # No limits here: one deadline of ours spans the whole fetch.
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
        middlewares=(_send_once,),
    )


async def _send_once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Send again only on a kept connection that had gone stale (RFC 9110 section 9.2.2).

    aiohttp by itself sends every lost GET a second time, also to a server that closes on purpose.
    """
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        if _attempt.get().opened:
            raise ConnectionLostError(str(error)) from error
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise ConnectionLostError(str(error)) from error


class _BodyStream(httpx.AsyncByteStream):
    """The body as it comes from the wire."""

    def __init__(self, response: aiohttp.ClientResponse, host: str) -> None:
        self._response = response
        self._host = host

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with named_faults(self._host):
            async for chunk in self._response.content.iter_any():
                yield chunk

    async def aclose(self) -> None:
        # Releases the connection when the body was read whole, closes it otherwise.
        self._response.release()


class GuardedTransport(httpx.AsyncBaseTransport):
    """Sends httpx requests over an aiohttp session.

    The request's URL gives scheme, host and port; path and query are taken from its ``target`` extension,
    byte for byte. The answer's header fields are in its ``raw_headers`` extension and nowhere else: httpx
    acts on some of them unasked, it stores cookies and parses every Location, with errors of its own for a
    hostile one (tried). Raises FetchError with the name of the failure.
    """

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Exchange one request for the head of its answer."""
        url = request.url
        host = _host(url)
        _attempt.set(_Attempt(host))
        with named_faults(host):
            response = await self._session.request(
                request.method,
                _exact_url(url, request.extensions["target"]),
                # aiohttp writes header values as UTF-8, so this gives back the very bytes.
                headers=CIMultiDict((name.decode(), value.decode()) for name, value in request.headers.raw),
                data=request.content or None,
                allow_redirects=False,
            )
        return httpx.Response(
            response.status,
            stream=_BodyStream(response, host),
            request=request,
            extensions={"raw_headers": response.raw_headers},
        )

    async def aclose(self) -> None:
        """Close the session and all its connections."""
        await self._session.close()


def _host(url: httpx.URL) -> str:
    """The host as it is judged and connected to. ``url.host`` is an IDNA name decoded, or fails to be."""
    return url.raw_host.decode("ascii")


def _exact_url(url: httpx.URL, target: bytes) -> URL:
    host = f"[{_host(url)}]" if ":" in _host(url) else _host(url)
    return URL.build(
        scheme=url.scheme,
        authority=f"{host}:{url.port or DEFAULT_PORTS[url.scheme]}",
        # The query goes in with the path: given apart, an empty one ("/feed?") would be dropped.
        path=target.decode("ascii"),
        encoded=True,
    )


@contextlib.contextmanager
def named_faults(host: str) -> Iterator[None]:
    """Turn aiohttp's errors into FetchError.

    Their own texts are dropped, and they are no cause of it that a traceback would show: they quote URLs, which may
    hold secrets, and answers.
    """
    try:
        yield
    except (aiohttp.ClientError, ValueError) as error:
        failure, reason = _fault(error)
        raise FetchError(failure, f"{host}: {reason}" if failure != "blocked" else reason) from None


def _fault(error: Exception) -> tuple[str, str]:
    match error:
        case aiohttp.ClientConnectorError(os_error=BlockedAddressError() as blocked):
            return "blocked", str(blocked)
        case aiohttp.ClientConnectorDNSError():
            return "dns", "the name does not resolve"
        case aiohttp.ClientConnectorCertificateError():
            return "tls", f"the certificate is not valid: {_certificate_fault(error.certificate_error)}"
        case aiohttp.ClientConnectorSSLError():
            return "tls", "the TLS handshake failed"
        case aiohttp.ClientConnectorError():
            return "connect", f"cannot connect: {os.strerror(error.errno) if error.errno else 'refused'}"
        case aiohttp.ClientConnectionError():
            return "connect", "the server closed the connection without an answer"
        case aiohttp.ClientPayloadError():
            return "truncated", "the body ended before its declared end"
        case _:
            return "protocol", "the answer is not valid HTTP"


def _certificate_fault(error: Exception) -> str:
    return error.verify_message if isinstance(error, ssl.SSLCertVerificationError) else type(error).__name__
