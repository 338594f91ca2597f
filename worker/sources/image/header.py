"""The first bytes of a file, read by position; what lies beyond them is asked for."""

from __future__ import annotations

from typing import NamedTuple


class ImageSize(NamedTuple):
    """What the header of an image says.

    Attributes:
        width: in pixels as it is shown; None for an SVG that leaves its size to the page.
        height: likewise.
        media_type: by the bytes, whatever the server called it.
    """

    width: int | None
    height: int | None
    media_type: str


class MoreNeeded(NamedTuple):
    """The bytes may be an image, but its size lies further on.

    Attributes:
        size: length of the start of the file with which to ask again, in bytes.
    """

    size: int


class ShortHeaderError(Exception):
    """A position beyond the bytes that are there; ``size`` is how many are needed."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


class Header:
    """The start of a file. Every reading method raises ShortHeaderError for what is not there."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def take(self, start: int, count: int) -> bytes:
        """The bytes at a position."""
        if start + count > len(self.data):
            raise ShortHeaderError(start + count)
        return self.data[start : start + count]

    def big(self, start: int, count: int) -> int:
        """A big-endian number of so many bytes."""
        return int.from_bytes(self.take(start, count), "big")

    def little(self, start: int, count: int, *, signed: bool = False) -> int:
        """A little-endian number of so many bytes."""
        return int.from_bytes(self.take(start, count), "little", signed=signed)
