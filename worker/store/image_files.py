"""The bytes of images in a folder, each named by the SHA-256 of its content: ``ab/abcdef...``.

A file is never changed, only replaced by itself. The folder is kept within a size: when it is passed, the files
that were not used for the longest time go, until a tenth of it is free. A file's time of change is its last use, told
to the hour.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

_DIGEST = re.compile(r"[0-9a-f]{64}")
_DRAFT = ".draft-"
_DRAFT_SECONDS = 3600.0
_USE_SECONDS = 3600.0
# A full sweep looks at every file: it is made after so large a part of the limit was written.
_SWEEP_SHARE = 20


class Swept(NamedTuple):
    """What a sweep did: files and bytes that are left, and files that went."""

    files: int
    size_bytes: int
    removed: int


class ImageFiles:
    """The folder of cached images. Any number of processes may use it at a time."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        """
        Args:
            folder: made when the first image is kept.
            max_bytes: size of the folder; 0 keeps nothing.
        """
        self._folder = folder
        self._max_bytes = max_bytes
        self._unswept = 0

    def keep(self, content: bytes) -> str:
        """Keep an image, and return its digest; "" when it is larger than the folder may be.

        A reader, or a crash, finds the whole file or none.

        Raises:
            OSError: the file cannot be written.
        """
        if len(content) > self._max_bytes:
            return ""
        digest = hashlib.sha256(content).hexdigest()
        if self.find(digest) is None:
            self._write(self._path(digest), content)
            self._unswept += len(content)
            if self._unswept > self._max_bytes // _SWEEP_SHARE:
                self.sweep()
        return digest

    def find(self, digest: str) -> Path | None:
        """The file with this digest, now used; None when there is none, and for what is no digest.

        A digest may come from outside: nothing but 64 hexadecimal characters is ever made part of a path, and a
        link that somebody put there is not followed.
        """
        if _DIGEST.fullmatch(digest) is None:
            return None
        path = self._path(digest)
        if path.is_symlink() or not path.is_file():
            return None
        with suppress(OSError):  # removed at this moment, or a folder that may only be read
            if time.time() - path.stat().st_mtime > _USE_SECONDS:
                os.utime(path)
        return path

    def sweep(self) -> Swept:
        """Remove what was not used for longest until the folder is within its size, and drafts of dead processes."""
        self._unswept = 0
        now = time.time()
        files = sorted(self._files(now), reverse=True)
        size = sum(one[1] for one in files)
        removed = 0
        if size > self._max_bytes:
            while files and size > self._max_bytes * 9 // 10:
                _, length, path = files.pop()
                Path(path).unlink(missing_ok=True)
                size -= length
                removed += 1
        return Swept(len(files), size, removed)

    def _files(self, now: float) -> Iterator[tuple[float, int, str]]:
        """Last use, size and path of each image; old drafts are removed on the way."""
        for folder in _entries(self._folder):
            if not folder.is_dir(follow_symlinks=False):
                continue
            for entry in _entries(Path(folder.path)):
                with suppress(FileNotFoundError):  # another process sweeps as well
                    stat = entry.stat(follow_symlinks=False)
                    if _DIGEST.fullmatch(entry.name):
                        yield stat.st_mtime, stat.st_size, entry.path
                    elif entry.name.startswith(_DRAFT) and now - stat.st_mtime > _DRAFT_SECONDS:
                        Path(entry.path).unlink()

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest

    def _write(self, path: Path, content: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=_DRAFT)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                # Without it, a crash of the machine may leave the name on an empty file, which would be served.
                os.fsync(file.fileno())
            Path(draft).chmod(0o644)
            Path(draft).replace(path)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except (FileNotFoundError, NotADirectoryError):
        return []
