"""Pages read by real processes: items are told at once, and what their pages say follows."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

TEXT = "The keeper of the lighthouse has painted the stairs again, from the first to the last of them. " * 12
PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Stairs</title>'
    '<meta property="og:title" content="Keeper paints the lighthouse stairs">'
    '<meta property="og:description" content="All two hundred steps are red now."></head>'
    f"<body><article><h1>Keeper paints the lighthouse stairs</h1><p>{TEXT}</p></article></body></html>"
)


def test_page_is_read_by_a_running_worker(new_system: Callable[..., Any], site: Any, tools: Any) -> None:
    """Poll, tell, tick, read, fold, tell again: the same story twice, its page once."""
    system = new_system(ENRICH="page")
    system.start()
    entries = [
        {"title": "Keeper paints the lighthouse stairs", "link": site.put("/stairs", PAGE, "text/html")},
        {"title": "Ferry timetable for the summer is out", "link": site.url("/gone"), "text": "Boats at noon."},
    ]
    system.poll(site.put("/feed.xml", tools.make_rss("Skerry", entries)))
    assert [event.revision for event in system.events()] == [1, 1]

    tools.wait_for(lambda: len(system.events()) > 2, lambda: f"the page's revision\n{system.tail()}")
    tools.wait_for(lambda: site_asked(site, "/gone"), lambda: f"a request for the other page\n{system.tail()}")
    tools.wait_for(lambda: system.json("status")["collections"][0]["pages"] == 0, "both pages to be done")
    system.wait_until_quiet()

    (updated,) = system.events()[2:]
    (created,) = [event for event in system.events()[:2] if event.subject == updated.subject]
    assert (updated.revision, updated.path) == (2, created.path)
    assert updated.document().excerpt == "All two hundred steps are red now."
    assert [site_asked(site, path) for path in ("/stairs", "/gone", "/robots.txt")] == [1, 1, 1]
    for path, headers, _ in site.requests:
        assert headers["User-Agent"].startswith("Storyfold/"), path
        assert not {"Cookie", "Referer", "Authorization"} & set(headers), path
    (row,) = system.json("status")["collections"]
    assert [(failure["url"], failure["failure"]) for failure in row["page_failures"]] == [
        (site.url("/gone"), "http-404")
    ]
    assert row["totals"]["pages_read"] == 1
    tools.check_stream(system.events())
    system.signal(signal.SIGTERM)
    assert system.wait_for_end(10) == 0


def site_asked(site: Any, path: str) -> int:
    return sum(1 for asked, _, _ in site.requests if asked == path)
