"""Writing files so that nobody ever sees half of one."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path


def replace_file(path: Path, content: bytes) -> None:
    """Write a file so that a reader, or a crash, finds the old content or the new, never half."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
        Path(draft).chmod(mode)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def copy_new(source: Path, folder: Path) -> Path:
    """Copy a file into a folder under its own name, or ``name-2`` and so on where that is taken.

    The copy appears under its name only when it is whole.
    """
    folder.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=folder, prefix=".copy.")
    try:
        with os.fdopen(handle, "wb") as copy, source.open("rb") as original:
            shutil.copyfileobj(original, copy)
        Path(draft).chmod(0o644)
        return _link_new(Path(draft), folder, source)
    finally:
        Path(draft).unlink(missing_ok=True)


def _link_new(draft: Path, folder: Path, source: Path) -> Path:
    number = 1
    while True:
        target = folder / (source.name if number == 1 else f"{source.stem}-{number}{source.suffix}")
        try:
            # exclusive: a name that somebody took meanwhile is left alone
            target.open("xb").close()
        except FileExistsError:
            number += 1
            continue
        draft.replace(target)
        return target
