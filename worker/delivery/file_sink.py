"""The file sink: a folder of Markdown files, kept current, as a Jekyll site wants it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath

from storyfold.document import Document
from storyfold.errors import StoryfoldError
from storyfold.event import Event, EventType
from storyfold.front_matter import write_document
from worker.delivery.file_writing import replace_file


class BadPathError(StoryfoldError):
    """An event names a path outside the folder. Nothing was written."""


class FileSink:
    """Writes stories below a folder.

    Args:
        folder: made when it does not exist.
        whole_document: the document of a story id from the store, for events that had to leave something
            out; None when the story is gone.
    """

    def __init__(self, folder: Path, whole_document: Callable[[str], Document | None]) -> None:
        self._folder = folder
        self._whole_document = whole_document

    def handle(self, event: Event) -> Path | None:
        """Bring the folder up to an event; doing it twice has the effect of once.

        Returns:
            The file that was written or removed, None when nothing had to be done.

        Raises:
            BadPathError: the path leads out of the folder.
            OSError: the file cannot be written; the event is then not acknowledged.
        """
        path = self._inside(event.path)
        if event.type in (EventType.MERGED, EventType.RETIRED):
            gone = path.exists()
            path.unlink(missing_ok=True)
            return path if gone else None
        document = self._whole_document(event.subject) if event.data.get("omitted") else event.document()
        if document is None:
            return None
        content = write_document(document).encode()
        if path.exists() and path.read_bytes() == content:
            return None
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, content)
        return path

    def _inside(self, path: str) -> Path:
        parts = PurePosixPath(path).parts
        if not parts or parts[0] == "/" or ".." in parts:
            raise BadPathError(f"event names {path!r}, which is not below {self._folder}")
        return self._folder.joinpath(*parts)
