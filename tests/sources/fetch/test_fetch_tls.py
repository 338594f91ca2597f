"""TLS: certificates are verified against the name in the URL, though the socket goes to a pinned address."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from storyfold.errors import FetchError
from worker.sources.fetch.exchange import FetchRequest
from worker.sources.fetch.fetcher import Fetcher
from worker.sources.fetch.guard import AddressGuard

START = datetime.now(UTC) - timedelta(days=10)


def certificate(folder: Path, host: str, *, days: int = 20) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate of its own, and a client's that trusts exactly this."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(START)
        .not_valid_after(START + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    client = ssl.create_default_context(cadata=signed.public_bytes(serialization.Encoding.PEM).decode())
    return server, client


def fetch(server: Any, host: str, context: ssl.SSLContext | None) -> bytes:
    async def loopback(name: str) -> list[str]:
        return ["127.0.0.1"]

    async def run() -> bytes:
        guard = AddressGuard(f"{host}:{server.port}")
        async with Fetcher(
            contact_url="https://c.example", guard=guard, lookup=loopback, ssl_context=context
        ) as fetcher:
            return (await fetcher.fetch(FetchRequest(url=server.url("/", host=host)))).body

    return asyncio.run(run())


def test_name_indication_and_host_are_those_of_the_url(start_server: Any, tmp_path: Path) -> None:
    context, trusting = certificate(tmp_path, "feed.example")
    indicated: list[str | None] = []
    context.sni_callback = lambda _socket, name, _context: indicated.append(name)
    server = start_server(ssl_context=context)
    server.answer("/", server.reply(body=b"x"))
    assert fetch(server, "feed.example", trusting) == b"x"
    assert indicated == ["feed.example"]
    assert server.requests[0].headers["host"].decode() == f"feed.example:{server.port}"


@pytest.mark.parametrize(
    ("host", "days", "trusted"),
    [("feed.example", 20, False), ("other.example", 20, True), ("feed.example", 5, True)],
    ids=["self-signed", "wrong host", "expired"],
)
def test_a_certificate_that_does_not_hold_is_refused(
    start_server: Any, tmp_path: Path, host: str, days: int, trusted: bool
) -> None:
    context, trusting = certificate(tmp_path, "feed.example", days=days)
    server = start_server(ssl_context=context)
    server.answer("/", server.reply(body=b"x"))
    with pytest.raises(FetchError, match=r"^tls: ") as caught:
        fetch(server, host, trusting if trusted else None)
    assert caught.value.failure == "tls"
    assert server.requests == []
