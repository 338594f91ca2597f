"""Bad input: each a clear named error where the operator looks, everything else goes on."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest
from celery import Celery
from kombu import Connection


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("broken.md", b"---\ntitle: x\ntype: podcast\n---\n", "invalid-document"),
        ("unclosed.md", b"---\ntitle: x\n", "invalid-document"),
        ("page.xml", b"<!DOCTYPE html><html><body><p>Nothing here</p></body></html>", "not-a-document"),
        ("numbers.json", b"[1, 2, 3]", "invalid-document"),
        ("half.json", b'{"title": "x"', "invalid-document"),
        ("empty.md", b"", "empty"),
        ("noise.bin", bytes(range(256)), "not-a-document"),
    ],
)
def test_file_that_is_no_document_fails_with_a_note(
    system: Any, tools: Any, name: str, content: bytes, error: str
) -> None:
    """It lies in .failed, untouched, beside NAME.error.json; the next file is taken."""
    start = system.position()
    system.drop(name, content)
    note = tools.wait_for(lambda: system.failures().get(name), f"{name} in .failed")
    assert (note["file"], note["error"], note["attempts"]) == (name, error, 1)
    assert note["detail"]
    assert note["time"].endswith("Z")
    assert (system.drop_dir / ".failed" / name).read_bytes() == content
    assert system.events(after=start) == []


def test_feed_that_cannot_be_read_has_a_named_failure(system: Any, site: Any, tools: Any) -> None:
    """A web page, a 404, a name that resolves nowhere, a blocked address: each named; the good feed is read."""
    start = system.position()
    page = site.put("/page.html", "<!DOCTYPE html><html><body>No feed</body></html>", "text/html")
    missing, nowhere = site.url("/missing.xml"), "http://no-such-host.invalid/feed.xml"
    blocked = "http://10.0.0.1/feed.xml"
    entry = {"title": "Quince harvest breaks record", "link": "https://orchard.example/quince"}
    good = site.put("/good.xml", tools.make_rss("Orchard", [entry]))
    system.poll(page, missing, nowhere, blocked, good, seconds=40)
    rows = {row["url"]: row for row in system.json("feeds", "list")}
    failures = {url: rows[url]["failure"] for url in (page, missing, nowhere, blocked, good)}
    assert failures == {page: "not-a-feed", missing: "http-404", nowhere: "dns", blocked: "blocked", good: None}
    for url in (page, missing, nowhere, blocked):
        assert rows[url]["detail"]
        assert rows[url]["next_poll_at"], "a failed feed is tried again"
    assert rows[good]["entries"] == 1
    assert [event.data["document"]["title"] for event in system.events(after=start)] == [entry["title"]]


WRONG_CALLS: list[tuple[str, str, list[Any], dict[str, Any]]] = [
    ("storyfold.ingest", "storyfold.ingest", [], {}),
    ("storyfold.ingest", "storyfold.ingest", ["no list"], {}),
    ("storyfold.ingest", "storyfold.ingest", [[{"title": "no address"}]], {}),
    ("storyfold.ingest", "storyfold.ingest", [[1, None]], {}),
    ("storyfold.ingest", "storyfold.ingest", [], {"papers": []}),
    ("storyfold.poll", "storyfold.fetch", [17], {}),
    ("storyfold.poll", "storyfold.fetch", [["file:///etc/passwd"]], {}),
    ("storyfold.poll", "storyfold.fetch", [["not a url"]], {}),
    ("storyfold.drop", "storyfold.ingest", [{"path": 1}], {}),
    ("storyfold.drop", "storyfold.ingest", ["/etc/passwd"], {}),
    ("storyfold.drop", "storyfold.ingest", ["../../escape.md"], {}),
    ("storyfold.scan", "storyfold.upkeep", ["too", "many"], {}),
]


def test_task_with_wrong_arguments_is_a_dead_letter(system: Any, tools: Any) -> None:
    """Refused once each, with what was wrong; the workers live and go on."""
    workers = system.processes.running("celery", "--queues")
    assert workers
    before = {letter["letter_id"] for letter in system.json("queue", "dead")}
    sent = {system.send(task, *args, queue=queue, kwargs=kwargs): task for task, queue, args, kwargs in WRONG_CALLS}

    def letters() -> dict[str, dict[str, Any]]:
        newest = system.json("queue", "dead")
        return {letter["origin"]: letter for letter in newest if letter["letter_id"] not in before}

    try:
        tools.wait_for(lambda: set(sent) <= set(letters()), "a dead letter for each", step=0.2)
    finally:
        found = letters()
        missing = [call for call, origin in zip(WRONG_CALLS, sent, strict=True) if origin not in found]
        assert missing == []
    assert set(found) == set(sent), "each refused once"
    for origin, letter in found.items():
        assert letter["group"] == "tasks"
        assert letter["error"]
        assert sent[origin] in letter["detail"]
    assert system.processes.running("celery", "--queues") == workers


def test_unknown_task_and_pickled_message_are_refused(system: Any, tools: Any) -> None:
    """Neither is run nor ends the worker; a pickle is not even opened."""
    workers = system.processes.running("celery", "--queues")
    assert workers
    start = system.position()
    trap = system.folder / "pickle-was-opened"
    system.send("storyfold.no_such_task", "x")
    with Celery("elsewhere", broker=system.redis_url, set_as_current=False) as client:
        client.conf.update(task_serializer="pickle", accept_content=["pickle"])
        client.send_task("storyfold.ingest", args=[Trap(str(trap))], queue="storyfold.ingest")
    with Connection(system.redis_url) as connection, connection.SimpleQueue("storyfold.ingest") as queue:
        queue.put("this is no task at all")
    good = {"title": "Dredger finds a cannon", "url": "https://harbour-mud.example/cannon", "date": "2024-05-04"}
    system.send("storyfold.ingest", [good])
    tools.wait_for(lambda: system.events(after=start), "the good task after the bad ones")
    assert len(system.events(after=start)) == 1
    assert not trap.exists()
    assert system.processes.running("celery", "--queues") == workers


class Trap:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, tuple[str, str]]:
        return open, (self.path, "w")


def test_trap_springs() -> None:
    """The pickle of the test above does something when it is opened."""
    assert b"open" in pickle.dumps(Trap("x"))


def test_tasks_of_other_programs_work_and_twice_is_once(system: Any, site: Any, tools: Any) -> None:
    """``ingest``, ``poll``, ``drop`` and ``scan`` from a client that knows the broker and the names."""
    start = system.position()
    document = {
        "title": "Beekeepers map the city's lime trees",
        "url": "https://hive.example/limes",
        "date": "2024-05-05T07:00:00Z",
    }
    entry = {"title": "Cable car gets wooden cabins", "link": "https://cable.example/cabins"}
    feed = site.put("/cable.xml", tools.make_rss("Cable", [entry]))
    hidden_by_time = "---\ntitle: Puppet theatre finds its archive\nurl: https://puppet.example/a\n---\n"
    path = system.drop("puppets.md", hidden_by_time)
    for _ in range(2):
        system.send("storyfold.ingest", kwargs={"documents": [document]})
        system.send("storyfold.ingest", [document, document])
        system.send("storyfold.poll", [feed], queue="storyfold.fetch")
        system.send("storyfold.drop", str(path))
        system.send("storyfold.drop", "puppets.md")
        system.send("storyfold.scan", queue="storyfold.upkeep")
    tools.wait_for(lambda: len(system.events(after=start)) >= 3, "three stories")
    system.poll(feed)
    tools.wait_for(lambda: not system.redis.llen("storyfold.ingest"), "the queue to be empty")
    system.wait_until_quiet()
    titles = sorted(event.data["document"]["title"] for event in system.events(after=start))
    assert titles == sorted([document["title"], entry["title"], "Puppet theatre finds its archive"])
    assert "puppets.md" in system.files_in(".done")
    assert json.loads(system.cli("queue", "status", "--json"))["backlog"] == 0
