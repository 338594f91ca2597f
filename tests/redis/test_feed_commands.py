"""Commands on feeds that need no worker."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from worker.cli import feeds as commands
from worker.cli.followed import all_feeds
from worker.flows.engine import Engine
from worker.model.feed import Feed, FeedState, FetchRecord, feed_id_of
from worker.store.polled import Polled

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
GONE, FAILING, GOOD = (f"https://{name}.example/feed" for name in ("gone", "failing", "good"))


@pytest.fixture
def run(redis_url: str, tmp_path: Path) -> Callable[..., str]:
    """Runs a command on the test's Redis; gives what it printed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STORYFOLD_")}
    environment = {**kept, "STORYFOLD_REDIS_URL": redis_url, "STORYFOLD_DATA_DIR": str(tmp_path)}

    def command(*arguments: str) -> str:
        argv = [sys.executable, "-m", "worker.cli", *arguments]
        return subprocess.run(argv, env=environment, capture_output=True, text=True, check=True).stdout

    return command


def _follow(engine: Engine) -> None:
    states = {GONE: (FeedState.STOPPED, "http-410"), FAILING: (FeedState.ACTIVE, "dns"), GOOD: (FeedState.ACTIVE, "")}
    engine.feeds("news").add(
        [
            Feed(
                feed_id=feed_id_of(url), url=url, collection="news", added_at=NOW, last_attempt_at=NOW,
                state=state, failure=failure,
            )
            for url, (state, failure) in states.items()
        ]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "due"), [(["--failing"], {FAILING}), (["--all"], {FAILING, GOOD}), ([GONE], {GONE})]
)
def test_a_feed_that_is_gone_is_asked_again_only_when_it_is_named(
    engine: Engine, run: Callable[..., str], arguments: list[str], due: set[str]
) -> None:
    _follow(engine)
    run("feeds", "refresh", *arguments)
    rows = json.loads(run("feeds", "list", "--json"))
    assert {row["url"] for row in rows if row["next_poll_at"]} == due


def test_asking_for_all_polls_takes_nothing_back_that_polls_store_meanwhile(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A list of feeds that takes seconds to go through is old at its end."""
    _follow(engine)
    store = engine.feeds("news")

    def list_while_polls_end(engine: Engine) -> list[Feed]:
        listed = all_feeds(engine)
        for feed in listed:
            if feed.url == FAILING:
                store.finish([Polled(feed=replace(feed, state=FeedState.STOPPED, failure="http-410"))])
            elif feed.url == GOOD:
                store.finish([Polled(feed=replace(feed, etag='"new"', seen="1" * 16))])
        return listed

    monkeypatch.setattr(commands, "all_feeds", list_while_polls_end)
    monkeypatch.setattr(commands, "open_engine", lambda: nullcontext(engine))
    commands.refresh(url=None, every=True, failing=False)
    failing, good = store.load([feed_id_of(FAILING), feed_id_of(GOOD)])
    assert failing.state is FeedState.STOPPED
    assert (good.etag, good.seen, good.next_poll_at) == ('"new"', "1" * 16, engine.clock())
    assert store.due([failing.feed_id, good.feed_id]) == [None, engine.clock().timestamp()]
    assert capsys.readouterr().out == "1 due now\n"


def test_a_feed_that_only_failed_shows_when_it_was_fetched(engine: Engine, run: Callable[..., str]) -> None:
    _follow(engine)
    shown = json.loads(run("feeds", "show", FAILING, "--json"))
    assert shown["last_fetch_at"] == "2026-03-01T12:00:00Z"
    assert shown["last_good_at"] is None


def test_a_gone_feed_that_a_person_asks_for_is_active_again_with_a_note(
    engine: Engine, run: Callable[..., str]
) -> None:
    _follow(engine)
    run("feeds", "refresh", GONE)
    shown = json.loads(run("feeds", "show", GONE, "--json"))
    assert shown["state"] == "active"
    assert [note["kind"] for note in shown["notes"]] == ["restarted"]


def test_show_gives_the_last_requests_the_newest_first_and_what_to_do(
    engine: Engine, run: Callable[..., str]
) -> None:
    _follow(engine)
    store = engine.feeds("news")
    [feed] = store.load([feed_id_of(FAILING)])
    for number in range(25):
        record = FetchRecord(at=NOW, outcome="dns", detail=f"number {number}")
        store.finish([Polled(feed=feed, record=record)])
    shown = json.loads(run("feeds", "show", FAILING, "--json"))
    assert [fetch["detail"] for fetch in shown["fetches"]] == [f"number {number}" for number in range(24, 4, -1)]
    assert "correct the address" in shown["advice"]
    assert "number 24" in run("feeds", "show", FAILING)


def test_status_counts_the_feeds_with_a_warning(engine: Engine, run: Callable[..., str]) -> None:
    _follow(engine)
    [collection] = json.loads(run("status", "--json"))["collections"]
    assert (collection["feeds"], collection["warnings"]) == (3, 1), "one fails since it was added, long ago"
