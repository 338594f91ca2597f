"""Folders below the drop folder as file descriptors, so that no symlink leads out of it.

A path is checked once and then used; between the two, anybody who may write there can swap a folder
for a symlink. Descriptors opened part by part with O_NOFOLLOW cannot be swapped.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from worker.sources.drop.errors import DropFolderMissingError

_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
FOLDER_MODE = 0o755


@contextmanager
def open_root(root: Path) -> Iterator[int]:
    """The drop folder's own descriptor. The root itself may be a symlink: the operator chose it.

    Raises:
        DropFolderMissingError: there is no folder.
    """
    try:
        descriptor = os.open(root, _FOLDER_FLAGS)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise DropFolderMissingError(str(root)) from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def open_below(folder_fd: int, parts: Sequence[str], *, create: bool = False) -> Iterator[int]:
    """The descriptor of a folder below another one; ``create`` makes what is missing.

    Raises:
        FileNotFoundError: a part is missing.
        NotADirectoryError: a part is a file or a symlink, wherever that leads.
    """
    descriptor = os.open(".", _FOLDER_FLAGS, dir_fd=folder_fd)
    try:
        for part in parts:
            if create:
                with suppress(FileExistsError):
                    os.mkdir(part, FOLDER_MODE, dir_fd=descriptor)
            inner = os.open(part, _FOLDER_FLAGS | os.O_NOFOLLOW, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
        yield descriptor
    finally:
        os.close(descriptor)


def stat_below(folder_fd: int, name: str) -> os.stat_result | None:
    """What stands under the name itself, a symlink included; None when nothing does."""
    try:
        return os.stat(name, dir_fd=folder_fd, follow_symlinks=False)
    except FileNotFoundError:
        return None


def is_same_file(folder_fd: int, name: str, file_fd: int) -> bool:
    """Whether the name still stands for the open file."""
    status = stat_below(folder_fd, name)
    return status is not None and os.path.samestat(status, os.fstat(file_fd))


def remove_empty(folder_fd: int, parts: Sequence[str], *, keep: int) -> None:
    """Remove the folder ``parts`` and those above it while they are empty; the first ``keep`` stay."""
    for depth in range(len(parts), keep, -1):
        try:
            with open_below(folder_fd, parts[: depth - 1]) as above_fd:
                os.rmdir(parts[depth - 1], dir_fd=above_fd)
        except FileNotFoundError:
            continue
        except OSError:  # in use, most likely; an empty folder that stays does no harm
            return
