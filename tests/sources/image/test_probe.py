"""Width and height by the header: right for each format, and harmless for every other file."""

from __future__ import annotations

import time
import tracemalloc
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.sources.image.header import ImageSize, MoreNeeded
from worker.sources.image.probe import probe

Make = dict[str, Callable[..., bytes]]
HEADER_CAP = 512 * 1024


def samples(make: Make) -> dict[str, tuple[bytes, ImageSize]]:
    """One of each kind, with what it shows."""
    orientation = {number: make["exif"](number) for number in range(1, 9)}
    apng = make["png"](chunks=make["chunk"](b"acTL", b"\0\0\0\2\0\0\0\0"))
    return {
        "png": (make["png"](), ImageSize(640, 480, "image/png")),
        "apng": (apng, ImageSize(640, 480, "image/png")),
        "gif": (make["gif"](), ImageSize(640, 480, "image/gif")),
        "jpeg": (make["jpeg"](), ImageSize(640, 480, "image/jpeg")),
        "progressive jpeg": (make["jpeg"](frame=0xC2), ImageSize(640, 480, "image/jpeg")),
        "arithmetic jpeg": (make["jpeg"](frame=0xC9), ImageSize(640, 480, "image/jpeg")),
        "jpeg with fill bytes": (make["jpeg"](before=b"\xff\xff\xff"), ImageSize(640, 480, "image/jpeg")),
        "jpeg with stray bytes": (make["jpeg"](before=b"\0\0\0"), ImageSize(640, 480, "image/jpeg")),
        **{
            f"jpeg turned {number}": (
                make["jpeg"](before=turned),
                ImageSize(*((480, 640) if number >= 5 else (640, 480)), "image/jpeg"),
            )
            for number, turned in orientation.items()
        },
        "jpeg turned, big-endian": (make["jpeg"](before=make["exif"](6, ">")), ImageSize(480, 640, "image/jpeg")),
        "jpeg turned by nonsense": (make["jpeg"](before=make["exif"](77)), ImageSize(640, 480, "image/jpeg")),
        "webp": (make["webp"](), ImageSize(640, 480, "image/webp")),
        "webp, lossless": (make["webp"](kind="VP8L"), ImageSize(640, 480, "image/webp")),
        "webp, extended": (make["webp"](kind="VP8X"), ImageSize(640, 480, "image/webp")),
        "avif": (make["heif"](), ImageSize(640, 480, "image/avif")),
        "avif turned": (make["heif"](turns=1), ImageSize(480, 640, "image/avif")),
        "avif upside down": (make["heif"](turns=2), ImageSize(640, 480, "image/avif")),
        "avif after a box": (make["heif"](before=make["box"](b"free", bytes(9))), ImageSize(640, 480, "image/avif")),
        "heic": (make["heif"](brand=b"heic", turns=3), ImageSize(480, 640, "image/heic")),
        "avif by a general brand": (make["heif"](brand=b"mif1"), ImageSize(640, 480, "image/avif")),
        "bmp": (make["bmp"](), ImageSize(640, 480, "image/bmp")),
        "bmp, rows downwards": (make["bmp"](height=-480), ImageSize(640, 480, "image/bmp")),
        "bmp of OS/2": (make["bmp"](dib=12), ImageSize(640, 480, "image/bmp")),
        "ico": (make["ico"]((16, 16), (256, 256), (48, 48)), ImageSize(256, 256, "image/x-icon")),
        "svg": (b'<svg width="640" height="480"/>', ImageSize(640, 480, "image/svg+xml")),
    }  # fmt: skip


@pytest.fixture
def each(make: Make) -> dict[str, tuple[bytes, ImageSize]]:
    return samples(make)


def test_every_format_gives_the_size_that_is_shown(each: dict[str, tuple[bytes, ImageSize]]) -> None:
    assert {name: probe(data) for name, (data, _) in each.items()} == {name: size for name, (_, size) in each.items()}


def test_every_start_of_an_image_gives_its_size_or_asks_for_more(each: dict[str, tuple[bytes, ImageSize]]) -> None:
    """And what is asked for leads to the size in the end; none is taken for something else."""
    for name, (data, size) in each.items():
        for length in range(len(data)):
            answer = probe(data[:length])
            assert answer == size or (isinstance(answer, MoreNeeded) and answer.size > length), (name, length, answer)
        asked = 0
        for _ in range(40):
            answer = probe(data[:asked])
            if not isinstance(answer, MoreNeeded):
                break
            asked = answer.size
        assert answer == size, name


SVG_SIZES = [
    ('width="640" height="480"', (640, 480)),
    ("width='640' height='480px'", (640, 480)),
    ('width=" 6.5in " height="72pt"', (624, 96)),
    ('width="2.54cm" height="25.4mm"', (96, 96)),
    ('width="6pc" height="101.6Q"', (96, 96)),
    ('width="10em" height="10ex"', (160, 80)),
    ('viewBox="0 0 640 480"', (640, 480)),
    ('viewBox="0,0,640.4,479.6"', (640, 480)),
    ('viewBox="-10 -10 640 480" width="100%" height="100%"', (640, 480)),
    ('viewBox="0 0 640 480" width="320"', (320, 240)),
    ('viewBox="0 0 640 480" height="240" width="100%"', (320, 240)),
    ('width="100%" height="100%"', (None, None)),
    ('width="&w;" height="&w;"', (None, None)),
    ('width="1e999" height="x"', (None, None)),
    ('viewBox="0 0 0 480"', (None, None)),
    ('data-width="1" xlink:height="1" style=\' width="9" \' viewBox="0 0 640 480"', (640, 480)),
    ("", (None, None)),
]


@pytest.mark.parametrize(("attributes", "sides"), SVG_SIZES)
def test_an_svg_is_as_large_as_its_root_says(attributes: str, sides: tuple[int | None, int | None]) -> None:
    assert probe(f"<svg {attributes}><rect width='7'/></svg>".encode()) == ImageSize(*sides, "image/svg+xml")


PROLOGS = [
    '<?xml version="1.0"?>',
    "\n<!-- width='1' <svg width='1'> -->\n",
    '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">',
    '<!DOCTYPE svg [<!ENTITY a "b"> <!ENTITY c SYSTEM "file:///etc/passwd">]>',
]


@pytest.mark.parametrize("prolog", [*PROLOGS, "".join(PROLOGS)])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_what_may_stand_before_the_root_of_an_svg_is_stepped_over(prolog: str, encoding: str) -> None:
    data = f'{prolog}<s:svg xmlns:s="http://www.w3.org/2000/svg" width="5" height="6">'.encode(encoding)
    assert probe(data) == ImageSize(5, 6, "image/svg+xml")


@pytest.mark.parametrize(
    "data",
    [
        b"<!DOCTYPE html><html><svg width='640' height='480'></svg>",
        b"<html><head><title>403</title>",
        b"not found",
        b'{"error": 404}',
        b"%PDF-1.7",
        b"\0\0\0\x20ftypisom\0\0\0\0isomiso2avc1mp41" + bytes(100),
        b"\0\0\x01\0\xff\xff" + bytes(100),
        b"RIFF\0\0\0\0WAVEfmt " + bytes(100),
        b"BM" + bytes(100),
        b"\x89PNG\r\n\x1a\n\0\0\0\x0dJHDR" + bytes(100),
        b"\xff\xd8\xff\xda\0\x04\0\0" + bytes(100),
        b"\xff\xd8\xff\xd9" + bytes(100),
        b"<svgwidth='1'>",
        b"<svg width=1 height=1>",
        b"<svg <b>",
        b"GIF88a" + bytes(100),
    ],
)
def test_what_is_no_image_is_none(data: bytes) -> None:
    assert probe(data) is None


def test_an_image_without_extent_is_none(make: Make) -> None:
    empty = [
        make["png"](0, 480),
        make["gif"](640, 0),
        make["jpeg"](640, 0),
        make["bmp"](0, 5),
        b'<svg width="0" height="1"/>',
    ]
    assert [probe(data) for data in empty] == [None] * 5


def test_the_format_is_told_by_the_first_bytes_of_a_file_that_is_two(make: Make) -> None:
    page = b"<script>alert(1)</script><svg width='1' height='1'>"
    assert probe(make["gif"]() + page) == ImageSize(640, 480, "image/gif")
    assert probe(page + make["gif"]()) is None
    assert probe(make["jpeg"](before=make["segment"](0xFE, make["png"](9, 9)))) == ImageSize(640, 480, "image/jpeg")


def test_a_frame_header_behind_300_kilobytes_is_asked_for_where_it_stands(make: Make) -> None:
    data = make["jpeg"](before=make["exif"](6) + make["segment"](0xE2, bytes(65000)) * 5)
    first = probe(data[:65536])
    assert isinstance(first, MoreNeeded)
    assert 65536 < first.size <= HEADER_CAP
    assert probe(data[:HEADER_CAP]) == ImageSize(480, 640, "image/jpeg")


def test_only_the_primary_picture_of_a_heif_counts(make: Make) -> None:
    damaged = make["heif"]().replace(b"ispe", b"xspe")
    assert probe(damaged) is None
    assert probe(make["heif"]().replace(b"pitm", b"xitm")) is None


def hostile(make: Make) -> dict[str, bytes]:
    bomb = zlib.compress(bytes(50_000_000), 9)
    filler = HEADER_CAP
    box, ftyp = make["box"], b"\0\0\0\x10ftypavif\0\0\0\0"
    associations = b"\0\0\0\0\0\0\x75\x30" + b"\0\1\0" * 30_000
    root = b'<svg xmlns="x" width="1" height="1">'
    return {
        "100,000 x 100,000 png": make["png"](100_000, 100_000),
        "bomb in iCCP": make["png"](chunks=make["chunk"](b"iCCP", b"x\0\0" + bomb)),
        "bomb in zTXt": make["png"](chunks=make["chunk"](b"zTXt", b"x\0\0" + bomb) * 3),
        "jpeg of empty segments": b"\xff\xd8" + b"\xff\xe0\0\2" * (filler // 4),
        "jpeg of segments without length": b"\xff\xd8" + b"\xff\xd0" * (filler // 2),
        "jpeg of fill bytes": b"\xff\xd8" + b"\xff" * filler,
        "jpeg of stray bytes": b"\xff\xd8\xff\xe0\0\2" + b"\0" * filler,
        "jpeg of EXIF tables": b"\xff\xd8" + make["exif"](0) * 5000,
        "heif of boxes": make["heif"](before=make["box"](b"free", b"") * 60_000),
        "heif with a meta of boxes": ftyp + box(b"meta", bytes(4) + b"\0\0\0\x08free" * 16_000),
        "heif with a meta of associations": ftyp + box(b"meta", bytes(4) + box(b"iprp", box(b"ipma", associations))),
        "heif with many tables": ftyp + box(b"meta", bytes(4) + box(b"iprp", box(b"ipma", bytes(8)) * 7000)),
        "svg of comments": b"<!---->" * 9000 + root,
        "svg of an endless comment": b"<!--" + b"-" * filler,
        "svg of processing instructions": b"<?" * (filler // 2),
        "svg of white space": b" " * filler,
        "svg of one name": b"<svg " + b"a" * filler,
        "svg of names": b"<svg " + b"a " * (filler // 2),
        "svg of attributes": b"<svg " + b"a='' " * (filler // 5),
        "svg of brackets": b"<!DOCTYPE svg [" + b"]" * filler,
        "svg of entities": b"<!DOCTYPE svg [" + b"<!ENTITY b '&a;&a;&a;&a;'>" * 2000 + b"]>" + root,
        "svg of digits": b"<svg width='" + b"9" * 60_000 + b"' height='1'>",
        "svg of prefixes": b"<" + b"a:" * (filler // 2),
        "ico of many images": b"\0\0\x01\0\xff\xff" + b"\xff" * filler,
    }  # fmt: skip


def test_hostile_files_cost_neither_time_nor_memory(make: Make) -> None:
    """50 ms and 10 MB each, whatever the header promises."""
    for name, data in hostile(make).items():
        tracemalloc.start()
        try:
            probe(data[:HEADER_CAP])
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 10_000_000, name
        best = min(_seconds(data[:HEADER_CAP]) for _ in range(3))
        assert best < 0.05, (name, best)


def _seconds(data: bytes) -> float:
    started = time.perf_counter()
    probe(data)
    return time.perf_counter() - started


def test_a_promised_size_is_told_and_not_believed_here(make: Make) -> None:
    assert probe(make["png"](100_000, 100_000)) == ImageSize(100_000, 100_000, "image/png")


@given(
    st.sampled_from(range(31)),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=6),
    st.integers(0, 400),
)
@settings(max_examples=400)
def test_no_damage_makes_it_raise(make: Make, number: int, damage: list[tuple[int, int]], length: int) -> None:
    everything = [data for data, _ in samples(make).values()]
    data = bytearray(everything[number % len(everything)])
    for at, value in damage:
        data[at % len(data)] = value
    answer = probe(bytes(data[:length]))
    assert answer is None or isinstance(answer, ImageSize | MoreNeeded)
    assert not isinstance(answer, MoreNeeded) or answer.size > min(length, len(data))


@given(
    st.sampled_from(
        [b"", b"\xff\xd8\xff", b"<svg ", b"<!DOCTYPE", b"\0\0\0\x18ftypavif", b"RIFF", b"BM", b"\0\0\x01\0"]
    ),
    st.binary(max_size=400),
)
@settings(max_examples=300)
def test_no_bytes_make_it_raise(start: bytes, rest: bytes) -> None:
    answer = probe(start + rest)
    assert answer is None or isinstance(answer, ImageSize | MoreNeeded)
