"""Moves inside the drop folder that never overwrite anything."""

from __future__ import annotations

import ctypes
import errno
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final

from worker.sources.drop.names import NAME_MAX_BYTES, marked_name

_RENAME_NOREPLACE: Final = 1  # linux/fs.h
_UNSUPPORTED: Final = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP})
_LAST_NUMBER: Final = 9  # then marks are random: counting through thousands of equal names would be slow
_RANDOM_MARKS: Final = 10

_libc = ctypes.CDLL(None, use_errno=True)
_renameat2 = getattr(_libc, "renameat2", None)  # Linux with glibc >= 2.28 or musl >= 1.2.4


def move_new(source_fd: int, source: str, target_fd: int, target: str) -> None:
    """Move ``source`` in one folder to ``target`` in another; both folders are descriptors.

    Raises:
        FileExistsError: ``target`` is taken; nothing was changed.
        OSError: what the system says; nothing was changed.
    """
    try:
        rename_noreplace(source_fd, source, target_fd, target)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
        rename_reserved(source_fd, source, target_fd, target)


def rename_noreplace(source_fd: int, source: str, target_fd: int, target: str) -> None:
    """renameat2(2) with RENAME_NOREPLACE: one step. ENOSYS or EINVAL where it is not supported."""
    if _renameat2 is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    old, new = os.fsencode(source), os.fsencode(target)
    if _renameat2(source_fd, old, target_fd, new, ctypes.c_uint(_RENAME_NOREPLACE)) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), source, None, target)


def rename_reserved(source_fd: int, source: str, target_fd: int, target: str) -> None:
    """The same in two steps for other systems: reserve the name, then replace the reservation.

    A crash between the two leaves an empty file under the target's name, and the source in place.
    """
    reserve(target_fd, target)
    try:
        os.replace(source, target, src_dir_fd=source_fd, dst_dir_fd=target_fd)
    except OSError:
        os.unlink(target, dir_fd=target_fd)
        raise


def reserve(folder_fd: int, name: str) -> None:
    """Create the name as an empty file; FileExistsError when it is taken."""
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    os.close(os.open(name, flags, 0o644, dir_fd=folder_fd))


def move_numbered(
    source_fd: int, source: str, target_fd: int, target: str, *, max_bytes: int = NAME_MAX_BYTES
) -> str:
    """Move to ``target`` or, where that is taken, ``target-2`` and so on; gives the name it got."""
    return first_free(target, lambda name: move_new(source_fd, source, target_fd, name), max_bytes=max_bytes)


def first_free(name: str, take: Callable[[str], None], *, max_bytes: int = NAME_MAX_BYTES) -> str:
    """The first of ``x``, ``x-2`` to ``x-9``, ``x-RANDOM`` that ``take`` can have.

    ``take`` raises FileExistsError for a name that is taken.
    """
    for mark in _marks():
        candidate = marked_name(name, mark, max_bytes=max_bytes)
        with suppress(FileExistsError):
            take(candidate)
            return candidate
    raise FileExistsError(errno.EEXIST, "no free name found", name)


def _marks() -> Iterator[str]:
    yield ""
    yield from (f"-{number}" for number in range(2, _LAST_NUMBER + 1))
    yield from (f"-{secrets.token_hex(4)}" for _ in range(_RANDOM_MARKS))
