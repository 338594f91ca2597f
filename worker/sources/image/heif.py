"""The size of AVIF and HEIC: boxes of ISO/IEC 14496-12, properties of ISO/IEC 23008-12."""

from __future__ import annotations

from collections.abc import Iterator

from worker.sources.image.header import Header, ImageSize

_BRANDS = {
    **dict.fromkeys((b"avif", b"avis"), "image/avif"),
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"), "image/heic"),
}
# These name the container only; which pictures are in it is told by the brands that follow.
_GENERAL_BRANDS = frozenset({b"mif1", b"msf1", b"mif2"})
_MOST_BOXES = 64
_MOST_BRANDS_BYTES = 256
_MOST_META_BYTES = 128 * 1024
_MOST_PROPERTIES = 2000

Box = tuple[bytes, int, int]


def is_heif(data: bytes) -> bool:
    """Whether the first box is a file type box; of a shorter start, whether it still may be."""
    return b"ftyp".startswith(data[4:8]) and data[:1] == b"\0"


def read_heif(header: Header) -> ImageSize | None:
    """The size of the primary item, turned by its rotation. None for other files of these boxes, such as MP4."""
    media_type = _media_type(header)
    if media_type is None:
        return None
    at = header.big(0, 4)
    for _ in range(_MOST_BOXES):
        length = header.big(at, 4)
        if header.take(at + 4, 4) == b"meta":
            return _primary_size(header, at, length, media_type)
        if length == 1:
            length = header.big(at + 8, 8)
        if length < 8:
            return None
        at += length
    return None


def _media_type(header: Header) -> str | None:
    length = header.big(0, 4)
    if not 16 <= length <= _MOST_BRANDS_BYTES or header.take(4, 4) != b"ftyp":
        return None
    major = header.take(8, 4)
    if major not in _GENERAL_BRANDS:
        return _BRANDS.get(major)
    others = header.take(16, length - 16)
    known = (_BRANDS.get(others[at : at + 4]) for at in range(0, len(others), 4))
    return next((media_type for media_type in known if media_type), None)


def _primary_size(header: Header, at: int, length: int, media_type: str) -> ImageSize | None:
    if not 12 <= length <= _MOST_META_BYTES:
        return None
    header.take(at, length)
    properties: list[Box] = []
    associated: list[int] = []
    primary = 0
    meta = list(_boxes(header, at + 12, at + length))
    for name, start, end in meta:
        if name == b"pitm" and end - start >= 6:
            primary = header.big(start + 4, 2 if header.data[start] == 0 else 4)
    for name, start, end in meta:
        if name == b"iprp":
            for inner, inner_start, inner_end in _boxes(header, start, end):
                if inner == b"ipco":
                    properties = list(_boxes(header, inner_start, inner_end))
                elif inner == b"ipma":
                    associated += _associated(Header(header.data[:inner_end]), inner_start, primary)
    return _size([properties[index - 1] for index in associated if 0 < index <= len(properties)], header, media_type)


def _size(properties: list[Box], header: Header, media_type: str) -> ImageSize | None:
    sides: tuple[int, int] | None = None
    turned = False
    for name, start, end in properties:
        if name == b"ispe" and end - start >= 12:
            sides = header.big(start + 4, 4), header.big(start + 8, 4)
        elif name == b"irot" and end > start:
            turned = bool(header.data[start] & 1)
    if sides is None:
        return None
    return ImageSize(*(sides[::-1] if turned else sides), media_type)


def _boxes(header: Header, at: int, end: int) -> Iterator[Box]:
    """Name, first and last position of the content of each box; a damaged one ends the list."""
    for _ in range(_MOST_PROPERTIES):
        if at + 8 > end:
            return
        length = header.big(at, 4)
        if length < 8 or at + length > end:
            return
        yield header.take(at + 4, 4), at + 8, at + length
        at += length


def _associated(ipma: Header, start: int, item: int) -> list[int]:
    """Numbers of the properties of an item, from 1. Its table may be damaged, and then holds none.

    Raises:
        ShortHeaderError: never beyond the box: what is cut off is left out.
    """
    version, wide = ipma.big(start, 1), ipma.big(start + 3, 1) & 1
    id_bytes, index_bytes = (2 if version == 0 else 4), (2 if wide else 1)
    at = start + 8
    while at + id_bytes + 1 <= len(ipma.data):
        found = ipma.big(at, id_bytes)
        count = ipma.big(at + id_bytes, 1)
        at += id_bytes + 1
        if found == item and at + count * index_bytes <= len(ipma.data):
            # The highest bit says that the property is essential.
            mask = 0x7FFF if wide else 0x7F
            return [ipma.big(at + n * index_bytes, index_bytes) & mask for n in range(count)]
        at += count * index_bytes
    return []
