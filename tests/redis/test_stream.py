"""The event stream as operators see it."""

from __future__ import annotations

from redis import Redis

from storyfold import Consumer
from worker.flows.engine import Engine
from worker.store.keys import Keys

KEYS = Keys("news")


def test_a_stream_that_does_not_exist_has_no_groups_and_none_to_forget(engine: Engine) -> None:
    stream = engine.stream("news")
    stream.forget_group("site")
    assert stream.groups() == []
    assert stream.length() == 0


def test_a_forgotten_group_begins_anew(engine: Engine, client: Redis, redis_url: str) -> None:
    """So that a sink whose folder was emptied fills it again."""
    with Consumer(redis_url, group="site", follow=False) as consumer:
        consumer.ensure_group()
    client.xgroup_setid(KEYS.stream, "site", "5-0")
    engine.stream("news").forget_group("site")
    assert engine.stream("news").groups() == []
