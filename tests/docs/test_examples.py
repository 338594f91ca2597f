"""The examples in the documentation are what they say they are."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from config.settings import load_settings
from storyfold.front_matter import read_document, write_document
from worker.flows.engine import Engine
from worker.flows.file_content import json_objects, read_file, read_objects
from worker.flows.ingest import drain_all, ingest_objects
from worker.model.entry import Entry, Source
from worker.normalize.item import Context, normalize
from worker.sources.drop.sidecar import FailureNote
from worker.store.embedded import EmbeddedServer, start_server

NOW = datetime(2026, 3, 2, tzinfo=UTC)
RECIPE_LIMIT_LINES = 5


def of_kind(blocks: list[Any], page: str, info: str) -> list[str]:
    found = [block.text for block in blocks if block.page == page and block.info == info]
    assert found, f"{page} has no block with the fence {info!r}"
    return found


def read_loosely(body: bytes, name: str) -> Entry:
    settings = load_settings({})
    content = read_file(body, name, collection="news", to_item=Engine(settings).to_item("news"))
    assert len(content.entries) == 1
    return content.entries[0]


def test_whole_documents_are_valid_and_canonical(blocks: list[Any]) -> None:
    for text in of_kind(blocks, "documents.md", "markdown story"):
        assert write_document(read_document(text)) == text


def test_loose_documents_are_completed(blocks: list[Any]) -> None:
    """What they give is kept, what they lack is filled in, and they are items like any other."""
    for text in of_kind(blocks, "documents.md", "markdown loose"):
        document = read_loosely(text.encode(), "loose.md").document
        assert document is not None
        assert document.title == "Lighthouse log found in a wall"
        assert document.published_at == datetime(2026, 3, 1, 8, 5, tzinfo=UTC)
        assert document.provider.domain == "cape-merrow.example"
        assert document.content.startswith("Masons found")


def test_json_example_is_taken(blocks: list[Any]) -> None:
    engine = Engine(load_settings({}))
    for text in of_kind(blocks, "documents.md", "json"):
        objects = json_objects(text.encode(), lines=False)
        entries = read_objects(objects, collection="news", source=Source.TASK, to_item=engine.to_item("news"))
        assert [normalize(entry, now=NOW, context=_context(engine)).title for entry in entries] == [
            "Lighthouse log found in a wall"
        ]


def _context(engine: Engine) -> Context:
    return engine.configuration.context("news")


def test_failure_note_example_has_the_keys_of_a_note(blocks: list[Any]) -> None:
    for text in of_kind(blocks, "drop-folder.md", "json"):
        assert tuple(json.loads(text)) == FailureNote.__struct_fields__


def test_python_examples_run(blocks: list[Any], tmp_path: Path) -> None:
    """Each by itself, in a folder that holds the page's first document as story.md."""
    story = of_kind(blocks, "documents.md", "markdown story")[0]
    for code in of_kind(blocks, "documents.md", "python"):
        (tmp_path / "story.md").write_text(story, encoding="utf-8")
        done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
    assert read_document((tmp_path / "changed.md").read_bytes()).quality == 70


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedServer]:
    started = start_server(tmp_path / "redis")
    yield started
    started.stop()


def test_consumer_recipe_runs_as_printed(readme: Any, server: EmbeddedServer, tmp_path: Path) -> None:
    """The README's recipe has at most five lines, and prints the event of a document that was ingested."""
    (recipe,) = [block.text for block in readme.blocks if block.info == "python" and "Consumer(" in block.text]
    assert len(recipe.strip().splitlines()) <= RECIPE_LIMIT_LINES
    path = _tell_one_story(server.url, tmp_path)
    code = recipe.replace("redis://localhost:6379/0", server.url)
    assert code != recipe
    with subprocess.Popen([sys.executable, "-u", "-c", code], stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdout is not None
        try:
            assert reader.stdout.readline() == f"storyfold.story.created {path}\n"
        finally:
            reader.terminate()


def _tell_one_story(url: str, folder: Path) -> str:
    settings = {"STORYFOLD_REDIS_URL": url, "STORYFOLD_DATA_DIR": str(folder / "data")}
    engine = Engine(load_settings(settings))
    try:
        documents = [{"title": "Ferry returns to Port Alder", "url": "https://a.example/1", "date": "2026-03-01"}]
        ingested = ingest_objects(engine, documents, "news", Source.TASK)
        drain_all(engine, ingested.collections, 10.0)
        return next(engine.stories("news").all()).path
    finally:
        engine.close()
