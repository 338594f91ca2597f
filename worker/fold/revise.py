"""Revise: an outcome becomes revisions, paths and events."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from storyfold.event import Event, EventType
from worker.fold.apply import Outcome
from worker.fold.changes import changes_between
from worker.fold.document import build_document
from worker.fold.event import build_event
from worker.model.story import Story


class Telling(Struct, frozen=True, kw_only=True):
    """How stories are told.

    Attributes:
        source: CloudEvents source of the collection's events.
        secured_key: seals the private part; None leaves it out.
    """

    source: str
    secured_key: bytes | None = None


class Revision(Struct, frozen=True, kw_only=True):
    """What is to be written.

    Attributes:
        writes: pairs of the revision that the store has now (0: none) and the story to write.
        events: in the order in which consumers shall see them. None of them when nothing that a consumer
            sees has changed.
    """

    writes: tuple[tuple[int, Story], ...]
    events: tuple[Event, ...]


def revise(outcome: Outcome, telling: Telling, *, now: datetime, free_path: Callable[[Story], str]) -> Revision:
    """The revisions and events of an outcome.

    Args:
        outcome: from :func:`worker.fold.apply.apply`.
        telling: how stories are told.
        now: our clock; the events' time.
        free_path: the path for a new story.
    """
    told, event = _tell(outcome, telling, now, free_path)
    expected = outcome.before.revision if outcome.before else 0
    writes = [] if told == outcome.before else [(expected, told)]
    events = [event] if event else []
    for story in outcome.absorbed:
        gone = replace(
            story,
            revision=story.revision + 1,
            merged_into=told.story_id,
            published=False,
            cools_at=None,
            updated_at=now,
        )
        document = build_document(gone, telling.secured_key)
        writes.append((story.revision, gone))
        events.append(
            build_event(
                gone,
                document,
                source=telling.source,
                kind=EventType.MERGED,
                changes=(),
                now=now,
                reason=outcome.reason,
            )
        )
    return Revision(writes=tuple(writes), events=tuple(events))


def _tell(
    outcome: Outcome, telling: Telling, now: datetime, free_path: Callable[[Story], str]
) -> tuple[Story, Event | None]:
    before, after = outcome.before, outcome.after
    document = build_document(after, telling.secured_key)
    old = build_document(before, telling.secured_key) if before else None
    changes = changes_between(old, document)
    is_retired_now = bool(after.retired) and not (before is not None and before.retired)
    if before is not None and not changes and not is_retired_now:
        return after, None
    told = replace(after, revision=after.revision + 1, updated_at=now, path=after.path or free_path(after))
    kind = EventType.RETIRED if is_retired_now else EventType.UPDATED if before else EventType.CREATED
    event = build_event(
        told, document, source=telling.source, kind=kind, changes=changes, now=now, reason=outcome.reason
    )
    return told, event
