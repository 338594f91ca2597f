"""Content codings: right for every split of the bytes, never more than the limit."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storyfold.errors import FetchError
from worker.sources.fetch.decoding import BodyDecoder

BODY = b"<rss>" + bytes(range(256)) * 20 + b"</rss>"


def decode(coding: str, data: bytes, *, step: int = 65536, limit: int = 1_000_000) -> bytes:
    decoder = BodyDecoder(coding, limit)
    for start in range(0, len(data), step):
        decoder.feed(data[start : start + step])
    return decoder.finish()


def raw_deflate(data: bytes) -> bytes:
    return zlib.compress(data)[2:-4]


@given(st.binary(max_size=300), st.binary(max_size=300), st.integers(1, 40))
@settings(max_examples=100)
def test_the_way_the_bytes_arrive_does_not_matter(first: bytes, second: bytes, step: int) -> None:
    assert decode("gzip", gzip.compress(first) + gzip.compress(second), step=step) == first + second
    assert decode("deflate", zlib.compress(first), step=step) == first
    assert decode("deflate", raw_deflate(b"<" + first), step=step) == b"<" + first
    assert decode("", first, step=step) == first


@pytest.mark.parametrize("padding", [b"\0" * 8, b"\x1f", b"\r\n"])
def test_padding_after_the_compressed_data_is_ignored(padding: bytes) -> None:
    assert decode("gzip", gzip.compress(BODY) + padding) == BODY


@pytest.mark.parametrize(("coding", "packed"), [("gzip", gzip.compress(BODY)), ("deflate", zlib.compress(BODY))])
@pytest.mark.parametrize("cut", [1, 5, 12, -1])
def test_compressed_data_that_ends_early_is_truncated(coding: str, packed: bytes, cut: int) -> None:
    with pytest.raises(FetchError, match=r"^truncated: "):
        decode(coding, packed[:cut])


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_body_that_is_not_in_its_declared_coding_is_a_bad_encoding(coding: str) -> None:
    with pytest.raises(FetchError, match=r"^bad-encoding: "):
        decode(coding, b"<rss></rss>")


def test_an_empty_body_has_no_coding_to_break() -> None:
    assert decode("gzip", b"") == b""


@pytest.mark.parametrize("coding", ["", "gzip", "deflate"])
def test_the_limit_is_exact(coding: str) -> None:
    packers: dict[str, Callable[[bytes], bytes]] = {
        "": bytes,
        "gzip": gzip.compress,
        "deflate": zlib.compress,
    }
    pack = packers[coding]
    assert len(decode(coding, pack(b"a" * 5000), limit=5000)) == 5000
    with pytest.raises(FetchError, match=r"^too-large: "):
        decode(coding, pack(b"a" * 5001), limit=5000)


def test_a_bomb_is_stopped_before_it_takes_memory() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    zeros = bytes(1 << 20)
    bomb = b"".join(packer.compress(zeros) for _ in range(100)) + packer.flush()
    tracemalloc.start()
    try:
        with pytest.raises(FetchError, match=r"^too-large: "):
            decode("gzip", bomb, step=1 << 20, limit=5 << 20)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 15 << 20


def test_an_endless_header_that_decodes_to_nothing_is_too_large() -> None:
    endless_name = b"\x1f\x8b\x08\x08" + b"\0" * 6 + b"n" * 20_000
    with pytest.raises(FetchError, match=r"^too-large: "):
        decode("gzip", endless_name, step=1000, limit=10_000)


def test_endless_empty_members_are_refused() -> None:
    with pytest.raises(FetchError, match=r"^bad-encoding: "):
        decode("gzip", gzip.compress(b"") * 2000)


@given(st.binary(min_size=1, max_size=300), st.integers(1, 40), st.integers(1, 400))
@settings(max_examples=100)
def test_the_start_alone_is_the_start_of_the_whole(body: bytes, step: int, limit: int) -> None:
    """Whatever the coding: bytes beyond the limit are left off, and ending early is no failure."""
    for coding, packed in (("", body), ("gzip", gzip.compress(body)), ("deflate", zlib.compress(body))):
        decoder = BodyDecoder(coding, limit, cut=True)
        for start in range(0, len(packed), step):
            decoder.feed(packed[start : start + step])
        data = decoder.finish()
        assert body.startswith(data)
        assert len(data) <= limit
        assert data == body or decoder.is_cut
