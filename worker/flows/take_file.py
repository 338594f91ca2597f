"""Take a file: claim it, put what it holds into the lane, and move it to its end."""

from __future__ import annotations

from collections.abc import Iterator

import structlog

from storyfold.errors import DocumentError, FetchError, RetryableError, SourceError, StoreUnavailableError
from worker.flows.engine import Engine
from worker.flows.file_content import read_file
from worker.flows.ingest import Ingested, ingest_content
from worker.sources.drop.claim import claim, orphans
from worker.sources.drop.claimed_file import ClaimedFile
from worker.sources.drop.errors import DropFolderError, DropRefusedError
from worker.sources.drop.names import printable

log = structlog.get_logger()


def take_file(engine: Engine, relative_path: str) -> Ingested | None:
    """Take one file of the drop folder.

    Returns:
        What became of it; None when somebody else has it, it is gone, or it cannot be taken.

    Raises:
        StoreUnavailableError: Redis is away. The file is back where it was dropped.
        DropFolderError: the file system refused a step after the claim; the file is still claimed.
    """
    try:
        claimed = claim(engine.settings.drop_dir, relative_path)
    except DropRefusedError as error:
        log.warning("file refused", file=printable(relative_path), error=error.failure, detail=error.detail)
        return None
    except DropFolderError as error:
        # Not raised: the message would be tried again with this file first, and those behind it never taken.
        # The next scan brings the file again.
        log.warning("file cannot be taken", file=printable(relative_path), detail=str(error))
        return None
    if claimed is None:
        return None
    with claimed:
        return _work(engine, claimed)


def take_orphans(engine: Engine) -> Iterator[Ingested]:
    """Take up again the files whose worker died."""
    for claimed in orphans(engine.settings.drop_dir, now=engine.clock()):
        with claimed:
            log.info("orphaned file taken up", file=printable(claimed.relative_path), attempts=claimed.attempts)
            ingested = _work(engine, claimed)
        if ingested is not None:
            yield ingested


def _work(engine: Engine, claimed: ClaimedFile) -> Ingested | None:
    collection = claimed.collection or engine.settings.collection
    try:
        to_item = engine.to_item(collection, by_rules=False)
        content = read_file(claimed.read(), claimed.name, collection=collection, to_item=to_item)
        ingested = ingest_content(engine, content, collection, printable(claimed.relative_path))
    except StoreUnavailableError:
        claimed.release()
        raise
    except RetryableError:
        raise
    except (SourceError, FetchError) as error:
        _fail(engine, claimed, error.failure, error.detail)
        return None
    except DocumentError as error:
        _fail(engine, claimed, "invalid-document", str(error))
        return None
    except Exception as error:  # the boundary of one file: its fault is named beside it, others go on
        log.exception("file given up", file=printable(claimed.relative_path))
        _fail(engine, claimed, "internal", f"{type(error).__name__}: {error}")
        return None
    claimed.done()
    log.info(
        "file taken",
        file=printable(claimed.relative_path),
        items=ingested.items,
        feeds=ingested.feeds,
        rejected=len(ingested.rejected),
        blocked=ingested.blocked,
    )
    return ingested


def _fail(engine: Engine, claimed: ClaimedFile, failure: str, detail: str) -> None:
    claimed.fail(failure, detail, now=engine.clock())
    counts = engine.counts(claimed.collection or engine.settings.collection)
    counts.add(files_failed=1)
    counts.flush()
    log.warning("file failed", file=printable(claimed.relative_path), failure=failure, detail=detail)
