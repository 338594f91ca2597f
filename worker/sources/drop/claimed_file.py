"""A file that this process has claimed: read it, then say what became of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from storyfold.errors import SourceError
from worker.sources.drop.directory import is_same_file, open_below, open_root, remove_empty
from worker.sources.drop.errors import DropFolderError, as_drop_errors
from worker.sources.drop.lock import unlock_and_close
from worker.sources.drop.move import first_free, move_new, move_numbered
from worker.sources.drop.names import (
    DONE,
    FAILED,
    NAME_MAX_BYTES,
    SIDECAR_SUFFIX,
    collection_of,
    printable,
)
from worker.sources.drop.sidecar import FailureNote, note_file, publish_pair, rfc3339

MAX_BYTES: Final = 16 * 1024 * 1024
"""What a worker reads of a file at once. Larger archives come in parts, or by ``storyfold ingest``."""
_PIECE_BYTES: Final = 1 << 20
"""Of what a file has grown by while it is read."""
_SIDECAR_ROOM: Final = NAME_MAX_BYTES - len(SIDECAR_SUFFIX)


class ClaimedFile:
    """A locked file in ``.processing``. Leave it through one of :meth:`done`, :meth:`fail`, :meth:`release`.

    As a context manager it lets go of the lock at the end. A file that then still stands in
    ``.processing`` is an orphan, and the next sweep takes it up again.

    Attributes:
        relative_path: where it was dropped, below the drop folder.
        attempts: how many processes have tried it, this one included.
    """

    def __init__(
        self,
        *,
        root: Path,
        file_fd: int,
        folder: tuple[str, ...],
        relative_path: str,
        attempts: int,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self.relative_path = relative_path
        self.attempts = attempts
        self._root = root
        self._file_fd: int | None = file_fd
        self._folder = folder
        self._max_bytes = max_bytes
        self._read_stamp: tuple[int, int] | None = None
        self._settled = False

    def __repr__(self) -> str:
        return f"ClaimedFile({printable(self.relative_path)!r}, attempts={self.attempts})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def name(self) -> str:
        """The file's name without folders."""
        return self.relative_path.rpartition("/")[2]

    @property
    def collection(self) -> str | None:
        """The collection that its sub-folder names, None when it names none."""
        return collection_of(self.relative_path, "") or None

    def read(self) -> bytes:
        """The whole content, from the descriptor that was checked and locked.

        Raises:
            SourceError: ``too-large``, told by its size before anything is read.
            DropFolderError: the system cannot read it.
        """
        file_fd = self._open_fd()
        with as_drop_errors("read", self.relative_path):
            self._read_stamp = size, _ = _stamp(file_fd)
            if size > self._max_bytes:
                raise self._too_large(size)
            content = self._read_all(file_fd, size)
        if len(content) > self._max_bytes:
            raise self._too_large(len(content))
        return content

    def done(self) -> str | None:
        """Move it to ``.done``, under its sub-folder; never over another file.

        Returns:
            Its new path below the drop folder; None when its writer has gone on after :meth:`read`: then
            it is released, to be taken again when it is finished.

        Raises:
            DropFolderError: it stays claimed; the same call may succeed later.
        """
        if self._read_stamp not in (None, _stamp(self._open_fd())):
            self.release()
            return None
        with self._moving(DONE) as (source_fd, target_fd):
            name = move_numbered(source_fd, self.name, target_fd, self.name)
        return "/".join((DONE, *self._sub_folders, name))

    def fail(self, failure: str, detail: str, *, now: datetime, attempts: int | None = None) -> str:
        """Move it to ``.failed`` beside a note ``NAME.error.json``; neither overwrites anything.

        Args:
            failure: short name, as of a SourceError.
            detail: a sentence for the person who has to mend the file.
            now: an aware moment.
            attempts: how often it was tried, if the claim's own count is not the right one.

        Returns:
            Its new path below the drop folder.

        Raises:
            DropFolderError: it stays claimed; the same call may succeed later.
        """
        note = FailureNote(
            file=printable(self.relative_path),
            error=failure,
            detail=detail,
            time=rfc3339(now),
            attempts=self.attempts if attempts is None else attempts,
        )
        with self._moving(FAILED) as (source_fd, target_fd), note_file(target_fd, note) as note_name:
            name = first_free(
                self.name,
                lambda free: publish_pair(source_fd, self.name, target_fd, free, note_name),
                max_bytes=_SIDECAR_ROOM,
            )
        return "/".join((FAILED, *self._sub_folders, name))

    def release(self) -> bool:
        """Put it back to where it was dropped, as when Redis is away.

        Returns:
            False when another file stands there by now: then it stays claimed, an orphan once closed.

        Raises:
            DropFolderError: it stays claimed; the same call may succeed later.
        """
        try:
            with self._moving(None) as (source_fd, target_fd):
                move_new(source_fd, self.name, target_fd, self.name)
        except DropFolderError as error:
            if isinstance(error.__cause__, FileExistsError):
                return False
            raise
        return True

    def close(self) -> None:
        """Let go of the lock. Does nothing the second time."""
        if self._file_fd is not None:
            unlock_and_close(self._file_fd)
            self._file_fd = None

    @property
    def _sub_folders(self) -> tuple[str, ...]:
        return tuple(self.relative_path.split("/")[:-1])

    @contextmanager
    def _moving(self, own_folder: str | None) -> Iterator[tuple[int, int]]:
        file_fd = self._open_fd()
        target = ((own_folder,) if own_folder else ()) + self._sub_folders
        action = f"move to {own_folder}" if own_folder else "put back"
        with as_drop_errors(action, self.relative_path), open_root(self._root) as root_fd:
            with (
                open_below(root_fd, self._folder) as source_fd,
                open_below(root_fd, target, create=True) as target_fd,
            ):
                if not is_same_file(source_fd, self.name, file_fd):
                    raise FileNotFoundError(f"{self.name!r} was taken out of .processing by somebody else")
                yield source_fd, target_fd
            self._settled = True
            remove_empty(root_fd, self._folder, keep=1)

    def _open_fd(self) -> int:
        if self._file_fd is None or self._settled:
            raise ValueError(f"{self!r} is closed or was moved already")
        return self._file_fd

    def _read_all(self, file_fd: int, size: int) -> bytes:
        # The first call nearly always gives all of it, which is then not copied together. It asks for no more than
        # the file has: a large block that was once freed makes glibc keep later ones on its heap, with holes.
        content = os.pread(file_fd, size + 1, 0)
        while content and len(content) <= self._max_bytes:
            more = os.pread(file_fd, min(_PIECE_BYTES, self._max_bytes + 1 - len(content)), len(content))
            if not more:
                break
            content += more
        return content

    def _too_large(self, size: int) -> SourceError:
        return SourceError(
            "too-large",
            f"the file has {size} bytes, the limit is {self._max_bytes}; split it into smaller files",
        )


def _stamp(file_fd: int) -> tuple[int, int]:
    status = os.fstat(file_fd)
    return status.st_size, status.st_mtime_ns
