"""Names of all keys in Redis, made at one place.

Every key of a collection carries the collection's hash tag, so that a Redis Cluster keeps them in one slot
and a commit may touch them all.
"""

from __future__ import annotations

from hashlib import blake2b

HOST_TALLY = "storyfold:hosts:tally"
"""Hash: kind of request and host to the number of requests that were no polls. All collections share it."""

COLLECTIONS = "storyfold:collections"
"""Set of the slugs of all collections that anything was ever put into."""

CREDENTIALS = "storyfold:credentials"
"""Hash of the credentials of feeds: name to record. All collections share it."""


def host_gate(host: str) -> str:
    """String that ends by itself: the host has just been asked for a page. All collections share it."""
    return f"storyfold:host:{_digest(host)}"


def host_turns(host: str) -> str:
    """String that ends by itself: when the next feed of the host may be dispatched. All collections share it.

    The records of all hosts that a script touches together lie in one slot, whatever the collection.
    """
    return f"storyfold:{{hosts}}:turns:{_digest(host)}"


def host_slots(host: str) -> str:
    """Sorted set that ends by itself: leases of requests that are under way to the host, by their end."""
    return f"storyfold:{{hosts}}:slots:{_digest(host)}"


def robots_record(origin: str) -> str:
    """String that ends by itself: what an origin's robots.txt said. All collections share it."""
    return f"storyfold:robots:{_digest(origin)}"


def discovery_record(url: str) -> str:
    """String that ends by itself: the feeds that a page named. All collections share it."""
    return f"storyfold:discovery:{_digest(url)}"


def image_record(url: str) -> str:
    """String that ends by itself: what is known of an image. All collections share it."""
    return f"storyfold:image:{{{_digest(url)}}}"


def image_lease(url: str) -> str:
    """String that ends by itself: somebody is asking for the image. In the slot of its record."""
    return f"{image_record(url)}:lease"


def websub_callback(token: str) -> str:
    """String that ends by itself: whose callback this is. The token is a secret, so its digest names the key.

    It lies in a slot of its own: who comes to a callback knows no collection. All else of WebSub lies in the
    collection's.
    """
    return f"storyfold:websub:{{{blake2b(token.encode('utf-8', 'surrogatepass'), digest_size=32).hexdigest()}}}"


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
        self.overrides = f"{prefix}:overrides"
        self.vocabulary = f"{prefix}:vocabulary"
        self.times = f"{prefix}:times"
        self.cooling = f"{prefix}:cooling"
        self.feeds = f"{prefix}:feeds"
        self.due = f"{prefix}:due"
        self.attempts = f"{prefix}:attempts"
        self.dispatched = f"{prefix}:dispatched"
        self.turns = f"{prefix}:turns"
        self.unfinished = f"{prefix}:unfinished"
        self.counts = f"{prefix}:counts"
        self.health = f"{prefix}:health"
        self.pages = f"{prefix}:pages"
        self.page_hosts = f"{prefix}:pages:hosts"
        self.page_attempts = f"{prefix}:pages:attempts"
        self.page_round = f"{prefix}:pages:round"
        self.page_failures = f"{prefix}:pages:failures"
        self.websub_due = f"{prefix}:websub:due"
        self.websub_round = f"{prefix}:websub:round"
        self.deliveries = f"{prefix}:websub:deliveries"
        self.deliveries_waiting = f"{prefix}:websub:waiting"
        self.deliveries_round = f"{prefix}:websub:deliveries:round"

    def story(self, story_id: str) -> str:
        """Hash of a story: revision, body."""
        return f"{self._prefix}:story:{story_id}"

    def feed(self, feed_id: str) -> str:
        """String: the record of a feed. The id is a digest, since a feed's URL may hold secrets."""
        return f"{self._prefix}:feed:{feed_id}"

    def subscription(self, feed_id: str) -> str:
        """String: what a WebSub hub was asked for a feed."""
        return f"{self._prefix}:feed:{feed_id}:websub"

    def feed_log(self, feed_id: str) -> str:
        """List: the last requests for a feed, the newest first."""
        return f"{self._prefix}:feed:{feed_id}:log"
