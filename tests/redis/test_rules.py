"""Rules at work: what a poll, a file and a dry run make of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from storyfold.errors import SettingsError
from worker.flows.engine import Engine
from worker.flows.file_content import read_file
from worker.flows.ingest import ingest_content, ingest_objects
from worker.flows.subscribe import follow
from worker.model.entry import Source
from worker.model.feed import feed_id_of

TITLES = ("Sponsored bread", "Tennis final today", "Council meets")
FEED = "<rss version='2.0'><channel><title>A</title>{}</channel></rss>".format(
    "".join(
        f"<item><title>{title}</title><link>https://a.example/{at}</link><guid>{at}</guid></item>"
        for at, title in enumerate(TITLES)
    )
)
RULES = """
rules:
  - {name: no adverts, when: {title: '^Sponsored'}, do: block}
  - {name: tennis, when: {title: {contains: tennis}}, do: {recategorize: sports}}
"""
ALL_BLOCKED = "rules: [{name: none, do: block}]"


@pytest.fixture
def feed_url() -> Iterator[str]:
    """A feed on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = FEED.encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/rss+xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/feed"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def settings(tmp_path: Path, feed_url: str) -> Callable[[str], dict[str, str]]:
    """Settings with which these rules hold and the feed may be asked."""

    def make(rules: str) -> dict[str, str]:
        (tmp_path / "rules.yaml").write_text(rules)
        return {"CONFIG_DIR": str(tmp_path), "FETCH_ALLOW": feed_url.split("/")[2]}

    return make


@pytest.fixture
def engine_of(
    client: Redis,
    redis_url: str,
    make_engine: Callable[..., Engine],
    settings: Callable[[str], dict[str, str]],
) -> Callable[[str], Engine]:
    """An engine with these rules."""
    return lambda rules: make_engine(redis_url, **settings(rules))


def titles(engine: Engine, collection: str) -> list[str]:
    engine.drain(collection).run(20.0)
    return sorted(story.lead.title for story in engine.stories(collection).all())


def poll(engine: Engine, url: str) -> None:
    (feed_ids,) = follow(engine, [url]).batches.values()
    engine.poll("news", lambda: None).run(feed_ids, 20.0)


def test_poll_blocks_and_files_elsewhere_by_the_rules(engine_of: Callable[..., Engine], feed_url: str) -> None:
    engine = engine_of(RULES)
    poll(engine, feed_url)
    assert titles(engine, "news") == ["Council meets"]
    assert titles(engine, "sports") == ["Tennis final today"]
    totals = engine.counts("news").read()
    assert totals["blocked"] == 1
    assert "rejected" not in totals
    assert engine.dead_letters("news").count() == 0


def test_feed_of_which_all_is_blocked_has_not_failed(engine_of: Callable[..., Engine], feed_url: str) -> None:
    engine = engine_of(ALL_BLOCKED)
    poll(engine, feed_url)
    (feed,) = engine.feeds("news").load([feed_id_of(feed_url)])
    assert (feed.failure, feed.rejected, feed.entries) == ("", 0, 3)
    assert engine.counts("news").read()["blocked"] == 3
    assert titles(engine, "news") == []


def test_file_of_which_all_is_blocked_has_not_failed(engine_of: Callable[..., Engine]) -> None:
    engine = engine_of(ALL_BLOCKED)
    to_item = engine.to_item("news", by_rules=False)
    content = read_file(FEED.encode(), "a.xml", collection="news", to_item=to_item)
    ingested = ingest_content(engine, content, "news")
    assert (ingested.items, ingested.blocked, ingested.rejected) == (0, 3, ())


def test_loose_document_is_completed_without_rules_and_then_judged_as_a_document(
    engine_of: Callable[..., Engine],
) -> None:
    document = {"title": "Sponsored bread", "url": "https://a.example/1", "date": "2026-03-01"}
    taken = ingest_objects(engine_of(ALL_BLOCKED), [document], "news", Source.TASK)
    assert (taken.items, taken.blocked) == (1, 0)
    engine = engine_of("rules: [{name: none, documents: true, do: block}]")
    assert ingest_objects(engine, [document], "news", Source.TASK).blocked == 1


def test_check_shows_which_rule_did_what(
    redis_url: str, client: Redis, settings: Callable[[str], dict[str, str]], feed_url: str, tmp_path: Path
) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STORYFOLD_")}
    own = {"REDIS_URL": redis_url, "DATA_DIR": str(tmp_path / "data"), **settings(RULES)}
    environment = {**kept, **{f"STORYFOLD_{name}": value for name, value in own.items()}, "COLUMNS": "300"}

    def check(*options: str) -> str:
        command = [sys.executable, "-m", "worker.cli", "feeds", "check", feed_url, *options]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    rows = json.loads(check("--json"))["entries"]
    assert [(row["blocked"], row["rules"], row["item"] and row["item"]["collection"]) for row in rows] == [
        (True, [{"name": "no adverts", "did": "block"}], None),
        (False, [{"name": "tennis", "did": "recategorize sports"}], "sports"),
        (False, [], "news"),
    ]
    assert rows[0]["reason"] == "blocked-by-rule: the rule 'no adverts' blocks it"
    table = check()
    assert "tennis: recategorize sports" in table
    assert "no adverts: block" in table


def test_wrong_rules_stop_the_start(engine_of: Callable[..., Engine]) -> None:
    with pytest.raises(SettingsError, match=r"rules\.yaml: rule 'a': do: "):
        engine_of("rules: [{name: a, do: nothing}]").check()
