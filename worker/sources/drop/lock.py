"""Who else has a dropped file open: another claimer (flock) or its writer (lease)."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
from contextlib import suppress


def try_lock(file_fd: int) -> bool:
    """Take the exclusive flock(2) of the open file; False when somebody else has it.

    The system drops it when the process dies, however it dies: no timeout, no stale lock.
    """
    try:
        fcntl.flock(file_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def unlock_and_close(file_fd: int) -> None:
    """Let go of lock and file. Closing alone would not do: a process forked meanwhile shares the lock."""
    try:
        with suppress(OSError):
            fcntl.flock(file_fd, fcntl.LOCK_UN)
    finally:
        os.close(file_fd)


def is_open_for_writing(file_fd: int) -> bool:
    """Whether some process, also this one, has the file open for writing. False when nobody can tell.

    Linux grants a read lease (fcntl(2), F_SETLEASE) on a file only if it is open nowhere for writing.
    It is a help for writers that pause longer than the stability time, not a guarantee.
    """
    if not hasattr(fcntl, "F_SETLEASE"):
        return False
    try:
        # A writer that comes while we hold the lease waits and makes the system signal us. The default
        # signal, SIGIO, would end the process; SIGURG is ignored by default.
        fcntl.fcntl(file_fd, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(file_fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        # Anything else says that nobody can tell: EACCES for a file of another user without CAP_LEASE,
        # EINVAL where the file system has no leases (many FUSE and network mounts).
        return error.errno == errno.EAGAIN
    fcntl.fcntl(file_fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False
