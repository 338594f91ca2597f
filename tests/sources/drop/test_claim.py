"""Claiming, reading and settling dropped files; orphans."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from storyfold.errors import RetryableError, SourceError
from worker.sources.drop import claim as drop_claim
from worker.sources.drop import claimed_file as drop_claimed_file
from worker.sources.drop.claim import claim, orphans
from worker.sources.drop.claimed_file import ClaimedFile
from worker.sources.drop.errors import DropFolderError, DropFolderMissingError
from worker.sources.drop.folder import DropFolder

NOW = datetime(2024, 5, 1, 12, 30, 15, 999999, tzinfo=UTC)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    DropFolder(tmp_path / "drop").ensure()
    return tmp_path / "drop"


@pytest.fixture(autouse=True)
def no_descriptor_is_leaked() -> Iterator[None]:
    before = _open_descriptors()
    yield
    assert _open_descriptors() == before


def _open_descriptors() -> int:
    here = Path("/proc/self/fd")
    return len(list(here.iterdir())) if here.exists() else 0


def drop(root: Path, path: str, content: bytes = b"text") -> Path:
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    return target


def claimed(root: Path, path: str) -> ClaimedFile:
    got = claim(root, path)
    assert got is not None
    return got


def files(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def one_orphan(root: Path, **arguments: int) -> ClaimedFile:
    (found,) = orphans(root, now=NOW, **arguments)
    return found


@pytest.mark.parametrize("path", ["x.md", "sport/x.md", "sport/2024/x.md", "-rf.md", "a\nb.md", "x" * 252 + ".md"])
def test_a_claim_takes_the_file_and_done_keeps_name_and_sub_folder(root: Path, path: str) -> None:
    drop(root, path)
    with claimed(root, path) as file:
        assert not (root / path).exists()
        assert file.read() == b"text"
        assert (file.relative_path, file.name, file.attempts) == (path, path.rpartition("/")[2], 1)
        assert file.collection == ("sport" if "/" in path else None)
        assert file.done() == f".done/{path}"
    assert files(root) == {f".done/{path}": b"text"}
    assert list((root / ".processing").iterdir()) == []


def test_a_name_that_is_no_utf8_goes_all_the_way(root: Path) -> None:
    for path in ("x\udcff.md", "y\udcff.md"):
        drop(root, path)
        with claimed(root, path) as file:
            assert file.read() == b"text"
            file.done() if path[0] == "x" else file.fail("empty", f"about {path}", now=NOW)
    note = json.loads((root / ".failed/y\udcff.md.error.json").read_bytes())
    assert note["file"] == "y\\xff.md"
    assert (root / ".done/x\udcff.md").exists()


def test_what_is_gone_is_none(root: Path) -> None:
    drop(root, "file")
    assert claim(root, "x.md") is None
    assert claim(root, "sport/x.md") is None
    assert claim(root, "file/x.md") is None
    assert list((root / ".processing").iterdir()) == []


def test_a_missing_drop_folder_is_no_missing_file(tmp_path: Path) -> None:
    with pytest.raises(DropFolderMissingError):
        claim(tmp_path / "none", "x.md")


def test_the_second_claimer_gets_nothing_at_any_step(root: Path) -> None:
    path = drop(root, "x.md")
    first = claimed(root, "x.md")
    assert claim(root, "x.md") is None
    assert list(orphans(root, now=NOW)) == [], "its holder lives"
    next((root / ".processing").rglob("x.md")).rename(path)
    assert claim(root, "x.md") is None, "still locked, wherever it is"
    first.close()
    with claimed(root, "x.md") as file:
        assert file.read() == b"text"


@pytest.mark.skipif(not hasattr(fcntl, "F_SETLEASE"), reason="only Linux tells")
def test_a_file_that_its_writer_still_has_open_is_left_to_him(root: Path) -> None:
    path = drop(root, "x.md")
    with path.open("ab") as writer:
        assert claim(root, "x.md") is None
        writer.write(b" and more")
    with claimed(root, "x.md") as file:
        assert file.read() == b"text and more"


def test_a_writer_who_comes_during_a_claim_is_not_harmed_and_his_words_are_not_lost(root: Path) -> None:
    """A file that grew after it was read is not done: it goes back and is taken again."""
    drop(root, "x.md")
    with claimed(root, "x.md") as file:
        assert file.read() == b"text"
        with next((root / ".processing").rglob("x.md")).open("ab") as late_writer:
            late_writer.write(b" and more")
        assert file.done() is None
    with claimed(root, "x.md") as again:
        assert again.read() == b"text and more"
        assert again.done() == ".done/x.md"


def test_the_same_name_dropped_again_overwrites_nothing(root: Path) -> None:
    for number in range(12):
        drop(root, "x.md", b"done %d" % number)
        with claimed(root, "x.md") as file:
            file.done()
        drop(root, "x.md", b"failed %d" % number)
        with claimed(root, "x.md") as file:
            file.fail("empty", "nothing in it", now=NOW)
    everything = files(root)
    assert {content for content in everything.values() if content.startswith(b"done")} == {
        b"done %d" % number for number in range(12)
    }
    failed = {path: content for path, content in everything.items() if content.startswith(b"failed")}
    assert len(failed) == 12
    assert all(f"{path}.error.json" in everything for path in failed)
    assert ".failed/x-2.md" in failed


def test_a_failed_file_stands_beside_its_note(root: Path) -> None:
    drop(root, "sport/x.md", b"bad")
    with claimed(root, "sport/x.md") as file:
        assert file.fail("not-a-feed", "line 1: no feed", now=NOW) == ".failed/sport/x.md"
    assert (root / ".failed/sport/x.md").read_bytes() == b"bad"
    assert json.loads((root / ".failed/sport/x.md.error.json").read_bytes()) == {
        "file": "sport/x.md",
        "error": "not-a-feed",
        "detail": "line 1: no feed",
        "time": "2024-05-01T12:30:15Z",
        "attempts": 1,
    }
    assert len(files(root)) == 2, "no temporary file is left"


def test_a_note_never_overwrites_a_file_nor_the_other_way(root: Path) -> None:
    drop(root, ".failed/x.md.error.json", b"a person's")
    drop(root, "x.md", b"bad")
    with claimed(root, "x.md") as file:
        assert file.fail("empty", "d", now=NOW) == ".failed/x-2.md"
    assert (root / ".failed/x.md.error.json").read_bytes() == b"a person's"
    assert sorted(files(root)) == [".failed/x-2.md", ".failed/x-2.md.error.json", ".failed/x.md.error.json"]


def test_a_name_of_255_bytes_is_shortened_so_that_its_note_fits(root: Path) -> None:
    for _ in range(2):
        drop(root, "é" * 126 + ".md")
        with claimed(root, "é" * 126 + ".md") as file:
            file.fail("empty", "d", now=NOW)
    names = sorted(path.name for path in (root / ".failed").iterdir())
    assert len(names) == 4
    assert all(name.endswith((".md", ".md.error.json")) for name in names)
    assert all(f"{name}.error.json" in names for name in names if name.endswith(".md"))


def test_release_puts_it_back(root: Path) -> None:
    drop(root, "sport/x.md")
    with claimed(root, "sport/x.md") as file:
        (root / "sport").rmdir()
        assert file.release()
    assert files(root) == {"sport/x.md": b"text"}
    assert list((root / ".processing").iterdir()) == []


def test_release_does_not_overwrite_a_newer_file_and_the_old_one_is_not_lost(root: Path) -> None:
    drop(root, "x.md", b"old")
    with claimed(root, "x.md") as file:
        drop(root, "x.md", b"new")
        assert not file.release()
    assert (root / "x.md").read_bytes() == b"new"
    with one_orphan(root) as orphan:
        assert orphan.read() == b"old"


def test_a_settled_or_closed_claim_refuses_more(root: Path) -> None:
    drop(root, "x.md")
    file = claimed(root, "x.md")
    file.done()
    with pytest.raises(ValueError, match="moved already"):
        file.fail("empty", "d", now=NOW)
    file.close()
    file.close()
    with pytest.raises(ValueError, match="closed"):
        file.read()


def test_size_is_refused_before_reading(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = drop(root, "x.md")
    os.truncate(path, 10 * 2**30)  # sparse

    def no_reading(*_: object) -> bytes:
        raise AssertionError("read")

    monkeypatch.setattr(drop_claimed_file.os, "pread", no_reading)
    with claimed(root, "x.md") as file, pytest.raises(SourceError, match="too-large"):
        file.read()


def test_the_limit_is_exact_and_holds_for_a_file_that_grows_meanwhile(root: Path) -> None:
    drop(root, "x.md", b"12345")
    with claim(root, "x.md", max_bytes=5) as file:  # type: ignore[union-attr]
        assert file.read() == b"12345"
        file.release()
    with (
        claim(root, "x.md", max_bytes=4) as file,
        pytest.raises(SourceError, match="5 bytes, the limit is 4"),
    ):  # type: ignore[union-attr]
        file.read()


def test_an_empty_file_is_read_as_such(root: Path) -> None:
    drop(root, "x.md", b"")
    with claimed(root, "x.md") as file:
        assert file.read() == b""
        assert file.done() == ".done/x.md"


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EXDEV, errno.EACCES, errno.EROFS])
def test_when_the_system_refuses_a_move_the_file_stays_and_it_works_later(
    root: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    drop(root, "x.md")
    with monkeypatch.context() as broken:
        broken.setattr(drop_claim, "move_new", refuse)
        with pytest.raises(DropFolderError, match=r"x\.md: cannot claim: .*; \w+") as refused:
            claim(root, "x.md")
        assert isinstance(refused.value, RetryableError)
        assert refused.value.code == code
    assert files(root) == {"x.md": b"text"}
    assert list((root / ".processing").iterdir()) == []
    with claimed(root, "x.md") as file:
        with monkeypatch.context() as broken:
            broken.setattr(drop_claimed_file, "move_numbered", refuse)
            broken.setattr(drop_claimed_file, "publish_pair", refuse)
            with pytest.raises(DropFolderError, match=r"cannot move to \.done"):
                file.done()
            with pytest.raises(DropFolderError, match=r"cannot move to \.failed"):
                file.fail("empty", "d", now=NOW)
        assert file.done() == ".done/x.md"
    assert files(root) == {".done/x.md": b"text"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may do everything")
def test_a_read_only_folder_is_a_clear_error(root: Path) -> None:
    drop(root, "x.md")
    root.chmod(0o555)
    try:
        with pytest.raises(DropFolderError, match="right to read and write"):
            claim(root, "x.md")
    finally:
        root.chmod(0o755)
    with claimed(root, "x.md") as file:
        assert file.read() == b"text"


def test_the_own_folders_are_made_again_when_somebody_removed_them(root: Path) -> None:
    for name in (".processing", ".done", ".failed"):
        (root / name).rmdir()
    drop(root, "x.md")
    with claimed(root, "x.md") as file:
        assert file.done() == ".done/x.md"


def test_a_claim_that_is_closed_unsettled_is_taken_up_again_and_counted(root: Path) -> None:
    drop(root, "sport/x.md")
    claimed(root, "sport/x.md").close()
    for attempt in (2, 3):
        with one_orphan(root) as orphan:
            assert (orphan.relative_path, orphan.attempts, orphan.read()) == ("sport/x.md", attempt, b"text")
    with one_orphan(root) as orphan:
        orphan.done()
    assert files(root) == {".done/sport/x.md": b"text"}


def test_a_poison_file_is_failed_after_max_attempts(root: Path) -> None:
    drop(root, "x.md")
    claimed(root, "x.md").close()
    one_orphan(root, max_attempts=2).close()
    assert list(orphans(root, now=NOW, max_attempts=2)) == []
    note = json.loads((root / ".failed/x.md.error.json").read_bytes())
    assert (note["error"], note["attempts"]) == ("poison", 2)
    assert sorted(files(root)) == [".failed/x.md", ".failed/x.md.error.json"]


def test_a_file_put_into_processing_by_hand_is_an_orphan_as_well(root: Path) -> None:
    drop(root, ".processing/x.md")
    drop(root, ".processing/sport/y.md")
    drop(root, ".processing/.gitkeep")
    for orphan in orphans(root, now=NOW):
        with orphan:
            assert orphan.attempts == 1
            orphan.done()
    assert sorted(files(root)) == [".done/sport/y.md", ".done/x.md", ".processing/.gitkeep"]


def test_a_claim_folder_that_a_crash_left_empty_is_removed(root: Path) -> None:
    (root / ".processing/a1~0123456789abcdef/sport").mkdir(parents=True)
    for _ in range(2):
        assert list(orphans(root, now=NOW)) == []
    assert list((root / ".processing").iterdir()) == []


def test_an_orphan_that_cannot_be_taken_does_not_hold_up_the_others(root: Path, tmp_path: Path) -> None:
    secret = drop(tmp_path, "secret")
    (root / ".processing/a.md").symlink_to(secret)
    drop(root, ".processing/b.md")
    with one_orphan(root) as orphan:
        assert orphan.relative_path == "b.md"
    assert (root / ".processing/a.md").is_symlink()


def test_a_sweep_that_runs_all_the_time_disturbs_no_claim(root: Path) -> None:
    """The sweep removes empty claim folders; a claim that loses its own makes another."""
    stop = threading.Event()
    taken_by_sweep: list[str] = []

    def sweep() -> None:
        while not stop.is_set():
            for orphan in orphans(root, now=NOW):
                with orphan:
                    taken_by_sweep.append(orphan.relative_path)

    sweeper = threading.Thread(target=sweep)
    sweeper.start()
    try:
        for number in range(300):
            drop(root, f"{number}.md")
            with claimed(root, f"{number}.md") as file:
                file.done()
    finally:
        stop.set()
        sweeper.join()
    assert taken_by_sweep == []
    assert len(list((root / ".done").iterdir())) == 300
