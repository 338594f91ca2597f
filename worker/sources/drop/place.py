"""Where a claimed file stands in ``.processing``, and what its place says.

``.processing/a2~4f0c5d6e7f8091a2/news/x.md`` is the second attempt at ``news/x.md``. The folder in the
middle belongs to one claim alone, so the file keeps its whole name, however long.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from worker.sources.drop.names import PROCESSING

_CLAIM_FOLDER: Final = re.compile(r"a(\d{1,6})~[0-9a-f]{16}")


class ClaimPlace(NamedTuple):
    """A file below ``.processing``.

    Attributes:
        folder: parts of its folder's path, from the drop folder on.
        relative_path: where it stood before it was claimed.
        attempts: how many processes have claimed it so far; 0 for a file put there by hand.
    """

    folder: tuple[str, ...]
    relative_path: str
    attempts: int


def claim_folder_name(attempts: int, token: str) -> str:
    """Name of a new claim's own folder; ``token`` is 16 random hexadecimal characters."""
    return f"a{attempts}~{token}"


def read_place(parts: Sequence[str]) -> ClaimPlace:
    """What the path below ``.processing`` says; ``parts`` ends in the file's name."""
    match = _CLAIM_FOLDER.fullmatch(parts[0]) if len(parts) > 1 else None
    origin = parts[1:] if match else parts
    attempts = int(match[1]) if match else 0
    return ClaimPlace((PROCESSING, *parts[:-1]), "/".join(origin), attempts)


def is_claim_folder(name: str) -> bool:
    """Whether a folder right below ``.processing`` was made for a claim."""
    return _CLAIM_FOLDER.fullmatch(name) is not None
