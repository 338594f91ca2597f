"""The baseline: one Celery task a feed, written as most do it: ``httpx.get``, then feedparser.

Two of them: one that asks for the whole body each time, and one that sends the stored ETag. Both note in Redis
which entries they have seen. Broker and store are the product's; the address comes by BENCH_REDIS_URL.
"""

from __future__ import annotations

import os

import feedparser
import httpx
from celery import Celery
from redis import Redis

QUEUE = "bench.baseline"
DONE = "bench:done"

app = Celery("baseline", broker=os.environ.get("BENCH_REDIS_URL"))
app.conf.update(
    task_ignore_result=True,
    task_default_queue=QUEUE,
    worker_enable_remote_control=False,
    broker_connection_retry_on_startup=True,
)

store = Redis.from_url(os.environ.get("BENCH_REDIS_URL", "redis://"), decode_responses=True)


@app.task(name="bench.poll_plain")  # type: ignore[untyped-decorator]
def poll_plain(url: str) -> None:
    """Fetch the body and read it."""
    response = httpx.get(url, timeout=30)
    _keep(url, feedparser.parse(response.content))


@app.task(name="bench.poll_conditional")  # type: ignore[untyped-decorator]
def poll_conditional(url: str) -> None:
    """Fetch with the stored ETag, and read the body unless it is the same."""
    etag = store.get(f"bench:etag:{url}")
    response = httpx.get(url, timeout=30, headers={"If-None-Match": str(etag)} if etag else {})
    if response.status_code == httpx.codes.NOT_MODIFIED:
        store.incr(DONE)
        return
    _keep(url, feedparser.parse(response.content))
    store.set(f"bench:etag:{url}", response.headers.get("ETag", ""))


def _keep(url: str, parsed: feedparser.FeedParserDict) -> None:
    store.sadd(f"bench:seen:{url}", *(entry.id for entry in parsed.entries))
    store.incr(DONE)
