"""The pages on rules and topics: their examples are read, and they name every field."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from worker.normalize.rule_conditions import FIELDS
from worker.normalize.rule_file import load_rules
from worker.normalize.topics import load_taxonomy


def only_block(blocks: list[Any], page: str, info: str) -> str:
    (text,) = [block.text for block in blocks if (block.page, block.info) == (page, info)]
    return str(text)


def test_example_of_rules_is_read(blocks: list[Any], project_root: Path, tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(only_block(blocks, "rules.md", "yaml rules"), encoding="utf-8")
    rules = load_rules(path, load_taxonomy(project_root / "config" / "topics"))
    assert [str(rule.action) for rule in rules] == [
        "keep",
        "block",
        "recategorize sports",
        "retag +Economy -Science",
    ]


@pytest.mark.parametrize("field", [*FIELDS, "older_than_hours"])
def test_page_names_every_field(project_root: Path, field: str) -> None:
    page = (project_root / "docs" / "rules.md").read_text(encoding="utf-8")
    table = page[page.index("## Conditions") :]
    assert f"`{field}`" in table


def test_example_of_a_topic_is_read(blocks: list[Any], tmp_path: Path) -> None:
    values = yaml.safe_load(only_block(blocks, "topics.md", "yaml topic"))
    (tmp_path / "1.yaml").write_text(yaml.safe_dump({**values, "parent": ""}), encoding="utf-8")
    (topic,) = load_taxonomy(tmp_path).topics
    assert topic.name == "Software Development"
    assert len(topic.keywords) == 5
