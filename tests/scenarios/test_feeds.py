"""Feeds polled by a real Celery worker: identity, folding, conditional requests, real documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def test_two_providers_on_one_story_are_folded(system: Any, site: Any, tools: Any) -> None:
    """Nearly equal titles: one created, one updated, the second article in ``related``."""
    start = system.position()
    one = {
        "title": "Glass bridge over Varna gorge closes after storm damage",
        "link": "https://gorge-post.example/bridge",
        "date": "Mon, 06 May 2024 08:00:00 GMT",
    }
    other = {
        "title": "Storm damage closes glass bridge over the Varna gorge",
        "link": "https://valley-times.example/glass-bridge",
        "date": "Mon, 06 May 2024 09:30:00 GMT",
    }
    system.poll(site.put("/post.xml", tools.make_rss("Gorge Post", [one])))
    system.poll(site.put("/times.xml", tools.make_rss("Valley Times", [other])))
    created, updated = system.events(after=start)
    assert [created.type, updated.type] == ["storyfold.story.created", "storyfold.story.updated"]
    assert created.subject == updated.subject
    assert [created.revision, updated.revision] == [1, 2]
    assert [item["webUrl"] for item in updated.data["document"]["related"]] == [other["link"]]


def test_one_page_in_two_feeds_is_one_item(system: Any, site: Any, tools: Any) -> None:
    """One URL under two GUIDs: one item, one event, however the feeds word it."""
    start = system.position()
    link = "https://valley-times.example/old-mill"
    for number, title in enumerate(("Old mill grinds again", "The old mill is working"), start=1):
        entry = {"title": title, "link": f"{link}?utm_source=feed{number}", "guid": f"guid-{number}"}
        system.poll(site.put(f"/mill{number}.xml", tools.make_rss(f"Mill {number}", [entry])))
    (created,) = system.events(after=start)
    (row,) = system.json("items", "list", "--url", link)
    assert row["story"] == created.subject
    assert row["title"] == "Old mill grinds again"


def test_edited_entry_updates_its_story_in_place(system: Any, site: Any, tools: Any) -> None:
    """A new title under the same GUID: revision 2 of the same story, at the same path."""
    start = system.position()
    entry = {"title": "Lighthouse lamp goes dark", "link": "https://skerry.example/lamp", "guid": "lamp"}
    url = site.put("/lamp.xml", tools.make_rss("Skerry", [entry]))
    system.poll(url)
    site.put("/lamp.xml", tools.make_rss("Skerry", [entry | {"title": "Lighthouse lamp shines again"}]))
    system.poll(url)
    created, updated = system.events(after=start)
    assert (created.subject, created.path) == (updated.subject, updated.path)
    assert updated.data["document"]["title"] == "Lighthouse lamp shines again"
    assert "title" in updated.data["changes"]


def test_polls_at_once_have_one_effect(system: Any, site: Any, tools: Any) -> None:
    """The same feed in many tasks at once: each entry is told once."""
    start = system.position()
    entries = [
        {"title": f"{word} festival opens tomorrow", "link": f"https://fair.example/{word}"}
        for word in ("Kite", "Plum", "Anchor", "Lantern")
    ]
    url = site.put("/fair.xml", tools.make_rss("Fair", entries))
    for _ in range(6):
        system.send("storyfold.poll", [url, url], queue="storyfold.fetch")
    system.poll(url)
    tools.wait_for(lambda: not system.redis.llen("storyfold.fetch"), "the queue to be empty")
    system.poll(url)
    assert sorted(event.data["document"]["title"] for event in system.events(after=start)) == sorted(
        entry["title"] for entry in entries
    )


def test_every_feed_of_a_large_batch_is_stored(system: Any, site: Any, tools: Any) -> None:
    """More feeds than are stored in one round trip: each is read once and keeps its outcome."""
    start = system.position()
    urls = [
        site.put(
            f"/many/{n}.xml", tools.make_rss(f"Many {n}", [{"title": f"Only {n}", "link": f"https://m{n}.example/"}])
        )
        for n in range(100)
    ]
    system.poll(*urls)
    assert len(system.events(after=start)) == len(urls)
    assert sorted(path for path, _, _ in site.requests) == sorted(f"/many/{n}.xml" for n in range(100))


def test_real_feeds_end_in_stories_or_a_named_failure_and_are_quiet_when_unchanged(
    system: Any, site: Any, tools: Any, shared_dir: Path
) -> None:
    """Polled again with nothing changed: conditional requests only, no event, no write of a story."""
    folder = shared_dir / "data" / "feeds"
    paths = [path for path in sorted(folder.glob("*/*")) if path.is_file()]
    types = {".json": "application/feed+json"}
    urls = [
        site.put(f"/{number}/{path.name}", path.read_bytes(), types.get(path.suffix, "application/xml"))
        for number, path in enumerate(paths)
    ]
    assert len(urls) >= 80
    start = system.position()
    system.poll(*urls, seconds=60)
    rows = {row["url"]: row for row in system.json("feeds", "list") if row["url"] in set(urls)}
    assert len(rows) == len(urls)
    silent = [url for url, row in rows.items() if not row["entries"] and not row["failure"]]
    assert silent == [], "neither entries nor a failure"
    assert sum(1 for row in rows.values() if row["failure"] is None) >= 75
    assert len(system.events(after=start)) > 1000

    position = system.position()
    first_round = len(site.requests)
    with story_writes(system) as writes:
        system.poll(*urls, seconds=60)
        again = site.requests[first_round:]
        assert system.position() == position, "an event for nothing new"
        assert writes() == Counter()
    good = {url for url, row in rows.items() if row["failure"] is None}
    asked = {site.url(path): (headers, status) for path, headers, status in again}
    assert set(asked) == set(urls)
    assert all("If-None-Match" in asked[url][0] and "If-Modified-Since" in asked[url][0] for url in good)
    assert {asked[url][1] for url in good} == {304}


@contextmanager
def story_writes(system: Any) -> Iterator[Any]:
    """Counts the writes of story keys by command, as Redis tells them."""
    system.redis.config_set("notify-keyspace-events", "Khg")
    listener = system.redis.pubsub(ignore_subscribe_messages=True)
    listener.psubscribe("__keyspace@0__:storyfold:{news}:story:*")
    listener.get_message(timeout=1)

    def seen() -> Counter[str]:
        counts: Counter[str] = Counter()
        while message := listener.get_message(timeout=0.05):
            counts[message["data"]] += 1
        return counts

    try:
        yield seen
    finally:
        listener.close()
        system.redis.config_set("notify-keyspace-events", "")
