"""``/img/HASH``: a cached image, by the SHA-256 of its bytes.

| question | answer |
| --- | --- |
| its type | by its first bytes; nobody remembers what its origin called it |
| an SVG | 404: it may hold scripts. The cache takes none, and one that somebody puts there is not served |
| anything else than an image | 404 |
| how long it may be kept | a year, for it never changes: other bytes have another hash |
| a request with the hash as its ETag | 304 |
| a request for a part | all of it (RFC 9110 section 14.2 allows that); the cache holds no image above 5 MB |
| a page of another site | may not embed it; one of the same site may, on whatever port |
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, BinaryIO

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.responses import Response

from worker.sources.image.header import MoreNeeded
from worker.sources.image.probe import probe

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from worker.store.image_files import ImageFiles

FIRST_BYTES = 64 * 1024
CHUNK_BYTES = 64 * 1024
SERVED_TYPES = frozenset(f"image/{name}" for name in ("png", "gif", "jpeg", "webp", "avif", "heic", "bmp", "x-icon"))
HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Disposition": "inline",
    "Cross-Origin-Resource-Policy": "same-site",
}


def image_page(files: ImageFiles) -> Callable[[Request], Response]:
    """The page of a cache."""

    def serve(request: Request) -> Response:
        digest = request.path_params["digest"]
        headers = HEADERS | {"ETag": f'"{digest}"'}
        with ExitStack() as until_taken_over:
            path = files.find(digest)
            if path is None:
                raise HTTPException(HTTPStatus.NOT_FOUND)
            try:
                file = until_taken_over.enter_context(path.open("rb"))
            except OSError:  # removed at this moment
                raise HTTPException(HTTPStatus.NOT_FOUND) from None
            media_type = read_media_type(file)
            if media_type not in SERVED_TYPES:
                raise HTTPException(HTTPStatus.NOT_FOUND)
            if has_etag(request.headers.getlist("if-none-match"), digest):
                return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
            headers |= {"Content-Type": media_type, "Content-Length": str(os.fstat(file.fileno()).st_size)}
            if request.method == "HEAD":
                return Response(headers=headers)
            until_taken_over.pop_all()
            return FileAnswer(file, headers)

    return serve


class FileAnswer(Response):
    """The bytes of an open file, which it closes. It may be removed meanwhile."""

    def __init__(self, file: BinaryIO, headers: dict[str, str]) -> None:
        super().__init__(headers=headers)
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        del scope, receive
        with self._file as file:
            file.seek(0)
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            while chunk := await to_thread.run_sync(partial(file.read, CHUNK_BYTES)):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b""})


def read_media_type(file: BinaryIO) -> str:
    """What the bytes are, "" for no image of a known format; as much of them is read as that takes."""
    data = file.read(FIRST_BYTES)
    size = probe(data)
    if isinstance(size, MoreNeeded):
        size = probe(data + file.read())
    return "" if size is None or isinstance(size, MoreNeeded) else size.media_type


def has_etag(headers: list[str], digest: str) -> bool:
    """Whether If-None-Match names the image: its tag among others, weak or not, or any (RFC 9110 section 13.1.2)."""
    tags = [tag.strip().removeprefix("W/") for header in headers for tag in header.split(",")]
    return f'"{digest}"' in tags or tags == ["*"]
