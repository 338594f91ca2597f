"""Width and height of an image by its header; no pixel is decoded, and no chunk is unpacked.

| format | where the size stands |
| --- | --- |
| PNG, APNG | ``IHDR`` (PNG third edition, section 11.2.1) |
| GIF | logical screen (GIF89a, section 18) |
| JPEG | the frame header, SOF (ITU T.81, section B.2.2); EXIF orientation 5 to 8 exchanges the sides |
| WebP | ``VP8``, ``VP8L``, or the canvas of ``VP8X`` (RFC 9649) |
| AVIF, HEIC | ``ispe`` of the primary item, its sides exchanged by ``irot`` (ISO/IEC 23008-12) |
| BMP | the DIB header; a negative height only turns the rows |
| ICO | the largest of its images |
| SVG | width and height in absolute units, else the viewBox (SVG 2, section 7.2) |

The format is told by the first bytes alone, so that a page that calls itself ``image/png`` is none, and a file that
is two things at once is what a browser takes it for. EXIF in PNG and WebP stands behind the picture and is not looked
for; browsers disagree about it.
"""

from __future__ import annotations

from collections.abc import Callable

from worker.sources.image.header import Header, ImageSize, MoreNeeded, ShortHeaderError
from worker.sources.image.heif import is_heif, read_heif
from worker.sources.image.jpeg import read_jpeg
from worker.sources.image.svg import read_svg

# Enough bytes to tell every format but SVG.
_MAGIC_BYTES = 32
_DIB_HEADERS = frozenset({12, 16, 40, 52, 56, 64, 108, 124})


def probe(data: bytes) -> ImageSize | MoreNeeded | None:
    """The size of the image that a file begins.

    Args:
        data: the start of a file, or all of it; any length.

    Returns:
        None when it is no image of a known format, or one without any extent. Never raises.
    """
    if not data:
        return MoreNeeded(_MAGIC_BYTES)
    reader = _reader(data)
    if reader is None:
        return None
    try:
        size = reader(Header(data))
    except ShortHeaderError as beyond:
        return MoreNeeded(beyond.size)
    return None if size is None or 0 in (size.width, size.height) else size


def _reader(data: bytes) -> Callable[[Header], ImageSize | None] | None:
    for magic, reader in _READERS:
        # A prefix of the magic is no contradiction yet: the reader will ask for more.
        if data.startswith(magic) or magic.startswith(data):
            return reader
    if is_heif(data):
        return read_heif
    return read_svg


def _read_png(header: Header) -> ImageSize | None:
    # Its length belongs to the chunk's name: IHDR has 13 bytes and comes first.
    if header.take(8, 8) != b"\0\0\0\x0dIHDR":
        return None
    return ImageSize(header.big(16, 4), header.big(20, 4), "image/png")


def _read_gif(header: Header) -> ImageSize | None:
    if header.take(0, 6) not in (b"GIF87a", b"GIF89a"):
        return None
    return ImageSize(header.little(6, 2), header.little(8, 2), "image/gif")


def _read_webp(header: Header) -> ImageSize | None:
    if header.take(8, 4) != b"WEBP":
        return None
    match header.take(12, 4):
        case b"VP8 " if header.take(23, 3) == b"\x9d\x01\x2a":
            # The upper two bits are a scale for the viewer (RFC 6386 section 9.1).
            sides = header.little(26, 2) & 0x3FFF, header.little(28, 2) & 0x3FFF
        case b"VP8L" if header.take(20, 1) == b"\x2f":
            bits = header.little(21, 4)
            sides = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8X":
            sides = header.little(24, 3) + 1, header.little(27, 3) + 1
        case _:
            return None
    return ImageSize(*sides, "image/webp")


def _read_bmp(header: Header) -> ImageSize | None:
    kind = header.little(14, 4)
    if kind not in _DIB_HEADERS:
        return None
    if kind == 12:
        return ImageSize(header.little(18, 2), header.little(20, 2), "image/bmp")
    width, height = header.little(18, 4, signed=True), header.little(22, 4, signed=True)
    return ImageSize(width, abs(height), "image/bmp") if width > 0 else None


def _read_ico(header: Header) -> ImageSize | None:
    count = header.little(4, 2)
    table_end = 6 + 16 * count
    # Four bytes are little to tell a format by: the images must lie behind the table.
    if not 0 < count <= 256 or header.little(18, 4) < table_end:
        return None
    header.take(6, table_end - 6)
    # 0 stands for 256.
    sides = [(header.data[at] or 256, header.data[at + 1] or 256) for at in range(6, table_end, 16)]
    return ImageSize(*max(sides, key=lambda side: side[0] * side[1]), "image/x-icon")


_READERS: tuple[tuple[bytes, Callable[[Header], ImageSize | None]], ...] = (
    (b"\xff\xd8\xff", read_jpeg),
    (b"\x89PNG\r\n\x1a\n", _read_png),
    (b"GIF8", _read_gif),
    (b"RIFF", _read_webp),
    (b"BM", _read_bmp),
    (b"\0\0\x01\0", _read_ico),
)
