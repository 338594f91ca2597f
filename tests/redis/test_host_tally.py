"""The tally of hosts, and the report that ``feeds hosts`` makes of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from redis import Redis
from typer.testing import CliRunner

from storyfold.errors import FetchError
from worker.cli.main import app
from worker.flows.engine import Engine
from worker.flows.subscribe import new_feeds
from worker.sources.fetch.exchange import FetchRequest, Purpose
from worker.sources.parse.opml import Outline
from worker.store import host_tally
from worker.store.host_tally import HostTally
from worker.store.keys import HOST_TALLY


def test_requests_that_are_no_polls_are_counted_by_host_and_kind(
    redis_url: str, make_engine: Callable[..., Engine], recording_server: Any
) -> None:
    engine = make_engine(redis_url, FETCH_ALLOW=recording_server.address)

    async def ask(purpose: Purpose) -> None:
        fetcher = await engine.loop.fetcher()
        with pytest.raises(FetchError):
            await fetcher.fetch(FetchRequest(url=recording_server.url("/"), purpose=purpose))

    for purpose in (Purpose.FEED, Purpose.PAGE, Purpose.IMAGE, Purpose.IMAGE):
        engine.loop.run(ask(purpose))
    engine.host_tally.flush()
    assert engine.host_tally.read() == {"127.0.0.1": {"page": 1, "image": 2}}


def test_turns_of_several_processes_add_up_and_the_tally_does_not_grow_for_ever(
    client: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host_tally, "MAX_FIELDS", 3)
    for hosts in (("a.example", "b.example"), ("a.example", "c.example"), ("a.example", "d.example")):
        tally = HostTally(client)
        for host in hosts:
            tally.add("page", host)
        tally.flush()
    assert HostTally(client).read()["a.example"] == {"page": 3}
    assert client.hlen(HOST_TALLY) <= 3


def test_feeds_hosts_shows_all_feeds_of_all_hosts(
    client: Redis, redis_url: str, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    outlines = [Outline(url=f"https://{number % 3}.example/{number}") for number in range(1_200)]
    engine.feeds("news").add(new_feeds(outlines, "news", engine.clock()))
    monkeypatch.setenv("STORYFOLD_REDIS_URL", redis_url)
    told = CliRunner().invoke(app, ["feeds", "hosts", "--json", "--sort", "feeds", "--limit", "2"])
    assert told.exit_code == 0, told.output
    rows = json.loads(told.stdout)
    assert [(row["host"], row["feeds"], row["requests"]) for row in rows] == [
        ("0.example", 400, 0),
        ("1.example", 400, 0),
    ]
    assert CliRunner().invoke(app, ["feeds", "hosts"]).exit_code == 0
