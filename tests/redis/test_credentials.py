"""Credentials: kept apart and sealed, sent to their own server, shown nowhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from storyfold.errors import StoreConflictError
from worker.flows.credential import part_userinfo
from worker.flows.engine import Engine
from worker.model.credential import Credential, CredentialKind, credential_faults
from worker.model.feed import Feed, feed_id_of
from worker.sources.fetch.exchange import FetchRequest
from worker.store.credentials import Credentials
from worker.store.keys import CREDENTIALS

SECRET = "correct-Horse"
KEY = bytes(range(32))
RSS = (
    b'<?xml version="1.0"?><rss version="2.0"><channel><title>N</title><item><title>Bridge opens</title>'
    b"<link>https://h.example/1</link></item></channel></rss>"
)


def _credential(**given: Any) -> Credential:
    values = {"name": "mine", "kind": CredentialKind.BEARER, "origins": ("https://a.example",), "secret": SECRET}
    return Credential(**(values | given))


FIELDS = {
    "basic": ({"kind": CredentialKind.BASIC, "user": "ann"}, ("Authorization", "Basic YW5uOmNvcnJlY3QtSG9yc2U=")),
    "bearer": ({}, ("Authorization", f"Bearer {SECRET}")),
    "header": ({"kind": CredentialKind.HEADER, "header": "X-Api-Key"}, ("X-Api-Key", SECRET)),
}


@pytest.mark.parametrize(("given", "field"), FIELDS.values(), ids=FIELDS.keys())
def test_each_kind_has_its_header_field(given: dict[str, Any], field: tuple[str, str]) -> None:
    assert _credential(**given).field == field
    assert credential_faults(_credential(**given)) == []


FAULTY: dict[str, dict[str, Any]] = {
    "no name": {"name": ""},
    "a name with a line end": {"name": "a\nb"},
    "no origin": {"origins": ()},
    "no secret": {"secret": ""},
    "a line end in the secret": {"secret": "a\r\nX-Evil: 1"},
    "beyond ASCII in a field": {"secret": "pässword"},
    "a colon in the user": {"kind": CredentialKind.BASIC, "user": "a:b"},
    "a control character in the password": {"kind": CredentialKind.BASIC, "user": "a", "secret": "a\nb"},
    "no field": {"kind": CredentialKind.HEADER},
    "no token": {"kind": CredentialKind.HEADER, "header": "X Api"},
    **{
        name: {"kind": CredentialKind.HEADER, "header": name}
        for name in ("Host", "host", "Cookie", "Content-Length", "Connection", "Transfer-Encoding", "Referer", "TE",
                     "Proxy-Authorization", "User-Agent", "If-None-Match", "Accept-Encoding", "Upgrade", "Range")
    },
}  # fmt: skip


@pytest.mark.parametrize("given", FAULTY.values(), ids=FAULTY.keys())
def test_what_may_not_be_sent_is_no_credential(given: dict[str, Any]) -> None:
    faults = credential_faults(_credential(**given))
    assert faults
    assert SECRET not in str(faults)


def test_a_password_of_any_script_can_be_sent() -> None:
    assert credential_faults(_credential(kind=CredentialKind.BASIC, user="анна", secret="пароль")) == []


def test_python_shows_no_secret() -> None:
    credential = _credential(kind=CredentialKind.BASIC, user="ann")
    request = FetchRequest(url=f"https://a.example/?key={SECRET}", secret_headers=(credential.field,))
    shown = [f"{each!r} {each!s} {each}" for each in (credential, [credential], request)]

    def fail(*given: object) -> None:
        raise ValueError(given)

    with pytest.raises(ValueError, match="mine") as raised:
        fail(credential, request)
    lines = traceback.TracebackException.from_exception(raised.value, capture_locals=True).format()
    shown += [line for line in lines if "SECRET" not in line]
    assert SECRET not in "".join(shown)
    assert credential.field[1] not in "".join(shown)


def test_user_and_password_are_taken_out_of_an_address() -> None:
    url, credential = part_userinfo("https://ann%40x:p%3Aw@Example.com:8443/f?a=%20#x")
    assert url == "https://Example.com:8443/f?a=%20#x"
    assert credential is not None
    assert (credential.user, credential.secret) == ("ann@x", "p:w")
    assert credential.origins == ("https://example.com:8443",)
    assert "ann" not in credential.name
    same = part_userinfo("https://ann%40x:other@example.com:8443/g")[1]
    assert same is not None
    assert same.name == credential.name, "the name tells nothing of the password"
    assert part_userinfo("https://a.example/@x") == ("https://a.example/@x", None)


@pytest.mark.parametrize("key", [None, KEY])
def test_what_is_kept_is_read_again(client: Redis, key: bytes | None) -> None:
    store = Credentials(client, key)
    assert store.load([]) == {}
    assert store.save(_credential())
    assert not store.save(_credential(user="x"))
    assert store.load(["mine", "absent"]) == {"mine": _credential(user="x")}
    assert store.names() == ["mine"]
    assert store.remove("mine")
    assert not store.remove("mine")
    assert store.names() == []


def test_a_key_seals_the_whole_record_to_its_name(client: Redis) -> None:
    store = Credentials(client, KEY)
    store.save(_credential())
    record = client.hget(CREDENTIALS, "mine")
    assert SECRET not in record
    assert "a.example" not in record
    client.hset(CREDENTIALS, "other", record)
    for name, reader in (
        ("mine", Credentials(client, None)),
        ("mine", Credentials(client, KEY[::-1])),
        ("other", store),
    ):
        with pytest.raises(StoreConflictError, match=name):
            reader.load([name])


@pytest.fixture
def engine(client: Redis, redis_url: str, make_engine: Callable[..., Engine], recording_server: Any) -> Engine:
    return make_engine(redis_url, FETCH_ALLOW=recording_server.address, SECURED_KEY=KEY.hex())


@pytest.fixture
def poll(engine: Engine, recording_server: Any) -> Callable[..., Feed]:
    def run(**feed: Any) -> Feed:
        url = feed.pop("url", recording_server.url("/feed.xml"))
        store = engine.feeds("news")
        store.add([Feed(feed_id=feed_id_of(url), url=url, collection="news", added_at=engine.clock(), **feed)])
        engine.poll("news", lambda: None).run([feed_id_of(url)], 20.0)
        return store.load([feed_id_of(url)])[0]

    return run


def test_a_poll_sends_the_feeds_credential_and_no_other_feed_gets_it(
    engine: Engine, recording_server: Any, poll: Callable[..., Feed]
) -> None:
    """C 49: Authorization only where it is configured for the feed."""
    for target in ("/feed.xml", "/plain.xml"):
        recording_server.answer(target, recording_server.reply(200, {}, RSS))
    engine.credentials().save(_credential(origins=(recording_server.url(""),)))
    assert poll(credential="mine").failure == ""
    assert poll(url=recording_server.url("/plain.xml")).failure == ""
    sent = [request.headers.get("authorization") for request in recording_server.requests]
    assert sent == [f"Bearer {SECRET}".encode(), None]


@pytest.mark.parametrize("saved", [None, {"origins": ("https://a.example",)}])
def test_without_a_fitting_credential_nothing_is_asked(
    engine: Engine, recording_server: Any, poll: Callable[..., Feed], saved: dict[str, Any] | None
) -> None:
    """The failure says why, and holds no secret."""
    if saved:
        engine.credentials().save(_credential(**saved))
    feed = poll(credential="mine")
    assert feed.failure == "no-credential"
    assert "'mine'" in feed.detail
    assert feed.next_poll_at is not None
    assert recording_server.requests == []


def test_one_that_cannot_be_read_is_no_fault_of_other_feeds(
    engine: Engine, recording_server: Any, client: Redis
) -> None:
    recording_server.answer("/feed.xml", recording_server.reply(200, {}, RSS))
    recording_server.answer("/other.xml", recording_server.reply(200, {}, RSS))
    origin = recording_server.url("")
    engine.credentials().save(_credential(origins=(origin,)))
    Credentials(client, KEY[::-1]).save(_credential(name="lost", origins=(origin,)))
    urls = {recording_server.url("/feed.xml"): "mine", recording_server.url("/other.xml"): "lost"}
    store = engine.feeds("news")
    store.add(
        [
            Feed(feed_id=feed_id_of(url), url=url, collection="news", added_at=engine.clock(), credential=name)
            for url, name in urls.items()
        ]
    )
    engine.poll("news", lambda: None).run([feed_id_of(url) for url in urls], 20.0)
    assert [feed.failure for feed in store.load(map(feed_id_of, urls))] == ["", "no-credential"]


def test_redirects_carry_no_credential_to_another_origin(
    engine: Engine, recording_server: Any, start_server: Callable[..., Any], poll: Callable[..., Feed]
) -> None:
    """B 41: not to another port, not on the way there; the own origin gets it each time."""
    other = start_server()
    engine.settings.__dict__["fetch_allow"] = f"{recording_server.address},{other.address}"
    hop = recording_server.reply
    recording_server.answer("/feed.xml", hop(301, {"Location": "/moved.xml"}))
    recording_server.answer("/moved.xml", hop(302, {"Location": other.url("/a")}))
    other.answer("/a", hop(307, {"Location": recording_server.url("/end.xml")}))
    recording_server.answer("/end.xml", hop(200, {}, RSS))
    engine.credentials().save(
        _credential(kind=CredentialKind.HEADER, header="X-Api-Key", origins=(recording_server.url(""),))
    )
    assert poll(credential="mine").failure == ""
    assert [request.headers.get("x-api-key") for request in recording_server.requests] == [SECRET.encode()] * 3
    assert [request.headers.get("x-api-key") for request in other.requests] == [None]


def test_no_secret_gets_into_records_or_logs(
    engine: Engine,
    recording_server: Any,
    poll: Callable[..., Feed],
    snapshot: Callable[[], dict[str, Any]],
    capfd: pytest.CaptureFixture[str],
) -> None:
    recording_server.answer("/feed.xml", recording_server.reply(401))
    engine.credentials().save(_credential(origins=(recording_server.url(""),)))
    assert poll(credential="mine").failure == "http-401"
    output = capfd.readouterr()
    assert SECRET not in json.dumps(snapshot(), default=str) + output.out + output.err


@pytest.fixture
def run(redis_url: str, client: Redis, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STORYFOLD_")}
    environment = {**kept, "STORYFOLD_REDIS_URL": redis_url, "STORYFOLD_DATA_DIR": str(tmp_path)}

    def command(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "-m", "worker.cli", *arguments]
        return subprocess.run(argv, env=environment, input=stdin, capture_output=True, text=True, check=False)

    return command


@pytest.mark.parametrize("redis_url", ["embedded"], indirect=True)  # fifteen processes; the store has its own tests
def test_commands_take_a_secret_from_input_or_file_and_show_none(
    run: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text(SECRET + "\n")
    ended = [
        run("credentials", "set", "mine", "--bearer", "--origin", "https://a.example/x", stdin=SECRET + "\n"),
        run("credentials", "set", "key", "--header", "X-Key", "--origin", "http://b.example",
            "--from-file", str(tmp_path / "secret")),
        run("feeds", "add", "https://a.example/f", "--credential", "mine", "--no-poll"),
        run("feeds", "set", "https://a.example/f", "--interval", "2h", "--rules", "one, two", "--json"),
        run("credentials", "list", "--json"),
        run("feeds", "export"),
        run("feeds", "show", "https://a.example/f"),
        run("credentials", "remove", "key"),
    ]  # fmt: skip
    assert [each.returncode for each in ended] == [0] * 8, ended
    rows = json.loads(ended[4].stdout)
    assert [(row["name"], row["kind"], row["origins"], row["feeds"]) for row in rows] == [
        ("key", "header", ["http://b.example"], []),
        ("mine", "bearer", ["https://a.example"], ["https://a.example/f"]),
    ]
    assert "without encryption" in ended[1].stderr
    assert 'storyfold:credential="mine"' in ended[5].stdout
    assert 'storyfold:interval="7200"' in ended[5].stdout
    assert 'storyfold:rules="one,two"' in ended[5].stdout
    assert SECRET not in "".join(each.stdout + each.stderr for each in ended)
    wrong = [
        run("credentials", "set", "mine", "--origin", "https://a.example", stdin=SECRET),
        run("credentials", "set", "mine", "--header", "Host", "--origin", "https://a.example", stdin=SECRET),
        run("credentials", "set", "mine", "--bearer", "--origin", "a.example", stdin=SECRET),
        run("credentials", "set", "mine", "--bearer", "--origin", "https://a.example", stdin="\n"),
        run("credentials", "remove", "absent"),
        run("feeds", "set", "https://a.example/f", "--credential", "absent"),
        run("feeds", "set", "https://a.example/f"),
    ]
    assert [each.returncode for each in wrong] == [2, 2, 2, 2, 1, 1, 2]
    assert SECRET not in "".join(each.stdout + each.stderr for each in wrong)
