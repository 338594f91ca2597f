"""A dropped story document is told once, comes out as it went in, and makes its items known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from storyfold.front_matter import read_document

LAPD = "_news/2020-11-19-lapd-ban-facial-recognition-following-alleged-unauthorised-use.md"


@pytest.fixture(params=["own", "seed"])
def document(request: pytest.FixtureRequest, tools: Any) -> tuple[str, bytes]:
    """Path and bytes of a story document with secured and two related items: our own, and a real one."""
    if request.param == "own":
        path = "_news/2024-05-02-reef-survey-finds-40-new-species-off-cape-torrin.md"
        return path, (tools.documents / "reef-survey.md").read_bytes()
    shared: Path = request.getfixturevalue("shared_dir")
    return LAPD, (shared / "seed" / "lapd-ban-facial-recognition.md").read_bytes()


def test_document_is_told_once_and_its_items_are_known(
    system: Any, site: Any, tools: Any, tmp_path: Path, document: tuple[str, bytes]
) -> None:
    """One created event, the same bytes from the sink, and no second story from any address that it names."""
    path, content = document
    start = system.position()
    system.drop_and_wait("story.md", content)
    (created,) = system.events(after=start)
    assert (created.type, created.revision, created.path) == ("storyfold.story.created", 1, path)

    folder = tmp_path / "documents"
    system.cli("sink", "files", str(folder))
    assert (folder / path).read_bytes() == content

    told = system.position()
    system.drop_and_wait("again.md", content)
    assert system.events(after=told) == [], "the same document again is no event"

    lead, related = _addresses(content)
    known = [*related, _with_tracking(lead)]
    entries = [
        {"title": f"Words of {number} that nobody has told yet", "link": link, "guid": f"{path}-{number}"}
        for number, link in enumerate(known)
    ]
    system.poll(site.put("/known.xml", tools.make_rss("Known", entries)))
    assert system.events(after=told) == [], "an entry of a known item is no event"
    items = system.json_all(*(["items", "list", "--url", url] for url in known))
    assert [[row["story"] for row in rows] for rows in items] == [[created.subject]] * len(known)

    unknown = {"title": f"Gulls of {path[6:16]} learn chess", "link": f"https://unknown.example/{path}"}
    system.poll(site.put("/unknown.xml", tools.make_rss("Unknown", [unknown])))
    (other,) = system.events(after=told)
    assert (other.type, other.revision) == ("storyfold.story.created", 1)
    assert other.subject != created.subject


def _addresses(content: bytes) -> tuple[str, list[str]]:
    document = read_document(content)
    assert len(document.related) == 2
    return str(document.web_url), [str(item.web_url) for item in document.related]


def _with_tracking(url: str) -> str:
    return url + ("&" if "?" in url else "?") + "utm_source=scenario&utm_medium=rss"


def test_document_joins_the_story_of_an_item_that_it_names(system: Any, tools: Any) -> None:
    """The related item was there first: the document joins that story and becomes its lead; nothing is doubled."""
    start = system.position()
    first = """---
title: "Ferry pilots vote on whistle code"
url: "https://pilots.example/whistle"
date: 2024-06-01T08:00:00Z
---
"""
    system.drop_and_wait("first.md", first)
    later = """---
category: news
title: "Harbour gets its whistle code after nine years"
publishedDateTime: 2024-06-01T10:00:00Z
originalUrl: "https://harbour-paper.example/code"
webUrl: "https://harbour-paper.example/code"
type: article
quality: 60
heat: -1
published: true

provider:
  name: Harbour Paper
  domain: harbour-paper.example

related:
  - title: "Pilots vote"
    publishedDateTime: 2024-06-01T08:00:00Z
    webUrl: "https://pilots.example/whistle?utm_source=x"
    type: article
    provider:
      name: Pilots
      domain: pilots.example
---
"""
    system.drop_and_wait("later.md", later)
    created, updated = system.events(after=start)
    assert (created.type, updated.type) == ("storyfold.story.created", "storyfold.story.updated")
    assert created.subject == updated.subject
    document = updated.data["document"]
    assert document["title"] == "Harbour gets its whistle code after nine years"
    assert [item["webUrl"] for item in document["related"]] == ["https://pilots.example/whistle"]


@pytest.mark.parametrize("name", ["plain.md", "list.json", "lines.jsonl", "captured.xml", "captured.json"])
def test_every_kind_of_file_becomes_stories(system: Any, tools: Any, name: str) -> None:
    """Front matter with the least, JSON, JSON Lines, RSS and JSON Feed: each ends in one story and in .done."""
    start = system.position()
    url = f"https://kinds.example/{name}"
    title = KINDS_TITLE[name]
    done = system.drop_and_wait(f"weather/{name}" if name == "plain.md" else name, KINDS[name](title, url, tools))
    assert done.name.startswith(name.partition(".")[0])
    if name == "plain.md":  # the sub-folder named its collection: another stream
        entries = tools.wait_for(lambda: system.redis.xrange("storyfold:{weather}:stories"), "the event")
        assert len(entries) == 1
        assert system.events(after=start) == []
    else:
        (created,) = system.events(after=start)
        assert created.data["document"]["originalUrl"] == url
        assert created.data["document"]["title"] == title


KINDS_TITLE = {
    "plain.md": "Herons nest on the old crane",
    "list.json": "Bakery keeps oven lit since 1903",
    "lines.jsonl": "Astronomer names comet after cat",
    "captured.xml": "Tram drivers publish cookbook",
    "captured.json": "Village buys back its bell",
}
KINDS: dict[str, Callable[[str, str, Any], str]] = {
    "plain.md": lambda title, url, _: f"---\ntitle: {title}\nurl: {url}\ndate: 2024-03-01\n---\n",
    "list.json": lambda title, url, _: f'[{{"title": "{title}", "url": "{url}", "date": "2024-03-02T10:00:00Z"}}]',
    "lines.jsonl": lambda title, url, _: f'{{"title": "{title}", "url": "{url}", "date": "2024-03-03T10:00:00Z"}}\n',
    "captured.xml": lambda title, url, tools: tools.make_rss("Captured", [{"title": title, "link": url}]),
    "captured.json": lambda title, url, _: (
        '{"version": "https://jsonfeed.org/version/1.1", "title": "Captured", "items": [{"id": "1", '
        f'"url": "{url}", "title": "{title}", "date_published": "2024-03-04T10:00:00Z", "content_text": "x"}}]}}'
    ),
}
