"""The table of keys in docs/architecture.md has every key that the store names, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from worker.store.keys import COLLECTIONS, Keys

ROW = re.compile(r"^\| `(storyfold:[^`]+)` \|", re.MULTILINE)


def test_table_of_keys_is_complete(project_root: Path) -> None:
    keys = Keys("COLLECTION")
    named = {value for name, value in vars(keys).items() if not name.startswith("_") and name != "collection"}
    expected = {COLLECTIONS, keys.story("ID"), keys.feed("ID"), *named}
    text = (project_root / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert {row.replace("{C}", "{COLLECTION}") for row in ROW.findall(text)} == expected
