"""A secret in a feed's address is in no line that a running Storyfold writes (criterion J 43)."""

from __future__ import annotations

from typing import Any

TOKEN = "kwzqtoken8816"


def test_the_log_of_a_running_system_holds_no_secret_of_a_feeds_address(system: Any, site: Any, tools: Any) -> None:
    """A good poll, one of a feed that is not there, and a call of the task that is refused."""
    entry = {"title": "Tide tables printed anew", "link": "https://quay.example/tides", "guid": "tides"}
    url = site.put("/private.xml", tools.make_rss("Quay", [entry]))
    start = system.position()
    system.poll(f"{url}?token={TOKEN}")
    system.poll(f"{url.replace('private', 'absent')}?token={TOKEN}")
    log = system.log.read_bytes().decode(errors="replace")
    assert "absent.xml" in log  # the failure is told, and by its address
    assert TOKEN not in log
    told = [str(event.data) for event in system.events(after=start)]
    assert not any(TOKEN in text for text in told)
