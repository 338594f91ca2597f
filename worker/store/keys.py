"""Names of all keys in Redis, made at one place.

Every key of a collection carries the collection's hash tag, so that a Redis Cluster keeps them in one slot
and a commit may touch them all.
"""

from __future__ import annotations

from hashlib import blake2b

COLLECTIONS = "storyfold:collections"
"""Set of the slugs of all collections that anything was ever put into."""


def host_gate(host: str) -> str:
    """String that ends by itself: the host has just been asked for a page. All collections share it."""
    return f"storyfold:host:{_digest(host)}"


def robots_record(origin: str) -> str:
    """String that ends by itself: what an origin's robots.txt said. All collections share it."""
    return f"storyfold:robots:{_digest(origin)}"


def image_record(url: str) -> str:
    """String that ends by itself: what is known of an image. All collections share it."""
    return f"storyfold:image:{{{_digest(url)}}}"


def image_lease(url: str) -> str:
    """String that ends by itself: somebody is asking for the image. In the slot of its record."""
    return f"{image_record(url)}:lease"


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


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
        self.pages = f"{prefix}:pages"
        self.page_hosts = f"{prefix}:pages:hosts"
        self.page_attempts = f"{prefix}:pages:attempts"
        self.page_round = f"{prefix}:pages:round"
        self.page_failures = f"{prefix}:pages:failures"

    def story(self, story_id: str) -> str:
        """Hash of a story: revision, body."""
        return f"{self._prefix}:story:{story_id}"

    def feed(self, feed_id: str) -> str:
        """String: the record of a feed. The id is a digest, since a feed's URL may hold secrets."""
        return f"{self._prefix}:feed:{feed_id}"

    def feed_log(self, feed_id: str) -> str:
        """List: the last requests for a feed, the newest first."""
        return f"{self._prefix}:feed:{feed_id}:log"
