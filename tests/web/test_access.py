"""Who may ask: the token off loopback, the host on it, and what every answer carries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from config.settings import load_settings
from storyfold.errors import SettingsError
from worker.web.access import bears_token, host_of
from worker.web.app import make_app
from worker.web.bind import LOOPBACK_HOSTS, read_access, read_bind

Ask = Callable[..., httpx.Response]

TOKEN = "h3-Long.token~of_letters+and/digits=="
OPEN = {"WEB_BIND": "0.0.0.0:8080", "WEB_TOKEN": TOKEN}
IMAGE = "/img/" + "0" * 64


@pytest.mark.parametrize(
    ("bind", "host", "port", "is_loopback"),
    [
        ("127.0.0.1:8080", "127.0.0.1", 8080, True),
        ("127.8.9.1:1", "127.8.9.1", 1, True),
        ("localhost:0", "localhost", 0, True),
        ("[::1]:8080", "::1", 8080, True),
        ("0.0.0.0:8080", "0.0.0.0", 8080, False),  # noqa: S104 - the address that wants a token
        ("[::]:8080", "::", 8080, False),
        ("192.168.1.7:65535", "192.168.1.7", 65535, False),
        ("news.example:80", "news.example", 80, False),
        ("localhost.example:80", "localhost.example", 80, False),
    ],
)
def test_a_bind_is_read(bind: str, host: str, port: int, is_loopback: bool) -> None:
    read = read_bind(load_settings({"STORYFOLD_WEB_BIND": bind}))
    assert (read.host, read.port, read.is_loopback) == (host, port, is_loopback)
    assert str(read) == bind


@pytest.mark.parametrize("bind", ["127.0.0.1:65536", "[]:80", "127.0.0.1", ":80", "127.0.0.1:port"])
def test_what_is_no_bind_is_refused_by_name(bind: str) -> None:
    with pytest.raises(SettingsError, match="STORYFOLD_WEB_BIND"):
        read_bind(load_settings({"STORYFOLD_WEB_BIND": bind}))


@pytest.mark.parametrize("bind", ["0.0.0.0:8080", "[::]:8080", "192.168.1.7:8080", "news.example:8080"])
@pytest.mark.parametrize("token", ["", "two words", "schlüssel", "tok\nen"])
def test_off_loopback_nothing_starts_without_a_token_that_can_be_sent(bind: str, token: str) -> None:
    with pytest.raises(SettingsError, match="STORYFOLD_WEB_TOKEN") as caught:
        make_app(load_settings({"STORYFOLD_WEB_BIND": bind, "STORYFOLD_WEB_TOKEN": token}))
    assert "\n" not in str(caught.value)
    assert not token or token not in str(caught.value)


def test_an_empty_secret_file_is_no_token(tmp_path: Any) -> None:
    (tmp_path / "token").write_text("\n")
    settings = {"STORYFOLD_WEB_BIND": "0.0.0.0:1", "STORYFOLD_WEB_TOKEN_FILE": str(tmp_path / "token")}
    with pytest.raises(SettingsError, match="STORYFOLD_WEB_TOKEN is not set"):
        read_access(load_settings(settings))


@pytest.mark.parametrize("path", ["/readyz", IMAGE, "/", "/nowhere", "/healthz/", "//healthz", "/healthz%00"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": f"Bearer {TOKEN[:-1]}"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": TOKEN},
        {"X-Forwarded-For": "127.0.0.1", "Forwarded": "for=127.0.0.1", "X-Real-IP": "127.0.0.1"},
        {"Host": "localhost"},
        {"Cookie": f"token={TOKEN}"},
    ],
)
def test_off_loopback_every_page_wants_the_token(ask: Ask, path: str, headers: dict[str, str]) -> None:
    answer = ask(path, headers=headers, **OPEN)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith('Bearer realm="storyfold"')
    assert TOKEN not in answer.text


def test_a_token_in_the_address_is_none(ask: Ask) -> None:
    """It would stand in logs and histories."""
    assert ask(f"{IMAGE}?token={TOKEN}&access_token={TOKEN}", **OPEN).status_code == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_with_the_token_the_pages_answer_under_any_host(ask: Ask, keep: Any, png: bytes, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {TOKEN}", "Host": "news.example"}
    assert ask(f"/img/{keep(png)}", headers=headers, **OPEN).status_code == 200
    assert ask(IMAGE, headers=headers, **OPEN).status_code == 404


def test_being_alive_is_no_secret(ask: Ask) -> None:
    answer = ask("/healthz", **OPEN)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_any_bytes_may_be_given_as_a_token() -> None:
    assert not bears_token("Bearer \xff\xe9", b"\xc3\xbf")
    assert bears_token("Bearer  abc ", b"abc")


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:99", "127.0.0.1:8080", "[::1]", "[::1]:1", "localhost.:8080"]
)
def test_loopback_answers_to_its_own_names_without_a_token(ask: Ask, host: str) -> None:
    assert ask(IMAGE, headers={"Host": host}).status_code == 404
    assert ask(IMAGE, headers={"Host": host}, WEB_TOKEN=TOKEN).status_code == 404


def test_loopback_answers_to_the_host_that_was_set(ask: Ask) -> None:
    headers = {"Host": "127.3.2.1:8080"}
    assert ask("/healthz", headers=headers, WEB_BIND="127.3.2.1:8080").status_code == 200
    assert ask("/healthz", headers=headers).status_code == 421


@pytest.mark.parametrize("path", ["/healthz", "/readyz", IMAGE, "/nowhere"])
@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example", "127.0.0.2", "",
     "localhost@evil.example", "evil.example@localhost", "localhost/evil", "localhost:x", "[::1", "localhost, evil"],
)  # fmt: skip
def test_loopback_answers_to_no_other_name(ask: Ask, path: str, host: str) -> None:
    """A foreign page's name that points to loopback, and all that only looks like ours."""
    answer = ask(path, headers={"Host": host, "X-Forwarded-Host": "localhost"})
    assert answer.status_code == 421


@pytest.mark.parametrize("header", ["", ":8080", "[::1", "a b", "localhost?", "localhost#", "user@localhost"])
def test_what_names_no_host(header: str) -> None:
    assert host_of(header) not in LOOPBACK_HOSTS


ANSWERS: list[tuple[str, str, dict[str, str], int]] = [
    ("GET", "/healthz", {}, 200),
    ("HEAD", "/healthz", {}, 200),
    ("GET", "/readyz", {}, 503),
    ("GET", "/", {}, 404),
    ("GET", "/healthz/", {}, 404),
    ("GET", "/img", {}, 404),
    ("GET", "/img/a/b", {}, 404),
    ("POST", "/healthz", {}, 405),
    ("PUT", IMAGE, {}, 405),
    ("DELETE", IMAGE, {}, 405),
    ("OPTIONS", "/readyz", {}, 405),
    ("GET", "/healthz", {"Host": "evil.example"}, 421),
]


@pytest.mark.parametrize(("method", "path", "headers", "status"), ANSWERS)
def test_every_answer_keeps_the_browser_from_doing_more_with_it(
    ask: Ask, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    answer = ask(path, method, headers)
    assert answer.status_code == status
    expected = {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer", "cache-control": "no-store"}
    assert {name: answer.headers[name] for name in expected} == expected
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    if status == 405:
        assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}


def test_a_page_that_fails_tells_the_client_nothing(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a secret of the house")

    monkeypatch.setattr("worker.store.image_files.ImageFiles.find", fail)
    answer = ask(IMAGE)
    assert (answer.status_code, answer.json()) == (500, {"error": "internal server error"})
    assert answer.headers["x-content-type-options"] == "nosniff"
