"""Claiming a dropped file: it is locked and moved to ``.processing``, so that one process has it.

The lock (flock) ends with its holder, the place in ``.processing`` stays. So a file there whose lock
can be had belongs to nobody any more, and :func:`orphans` takes it up again, without timeouts.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Final

import structlog

from worker.sources.drop.claimed_file import MAX_BYTES, ClaimedFile
from worker.sources.drop.directory import (
    FOLDER_MODE,
    is_same_file,
    open_below,
    open_root,
    remove_empty,
    stat_below,
)
from worker.sources.drop.errors import DropFolderError, DropRefusedError, as_drop_errors
from worker.sources.drop.lock import is_open_for_writing, try_lock, unlock_and_close
from worker.sources.drop.move import move_new
from worker.sources.drop.names import PROCESSING, is_candidate, natural_key, printable
from worker.sources.drop.place import ClaimPlace, claim_folder_name, is_claim_folder, read_place

MAX_ATTEMPTS: Final = 5
_FOLDERS_TO_TRY: Final = 10
# O_NONBLOCK: opening a FIFO must not wait for its writer.
_FILE_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC

log = structlog.get_logger()


def claim(root: Path, relative_path: str, *, max_bytes: int = MAX_BYTES) -> ClaimedFile | None:
    """Take a dropped file for this process.

    Args:
        root: the drop folder.
        relative_path: the file's path below it.
        max_bytes: what :meth:`ClaimedFile.read` accepts.

    Returns:
        None when the file is gone, or somebody else holds it: another claimer, or a writer that still
        has it open (known on local Linux file systems only).

    Raises:
        DropRefusedError: this must not be taken: a bad name, a symlink anywhere on the way, a FIFO, device
            or folder, a file with a second hard link (which may belong to somebody else: it is taken
            once the other name is gone). It was neither read nor moved.
        DropFolderError: the system refused a step; the file is still in place.
        DropFolderMissingError: there is no drop folder.
    """
    if not is_candidate(relative_path):
        raise DropRefusedError("bad-name", f"{printable(relative_path)!r} is no name to take from the drop folder")
    folder = tuple(relative_path.split("/")[:-1])
    return _take(root, ClaimPlace(folder, relative_path, 0), max_bytes)


def orphans(
    root: Path, *, now: datetime, max_attempts: int = MAX_ATTEMPTS, max_bytes: int = MAX_BYTES
) -> Iterator[ClaimedFile]:
    """Take up again the claims whose holder died; also files that a person put into ``.processing``.

    A file that ``max_attempts`` processes have left so is moved to ``.failed`` with the error ``poison``.
    A file that cannot be taken is logged and left for the next sweep.

    Args:
        root: the drop folder.
        now: an aware moment, for the note of a poison file.
        max_attempts: how many processes may try.
        max_bytes: as for :func:`claim`.

    Raises:
        DropFolderMissingError: there is no drop folder.
    """
    for place in _find_claims(root):
        try:
            claimed = _take(root, place, max_bytes)
            if claimed is not None and claimed.attempts > max_attempts:
                _give_up(claimed, now)
                claimed = None
        except (DropRefusedError, DropFolderError) as error:
            log.warning("orphaned claim not taken up", file=printable(place.relative_path), error=str(error))
            continue
        if claimed is not None:
            yield claimed


def _give_up(claimed: ClaimedFile, now: datetime) -> None:
    tried = claimed.attempts - 1
    with claimed:
        detail = f"{tried} processes ended while they worked on this file; look at their logs, then drop it again"
        claimed.fail("poison", detail, now=now, attempts=tried)


def _find_claims(root: Path) -> list[ClaimPlace]:
    places = []
    with open_root(root) as root_fd, as_drop_errors("look into", PROCESSING):
        try:
            for path, folders, files, _ in os.fwalk(PROCESSING, dir_fd=root_fd):
                below = path.split("/")[1:]
                places += [read_place((*below, name)) for name in files]
                if not folders and not files and below and is_claim_folder(below[0]):
                    remove_empty(root_fd, (PROCESSING, *below), keep=1)
        except (FileNotFoundError, NotADirectoryError):
            return []
    waiting = (place for place in places if is_candidate(place.relative_path))
    return sorted(waiting, key=lambda place: natural_key(place.relative_path))


def _take(root: Path, place: ClaimPlace, max_bytes: int) -> ClaimedFile | None:
    with open_root(root) as root_fd, as_drop_errors("claim", place.relative_path), ExitStack() as stack:
        try:
            folder_fd = stack.enter_context(open_below(root_fd, place.folder))
        except FileNotFoundError:
            return None
        except NotADirectoryError:
            _refuse_symlinked_folder(root_fd, place)
            return None
        taken = _lock_and_move(root_fd, folder_fd, place)
        if taken is None:
            return None
        if place.folder[:1] == (PROCESSING,):
            remove_empty(root_fd, place.folder, keep=1)
    file_fd, folder = taken
    return ClaimedFile(
        root=root,
        file_fd=file_fd,
        folder=folder,
        relative_path=place.relative_path,
        attempts=place.attempts + 1,
        max_bytes=max_bytes,
    )


def _lock_and_move(root_fd: int, folder_fd: int, place: ClaimPlace) -> tuple[int, tuple[str, ...]] | None:
    name = place.relative_path.rpartition("/")[2]
    file_fd = _open_regular(folder_fd, name, place.relative_path)
    if file_fd is None:
        return None
    folder = None
    try:
        # The lock comes first: a file in .processing that is not locked is an orphan.
        if try_lock(file_fd) and is_same_file(folder_fd, name, file_fd) and _is_closed(file_fd, place):
            folder = _move_to_processing(root_fd, folder_fd, file_fd, name, place)
    finally:
        if folder is None:
            unlock_and_close(file_fd)
    return None if folder is None else (file_fd, folder)


def _is_closed(file_fd: int, place: ClaimPlace) -> bool:
    if not is_open_for_writing(file_fd):
        return True
    log.info("drop file is still open for writing", file=printable(place.relative_path))
    return False


def _open_regular(folder_fd: int, name: str, relative_path: str) -> int | None:
    # Looked at before it is opened, as opening a device may do something; then the descriptor is
    # looked at, as the name may stand for something else by now.
    status = stat_below(folder_fd, name)
    if status is None:
        return None
    _check_regular(status, relative_path)
    try:
        file_fd = os.open(name, _FILE_FLAGS, dir_fd=folder_fd)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):  # a symlink or a socket since the look above
            raise DropRefusedError("not-a-file", f"{printable(relative_path)!r} was swapped") from error
        raise
    try:
        _check_regular(os.fstat(file_fd), relative_path)
    except DropRefusedError:
        os.close(file_fd)
        raise
    return file_fd


def _check_regular(status: os.stat_result, relative_path: str) -> None:
    shown = printable(relative_path)
    if stat.S_ISLNK(status.st_mode):
        raise DropRefusedError("symlink", f"{shown!r} is a symbolic link; drop the file itself")
    if not stat.S_ISREG(status.st_mode):
        raise DropRefusedError("not-a-file", f"{shown!r} is no regular file; drop only files and folders")
    if status.st_nlink > 1:
        raise DropRefusedError("hard-link", f"{shown!r} has a second name (hard link); drop a copy of it")


def _refuse_symlinked_folder(root_fd: int, place: ClaimPlace) -> None:
    for depth in range(len(place.folder)):
        try:
            with open_below(root_fd, place.folder[:depth]) as above_fd:
                status = stat_below(above_fd, place.folder[depth])
        except (FileNotFoundError, NotADirectoryError):
            return
        if status is not None and stat.S_ISLNK(status.st_mode):
            shown = printable(place.relative_path)
            raise DropRefusedError("symlink", f"{shown!r} is reached over a symbolic link; drop the file itself")


def _move_to_processing(
    root_fd: int, folder_fd: int, file_fd: int, name: str, place: ClaimPlace
) -> tuple[str, ...] | None:
    sub_folders = place.relative_path.split("/")[:-1]
    for _ in range(_FOLDERS_TO_TRY):
        folder = (*_new_claim_folder(root_fd, place.attempts + 1), *sub_folders)
        moved = False
        try:
            with open_below(root_fd, folder, create=True) as claim_fd:
                moved = _move_checked(folder_fd, claim_fd, file_fd, name)
        except FileNotFoundError:
            if is_same_file(folder_fd, name, file_fd):
                continue  # a sweep has removed our claim folder while it was still empty
        finally:
            if not moved:
                remove_empty(root_fd, folder, keep=1)
        return folder if moved else None
    return None


def _move_checked(folder_fd: int, claim_fd: int, file_fd: int, name: str) -> bool:
    move_new(folder_fd, name, claim_fd, name)
    if is_same_file(claim_fd, name, file_fd):
        return True
    # Swapped between check and move: what came along is put back, unread.
    move_new(claim_fd, name, folder_fd, name)
    return False


def _new_claim_folder(root_fd: int, attempts: int) -> tuple[str, ...]:
    name = claim_folder_name(attempts, secrets.token_hex(8))
    with open_below(root_fd, (PROCESSING,), create=True) as processing_fd:
        os.mkdir(name, FOLDER_MODE, dir_fd=processing_fd)
    return PROCESSING, name
