"""Moves never overwrite, by either of the two ways in which they are done."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from worker.sources.drop import move as drop_move
from worker.sources.drop.move import move_new, move_numbered, rename_noreplace, rename_reserved

Rename = Callable[[int, str, int, str], None]


@pytest.fixture
def folder_fd(tmp_path: Path) -> Iterator[int]:
    descriptor = os.open(tmp_path, os.O_RDONLY)
    yield descriptor
    os.close(descriptor)


@pytest.fixture(params=[rename_noreplace, rename_reserved, move_new])
def rename(request: pytest.FixtureRequest) -> Rename:
    function: Rename = request.param
    return function


def test_a_move_keeps_the_content(rename: Rename, folder_fd: int, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("text")
    rename(folder_fd, "a", folder_fd, "b")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("b", "text")]


def test_a_taken_name_is_refused_and_nothing_changes(rename: Rename, folder_fd: int, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("mine")
    (tmp_path / "b").write_text("theirs")
    with pytest.raises(FileExistsError):
        rename(folder_fd, "a", folder_fd, "b")
    assert (tmp_path / "a").read_text() == "mine"
    assert (tmp_path / "b").read_text() == "theirs"


def test_a_vanished_source_leaves_nothing_behind(rename: Rename, folder_fd: int, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        rename(folder_fd, "a", folder_fd, "b")
    assert list(tmp_path.iterdir()) == []


def test_where_the_system_cannot_do_it_in_one_step_it_is_done_in_two(
    folder_fd: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsupported(*_: object) -> None:
        raise OSError(errno.EINVAL, "this file system has no RENAME_NOREPLACE")

    monkeypatch.setattr(drop_move, "rename_noreplace", unsupported)
    (tmp_path / "a").write_text("text")
    move_new(folder_fd, "a", folder_fd, "b")
    assert (tmp_path / "b").read_text() == "text"


def test_equal_names_are_numbered_then_marked_at_random(folder_fd: int, tmp_path: Path) -> None:
    got = []
    for _ in range(30):
        (tmp_path / "source").write_text("text")
        got.append(move_numbered(folder_fd, "source", folder_fd, "x.md"))
    assert got[:9] == ["x.md", *(f"x-{number}.md" for number in range(2, 10))]
    assert len(set(got)) == 30
    assert len(list(tmp_path.iterdir())) == 30


def test_when_no_name_is_free_the_file_stays(folder_fd: int, tmp_path: Path) -> None:
    (tmp_path / "source").write_text("text")

    def taken(name: str) -> None:
        raise FileExistsError(name)

    with pytest.raises(FileExistsError, match="no free name"):
        drop_move.first_free("x.md", taken)
    assert (tmp_path / "source").exists()
