"""The size of a JPEG: its frame header, turned by its EXIF orientation."""

from __future__ import annotations

import re

from worker.sources.image.header import Header, ImageSize, ShortHeaderError

_FILL = re.compile(rb"\xff*+", re.DOTALL)
# ITU T.81 table B.1: all SOF markers, less DHT, JPG and DAC, which lie among them.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})
_END_OF_HEADERS = frozenset({0xD9, 0xDA})
_APP1 = 0xE1
_ORIENTATION = 0x0112
# A file of 512 KB made of empty segments has 131,000 of them; a profile of 16 MB has 255.
_MOST_SEGMENTS = 1000
_MOST_TAGS = 200


def read_jpeg(header: Header) -> ImageSize | None:
    """The size as shown. None when the picture's data begin without a frame header, or its height comes later."""
    at, orientation = 2, 0
    for _ in range(_MOST_SEGMENTS):
        at = _marker_at(header, at)
        marker = header.big(at, 1)
        if marker in _END_OF_HEADERS:
            return None
        if marker in _WITHOUT_LENGTH:
            at += 1
            continue
        if marker in _FRAMES:
            height, width = header.big(at + 4, 2), header.big(at + 6, 2)
            sides = (height, width) if orientation >= 5 else (width, height)
            return ImageSize(*sides, "image/jpeg")
        length = max(2, header.big(at + 1, 2))
        if marker == _APP1 and not orientation:
            orientation = _exif_orientation(header.take(at + 3, length - 2))
        at += 1 + length
    return None


def _marker_at(header: Header, at: int) -> int:
    """Position of the next marker's second byte. Decoders step over stray bytes before it; so do we."""
    start = header.data.find(b"\xff", at)
    if start < 0:
        raise ShortHeaderError(max(at, len(header.data)) + 2)
    filled = _FILL.match(header.data, start)
    return filled.end() if filled else start + 1


def _exif_orientation(segment: bytes) -> int:
    """1 to 8; 0 when the segment states none (Exif 3.0, section 4.6.5.1)."""
    if not segment.startswith(b"Exif\0\0"):
        return 0
    tiff = Header(segment[6:])
    try:
        read = {b"II*\0": tiff.little, b"MM\0*": tiff.big}.get(tiff.take(0, 4))
        if read is None:
            return 0
        table = read(4, 4)
        for number in range(min(read(table, 2), _MOST_TAGS)):
            tag = table + 2 + 12 * number
            if read(tag, 2) == _ORIENTATION:
                value = read(tag + 8, 2)
                return value if 1 <= value <= 8 else 0
    except ShortHeaderError:
        # A table that leaves its segment is broken; the picture is not.
        return 0
    return 0
