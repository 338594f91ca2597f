"""Looking into the drop folder, with real files."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from worker.sources.drop.errors import DropFolderError, DropFolderMissingError
from worker.sources.drop.folder import DropCounts, DropFolder


@pytest.fixture
def folder(tmp_path: Path) -> DropFolder:
    folder = DropFolder(tmp_path / "drop")
    folder.ensure()
    return folder


def test_ensure_makes_the_folders_and_may_be_called_again(folder: DropFolder) -> None:
    folder.ensure()
    assert sorted(path.name for path in folder.root.iterdir()) == [".done", ".failed", ".processing"]


def test_ensure_over_a_file_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "drop").write_text("a file")
    with pytest.raises(DropFolderError, match="cannot create"):
        DropFolder(tmp_path / "drop").ensure()


def test_scan_finds_all_candidates_in_sub_folders_in_natural_order(folder: DropFolder) -> None:
    for path in (
        "x10.md",
        "x2.md",
        "sport/b.md",
        "sport/deep/a.md",
        ".hidden",
        "x.tmp",
        ".done/old.md",
        "dir~/x.md",
    ):
        (folder.root / path).parent.mkdir(parents=True, exist_ok=True)
        (folder.root / path).write_text("text")
    assert [seen.path for seen in folder.scan()] == ["sport/b.md", "sport/deep/a.md", "x2.md", "x10.md"]
    assert sorted(folder.survey().folders) == ["sport", "sport/deep"]


def test_an_observation_is_the_files_own_stamp(folder: DropFolder) -> None:
    path = folder.root / "x.md"
    path.write_bytes(b"12345")
    os.utime(path, ns=(1, 2))
    status = path.stat()
    assert folder.scan() == [("x.md", 5, 2, status.st_ctime_ns, status.st_ino)]


def test_nothing_but_files_of_its_own_is_seen(folder: DropFolder, tmp_path: Path) -> None:
    """Symlinks, also to folders and in a circle, hard links, FIFOs, sockets."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.md").write_text("secret")
    (folder.root / "link.md").symlink_to(outside / "secret.md")
    (folder.root / "linked").symlink_to(outside)
    (folder.root / "circle").symlink_to(folder.root)
    os.link(outside / "secret.md", folder.root / "hard.md")
    os.mkfifo(folder.root / "fifo.md")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder.root / "s.md"))
    assert folder.scan() == []
    assert folder.survey().folders == []
    assert folder.counts().refused == 6


@pytest.mark.parametrize("raw", [b"x\xff.md", b"a\nb.md", b"\xe9" * 255, b"x" * 255, b"-rf", "café.md".encode()])
def test_strange_names_are_found(folder: DropFolder, raw: bytes) -> None:
    Path(os.fsdecode(os.fsencode(folder.root) + b"/" + raw)).write_text("text")
    assert [os.fsencode(seen.path) for seen in folder.scan()] == [raw]


def test_look_sees_given_paths_and_whole_folders_only(folder: DropFolder) -> None:
    for path in ("a.md", "b.md", "sport/c.md", "sport/deep/d.md"):
        (folder.root / path).parent.mkdir(parents=True, exist_ok=True)
        (folder.root / path).write_text("text")
    survey = folder.look(["b.md", "gone.md", ".hidden", "sport", "sport/c.md", "../drop/a.md"])
    assert [seen.path for seen in survey.files] == ["b.md", "sport/c.md", "sport/deep/d.md"]
    assert sorted(survey.folders) == ["sport", "sport/deep"]


def test_a_missing_folder_is_said_to_be_missing(tmp_path: Path) -> None:
    folder = DropFolder(tmp_path / "none")
    for question in (folder.scan, folder.survey, folder.identity, folder.counts):
        with pytest.raises(DropFolderMissingError, match="create or mount it"):
            question()
    (tmp_path / "none").write_text("a file")
    with pytest.raises(DropFolderMissingError):
        folder.scan()


def test_a_replaced_folder_has_another_identity(folder: DropFolder) -> None:
    before = folder.identity()
    assert folder.identity() == before
    folder.root.rename(folder.root.with_name("moved"))
    folder.ensure()
    assert folder.identity() != before


def test_counts_and_failed_files(folder: DropFolder) -> None:
    note = '{"file": "x.md", "error": "empty", "detail": "d", "time": "2024-01-01T00:00:00Z", "attempts": 1}'
    for path, text in {
        "w.md": "",
        ".done/d.md": "",
        ".done/sport/d.md": "",
        ".processing/a1~0123456789abcdef/p.md": "",
        ".failed/x.md": "",
        ".failed/x.md.error.json": note,
        ".failed/sport/y.md": "",
        ".failed/sport/y.md.error.json": "{broken",
        ".failed/z.error.json": "itself a dropped file",
        ".failed/z.error.json.error.json": note,
    }.items():
        (folder.root / path).parent.mkdir(parents=True, exist_ok=True)
        (folder.root / path).write_text(text)
    assert folder.counts() == DropCounts(waiting=1, refused=0, processing=1, done=2, failed=3)
    failed = {file.path: file.note and file.note.error for file in folder.list_failed()}
    assert failed == {".failed/sport/y.md": None, ".failed/x.md": "empty", ".failed/z.error.json": "empty"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_sub_folder_hides_only_itself(folder: DropFolder) -> None:
    (folder.root / "shut").mkdir(mode=0)
    (folder.root / "x.md").write_text("text")
    assert [seen.path for seen in folder.scan()] == ["x.md"]
    (folder.root / "shut").chmod(0o755)
