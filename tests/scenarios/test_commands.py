"""The command line on a running system: formats, exit codes, one JSON value on stdout."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from storyfold.front_matter import read_document, write_document

ONE = {"title": "Clockmaker repairs the town hall's 1588 clock", "url": "https://clock.example/1588"}
TWO = {"title": "Sand artist draws a labyrinth at low tide", "url": "https://sand.example/labyrinth"}
THREE = {"title": "Choir sings in a drained reservoir", "url": "https://choir.example/reservoir"}
FEED_KEYS = {"last_fetch_at", "next_poll_at", "interval_seconds", "entries", "state", "title", "url"}
DATE = {"date": "2024-07-01T12:00:00Z"}


def test_ingest_and_consume(system: Any) -> None:
    """``ingest -`` takes JSON and JSON Lines; ``consume`` prints each event once to its group, in three formats."""
    group = ("--group", "commands", "--block", "100")
    system.cli("consume", *group, "--from", "$", "--count", "1")
    assert system.json("ingest", "-", stdin=json.dumps(ONE | DATE))["items"] == 1
    lines = "".join(json.dumps(each | DATE) + "\n" for each in (TWO, THREE))
    assert system.json("ingest", "-", stdin=lines)["items"] == 2

    event = json.loads(system.cli("consume", *group, "--count", "1", "--format", "json"))
    assert event["specversion"] == "1.0"
    assert event["type"] == "storyfold.story.created"
    assert event["data"]["document"]["title"] == ONE["title"]
    text = system.cli("consume", *group, "--count", "1", "--format", "text")
    assert len(text.splitlines()) == 1
    assert TWO["title"] in text
    document = system.cli("consume", *group, "--format", "md")
    assert read_document(document.encode()).title == THREE["title"]
    assert system.cli("consume", *group) == "", "all is acknowledged"
    (mine,) = [each for each in system.json("queue", "status")["groups"] if each["name"] == "commands"]
    assert (mine["pending"], mine["lag"]) == (0, 0)


def test_ingest_of_what_is_no_document_fails(system: Any) -> None:
    """Exit code 1, one line or more that say why, nothing on stdout."""
    start = system.position()
    contents = ["{", '{"title": "no address"}', ""]
    for ended in system.run_all(*[["ingest", "-"]] * len(contents), stdin=contents):
        assert (ended.returncode, ended.stdout) == (1, b"")
        assert ended.stderr.strip()
        assert b"Traceback" not in ended.stderr
    assert system.events(after=start) == []


def test_import_of_an_archive(system: Any, tools: Any, tmp_path: Path) -> None:
    """A folder of documents in one command; what is no document is named and the rest is taken; twice is once."""
    start = system.position()
    archive = tmp_path / "archive"
    (archive / "deep").mkdir(parents=True)
    for name in ("moss", "fern"):
        url = f"https://garden.example/{name}"
        text = f"---\ntitle: {name.capitalize()} garden opens\nurl: {url}\ndate: 2024-02-02\n---\n"
        (archive / "deep" / f"{name}.md").write_text(text)
    assert system.json("import", str(archive))["items"] == 2
    (archive / "broken.md").write_text("---\ntitle: [\n---\n")
    again = system.json("import", str(archive), code=1)
    assert again["items"] == 2
    assert [Path(each["file"]).name for each in again["failed"]] == ["broken.md"]
    system.wait_until_quiet()
    assert len(system.events(after=start)) == 2


def test_stories_and_items(system: Any) -> None:
    """What was ingested is listed, shown as a document and explained."""
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"  # the newest, so that it leads the list
    each = {"title": "Ropewalk turns into a library", "url": "https://rope.example/library", "date": now}
    system.json("ingest", "-", stdin=json.dumps(each))
    (item,) = system.json("items", "list", "--url", f"{each['url']}?utm_source=x")
    assert {"id", "url", "title", "provider", "published_at", "story"} <= item.keys()
    assert item["story"] in [row["id"] for row in system.json("stories", "list", "--count", "5")]
    story, of_story, why = system.json_all(
        ["stories", "show", item["story"]],
        ["items", "list", "--story", item["story"]],
        ["stories", "explain", item["story"]],
    )
    assert of_story == [item]
    assert why[0]["why"]
    assert (story["revision"], story["document"]["originalUrl"]) == (1, each["url"])
    text = system.cli("stories", "show", item["story"])
    assert write_document(read_document(text.encode())) == text
    ended = system.run("stories", "show", "0000000000000000")
    assert (ended.returncode, ended.stdout) == (1, b"")


def test_feeds(system: Any, site: Any, tools: Any, tmp_path: Path) -> None:
    """Added, listed, shown, exported, removed and imported again; a dry run stores nothing; refresh polls."""
    start = system.position()
    entry = {"title": "Kiln found under the market square", "link": "https://kiln.example/market"}
    url = site.put("/kiln.xml", tools.make_rss("Kiln News", [entry]))
    checked = system.json("feeds", "check", url)
    assert [row["item"]["title"] for row in checked["entries"]] == [entry["title"]]
    assert system.events(after=start) == []
    assert system.polled([url]) == {}

    added = system.json("feeds", "add", url, "--title", "Kiln")
    assert (added["url"], added["title"], added["state"], added["failure"]) == (url, "Kiln", "active", None)
    tools.wait_for(lambda: system.events(after=start), "the new feed to be polled by the schedule")
    shown = system.json("feeds", "show", url)
    assert shown.keys() >= FEED_KEYS
    assert {key: shown[key] for key in ("category", "failure", "detail")} == {
        "category": "news",
        "failure": None,
        "detail": None,
    }
    assert (shown["entries"], shown["interval_seconds"]) == (1, 3600)

    requests = len(site.requests)
    system.cli("feeds", "refresh", url)
    tools.wait_for(lambda: len(site.requests) > requests, "the refresh")
    assert site.requests[-1][2] == 304

    opml = tmp_path / "feeds.opml"
    opml.write_text(system.cli("feeds", "export"))
    system.cli("feeds", "remove", url)
    assert url not in [row["url"] for row in system.json("feeds", "list")]
    assert system.json("feeds", "import", str(opml))["new"] == 1
    wrong = system.run_all(
        ["feeds", "show", "http://127.0.0.1:9/not-followed"],
        ["feeds", "add", "file:///etc/passwd"],
        ["feeds", "refresh"],
    )
    assert [ended.returncode for ended in wrong] == [1, 1, 2]


def test_status_and_doctor(system: Any) -> None:
    """The running system is healthy, and says how much it holds."""
    status = system.json("status")
    (row,) = [each for each in status["collections"] if each["collection"] == "news"]
    assert row["tick_age_seconds"] < 15
    assert row["events"] == system.redis.xlen("storyfold:{news}:stories")
    assert "@" not in status["redis"].replace("***@", ""), "no password"
    assert all(check["fault"] is None for check in system.json("doctor"))
    system.cli("health")


def test_validate_and_fmt(system: Any, tools: Any, tmp_path: Path) -> None:
    """Faults by path and exit code 1; ``fmt --check`` changes nothing, ``fmt`` writes the canonical layout once."""
    content = (tools.documents / "reef-survey.md").read_bytes()
    good, bad, loose = tmp_path / "good.md", tmp_path / "bad.md", tmp_path / "loose.md"
    good.write_bytes(content)
    bad.write_bytes(content.replace(b"    type: article\n", b"    type: podcast\n", 1))
    loose.write_bytes(content.replace(b"quality: 72\n", b"quality:   72\n"))
    system.cli("validate", str(good))
    (result,) = system.json("validate", str(bad), code=1)
    assert [fault.partition(":")[0] for fault in result["faults"]] == ["related[0].type"]
    system.cli("fmt", "--check", str(good))
    system.cli("fmt", "--check", str(loose), code=1)
    assert loose.read_bytes() != content
    system.cli("fmt", str(loose))
    assert loose.read_bytes() == content


WRONG_SETTINGS = {
    "DROP_STABLE_SECONDS": "soon",
    "COLLECTION": "No Slug",
    "SECURED_KEY": "too short",
    "FETCH_ALLOW": "everything",
    "CONFIG_DIR": "no-such-folder",
}


def test_wrong_setting_stops_the_start_with_one_line(new_system: Any) -> None:
    """Exit code 2; the line names the variable; nothing was started."""

    def up_with(variable: str) -> None:
        fresh = new_system(variable, **{variable: WRONG_SETTINGS[variable]})
        ended = fresh.run("up")
        lines = ended.stderr.decode().strip().splitlines()
        assert (ended.returncode, ended.stdout, len(lines)) == (2, b"", 1), (variable, ended.stderr[-1500:])
        assert f"STORYFOLD_{variable}" in lines[0]
        assert not fresh.data_dir.exists()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(up_with, WRONG_SETTINGS))


def test_wrong_usage_and_absent_redis(system: Any, new_system: Any) -> None:
    """Exit code 2 for a command that is none, 1 for a Redis that does not answer, without a traceback."""
    wrong = system.run_all(
        ["no-such-command"],
        ["consume", "--format", "xml"],
        ["consume", "--from", "yesterday"],
        ["stories", "list", "--category", "../.."],
        ["--version"],
    )
    assert [ended.returncode for ended in wrong] == [2, 2, 2, 2, 0]
    ended = new_system(REDIS_URL="redis://127.0.0.1:1/0").run("status")
    assert (ended.returncode, ended.stdout) == (1, b"")
    assert len(ended.stderr.decode().strip().splitlines()) == 1
