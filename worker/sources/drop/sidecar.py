"""The note beside a failed file: ``NAME.error.json``."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from worker.sources.drop.directory import stat_below
from worker.sources.drop.move import move_new
from worker.sources.drop.names import SIDECAR_SUFFIX

_MAX_NOTE_BYTES = 64 * 1024


class FailureNote(msgspec.Struct, frozen=True, kw_only=True):
    """Why a file is in ``.failed``.

    Attributes:
        file: its path when it was dropped, printable.
        error: name of the failure, ``not-a-feed``.
        detail: what a person has to know to mend it.
        time: when it failed, ``YYYY-MM-DDTHH:MM:SSZ``.
        attempts: how often it was tried.
    """

    file: str
    error: str
    detail: str
    time: str
    attempts: int


def rfc3339(moment: datetime) -> str:
    """An aware moment as UTC in whole seconds, ``2024-05-01T12:00:00Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@contextmanager
def note_file(folder_fd: int, note: FailureNote) -> Iterator[str]:
    """A complete note under a hidden temporary name in the folder; removed if it is still there after."""
    name = f".{secrets.token_hex(8)}.tmp"
    try:
        _write(folder_fd, name, note)
        yield name
    finally:
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=folder_fd)


def _write(folder_fd: int, name: str, note: FailureNote) -> None:
    # A detail may quote a file name or text that holds lone surrogates, which JSON in UTF-8 cannot.
    clean = msgspec.structs.replace(note, detail=_valid(note.detail), error=_valid(note.error))
    text = msgspec.json.format(msgspec.json.encode(clean), indent=2) + b"\n"
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(name, flags, 0o644, dir_fd=folder_fd), "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _valid(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def publish_pair(source_fd: int, source: str, folder_fd: int, name: str, note_name: str) -> None:
    """Give the note its name beside ``name``, then move the failed file there: both or none.

    Raises:
        FileExistsError: one of the two names is taken; nothing was changed.
    """
    if stat_below(folder_fd, name) is not None:
        raise FileExistsError(name)
    sidecar = name + SIDECAR_SUFFIX
    move_new(folder_fd, note_name, folder_fd, sidecar)
    try:
        move_new(source_fd, source, folder_fd, name)
    except OSError:
        move_new(folder_fd, sidecar, folder_fd, note_name)
        raise


def is_sidecar(name: str, names: set[str]) -> bool:
    """Whether the name is a note, and no failed file that is itself called ``x.error.json``."""
    return name.endswith(SIDECAR_SUFFIX) and name + SIDECAR_SUFFIX not in names


def read_note(path: Path) -> FailureNote | None:
    """The note in this file; None when it is missing or no such note (a person may have edited it)."""
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(_MAX_NOTE_BYTES), type=FailureNote)
    except (FileNotFoundError, msgspec.MsgspecError, UnicodeDecodeError):
        return None
