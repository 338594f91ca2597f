"""Names in the drop folder: which are taken, what they say, how new ones are made.

A name is a ``str`` as Python's file functions give it: bytes that are no UTF-8 stand in it as lone
surrogates (PEP 383). A relative path is such names joined by ``/``, below the drop folder.
"""

from __future__ import annotations

import os
import re
from typing import Final

from storyfold.document import SLUG_PATTERN

PROCESSING: Final = ".processing"
DONE: Final = ".done"
FAILED: Final = ".failed"
OWN_FOLDERS: Final = (PROCESSING, DONE, FAILED)

SIDECAR_SUFFIX: Final = ".error.json"
NAME_MAX_BYTES: Final = 255  # NAME_MAX of ext4, xfs, btrfs, APFS, NTFS

# Names that a program gives a file which is not finished, or which is none of the user's.
_TEMPORARY_SUFFIXES: Final = (
    "~",  # Emacs, Vim, gedit: backup of the last version
    ".tmp",  # the general custom; MS Office and many exporters
    ".temp",  # likewise
    ".part",  # Firefox, Dolphin, Nextcloud: download in progress
    ".partial",  # rclone, old Edge, JDownloader: transfer in progress
    ".crdownload",  # Chromium: download in progress
    ".download",  # Safari: download in progress (a folder)
    ".opdownload",  # Opera: download in progress
    ".filepart",  # WinSCP: upload in progress
    ".uploading",  # Transmit, FileZilla Pro: upload in progress
    ".aria2",  # aria2: control file beside a download
    ".!ut",  # uTorrent: download in progress
    ".!sync",  # Resilio Sync: transfer in progress
    ".swp",  # Vim: swap file of an unnamed buffer
    ".swo",  # Vim: second swap file
    ".swx",  # Vim: probe for the swap file
    ".lock",  # lock files of many programs
    "___jb_tmp___",  # JetBrains IDEs: safe write, new content
    "___jb_old___",  # JetBrains IDEs: safe write, old content
)
_TEMPORARY_PREFIXES: Final = (
    ".",  # hidden: .nfs* (NFS, open but deleted), .syncthing.*, .x.swp (Vim), .x.Ab12Cd (rsync),
    # .goutputstream-* (GLib), .fuse_hidden*, ._x (macOS AppleDouble), .~lock.x# (LibreOffice), .DS_Store
    "~$",  # MS Office: owner file of an open document
    "~syncthing~",  # Syncthing on Windows: transfer in progress
)
_TEMPORARY_NAMES: Final = frozenset(
    {
        "4913",  # Vim: proves that it may create files beside the edited one
        "thumbs.db",  # Windows Explorer
        "desktop.ini",  # Windows Explorer
        "icon\r",  # macOS Finder
    }
)
_TEMPORARY_PATTERNS: Final = (
    re.compile(r"#.*#", re.DOTALL),  # Emacs: auto-save
    re.compile(r".*\.sb-[0-9a-f]{8}-\w{6}", re.DOTALL),  # macOS: safe save (a folder)
)

_SLUG: Final = re.compile(SLUG_PATTERN)
_DIGITS: Final = re.compile(r"(\d+)", re.ASCII)
_SUFFIX_MAX_BYTES: Final = 32  # what is longer is no file type but part of the title


def is_candidate(relative_path: str) -> bool:
    """Whether a file of this path is meant for Storyfold: no part of it is hidden or temporary.

    False, too, for what lies in ``.processing``, ``.done`` or ``.failed``, and for anything that is no
    plain relative path (absolute, with ``..`` or empty parts, with a NUL).
    """
    return "\0" not in relative_path and all(_is_final(part) for part in relative_path.split("/"))


def _is_final(name: str) -> bool:
    folded = name.lower()
    return not (
        not folded
        or folded.startswith(_TEMPORARY_PREFIXES)
        or folded.endswith(_TEMPORARY_SUFFIXES)
        or folded in _TEMPORARY_NAMES
        or any(pattern.fullmatch(name) for pattern in _TEMPORARY_PATTERNS)
    )


def collection_of(relative_path: str, default: str) -> str:
    """The collection that the first sub-folder names, if it is a slug; else ``default``."""
    folder, slash, _ = relative_path.partition("/")
    return folder if slash and _SLUG.fullmatch(folder) else default


def natural_key(relative_path: str) -> tuple[tuple[tuple[int, int, str], ...], ...]:
    """Sort key under which ``news-2`` stands before ``news-10``, folder by folder."""
    return tuple(_natural_parts(part) for part in relative_path.split("/"))


def _natural_parts(name: str) -> tuple[tuple[int, int, str], ...]:
    parts = [_natural_part(part, bool(index % 2)) for index, part in enumerate(_DIGITS.split(name))]
    return (*parts, (2, 0, name))  # the name itself parts 1 from 01


def _natural_part(part: str, is_number: bool) -> tuple[int, int, str]:
    # Longer numbers are larger: so compared without int(), which refuses more than 4300 digits.
    digits = part.lstrip("0")
    return (1, len(digits), digits) if is_number else (0, 0, part)


def marked_name(name: str, mark: str, *, max_bytes: int = NAME_MAX_BYTES) -> str:
    """The name with a mark before its suffix: ``x.md`` and ``-2`` give ``x-2.md``; "" gives the name.

    What would be longer than ``max_bytes`` loses the end of its stem, never of its suffix.
    """
    stem, suffix = os.path.splitext(name)  # noqa: PTH122 (a Path would normalize the name)
    if len(os.fsencode(suffix)) > _SUFFIX_MAX_BYTES:
        stem, suffix = name, ""
    tail = mark + suffix
    return _shortened(stem, max_bytes - len(os.fsencode(tail))) + tail


def _shortened(text: str, max_bytes: int) -> str:
    raw = os.fsencode(text)
    if len(raw) <= max_bytes:
        return text
    cut = max_bytes
    while cut > 0 and raw[cut] & 0xC0 == 0x80:  # a UTF-8 continuation byte: do not cut inside a character
        cut -= 1
    return os.fsdecode(raw[: cut or max_bytes])


def is_utf8(name: str) -> bool:
    """Whether the name's bytes are UTF-8, so that other programs and JSON can have it as it is."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def printable(name: str) -> str:
    r"""The name for logs, JSON and pages: valid Unicode on one line.

    Bytes that are no UTF-8 become ``\xff``, control and other invisible characters ``\n``, ``\u202e``.
    """
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
