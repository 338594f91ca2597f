"""Whoever may write into the drop folder gets nothing from outside read, moved or changed; and crashes."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import chain
from multiprocessing import get_context
from pathlib import Path

import pytest

from worker.sources.drop.claim import claim, orphans
from worker.sources.drop.errors import DropFolderError, DropRefusedError
from worker.sources.drop.folder import DropFolder

NOW = datetime(2024, 5, 1, tzinfo=UTC)
SECRET = b"secret"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    DropFolder(tmp_path / "drop").ensure()
    return tmp_path / "drop"


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Path]:
    """A folder beside the drop folder that nothing may touch."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "x.md").write_bytes(SECRET)
    before = folder.stat().st_mtime_ns
    yield folder
    assert (folder / "x.md").read_bytes() == SECRET
    assert folder.stat().st_mtime_ns == before, "a name was added or removed"


@pytest.mark.parametrize("path", ["../outside/x.md", "a/../../outside/x.md", ".", "", ".done/x.md", "x.tmp", "x\0"])
def test_a_path_that_leads_out_is_refused(root: Path, outside: Path, path: str) -> None:
    with pytest.raises(DropRefusedError, match="bad-name"):
        claim(root, path)


def test_an_absolute_path_is_refused(root: Path, outside: Path) -> None:
    with pytest.raises(DropRefusedError, match="bad-name"):
        claim(root, str(outside / "x.md"))


def _symlink(path: Path, outside: Path) -> None:
    path.symlink_to(outside / "x.md")


def _dangling(path: Path, outside: Path) -> None:
    path.symlink_to(outside / "none")


def _hard_link(path: Path, outside: Path) -> None:
    os.link(outside / "x.md", path)


def _fifo(path: Path, outside: Path) -> None:
    os.mkfifo(path)


def _folder(path: Path, outside: Path) -> None:
    path.mkdir()


def _socket(path: Path, outside: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))


@pytest.mark.parametrize(
    ("make", "failure"),
    [
        (_symlink, "symlink"),
        (_dangling, "symlink"),
        (_hard_link, "hard-link"),
        (_fifo, "not-a-file"),
        (_folder, "not-a-file"),
        (_socket, "not-a-file"),
    ],
)
def test_what_is_no_file_of_its_own_is_refused_and_stays(
    root: Path, outside: Path, make: Callable[[Path, Path], None], failure: str
) -> None:
    make(root / "x.md", outside)
    kept = (root / "x.md").lstat()
    with pytest.raises(DropRefusedError, match=failure):
        claim(root, "x.md")
    assert os.path.samestat((root / "x.md").lstat(), kept)
    assert list((root / ".processing").iterdir()) == []


def test_a_hard_link_is_taken_once_the_other_name_is_gone(root: Path) -> None:
    """As a Maildir-like delivery does it: link the finished file to its name, remove the temporary one."""
    (root / ".x").write_bytes(b"text")
    os.link(root / ".x", root / "x.md")
    with pytest.raises(DropRefusedError, match="hard-link"):
        claim(root, "x.md")
    (root / ".x").unlink()
    with claim(root, "x.md") as file:  # type: ignore[union-attr]
        assert file.read() == b"text"


def test_a_symlinked_folder_on_the_way_is_refused(root: Path, outside: Path) -> None:
    (root / "sport").symlink_to(outside)
    (root / "real").mkdir()
    (root / "real/inner").symlink_to(outside)
    for path in ("sport/x.md", "real/inner/x.md"):
        with pytest.raises(DropRefusedError, match="symlink"):
            claim(root, path)


@pytest.mark.parametrize("name", [".processing", ".done", ".failed"])
def test_an_own_folder_that_was_replaced_by_a_symlink_is_not_followed(root: Path, outside: Path, name: str) -> None:
    (root / "x.md").write_bytes(b"text")
    (root / name).rmdir()
    (root / name).symlink_to(outside)
    if name == ".processing":
        with pytest.raises(DropFolderError):
            claim(root, "x.md")
        assert list(orphans(root, now=NOW)) == []
        assert (root / "x.md").read_bytes() == b"text"
        return
    with claim(root, "x.md") as file:  # type: ignore[union-attr]
        with pytest.raises(DropFolderError):
            file.done() if name == ".done" else file.fail("empty", "d", now=NOW)
        assert file.read() == b"text"


@contextmanager
def swapping(*steps: Callable[[], None]) -> Iterator[None]:
    """Run the steps again and again in a thread while the block runs."""
    stop = threading.Event()

    def loop() -> None:
        while not stop.is_set():
            for step in steps:
                step()

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_a_file_that_is_swapped_for_a_symlink_all_the_time_is_never_read_outside(root: Path, outside: Path) -> None:
    def plant_symlink() -> None:
        (root / ".link").unlink(missing_ok=True)
        (root / ".link").symlink_to(outside / "x.md")
        (root / ".link").rename(root / "x.md")

    def plant_file() -> None:
        (root / ".file").write_bytes(b"text")
        (root / ".file").rename(root / "x.md")

    seen: list[bytes] = []
    with swapping(plant_file, plant_symlink):
        while len(seen) < 100:
            try:
                file = claim(root, "x.md")
            except (DropRefusedError, DropFolderError):
                continue
            if file is not None:
                with file:
                    seen.append(file.read())
                    file.done()
    assert set(seen) == {b"text"}


def test_a_folder_that_is_swapped_for_a_symlink_all_the_time_is_never_followed(root: Path, outside: Path) -> None:
    (root / "real").mkdir()

    def plant_symlink() -> None:
        (root / "sport").rename(root / "real") if (root / "sport").exists() else None
        (root / "sport").symlink_to(outside)

    def plant_folder() -> None:
        (root / "sport").unlink()
        (root / "real").rename(root / "sport")
        (root / "sport/.x").write_bytes(b"text")
        (root / "sport/.x").rename(root / "sport/x.md")

    seen: list[bytes] = []
    with swapping(plant_symlink, plant_folder):
        while len(seen) < 100:
            try:
                file = claim(root, "sport/x.md")
            except (DropRefusedError, DropFolderError):
                continue
            if file is not None:
                with file:
                    seen.append(file.read())
                    file.done()
    assert set(seen) == {b"text"}


def _claim_all(root: Path, names: list[str]) -> list[str]:
    got = []
    for name in names:
        file = claim(root, name)
        if file is not None:
            with file:
                assert file.read() == name.encode()
                file.done()
                got.append(name)
    return got


def test_two_processes_on_one_folder_handle_each_file_once(root: Path) -> None:
    names = [f"{number}.md" for number in range(400)]
    for name in names:
        (root / name).write_bytes(name.encode())
    with ProcessPoolExecutor(3, mp_context=get_context("spawn")) as pool:
        shares = list(pool.map(_claim_all, [root] * 3, [names] * 3))
    assert sorted(chain.from_iterable(shares)) == sorted(names)
    assert len(list((root / ".done").iterdir())) == 400


_HOLDER = """
import pathlib, sys
from worker.sources.drop.claim import claim
file = claim(pathlib.Path(sys.argv[1]), "sport/x.md")
file.read()
print("held", flush=True)
sys.stdin.read()
"""


def test_a_holder_killed_with_sigkill_leaves_a_claim_that_is_taken_up_at_once(root: Path, project_root: Path) -> None:
    (root / "sport").mkdir()
    (root / "sport/x.md").write_bytes(b"text")
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=project_root,
    )
    with holder:
        assert holder.stdout is not None
        readable, _, _ = select.select([holder.stdout], [], [], 30)
        assert readable
        assert holder.stdout.readline() == b"held\n"
        assert list(orphans(root, now=NOW)) == [], "the holder lives"
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    (orphan,) = orphans(root, now=NOW)
    with orphan:
        assert (orphan.attempts, orphan.relative_path, orphan.read()) == (2, "sport/x.md", b"text")
        assert orphan.done() == ".done/sport/x.md"
