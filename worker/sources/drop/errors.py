"""What can go wrong with the drop folder, as errors that say what to do."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from storyfold.errors import RetryableError, SourceError
from worker.sources.drop.names import printable

_ADVICE: Final = {
    errno.EACCES: "give the user that runs Storyfold the right to read and write there",
    errno.EPERM: "give the user that runs Storyfold the right to read and write there",
    errno.EROFS: "mount the drop folder writable",
    errno.ENOSPC: "free some space or inodes on its file system",
    errno.EDQUOT: "raise the disk quota of the user that runs Storyfold",
    errno.EXDEV: "keep sub-folders and .processing, .done, .failed on one file system",
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
    errno.ENFILE: "raise the system's limit of open files",
    errno.ENOLCK: "use a file system that has flock",
    errno.EBADF: "mount it with local flock (NFS: local_lock=flock)",
}


class DropFolderError(RetryableError):
    """The file system refused a step. The file is where it was before: in place or still claimed.

    Attributes:
        action: what was tried, ``claim`` or ``move to .done``.
        path: the file's path below the drop folder, printable.
        reason: what the system said.
        code: its errno, None when the reason is not one of the system's.
    """

    def __init__(self, action: str, path: str, reason: str, code: int | None = None) -> None:
        super().__init__(action, path, reason, code)
        self.action = action
        self.path = path
        self.reason = reason
        self.code = code

    def __str__(self) -> str:
        advice = _ADVICE.get(self.code or 0, "see to the file system; it will be tried again")
        return f"drop folder: {self.path}: cannot {self.action}: {self.reason}; {advice}"


class DropFolderMissingError(RetryableError):
    """The drop folder itself is not there. That says nothing about the files that were in it."""

    def __init__(self, root: str) -> None:
        super().__init__(root)
        self.root = root

    def __str__(self) -> str:
        return f"the drop folder {self.root} is not there or no folder; create or mount it again"


class DropRefusedError(SourceError):
    """A name that must not be taken: it was neither read nor moved.

    The failure is ``bad-name``, ``symlink``, ``hard-link`` or ``not-a-file``.
    """


@contextmanager
def as_drop_errors(action: str, relative_path: str) -> Iterator[None]:
    """Turn what the system refuses inside the block into a :class:`DropFolderError`."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise DropFolderError(action, printable(relative_path), reason, error.errno) from error
