"""WebSub with whole processes: ``up`` with its web role, a publisher's site and a hub of the test's own."""

from __future__ import annotations

import hmac
import signal
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

Certificate = tuple[ssl.SSLContext, ssl.SSLContext, Path]
BRIDGE = {"title": "Chain bridge at Olen reopens", "link": "https://olen-courier.example/bridge"}
FERRY = {"title": "Night ferry to Marrow sails again", "link": "https://olen-courier.example/ferry"}
FORGED = {"title": "Harbour of Olen closes for ever", "link": "https://olen-courier.example/harbour"}


class Hub:
    """A hub behind TLS: takes requests, and verifies and delivers when the test says so."""

    def __init__(self, certificate: Certificate) -> None:
        self.requests: list[dict[str, str]] = []
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                hub.requests.append({name: values[0] for name, values in parse_qs(body).items()})
                self.send_response(202)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.socket = certificate[0].wrap_socket(self._server.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self._server.server_address[1]}/hub"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def verify(self, request: dict[str, str]) -> httpx.Response:
        said = {name: request[name] for name in ("hub.mode", "hub.topic")}
        return httpx.get(
            request["hub.callback"], params=said | {"hub.challenge": "c42", "hub.lease_seconds": "864000"}
        )

    def deliver(self, request: dict[str, str], body: str, secret: str = "") -> httpx.Response:
        digest = hmac.new((secret or request["hub.secret"]).encode(), body.encode(), "sha512").hexdigest()
        headers = {"X-Hub-Signature": f"sha512={digest}", "Content-Type": "application/rss+xml"}
        return httpx.post(request["hub.callback"], content=body.encode(), headers=headers)


@pytest.fixture
def hub(certificate: Certificate) -> Iterator[Hub]:
    hub = Hub(certificate)
    yield hub
    hub.close()


def test_a_feed_is_subscribed_to_and_its_deliveries_become_events(
    new_system: Callable[..., Any], site: Any, hub: Hub, tools: Any, certificate: Certificate
) -> None:
    """E 75, 77 to 80 and 82: subscribed, verified, answered within a second, forged in vain, replayed without effect;
    then ended when the feed is removed."""
    system = new_system(LOG_FORMAT="json")
    web = f"http://{system.environment['STORYFOLD_WEB_BIND']}"
    system.environment |= {"STORYFOLD_PUBLIC_URL": web, "SSL_CERT_FILE": str(certificate[2])}
    system.start()
    topic = site.url("/topic.xml")
    links = f'<link>{hub.url}</link><atom:link rel="hub" href="{hub.url}"/><atom:link rel="self" href="{topic}"/>'

    def feed(*entries: dict[str, str]) -> str:
        text = str(tools.make_rss("Olen Courier", entries)).replace(
            "<rss ", '<rss xmlns:atom="http://www.w3.org/2005/Atom" '
        )
        return text.replace("</channel>", f"{links}</channel>")

    url = site.put("/feed.xml", feed(BRIDGE))
    system.poll(url)
    (request,) = tools.wait_for(lambda: list(hub.requests), lambda: f"a request to the hub\n{system.tail()}")
    assert (request["hub.mode"], request["hub.topic"]) == ("subscribe", topic)
    verified = tools.wait_for(lambda: _answer(lambda: hub.verify(request)), "the web role")
    assert (verified.status_code, verified.text) == (200, "c42")

    start = system.position()
    assert hub.deliver(request, feed(FORGED), secret="guessed").is_success
    began = time.monotonic()
    assert hub.deliver(request, feed(FERRY)).status_code == 202
    assert time.monotonic() - began < 1
    tools.wait_for(lambda: system.events(after=start), lambda: f"an event of the delivery\n{system.tail()}")
    assert hub.deliver(request, feed(FERRY)).status_code == 202
    with system.engine() as engine:
        tools.wait_for(lambda: not engine.deliveries("news").count(), "the second delivery to be read")
    system.wait_until_quiet()
    (created,) = system.events(after=start)
    assert created.data["document"]["title"] == FERRY["title"]

    system.cli("feeds", "remove", url)
    tools.wait_for(lambda: len(hub.requests) > 1, lambda: f"the end of the subscription\n{system.tail()}")
    assert hub.requests[1]["hub.mode"] == "unsubscribe"
    assert hub.verify(hub.requests[1]).text == "c42"
    assert hub.deliver(request, feed(BRIDGE, FERRY)).status_code == 410
    written = system.log.read_text(errors="replace")
    assert request["hub.callback"].rsplit("/", 1)[1] not in written
    assert request["hub.secret"] not in written
    system.signal(signal.SIGTERM)
    assert system.wait_for_end(10) == 0


def _answer(ask: Callable[[], httpx.Response]) -> httpx.Response | None:
    try:
        return ask()
    except httpx.TransportError:
        return None
