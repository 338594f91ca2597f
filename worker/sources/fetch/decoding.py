"""Bounded decoding of HTTP content codings (RFC 9110 section 8.4).

Libraries decode a chunk first and count afterwards: 306 KB of gzip became 33 MB in the first chunk of a
client that meant to stop at 10 MB (tried). Here the decoder is never allowed to produce more than the
limit, and codings cannot be stacked (258 bytes of triple gzip took 960 MB).
"""

from __future__ import annotations

import zlib
from io import BytesIO

from storyfold.errors import FetchError

ACCEPT_ENCODING = "gzip, deflate"

_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_GZIP_MAGIC = b"\x1f\x8b"
# Members of 20 bytes that hold nothing cost time without ever reaching a limit of bytes.
_MOST_MEMBERS = 1000
_CODING_OVERHEAD_BYTES = 4096


class BodyDecoder:
    """Collects a body, decoding as it comes.

    Args:
        content_encoding: the field's value, all lines joined by commas; "" for none.
        max_bytes: limit for the decoded bytes and for the bytes on the wire.
        cut: only the start is wanted: what lies beyond the limit is left off and no failure.

    Attributes:
        is_cut: bytes beyond the limit came; more of them change nothing.

    Raises:
        FetchError: ``bad-encoding`` for stacked codings and for one that was not advertised.
    """

    def __init__(self, content_encoding: str, max_bytes: int, *, cut: bool = False) -> None:
        codings = [coding.strip().lower() for coding in content_encoding.split(",")]
        codings = [coding for coding in codings if coding not in {"", "identity"}]
        if len(codings) > 1:
            raise FetchError("bad-encoding", "the answer stacks several content codings")
        self._coding = codings[0].removeprefix("x-") if codings else ""
        if self._coding not in {"", "gzip", "deflate"}:
            raise FetchError("bad-encoding", "the answer has a content coding that was not asked for")
        self._max_bytes = max_bytes
        # The start of a compressed body may be longer than what it decodes to, by its header and tables.
        self._max_wire_bytes = max_bytes + (_CODING_OVERHEAD_BYTES if cut and self._coding else 0)
        self._cut = cut
        self.is_cut = False
        self._wire_bytes = 0
        self._decoded_bytes = 0
        self._decoded = BytesIO()  # pieces in a list and the whole of them would be the body twice
        self._head = b""
        self._inflater: zlib._Decompress | None = None
        self._members = 0

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes from the wire.

        Raises:
            FetchError: ``too-large`` at the first byte over the limit, ``bad-encoding`` for bytes that
                the declared coding cannot have made.
        """
        if self.is_cut:
            return
        # Also counted on the wire: an endless gzip header decodes to nothing for ever.
        chunk = self._within(chunk, self._max_wire_bytes - self._wire_bytes)
        self._wire_bytes += len(chunk)
        if self._coding == "":
            self._keep(chunk)
            return
        try:
            self._inflate(chunk)
        except zlib.error as error:
            raise FetchError("bad-encoding", f"the body is not valid {self._coding}") from error

    def finish(self) -> bytes:
        """The decoded body.

        Raises:
            FetchError: ``truncated`` when the compressed data ended early, unless only the start was wanted.
        """
        if not self._cut and not self._is_whole():
            raise FetchError("truncated", f"the {self._coding} data of the body ended early")
        return self._decoded.getvalue()

    @property
    def is_coded(self) -> bool:
        """Whether lengths on the wire differ from those of the body."""
        return self._coding != ""

    def _is_whole(self) -> bool:
        return self._inflater.eof if self._inflater else not self._head

    def _is_full(self) -> bool:
        return self.is_cut and self._decoded_bytes == self._max_bytes

    def _within(self, data: bytes, room: int) -> bytes:
        """The part of the data that there is room for.

        Raises:
            FetchError: ``too-large`` when that is not all of it and all was wanted.
        """
        if len(data) <= room:
            return data
        if not self._cut:
            raise too_large(self._max_bytes)
        self.is_cut = True
        return data[:room]

    def _keep(self, data: bytes) -> None:
        data = self._within(data, self._max_bytes - self._decoded_bytes)
        self._decoded_bytes += len(data)
        self._decoded.write(data)

    def _inflate(self, chunk: bytes) -> None:
        data = self._head + chunk
        self._head = b""
        while data and not self._is_full():
            if self._inflater is None:
                if len(data) < 2:
                    self._head = data
                    return
                self._inflater = zlib.decompressobj(self._window(data))
            elif self._inflater.eof:
                # RFC 1952 section 2.2: members may follow one another; padding after the last is ignored.
                if self._coding != "gzip" or not data.startswith(_GZIP_MAGIC):
                    self._head = data if data == _GZIP_MAGIC[:1] else b""
                    return
                self._members += 1
                if self._members > _MOST_MEMBERS:
                    raise FetchError("bad-encoding", "the gzip data of the body has too many members")
                self._inflater = zlib.decompressobj(_GZIP_WINDOW)
            room = self._max_bytes - self._decoded_bytes + 1
            self._keep(self._inflater.decompress(data, room))
            data = self._inflater.unused_data if self._inflater.eof else self._inflater.unconsumed_tail

    def _window(self, data: bytes) -> int:
        if self._coding == "gzip":
            return _GZIP_WINDOW
        # "deflate" means the zlib format (RFC 9110 section 8.4.1.2), but many servers send it raw.
        is_zlib = data[0] & 0x0F == 8 and (data[0] << 8 | data[1]) % 31 == 0
        return zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS


def too_large(max_bytes: int) -> FetchError:
    """The failure for a body over the limit."""
    return FetchError("too-large", f"the body is larger than {max_bytes} bytes")
