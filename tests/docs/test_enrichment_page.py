"""The limits that docs/enrichment.md states are those of the code."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.settings import Settings
from worker.flows import enrich, page_visit, robots, upkeep
from worker.sources.page.robots import MAX_ROBOTS_BYTES
from worker.store import pages

MIB = 2**20


@pytest.mark.parametrize(
    "sentence",
    [
        f"at least {pages.PAGE_GAP.total_seconds():.0f} second apart",
        f"{page_visit.PAGE_MAX_BYTES // MIB} MiB decoded",
        f"{enrich.VISIT_SECONDS:.0f} seconds for robots.txt, page and images",
        f"{len(enrich.RETRY_DELAYS) + 1}: at once, after {enrich.RETRY_DELAYS[0].total_seconds() / 60:.0f} minutes",
        f"after {enrich.RETRY_DELAYS[1].total_seconds() / 3600:.0f} hours",
        f"once in {robots.KEPT.total_seconds() / 3600:.0f} hours",
        f"first {MAX_ROBOTS_BYTES // 1024} KiB",
        f"rounds of {upkeep.PAGES_A_ROUND} pages",
        f"{enrich.CONCURRENT_HOSTS} hosts at a time",
        f"first {page_visit.MAX_IMAGES} images",
        f"to\n{pages.MAX_FAILURES_KEPT:,} are kept",
        f"`{robots.ROBOT_NAME}` count",
    ],
)
def test_limit_is_stated_as_it_is(project_root: Path, sentence: str) -> None:
    assert sentence in (project_root / "docs" / "enrichment.md").read_text(encoding="utf-8")


def test_every_choice_of_enrich_is_explained(project_root: Path) -> None:
    text = (project_root / "docs" / "enrichment.md").read_text(encoding="utf-8")
    schema = Settings.model_json_schema(by_alias=False)["properties"]["enrich"]
    assert all(f"| `{choice}` |" in text for choice in schema["enum"])
