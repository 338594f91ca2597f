"""Images made by hand: only what a header needs, so that a test says what the format says."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

import pytest

Maker = Callable[..., bytes]


def png(width: int = 640, height: int = 480, chunks: bytes = b"") -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunks + chunk(b"IDAT", b"\0" * 20) + chunk(b"IEND", b"")


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def gif(width: int = 640, height: int = 480) -> bytes:
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0" * 6 + b",\0\0\0\0\x01\0\x01\0\0;"


def segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def exif(orientation: int, order: str = "<") -> bytes:
    """An APP1 segment whose second tag is the orientation."""
    tiff = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IH", 8, 2)
    tiff += struct.pack(order + "HHII", 0x010F, 2, 1, 0)
    tiff += struct.pack(order + "HHIHH", 0x0112, 3, 1, orientation, 0) + b"\0" * 4
    return segment(0xE1, b"Exif\0\0" + tiff)


def jpeg(width: int = 640, height: int = 480, *, frame: int = 0xC0, before: bytes = b"") -> bytes:
    jfif = segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0")
    tables = segment(0xC4, b"\0" * 20) + segment(0xDB, b"\0" * 65)
    sof = segment(frame, struct.pack(">BHHB", 8, height, width, 3) + b"\1\x22\0\2\x11\1\3\x11\1")
    return b"\xff\xd8" + jfif + before + tables + sof + segment(0xDA, b"\3" + b"\0" * 9) + b"\0" * 20 + b"\xff\xd9"


def webp(width: int = 640, height: int = 480, kind: str = "VP8 ") -> bytes:
    if kind == "VP8 ":
        content = b"\x10\x02\0\x9d\x01\x2a" + struct.pack("<HH", width | 0x4000, height)
    elif kind == "VP8L":
        content = b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14 | 1 << 28)
    else:
        content = b"\x10\0\0\0" + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBP" + kind.encode() + struct.pack("<I", len(content)) + content
    return b"RIFF" + struct.pack("<I", len(body)) + body


def box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + name + content


def heif(
    width: int = 640, height: int = 480, *, brand: bytes = b"avif", turns: int | None = None, before: bytes = b""
) -> bytes:
    """A still whose primary item 2 has its own ispe (and irot); item 1, a tile of 64 x 64, comes before it."""
    ispe = [box(b"ispe", struct.pack(">III", 0, *sides)) for sides in ((64, 64), (width, height))]
    irot = box(b"irot", bytes([turns])) if turns is not None else b""
    second = b"\x82\x83" if irot else b"\x82"
    ipma = box(
        b"ipma",
        struct.pack(">IIHB", 0, 2, 1, 1) + b"\x81" + struct.pack(">HB", 2, len(second)) + second,
    )
    meta = box(b"hdlr", b"\0" * 24) + box(b"pitm", struct.pack(">IH", 0, 2))
    meta += box(b"iprp", box(b"ipco", ispe[0] + ispe[1] + irot) + ipma)
    return box(b"ftyp", brand + b"\0\0\0\0mif1avif") + before + box(b"meta", b"\0\0\0\0" + meta) + box(b"mdat", b"\0")


def bmp(width: int = 640, height: int = 480, dib: int = 40) -> bytes:
    sides = struct.pack("<HH", width, height) if dib == 12 else struct.pack("<ii", width, height)
    return b"BM" + b"\0" * 12 + struct.pack("<I", dib) + sides + b"\0" * 40


def ico(*sides: tuple[int, int]) -> bytes:
    table = b"".join(
        struct.pack("<BBBBHHII", width % 256, height % 256, 0, 0, 1, 32, 40, 6 + 16 * len(sides))
        for width, height in sides
    )
    return struct.pack("<HHH", 0, 1, len(sides)) + table + b"\0" * 40


@pytest.fixture(scope="session")
def make() -> dict[str, Maker]:
    """The makers by name."""
    makers: tuple[Maker, ...] = (png, chunk, gif, segment, exif, jpeg, webp, box, heif, bmp, ico)
    return {maker.__name__: maker for maker in makers}
