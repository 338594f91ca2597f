"""The stories of a collection: what is known of them, and the commit that changes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog

from storyfold.errors import StoryConflictError
from storyfold.event import Event
from worker.model.override import NO_OVERRIDES, Overrides
from worker.model.story import Story
from worker.store.client import Client, script, store_errors, translate
from worker.store.keys import Keys
from worker.store.overrides import OverrideStore, override_fields

_story_encoder = msgspec.json.Encoder()
_story_decoder = msgspec.json.Decoder(Story)
_PAGE = 500

log = structlog.get_logger()


class PageTurn(msgspec.Struct, frozen=True, kw_only=True):
    """The page of an item, to be asked for when it is its host's turn.

    Attributes:
        item_id: the item.
        host: of the page.
        earliest_at: not before.
        gap: of two pages of one host.
    """

    item_id: str
    host: str
    earliest_at: datetime
    gap: timedelta


class Commit(msgspec.Struct, frozen=True, kw_only=True):
    """One item's outcome, to be written at once.

    Attributes:
        entry_id: the backlog entry that it answers, "" for none.
        stories: pairs of the revision that the store must have now (0: none) and the story to write.
        claims: claim -> item id.
        items: item id -> story id.
        events: in the order in which consumers shall see them.
        pages: turns to be given out for the pages of new items.
        overrides: those that change; an empty one is taken away.
    """

    entry_id: str
    stories: tuple[tuple[int, Story], ...]
    claims: dict[str, str]
    items: dict[str, str]
    events: tuple[Event, ...] = ()
    pages: tuple[PageTurn, ...] = ()
    overrides: Overrides = NO_OVERRIDES


class StoryStore:
    """Stories of one collection in Redis."""

    def __init__(self, client: Client, collection: str) -> None:
        self._client = client
        self.keys = Keys(collection)
        self.overrides = OverrideStore(client, collection)
        self._commit = script(client, "commit")

    def item_ids(self, claims: Sequence[str]) -> dict[str, str]:
        """Claim -> item id, for those of the claims that somebody has."""
        return self._lookup(self.keys.claims, claims)

    def story_ids(self, item_ids: Sequence[str]) -> dict[str, str]:
        """Item id -> story id, for those of the items that are known."""
        return self._lookup(self.keys.items, item_ids)

    def holders(self, paths: Sequence[str]) -> dict[str, str]:
        """Path -> story id, for those of the paths that are taken."""
        return self._lookup(self.keys.paths, paths)

    def _lookup(self, key: str, fields: Sequence[str]) -> dict[str, str]:
        if not fields:
            return {}
        with store_errors():
            values = self._client.hmget(key, list(fields))
        return {field: value for field, value in zip(fields, values, strict=True) if value is not None}

    def load(self, story_ids: Iterable[str]) -> dict[str, Story]:
        """Story id -> story, for those that exist; one that was merged away or retired is among them.

        Raises:
            StoryConflictError: the record of one of them is damaged.
        """
        ids = list(dict.fromkeys(story_ids))
        if not ids:
            return {}
        with store_errors(), self._client.pipeline(transaction=False) as pipe:
            for story_id in ids:
                pipe.hget(self.keys.story(story_id), "body")
            bodies = pipe.execute(raise_on_error=False)
        return {story_id: self._read(story_id, body) for story_id, body in zip(ids, bodies, strict=True) if body}

    def load_sound(self, story_ids: Iterable[str]) -> list[Story]:
        """The stories that exist and whose records are sound; each damaged one is logged."""
        ids = list(story_ids)
        try:
            return list(self.load(ids).values())
        except StoryConflictError:
            if len(ids) == 1:
                log.exception("story record damaged", story_id=ids[0])
                return []
        return [story for story_id in ids for story in self.load_sound([story_id])]

    def _read(self, story_id: str, body: str | Exception) -> Story:
        if isinstance(body, Exception):
            raise StoryConflictError(f"{self.keys.story(story_id)} cannot be read: {body}") from translate(body)
        try:
            return _story_decoder.decode(body)
        except msgspec.MsgspecError as error:
            raise StoryConflictError(f"{self.keys.story(story_id)} cannot be read: {error}") from error

    def ids_between(self, earliest: datetime, latest: datetime) -> list[str]:
        """Ids of the living stories whose latest item was published in the closed range, oldest first."""
        with store_errors():
            return list(self._client.zrangebyscore(self.keys.times, earliest.timestamp(), latest.timestamp()))

    def newest_ids(self, count: int, offset: int = 0) -> list[str]:
        """Ids of living stories, the one with the newest item first."""
        with store_errors():
            return list(self._client.zrevrange(self.keys.times, offset, offset + count - 1))

    def due_to_cool(self, now: datetime, count: int) -> list[str]:
        """Ids of the stories whose heat falls at ``now`` or before, at most ``count``."""
        with store_errors():
            due = self._client.zrangebyscore(self.keys.cooling, "-inf", now.timestamp(), start=0, num=count)
        return list(due)

    def count(self) -> int:
        """Number of living stories."""
        with store_errors():
            return int(self._client.zcard(self.keys.times))

    def all(self) -> Iterator[Story]:
        """Every living story, oldest item first, loaded page by page."""
        offset = 0
        while True:
            with store_errors():
                ids = list(self._client.zrange(self.keys.times, offset, offset + _PAGE - 1))
            if not ids:
                return
            yield from self.load(ids).values()
            offset += len(ids)

    def changed_since(self, stream_id: str, count: int = 1000) -> tuple[str, list[str]]:
        """Ids of the stories whose events lie after ``stream_id``, and the stream id to go on from."""
        with store_errors():
            entries = self._client.xrange(self.keys.stream, min=f"({stream_id}", count=count)
        ids = list(dict.fromkeys(fields["subject"] for _, fields in entries if "subject" in fields))
        return (entries[-1][0] if entries else stream_id), ids

    def events_of(self, story_id: str, created_at: datetime) -> Iterator[Event]:
        """Events of a story, oldest first, as far as the stream holds them.

        Args:
            story_id: of the story.
            created_at: when it was founded. The stream is read from a day before, since Redis has a clock of its own.
        """
        after = str(max(0, int((created_at - timedelta(days=1)).timestamp() * 1000)))
        while True:
            with store_errors():
                entries = self._client.xrange(self.keys.stream, min=after, count=1000)
            for _, fields in entries:
                if fields.get("subject") == story_id:
                    yield Event.from_fields(fields)
            if not entries:
                return
            after = f"({entries[-1][0]}"

    def stream_end(self, seen: str) -> tuple[bool, str]:
        """Whether the event ``seen`` is still on the stream, and the stream id of the newest (``0-0``: none)."""
        with store_errors(), self._client.pipeline(transaction=True) as pipe:
            pipe.xrange(self.keys.stream, min=seen, max=seen)
            pipe.xrevrange(self.keys.stream, count=1)
            same, newest = pipe.execute()
        return bool(same), (newest[0][0] if newest else "0-0")

    def commit(self, token: int, commits: Sequence[Commit]) -> str:
        """Write outcomes, each one atomic, in their order, in one round trip.

        A commit whose backlog entry was answered before changes nothing.

        Returns:
            Stream id of the last event that was sent, "" when none was.

        Raises:
            LeaseLostError: ``token`` is not the newest. This commit and all after it were not written.
            StoreConflictError: a key or a revision is not what it must be. This commit was not written;
                those after it were, unless they rest on it.
            StoreUnavailableError: Redis is away or full. What was written can be read back: look again.
        """
        with store_errors(), self._client.pipeline(transaction=False) as pipe:
            for commit in commits:
                self._commit(keys=self._keys_of(commit), args=[token, commit.entry_id, _pack(commit)], client=pipe)
            replies = pipe.execute(raise_on_error=False)
        last = ""
        for reply in replies:
            if isinstance(reply, Exception):
                raise translate(reply)
            last = reply if reply not in ("quiet", "gone") else last
        return last

    def _keys_of(self, commit: Commit) -> list[str]:
        keys = self.keys
        fixed = [
            keys.token,
            keys.backlog,
            keys.stream,
            keys.claims,
            keys.items,
            keys.paths,
            keys.times,
            keys.cooling,
            keys.pages,
            keys.page_hosts,
            keys.overrides,
        ]
        return fixed + [keys.story(story.story_id) for _, story in commit.stories]


def _pack(commit: Commit) -> bytes:
    change: dict[str, Any] = {
        "stories": [_story_row(expected, story) for expected, story in commit.stories],
        "claims": _flat(commit.claims),
        "items": _flat(commit.items),
        "events": [_flat(event.to_fields()) for event in commit.events],
        "overrides": _flat(override_fields(commit.overrides)),
        "pages": [
            [page.item_id, page.host, page.earliest_at.timestamp(), page.gap.total_seconds()] for page in commit.pages
        ],
    }
    return msgspec.msgpack.encode(change)


def _story_row(expected: int, story: Story) -> list[Any]:
    last_at = 0.0 if story.is_gone else story.last_at.timestamp()
    cools_at = 0.0 if story.is_gone or story.cools_at is None else story.cools_at.timestamp()
    body = _story_encoder.encode(story).decode()
    return [expected, story.revision, body, story.story_id, story.path, last_at, cools_at]


def _flat(mapping: Mapping[str, str]) -> list[str]:
    return [text for pair in mapping.items() for text in pair]
