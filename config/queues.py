"""Celery's queues, by the names under which other programs send to them."""

from __future__ import annotations

FETCH_QUEUE = "storyfold.fetch"
INGEST_QUEUE = "storyfold.ingest"
UPKEEP_QUEUE = "storyfold.upkeep"
