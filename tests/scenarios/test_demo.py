"""`storyfold demo`: the main job in one command."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any


def test_demo_shows_the_main_job_and_ends_by_itself(new_system: Callable[..., Any]) -> None:
    """Exit code 0 within 25 s, a summary that counts, documents on disk, and no process left."""
    system = new_system()
    started = time.monotonic()
    ended = system.run("demo")
    seconds = time.monotonic() - started
    output = ended.stdout.decode()
    assert ended.returncode == 0, output + ended.stderr.decode()
    assert seconds < 25
    counted = re.search(r"(\d+) entries read, (\d+) stories told, (\d+) folded, (\d+) updates", output)
    assert counted is not None, output
    entries, stories, folded, updates = map(int, counted.groups())
    assert entries > stories > 0
    assert folded > 0
    assert updates > 0
    assert "failed feed /closed-down.xml: http-404" in output
    assert "failed feed /gull-gazette.html: not-a-feed" in output
    assert ".failed/broken.md: invalid-document" in output
    documents = re.search(r"documents: (.+)", output)
    assert documents is not None
    written = list((system.folder / documents[1].strip()).rglob("*.md"))
    assert len(written) == stories
    assert system.processes.living() == {}
