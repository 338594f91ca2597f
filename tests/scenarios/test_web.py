"""The web role of a running `up`."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Callable
from typing import Any

import httpx

GIF = b"GIF89a\x10\0\x10\0" + bytes(100)


def test_up_serves_cached_images_and_says_that_work_flows(system: Any, tools: Any) -> None:
    """What the workers put into the cache is served; a web role that was killed is started again."""
    url = f"http://{system.environment['STORYFOLD_WEB_BIND']}"
    with system.engine() as engine:
        digest = engine.image_files.keep(GIF)
    tools.wait_for(lambda: is_alive(url), "the web role")
    image = httpx.get(f"{url}/img/{digest}")
    assert (image.status_code, image.headers["content-type"], image.content) == (200, "image/gif", GIF)
    ready = httpx.get(f"{url}/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")
    assert ready.json()["ages_seconds"]["tick"] < 15

    old = system.processes.running("worker.cli web")
    assert old
    system.processes.kill(old)
    tools.wait_for(lambda: set(system.processes.running("worker.cli web")) - set(old), "another web role")
    tools.wait_for(lambda: is_alive(url), "the web role to be back")


def test_a_port_that_is_taken_costs_the_web_role_alone(new_system: Callable[..., Any], tools: Any) -> None:
    """The others work, one line tells of it, and the port is served when it becomes free."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        bind = f"127.0.0.1:{taken.getsockname()[1]}"
        system = new_system(WEB_BIND=bind, LOG_FORMAT="json")
        system.start()
        system.drop_and_wait("owl.md", "---\ntitle: Owl nests in a crane\nurl: https://crane.example/owl\n---\n")
        tools.wait_for(lambda: told_of(system, bind), "a line that tells of the port")
    tools.wait_for(lambda: is_alive(f"http://{bind}"), "the web role to take the port")
    (warning,) = told_of(system, bind)
    assert warning["level"] == "warning"
    assert "STORYFOLD_WEB_BIND" in warning["event"]
    system.signal(signal.SIGTERM)
    assert system.wait_for_end(10) == 0


def test_up_off_loopback_without_a_token_is_refused(new_system: Callable[..., Any]) -> None:
    """Exit code 2, one line that names the variable, and nothing was started."""
    system = new_system(WEB_BIND="0.0.0.0:0")
    ended = system.run("up")
    assert (ended.returncode, len(ended.stderr.decode().splitlines())) == (2, 1), ended.stderr
    assert b"STORYFOLD_WEB_TOKEN" in ended.stderr
    assert not system.data_dir.exists()


def is_alive(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz").status_code == 200
    except httpx.TransportError:
        return False


def told_of(system: Any, bind: str) -> list[dict[str, Any]]:
    lines = system.log.read_text(errors="replace").splitlines()
    records = [json.loads(line) for line in lines if line.startswith("{")]
    return [record for record in records if record.get("bind") == bind]
