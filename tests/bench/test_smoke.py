"""Every bench runs to its end with tiny sizes and prints its figures. How large they are is no test's matter."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

TINY = {
    "commit": ["--items", "60"],
    "delivery": ["--files", "3", "--warm-up", "1", "--burst", "25", "--lines", "20", "--idle-seconds", "0.1"],
    "polling": ["--feeds", "12", "--baseline-feeds", "2", "--rounds", "1", "--children", "1"],
    "schedule": ["--feeds", "500", "--simulated", "300", "--hours", "0.1"],
    "parsing": ["--passes", "1", "--limit", "3"],
}
FIGURES = {
    "commit": ["stories committed", "half of them known", "commits alone", "script alone"],
    "delivery": ["p50", "p99", "burst of 25 files", "JSONL of 20 items"],
    "polling": ["unchanged feeds", "task a feed", "ratio to task a feed", "new connection", "changed feeds", "share"],
    "schedule": ["memory a feed", "nothing due", "claim and group", "send the messages", "largest lateness"],
    "parsing": ["bytes to entries", "bytes to items", "feedparser", "throughput", "ratio feedparser to entries"],
}


def _run(project_root: Path, name: str, *more: str) -> str:
    command = [sys.executable, "-m", f"bench.{name}", *TINY[name], *more]
    done = subprocess.run(command, cwd=project_root, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.scenario
@pytest.mark.parametrize("name", TINY)
def test_a_bench_prints_its_figures_as_json(project_root: Path, name: str) -> None:
    printed: dict[str, Any] = json.loads(_run(project_root, name, "--json"))

    figures = {figure["what"].strip(): figure["value"] for figure in printed["figures"]}
    for words in FIGURES[name]:
        found = [value for what, value in figures.items() if words in what]
        assert found, f"no figure of {words!r} among {list(figures)}"
        assert all(math.isfinite(value) and value > 0 for value in found)


def test_the_table_names_the_machine_and_the_targets(project_root: Path) -> None:
    printed = _run(project_root, "parsing")

    assert "cores" in printed
    assert ">= 20" in printed
