"""The command line of overrides: pins, the list, an export and its import elsewhere, the history of a story."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from tests.redis.conftest import BRIDGE, FERRY
from worker.cli.main import app
from worker.flows.engine import Engine

FIRST, SECOND, THIRD = "https://a.example/1", "https://b.example/1", "https://c.example/1"
Run = Callable[..., Result]


@pytest.fixture
def run(engine: Engine, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs ``storyfold`` where two items on a bridge are one story and one on a ferry is another."""
    monkeypatch.setenv("STORYFOLD_REDIS_URL", redis_url)
    monkeypatch.setenv("STORYFOLD_DATA_DIR", str(tmp_path / "data"))

    def command(*arguments: str, text: str | None = None) -> Result:
        return CliRunner().invoke(app, list(arguments), input=text)

    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(map(_line, (FIRST, SECOND, THIRD), (BRIDGE, BRIDGE, FERRY))), encoding="utf-8")
    done = command("ingest", str(rows), "--category", "news")
    assert done.exit_code == 0, done.output
    assert engine.stories("news").count() == 2
    return command


def _line(url: str, title: str) -> str:
    domain = url.split("/")[2]
    document = {
        "title": title,
        "originalUrl": url,
        "publishedDateTime": "2026-03-01T11:00:00Z" if url == FIRST else "2026-03-01T11:30:00Z",
        "provider": {"name": domain, "domain": domain},
    }
    return json.dumps(document) + "\n"


def json_of(done: Result) -> Any:
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def leads(engine: Engine) -> set[str]:
    return {story.lead.original_url for story in engine.stories("news").all()}


def test_pin_stays_until_it_is_taken_away(engine: Engine, run: Run) -> None:
    assert leads(engine) == {FIRST, THIRD}
    assert run("stories", "pin", FIRST, SECOND, "--reason", "the better report").exit_code == 0
    assert leads(engine) == {SECOND, THIRD}
    (row,) = json_of(run("overrides", "list", "--json", "--category", "news"))
    assert (row["kind"], row["reason"], len(row["items"])) == ("pin", "the better report", 1)
    assert run("stories", "pin", SECOND, "--unpin").exit_code == 0
    assert leads(engine) == {FIRST, THIRD}
    assert json_of(run("overrides", "list", "--json", "--category", "news")) == []


def test_pin_without_an_address_is_a_fault_of_use(engine: Engine, run: Run) -> None:
    done = run("stories", "pin", FIRST)
    assert (done.exit_code, leads(engine)) == (2, {FIRST, THIRD})
    assert "--unpin" in done.output


def test_export_gives_the_same_orders_to_another_collection(engine: Engine, run: Run, tmp_path: Path) -> None:
    assert run("stories", "never-fold", FIRST, SECOND, "--reason", "two bridges").exit_code == 0
    assert run("stories", "merge", FIRST, THIRD, "--reason", "one storm").exit_code == 0
    assert run("stories", "pin", THIRD, THIRD).exit_code == 0
    here = json_of(run("overrides", "list", "--json", "--category", "news"))
    assert sorted(row["kind"] for row in here) == ["apart", "pin", "together"]
    exported = run("overrides", "export", "--category", "news")
    assert [json.loads(line) for line in exported.stdout.splitlines()] == here
    file = tmp_path / "overrides.jsonl"
    file.write_text(exported.stdout, encoding="utf-8")
    assert "3 orders" in run("overrides", "import", str(file), "--category", "sport").output
    assert json_of(run("overrides", "list", "--json", "--category", "sport")) == here
    assert run("overrides", "import", "-", "--category", "sport", text=exported.stdout).exit_code == 0
    assert json_of(run("overrides", "list", "--json", "--category", "sport")) == here, "twice has one effect"
    assert engine.dead_letters("sport").count() == 0


@pytest.mark.parametrize("line", ["{", '{"kind":"glue","items":["a"],"at":"2026-03-01T12:00:00Z"}', '{"items":[]}'])
def test_import_with_a_bad_line_names_it_and_gives_no_order(run: Run, line: str) -> None:
    assert run("stories", "merge", FIRST, THIRD).exit_code == 0
    good = run("overrides", "export", "--category", "news").stdout
    done = run("overrides", "import", "-", "--category", "sport", text=f"{good}{line}\n")
    assert done.exit_code == 2
    assert "line 2:" in done.output
    assert json_of(run("overrides", "list", "--json", "--category", "sport")) == []


def test_import_of_a_file_that_is_not_there_is_a_fault_of_use(run: Run, tmp_path: Path) -> None:
    done = run("overrides", "import", str(tmp_path / "none.jsonl"))
    assert done.exit_code == 2
    assert "cannot be read" in done.output


def test_history_tells_each_revision_and_what_a_person_said(run: Run) -> None:
    assert run("stories", "pin", FIRST, SECOND, "--reason", "the better report").exit_code == 0
    told = json_of(run("stories", "history", FIRST, "--json"))
    assert told["complete"] is True
    assert [row["revision"] for row in told["revisions"]] == list(range(1, len(told["revisions"]) + 1))
    assert told["revisions"][0]["type"].endswith("created")
    assert [(row["kind"], row["reason"]) for row in told["overrides"]] == [("pin", "the better report")]
    words = run("stories", "history", FIRST).output
    assert "the better report" in words
