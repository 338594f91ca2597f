"""Names of all keys in Redis, made at one place.

Every key of a collection carries the collection's hash tag, so that a Redis Cluster keeps them in one slot
and a commit may touch them all.
"""

from __future__ import annotations

COLLECTIONS = "storyfold:collections"
"""Set of the slugs of all collections that anything was ever put into."""


class Keys:
    """The keys of one collection."""

    def __init__(self, collection: str) -> None:
        self.collection = collection
        prefix = f"storyfold:{{{collection}}}"
        self._prefix = prefix
        self.stream = f"{prefix}:stories"
        self.dead = f"{prefix}:dead"
        self.backlog = f"{prefix}:backlog"
        self.lease = f"{prefix}:lane:lease"
        self.token = f"{prefix}:lane:token"
        self.claims = f"{prefix}:claims"
        self.items = f"{prefix}:items"
        self.paths = f"{prefix}:paths"
        self.times = f"{prefix}:times"
        self.cooling = f"{prefix}:cooling"
        self.feeds = f"{prefix}:feeds"
        self.due = f"{prefix}:due"
        self.attempts = f"{prefix}:attempts"
        self.counts = f"{prefix}:counts"
        self.health = f"{prefix}:health"

    def story(self, story_id: str) -> str:
        """Hash of a story: revision, body."""
        return f"{self._prefix}:story:{story_id}"

    def feed(self, feed_id: str) -> str:
        """String: the record of a feed. The id is a digest, since a feed's URL may hold secrets."""
        return f"{self._prefix}:feed:{feed_id}"
