"""Looking into the drop folder: what waits there, what failed, how much of each."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import structlog

from worker.sources.drop.directory import FOLDER_MODE
from worker.sources.drop.errors import DropFolderError, DropFolderMissingError, as_drop_errors
from worker.sources.drop.names import (
    DONE,
    FAILED,
    OWN_FOLDERS,
    PROCESSING,
    SIDECAR_SUFFIX,
    is_candidate,
    natural_key,
    printable,
)
from worker.sources.drop.sidecar import FailureNote, is_sidecar, read_note
from worker.sources.drop.stability import Observation

log = structlog.get_logger()


class Identity(NamedTuple):
    """Which folder stands under the root's path; another one after it was replaced or unmounted."""

    device: int
    inode: int


class Survey(NamedTuple):
    """What was seen in the drop folder.

    Attributes:
        files: those that may be taken, in natural order of their paths.
        folders: paths of the sub-folders, in no order.
    """

    files: list[Observation]
    folders: list[str]


class DropCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How many files are in each state.

    Attributes:
        waiting: dropped and not yet claimed, stable or not.
        refused: in the way but never taken: symlinks, hard links, FIFOs, sockets, devices.
        processing: claimed.
        done: handled.
        failed: given up, notes not counted.
    """

    waiting: int
    refused: int
    processing: int
    done: int
    failed: int


class FailedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file in ``.failed``.

    Attributes:
        path: below the drop folder, printable: ``.failed/news/x.md``.
        note: why; None when its note is missing or unreadable.
    """

    path: str
    note: FailureNote | None


class DropFolder:
    """The watched directory. It is only looked at here; :mod:`worker.sources.drop.claim` takes files."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()

    def ensure(self) -> None:
        """Create the folder and its own sub-folders where they are missing.

        Raises:
            DropFolderError: the system refused it.
        """
        with as_drop_errors("create", str(self.root)):
            for folder in (self.root, *(self.root / name for name in OWN_FOLDERS)):
                folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)

    def identity(self) -> Identity:
        """Which folder is there now.

        Raises:
            DropFolderMissingError: none is.
        """
        try:
            status = self.root.stat()
        except (FileNotFoundError, NotADirectoryError) as error:
            raise DropFolderMissingError(str(self.root)) from error
        if not stat.S_ISDIR(status.st_mode):
            raise DropFolderMissingError(str(self.root))
        return Identity(status.st_dev, status.st_ino)

    def survey(self) -> Survey:
        """Every file that may be taken and every folder that may hold some.

        Symlinks, special files and files with a second hard link are left out. A sub-folder that
        cannot be read is logged and left out.

        Raises:
            DropFolderMissingError: the folder is not there, which does not mean that its files are gone.
            DropFolderError: the system refuses to list it.
        """
        self.identity()
        return self._survey_below("")

    def scan(self) -> list[Observation]:
        """The files of a :meth:`survey`, in natural order of their paths."""
        return self.survey().files

    def look(self, relative_paths: Iterable[str]) -> Survey:
        """The same for these paths only; one that is a folder brings all that is below it."""
        files: list[Observation] = []
        folders: list[str] = []
        for path in filter(is_candidate, dict.fromkeys(relative_paths)):
            try:
                status = os.stat(self._absolute(path), follow_symlinks=False)  # noqa: PTH116 (hot path)
            except OSError:  # gone, or not to be seen; the next full scan says which
                continue
            if stat.S_ISDIR(status.st_mode):
                below = self._survey_below(path)
                files += below.files
                folders += [path, *below.folders]
            elif _is_takeable(status):
                files.append(_observation(path, status))
        distinct = {seen.path: seen for seen in files}
        return Survey(sorted(distinct.values(), key=_by_path), folders)

    def list_failed(self) -> list[FailedFile]:
        """What is in ``.failed`` and why, in natural order."""
        return [
            FailedFile(path=printable(path), note=read_note(self.root / (path + SIDECAR_SUFFIX)))
            for path in sorted(self._failed_paths(), key=natural_key)
        ]

    def counts(self) -> DropCounts:
        """How many files are in each state.

        Raises:
            DropFolderMissingError: the folder is not there.
        """
        self.identity()
        takeable = [_is_takeable(status) for _, status in self._walk("", [])]
        return DropCounts(
            waiting=sum(takeable),
            refused=len(takeable) - sum(takeable),
            processing=sum(1 for _ in self._own_files(PROCESSING)),
            done=sum(1 for _ in self._own_files(DONE)),
            failed=sum(1 for _ in self._failed_paths()),
        )

    def _failed_paths(self) -> Iterator[str]:
        paths = set(self._own_files(FAILED))
        return (path for path in paths if not is_sidecar(path, paths))

    def _own_files(self, own_folder: str) -> Iterator[str]:
        for above, _, names in os.walk(self.root / own_folder):
            relative = os.path.relpath(above, self.root)
            yield from (f"{relative}/{name}" for name in names if not name.startswith("."))

    def _survey_below(self, folder: str) -> Survey:
        folders: list[str] = []
        files = [_observation(path, status) for path, status in self._walk(folder, folders) if _is_takeable(status)]
        return Survey(sorted(files, key=_by_path), folders)

    def _walk(self, folder: str, folders: list[str]) -> Iterator[tuple[str, os.stat_result]]:
        """Each candidate that is no folder, with its lstat, in no order; folders go to ``folders``."""
        ahead = [folder]
        while ahead:
            above = ahead.pop()
            for entry in self._entries(above):
                path = f"{above}/{entry.name}" if above else entry.name
                if entry.is_dir(follow_symlinks=False):
                    ahead.append(path)
                    folders.append(path)
                elif (status := _status(entry)) is not None:
                    yield path, status

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(self._absolute(folder)) as entries:
                return [entry for entry in entries if is_candidate(entry.name)]
        except (FileNotFoundError, NotADirectoryError) as error:
            if not folder:
                raise DropFolderMissingError(str(self.root)) from error
        except PermissionError as error:
            if not folder:
                raise DropFolderError("list", str(self.root), str(error), error.errno) from error
            log.warning("sub-folder of the drop folder cannot be read", folder=printable(folder), error=str(error))
        return []

    def _absolute(self, relative_path: str) -> str:
        return f"{self.root}/{relative_path}"


def _by_path(seen: Observation) -> tuple[tuple[tuple[int, int, str], ...], ...]:
    return natural_key(seen.path)


def _status(entry: os.DirEntry[str]) -> os.stat_result | None:
    try:
        return entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None


def _is_takeable(status: os.stat_result) -> bool:
    return stat.S_ISREG(status.st_mode) and status.st_nlink == 1


def _observation(path: str, status: os.stat_result) -> Observation:
    return Observation(path, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
