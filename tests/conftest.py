"""Fixtures that every room shares; among them a server that records requests and answers from a script."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest

from storyfold.document import Provider
from worker.model.entry import Source
from worker.model.item import Item

PROJECT_ROOT = Path(__file__).resolve().parent.parent
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def project_root() -> Path:
    """The checkout's root."""
    return PROJECT_ROOT


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """Real archives and feeds that may stand beside the checkout; a test that wants them skips without."""
    shared = PROJECT_ROOT.parent / "shared"
    if not (shared / "data").is_dir():
        pytest.skip("no real data beside the checkout")
    return shared


# How often a server looks whether its test has ended.
POLL_SECONDS = 0.01

Script = bytes | Callable[["Exchange"], None]


@dataclass(frozen=True, kw_only=True)
class RecordedRequest:
    """One request as it came over the wire.

    Attributes:
        raw: request line and header fields, with the empty line.
        connection: which connection it came on, from 1.
    """

    raw: bytes
    connection: int

    @property
    def line(self) -> str:
        return self.raw.split(b"\r\n", 1)[0].decode("latin-1")

    @property
    def method(self) -> str:
        return self.line.split(" ", 1)[0]

    @property
    def target(self) -> str:
        return self.line.split(" ", 1)[1].rsplit(" ", 1)[0]

    @property
    def headers(self) -> dict[str, bytes]:
        """Names in lower case; a repeated field keeps its last value."""
        lines = [line for line in self.raw.split(b"\r\n")[1:] if line]
        pairs = (line.partition(b":") for line in lines)
        return {name.decode("latin-1").lower(): value.strip() for name, _, value in pairs}


class Exchange:
    """What a scripted answer may do with its connection."""

    def __init__(self, connection: socket.socket, request: RecordedRequest, stopped: threading.Event) -> None:
        self.request = request
        self._connection = connection
        self._stopped = stopped
        self.sent_bytes = 0

    def send(self, data: bytes) -> bool:
        """Send; False when the client has gone or the server is stopping."""
        if self._stopped.is_set():
            return False
        try:
            self._connection.sendall(data)
        except OSError:
            return False
        self.sent_bytes += len(data)
        return True

    def pause(self, seconds: float) -> None:
        """Wait, but not beyond the end of the test."""
        self._stopped.wait(seconds)

    def hang(self) -> None:
        """Say nothing more until the test ends."""
        self._stopped.wait(60)

    def close(self) -> None:
        """Close the connection without another word."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)


@dataclass
class RecordingServer:
    """A server on a free loopback port. Answers are scripted by target; without one it answers 404.

    Attributes:
        requests: in the order of their coming.
        connections: TCP connections accepted so far.
    """

    host: str = "127.0.0.1"
    ssl_context: ssl.SSLContext | None = None
    requests: list[RecordedRequest] = field(default_factory=list)
    connections: int = 0

    def __post_init__(self) -> None:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        self._listener = socket.socket(family, socket.SOCK_STREAM)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind((self.host, 0))
        self._listener.listen(256)
        self._listener.settimeout(POLL_SECONDS)
        self.port: int = self._listener.getsockname()[1]
        self._scripts: dict[str, list[Script]] = {}
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def address(self) -> str:
        """``host:port``, as an allow-list names it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def url(self, target: str = "/", host: str = "") -> str:
        """The server's address with a target; ``host`` to reach it by another name."""
        scheme = "https" if self.ssl_context else "http"
        return f"{scheme}://{host}:{self.port}{target}" if host else f"{scheme}://{self.address}{target}"

    def answer(self, target: str, *scripts: Script) -> None:
        """Script the answers to a target, in order; the last one repeats."""
        self._scripts[target] = list(scripts)

    @staticmethod
    def reply(
        status: int = 200,
        headers: dict[str, str | bytes] | None = None,
        body: bytes = b"",
        *,
        length: bool = True,
    ) -> bytes:
        """The bytes of a whole answer; ``length`` adds Content-Length."""
        lines = [f"HTTP/1.1 {status} Scripted".encode()]
        for name, value in (headers or {}).items():
            lines.append(name.encode() + b": " + (value if isinstance(value, bytes) else value.encode()))
        if length and status != 304:
            lines.append(b"Content-Length: %d" % len(body))
        return b"\r\n".join(lines) + b"\r\n\r\n" + body

    def stop(self) -> None:
        """Close the port and wait for all connections to end."""
        self._stopped.set()
        for thread in self._threads:
            thread.join(timeout=10)
        self._listener.close()

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            with self._lock:
                self.connections += 1
                number = self.connections
            thread = threading.Thread(target=self._serve, args=(connection, number), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        with connection:
            connection.settimeout(POLL_SECONDS)
            try:
                if self.ssl_context:
                    connection.settimeout(5)
                    connection = self.ssl_context.wrap_socket(connection, server_side=True)
                    connection.settimeout(POLL_SECONDS)
                with connection:
                    self._converse(connection, number)
            except OSError:
                return

    def _converse(self, connection: socket.socket, number: int) -> None:
        buffer = b""
        while not self._stopped.is_set():
            while b"\r\n\r\n" in buffer:
                head, _, buffer = buffer.partition(b"\r\n\r\n")
                self._respond(connection, RecordedRequest(raw=head + b"\r\n\r\n", connection=number))
            try:
                data = connection.recv(65536)
            except TimeoutError:
                continue
            if not data:
                return
            buffer += data

    def _respond(self, connection: socket.socket, request: RecordedRequest) -> None:
        with self._lock:
            self.requests.append(request)
            scripts = self._scripts.get(request.target, [self.reply(404)])
            script = scripts.pop(0) if len(scripts) > 1 else scripts[0]
        connection.settimeout(5)
        exchange = Exchange(connection, request, self._stopped)
        if isinstance(script, bytes):
            exchange.send(script)
        else:
            script(exchange)
        connection.settimeout(POLL_SECONDS)


@pytest.fixture
def start_server() -> Iterator[Callable[..., RecordingServer]]:
    """Starts recording servers; keyword arguments as those of RecordingServer."""
    with contextlib.ExitStack() as stack:

        def start(**settings: object) -> RecordingServer:
            server = RecordingServer(**settings)  # type: ignore[arg-type]
            stack.callback(server.stop)
            return server

        yield start


@pytest.fixture
def recording_server(start_server: Callable[..., RecordingServer]) -> RecordingServer:
    """A server to be asked."""
    return start_server()


@pytest.fixture
def canary(start_server: Callable[..., RecordingServer]) -> RecordingServer:
    """A server that nobody may connect to; its ``connections`` must stay 0."""
    return start_server()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext, Path]:
    """Contexts of a server on 127.0.0.1 and of a client that trusts it, and the certificate as a file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    folder = tmp_path_factory.mktemp("certificate")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hub")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = signed.public_bytes(serialization.Encoding.PEM)
    unlocked = serialization.NoEncryption()
    (folder / "hub.pem").write_bytes(pem)
    (folder / "server.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, unlocked) + pem
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "server.pem")
    return server, ssl.create_default_context(cadata=pem.decode()), folder / "hub.pem"


@pytest.fixture
def make_item() -> Callable[..., Item]:
    """Builds items whose identity is their URL. Any attribute can be given by name."""

    def make(
        url: str = "https://a.example/1", title: str = "Council approves harbour bridge plan", **given: Any
    ) -> Item:
        domain = url.split("/")[2]
        values: dict[str, Any] = {
            "item_id": blake2b(url.encode(), digest_size=8).hexdigest(),
            "collection": "news",
            "source": Source.TASK,
            "title": title,
            "published_at": NOON - timedelta(hours=1),
            "original_url": url,
            "web_url": url,
            "quality": 40,
            "provider": Provider(name=domain, domain=domain),
            "url_keys": (url.removeprefix("https://"),),
            "first_seen_at": NOON,
        }
        return Item(**(values | given))

    return make
