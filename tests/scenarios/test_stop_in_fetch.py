"""Stopping while a server still thinks."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any


def test_a_stop_does_not_wait_for_a_slow_server_and_loses_no_answer(
    new_system: Callable[..., Any], recording_server: Any, tools: Any
) -> None:
    """SIGTERM during a fetch: `up` ends within 10 s, and the feed is asked again with the validators of before."""
    rss = tools.make_rss("Tide", [{"title": "Tide comes in", "link": "https://tide.example/in", "guid": "in"}])
    good = recording_server.reply(200, {"ETag": '"1"'}, rss.encode())
    recording_server.answer("/feed", good, lambda exchange: exchange.hang(), recording_server.reply(304))
    url = recording_server.url("/feed")
    system = new_system()
    system.start()
    system.poll(url)
    system.send("storyfold.poll", [url], queue="storyfold.fetch")
    tools.wait_for(lambda: len(recording_server.requests) == 2, "a request that gets no answer")
    system.signal(signal.SIGTERM)
    assert system.wait_for_end(10) == 0
    assert system.processes.living() == {}
    system.start()
    # the message that the stopped worker had goes to the new one
    tools.wait_for(lambda: len(recording_server.requests) == 3, "the feed to be asked again", seconds=20)
    assert [request.headers.get("if-none-match") for request in recording_server.requests] == [None, b'"1"', b'"1"']
    assert [event.data["document"]["title"] for event in system.events()] == ["Tide comes in"]
    system.signal(signal.SIGTERM)
    assert system.wait_for_end(10) == 0
