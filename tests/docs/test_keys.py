"""The table of keys in docs/architecture.md has every key that the store names, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from worker.store import keys as names
from worker.store.keys import COLLECTIONS, CREDENTIALS, Keys

ROW = re.compile(r"^\| `(storyfold:[^`]+)` \|", re.MULTILINE)


def test_table_of_keys_is_complete(project_root: Path) -> None:
    keys = Keys("COLLECTION")
    named = {value for name, value in vars(keys).items() if not name.startswith("_") and name != "collection"}
    by_address = (
        names.host_gate,
        names.host_turns,
        names.host_slots,
        names.robots_record,
        names.discovery_record,
        names.image_record,
        names.image_lease,
        names.websub_callback,
    )
    ended = {_with_digest(name("address")) for name in by_address}
    expected = {COLLECTIONS, CREDENTIALS, keys.story("ID"), keys.feed("ID"), keys.subscription("ID"), *named, *ended}
    text = (project_root / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert {row.replace("{C}", "{COLLECTION}") for row in ROW.findall(text)} == expected


def _with_digest(key: str) -> str:
    return re.sub(r"[0-9a-f]{16,}", "DIGEST", key)
