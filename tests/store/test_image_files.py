"""The folder of cached images: content-addressed, within its size, closed to tricks with paths."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from pathlib import Path

import pytest

from worker.store.image_files import ImageFiles

DAY = 86_400.0


def content(number: int, size: int = 1000) -> bytes:
    return number.to_bytes(4, "big") * (size // 4)


def used(folder: Path, digest: str, seconds_ago: float) -> None:
    at = time.time() - seconds_ago
    os.utime(folder / digest[:2] / digest, (at, at))


def test_a_file_is_named_by_what_it_holds(tmp_path: Path) -> None:
    files = ImageFiles(tmp_path / "images", 10_000)
    digest = files.keep(b"picture")
    assert digest == hashlib.sha256(b"picture").hexdigest()
    path = files.find(digest)
    assert path == tmp_path / "images" / digest[:2] / digest
    assert path.read_bytes() == b"picture"
    assert path.stat().st_mode & 0o777 == 0o644


def test_the_same_picture_is_kept_once(tmp_path: Path) -> None:
    files = ImageFiles(tmp_path, 10_000)
    digest = files.keep(b"picture")
    before = (tmp_path / digest[:2] / digest).stat().st_ino
    assert files.keep(b"picture") == digest
    assert (tmp_path / digest[:2] / digest).stat().st_ino == before


@pytest.mark.parametrize(
    "digest",
    ["", "..", "../" * 20 + "etc/passwd", "a" * 63, "A" * 64, "a" * 64 + "\n", "é" * 64, "../" + "a" * 61],
)  # fmt: skip
def test_what_is_no_digest_leads_nowhere(tmp_path: Path, digest: str) -> None:
    assert ImageFiles(tmp_path, 10_000).find(digest) is None


def test_links_and_folders_in_place_of_a_file_are_not_followed(tmp_path: Path) -> None:
    files = ImageFiles(tmp_path / "images", 10_000)
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    link, folder = "a" * 64, "b" * 64
    (tmp_path / "images" / "aa").mkdir(parents=True)
    (tmp_path / "images" / "aa" / link).symlink_to(secret)
    (tmp_path / "images" / "bb" / folder).mkdir(parents=True)
    assert files.find(link) is None
    assert files.find(folder) is None
    files.sweep()
    assert secret.read_bytes() == b"secret"


def test_a_sweep_removes_what_was_not_used_for_longest(tmp_path: Path) -> None:
    files = ImageFiles(tmp_path, 10**9)
    digests = [files.keep(content(number)) for number in range(10)]
    for number, digest in enumerate(digests):
        used(tmp_path, digest, (10 - number) * DAY)
    files.find(digests[0])  # used now
    small = ImageFiles(tmp_path, 5_000)
    assert small.sweep() == (4, 4_000, 6)
    assert [digest for digest in digests if small.find(digest)] == [digests[0], *digests[7:]]


def test_within_its_size_a_sweep_removes_nothing(tmp_path: Path) -> None:
    files = ImageFiles(tmp_path, 10_000)
    files.keep(content(1))
    assert files.sweep() == (1, 1_000, 0)
    assert ImageFiles(tmp_path / "none", 10_000).sweep() == (0, 0, 0)


def test_the_folder_stays_within_its_size_by_itself(tmp_path: Path) -> None:
    files = ImageFiles(tmp_path, 20_000)
    for number in range(200):
        files.keep(content(number))
        size = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
        assert size <= 20_000 * 1.06


def test_a_file_larger_than_the_folder_may_be_is_not_kept(tmp_path: Path) -> None:
    assert ImageFiles(tmp_path, 999).keep(content(1)) == ""
    assert ImageFiles(tmp_path, 0).keep(b"x") == ""
    assert list(tmp_path.iterdir()) == []


def test_drafts_of_dead_processes_are_removed_and_young_ones_are_not(tmp_path: Path) -> None:
    files = ImageFiles(tmp_path, 10_000)
    (tmp_path / "aa").mkdir()
    old, young = tmp_path / "aa" / ".draft-old", tmp_path / "aa" / ".draft-young"
    for draft in (old, young):
        draft.write_bytes(b"half")
    os.utime(old, (time.time() - DAY,) * 2)
    files.sweep()
    assert (old.exists(), young.exists()) == (False, True)


def test_a_folder_that_cannot_be_written_is_an_os_error_and_leaves_no_draft(tmp_path: Path) -> None:
    digest = hashlib.sha256(b"picture").hexdigest()
    (tmp_path / digest[:2] / digest).mkdir(parents=True)
    with pytest.raises(IsADirectoryError):
        ImageFiles(tmp_path, 10_000).keep(b"picture")
    assert [path.name for path in (tmp_path / digest[:2]).iterdir()] == [digest]
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises((NotADirectoryError, FileExistsError)):
        ImageFiles(tmp_path / "file", 10_000).keep(b"picture")


def test_processes_may_keep_and_sweep_at_the_same_time(tmp_path: Path) -> None:
    """Nobody ever sees half a file, and no sweep fails on what another one removed."""
    faults: list[object] = []

    def work(start: int) -> None:
        files = ImageFiles(tmp_path, 8_000)
        try:
            for number in range(start, start + 60):
                digest = files.keep(content(number % 30))
                path = files.find(digest)
                if path is not None:
                    try:
                        data = path.read_bytes()
                    except FileNotFoundError:
                        continue
                    assert hashlib.sha256(data).hexdigest() == digest
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=work, args=(start,)) for start in (0, 10, 20, 30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
