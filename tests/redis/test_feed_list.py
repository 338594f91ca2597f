"""Lists of feeds: what is exported is imported again, and an import asks nobody."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from storyfold.errors import SourceError
from worker.flows.engine import Engine
from worker.flows.feed_list import Imported, import_list, outline_of
from worker.flows.feed_settings import FeedSettings, change_settings
from worker.flows.reapply import plan
from worker.model.credential import Credential, CredentialKind
from worker.model.feed import Feed, feed_id_of
from worker.sources.parse.opml import Outline, read_opml, write_opml

A, B = "https://a.example/feed?x=1&y=2", "https://b.example/feed"
FULL = Outline(
    url=A,
    title="Ann & Ben",
    category="Tech/Deep",
    site_url="https://a.example/",
    collection="science",
    interval_seconds=7200,
    credential="mine",
    rules=("one", "two"),
)


@pytest.fixture
def export(engine: Engine) -> Callable[[], list[Outline]]:
    def run() -> list[Outline]:
        feeds = [feed for name in engine.collections() for feed in _stored(engine, name)]
        return read_opml(write_opml(map(outline_of, feeds)))

    return run


def _stored(engine: Engine, collection: str) -> list[Feed]:
    store = engine.feeds(collection)
    return store.load(store.ids())


def _keep(engine: Engine, name: str, origin: str) -> None:
    engine.credentials().save(Credential(name=name, kind=CredentialKind.BEARER, origins=(origin,), secret="x-y-z"))


def test_what_is_exported_is_imported_again(engine: Engine, export: Callable[[], list[Outline]], client: Any) -> None:
    _keep(engine, "mine", "https://a.example")
    assert import_list(engine, [FULL, Outline(url=B)], None) == Imported(
        listed=2, new=2, changed=0, refused=(), notices=()
    )
    written = export()
    assert "x-y-z" not in str(written)
    before = [feed for name in engine.collections() for feed in _stored(engine, name)]
    client.flushall()
    import_list(engine, written, None)
    after = [feed for name in engine.collections() for feed in _stored(engine, name)]
    assert [outline_of(feed) for feed in after] == [outline_of(feed) for feed in before]
    assert [(feed.title, feed.collection) for feed in after] == [("", "news"), ("Ann & Ben", "science")]


def test_the_option_decides_the_collection_of_all(engine: Engine) -> None:
    import_list(engine, [FULL, Outline(url=B)], "world")
    assert {feed.url for feed in _stored(engine, "world")} == {A, B}


def test_a_known_feed_takes_the_settings_that_a_list_states_and_keeps_its_title(engine: Engine) -> None:
    import_list(engine, [Outline(url=A, title="Given", interval_seconds=3600, rules=("one",))], None)
    imported = import_list(engine, [Outline(url=A, title="Other", interval_seconds=7200)], None)
    assert (imported.new, imported.changed) == (0, 1)
    (feed,) = _stored(engine, "news")
    assert (feed.title, feed.own_interval_seconds, feed.rules) == ("Given", 7200, ("one",))
    assert import_list(engine, [Outline(url=A)], None).changed == 0


def test_a_credential_that_is_not_there_is_named_and_the_feed_is_followed(engine: Engine) -> None:
    """One that may not be sent there as well: a stranger's list cannot lead a secret to the stranger's server."""
    _keep(engine, "mine", "https://a.example")
    outlines = [Outline(url=B, credential="mine"), Outline(url=A, credential="absent")]
    imported = import_list(engine, outlines, None)
    assert imported.new == 2
    assert [notice.partition(": ")[0] for notice in imported.notices] == [B, "https://a.example/feed"]


def test_user_and_password_of_an_address_become_a_credential(engine: Engine) -> None:
    imported = import_list(engine, [Outline(url="https://ann:pass-Word@b.example/feed")], None)
    (feed,) = _stored(engine, "news")
    assert feed.url == B
    assert engine.credentials().load([feed.credential])[feed.credential].secret == "pass-Word"
    assert "pass-Word" not in str(imported)


def test_what_is_no_address_is_named_and_the_rest_is_followed(engine: Engine) -> None:
    imported = import_list(engine, [Outline(url="ftp://a.example/"), Outline(url=B, collection="No Slug")], None)
    assert (imported.new, len(imported.refused)) == (1, 1)
    assert "No Slug" in imported.notices[0]
    assert [feed.url for feed in _stored(engine, "news")] == [B]


def test_an_address_as_title_is_no_title(engine: Engine) -> None:
    """Lists name a feed without a title by its address; the feed's own title comes with the first poll."""
    import_list(engine, [Outline(url=B, title=B)], None)
    assert _stored(engine, "news")[0].title == ""


def test_settings_change_and_the_schedule_stays(engine: Engine) -> None:
    import_list(engine, [FULL], "news")
    (feed,) = _stored(engine, "news")
    after = change_settings(engine, feed, FeedSettings(interval_seconds=0, credential="", rules=(), title="New"))
    assert after == _stored(engine, "news")[0]
    assert (after.own_interval_seconds, after.credential, after.rules, after.title) == (0, "", (), "New")
    assert (after.next_poll_at, after.folder) == (feed.next_poll_at, feed.folder)


def test_a_feed_moves_to_another_collection_unless_that_one_has_it(engine: Engine) -> None:
    import_list(engine, [Outline(url=B, title="B")], "news")
    (feed,) = _stored(engine, "news")
    change_settings(engine, feed, FeedSettings(collection="world"))
    assert _stored(engine, "news") == []
    (moved,) = _stored(engine, "world")
    assert (moved.title, moved.collection) == ("B", "world")
    import_list(engine, [Outline(url=B)], "news")
    with pytest.raises(SourceError) as raised:
        change_settings(engine, moved, FeedSettings(collection="news"))
    assert raised.value.failure == "known-feed"
    assert engine.feeds("world").known([feed_id_of(B)])


def test_a_rule_that_feeds_name_holds_for_those_at_the_poll_and_when_rules_are_asked_again(
    client: Any,
    redis_url: str,
    make_engine: Callable[..., Engine],
    recording_server: Any,
    tmp_path: Path,
    project_root: Path,
) -> None:
    folder = tmp_path / "config"
    shutil.copytree(project_root / "config", folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    (folder / "rules.yaml").write_text("rules: [{name: quiet, feed: named, do: block}]")
    engine = make_engine(redis_url, FETCH_ALLOW=recording_server.address, CONFIG_DIR=str(folder))
    urls = []
    for name, title in (("a", "Bridge opens in the harbour"), ("b", "Choir sings by the lake")):
        body = f"<rss version='2.0'><channel><title>N</title><item><title>{title}</title>"
        body += f"<link>https://{name}.example/1</link></item></channel></rss>"
        recording_server.answer(f"/{name}", recording_server.reply(200, {}, body.encode()))
        urls.append(recording_server.url(f"/{name}"))
    import_list(engine, [Outline(url=urls[0], rules=("quiet",)), Outline(url=urls[1])], None)
    engine.poll("news", lambda: None).run([feed_id_of(url) for url in urls], 20.0)
    engine.drain("news").run(20.0)
    assert [story.lead.title for story in engine.stories("news").all()] == ["Choir sings by the lake"]
    assert plan(engine, "news").blocked == 0
    feed = _stored(engine, "news")[[each.url for each in _stored(engine, "news")].index(urls[1])]
    change_settings(engine, feed, FeedSettings(rules=("quiet",)))
    assert plan(engine, "news").blocked == 1
