"""The folder of documents follows the events."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from storyfold.event import Event, EventType
from worker.delivery.file_sink import BadPathError, FileSink
from worker.delivery.file_writing import copy_new, replace_file

DOCUMENT = {
    "category": "news",
    "title": "Ferry sails again",
    "publishedDateTime": "2026-03-01T10:00:00Z",
    "originalUrl": "https://harbor.example/ferry",
    "webUrl": "https://harbor.example/ferry",
    "type": "article",
    "provider": {"name": "Harbor Herald", "domain": "harbor.example"},
    "country": "no",
}


def _event(kind: EventType = EventType.CREATED, path: str = "_news/a.md", **data: Any) -> Event:
    values = {"id": "s", "revision": 1, "path": path, "document": DOCUMENT, "changes": [], **data}
    return Event(id="s.1.f", source="/x", type=kind, subject="s", time=datetime(2026, 3, 1, tzinfo=UTC), data=values)


def test_a_story_is_written_at_its_path_and_an_equal_one_is_not_touched(tmp_path: Path) -> None:
    sink = FileSink(tmp_path, lambda _: None)

    assert sink.handle(_event()) == tmp_path / "_news/a.md"
    before = (tmp_path / "_news/a.md").stat().st_mtime_ns
    assert sink.handle(_event()) is None
    assert (tmp_path / "_news/a.md").stat().st_mtime_ns == before


def test_unknown_keys_keep_their_text(tmp_path: Path) -> None:
    FileSink(tmp_path, lambda _: None).handle(_event(extraText={"country": "country: no"}))

    assert "\ncountry: no\n" in (tmp_path / "_news/a.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", [EventType.MERGED, EventType.RETIRED])
def test_the_file_of_a_story_that_goes_is_removed(tmp_path: Path, kind: EventType) -> None:
    sink = FileSink(tmp_path, lambda _: None)
    sink.handle(_event())

    assert sink.handle(_event(kind)) is not None
    assert sink.handle(_event(kind)) is None
    assert not (tmp_path / "_news/a.md").exists()


@pytest.mark.parametrize("path", ["/etc/passwd", "../a.md", "_news/../../a.md", ""])
def test_no_path_leads_out_of_the_folder(tmp_path: Path, path: str) -> None:
    with pytest.raises(BadPathError):
        FileSink(tmp_path / "in", lambda _: None).handle(_event(path=path))

    assert list(tmp_path.rglob("*.md")) == []


def test_an_event_that_left_something_out_is_completed_from_the_store(tmp_path: Path) -> None:
    whole = _event().document()
    asked: list[str] = []
    sink = FileSink(tmp_path, lambda story_id: asked.append(story_id) or whole)  # type: ignore[func-returns-value]

    sink.handle(_event(omitted={"related": 3}))

    assert asked == ["s"]
    assert (tmp_path / "_news/a.md").exists()


def test_a_copy_never_overwrites(tmp_path: Path) -> None:
    source = tmp_path / "a.md"
    source.write_bytes(b"new")
    folder = tmp_path / "drop"
    folder.mkdir()
    (folder / "a.md").write_bytes(b"old")

    assert copy_new(source, folder).name == "a-2.md"
    assert (folder / "a.md").read_bytes() == b"old"
    assert sorted(path.name for path in folder.iterdir()) == ["a-2.md", "a.md"], "no draft is left"


def test_a_replaced_file_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(b"old")
    path.chmod(0o640)

    replace_file(path, b"new")

    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"new", 0o640)
    assert [each.name for each in tmp_path.iterdir()] == ["a.md"]
