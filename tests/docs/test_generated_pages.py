"""The generated pages are current."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from config.settings import PREFIX, SECRETS, Settings, variable_of
from config.settings_page import settings_page, settings_table
from worker.cli.commands_page import command_tree, commands_page

VARIABLE = re.compile(rf"\b{PREFIX}[A-Z][A-Z0-9_]*\b")
IN_COMPOSE = re.compile(rf"\$\{{({PREFIX}[A-Z_]+)")
VARIABLES = {variable_of(name) for name in Settings.model_fields}


def test_settings_page_is_current(project_root: Path) -> None:
    """When this fails: python -m config.settings_page > docs/settings.md"""
    assert (project_root / "docs" / "settings.md").read_text(encoding="utf-8") == settings_page()


def test_commands_page_is_current(project_root: Path) -> None:
    """When this fails: python -m worker.cli.commands_page > docs/commands.md"""
    assert (project_root / "docs" / "commands.md").read_text(encoding="utf-8") == commands_page()


@pytest.mark.parametrize("name", list(Settings.model_fields))
def test_every_setting_has_a_full_row(name: str) -> None:
    """Variable, values and meaning are there for each; the default may be decided by other settings."""
    rows = [line for line in settings_table().splitlines() if f"`{variable_of(name)}`" in line]
    assert len(rows) == 1
    variable, _, values, meaning = (cell.strip() for cell in rows[0].strip("|").split(" | "))
    assert variable.startswith(f"`{PREFIX}")
    assert values
    assert meaning


def test_table_shows_defaults_as_one_would_set_them() -> None:
    table = settings_table()
    assert "| `STORYFOLD_POLL_INTERVAL_MIN` | 3600 | seconds |" in table
    assert "| `STORYFOLD_FOLD_THRESHOLD` | 0.55 | number |" in table
    assert "| `STORYFOLD_LOG_FORMAT` | `console` | console, json |" in table
    assert "| `STORYFOLD_SECURED_KEY`* |  | text |" in table


@pytest.mark.parametrize("words", list(command_tree()))
def test_every_command_has_help(words: str) -> None:
    """A sentence for the command, one for each argument and option."""
    command = command_tree()[words]
    assert (command.help or "").rstrip().endswith(".")
    assert [param.name for param in command.params if not getattr(param, "help", "") and param.name != "help"] == []


def test_every_variable_in_the_documentation_exists(pages: list[Any], project_root: Path) -> None:
    """It is a setting, a secret's file, or one that docker-compose.yml puts into its own text."""
    named = {(page.path.name, variable) for page in pages for variable in VARIABLE.findall(page.text)}
    files = {f"{PREFIX}{name}_FILE" for name in SECRETS}
    compose = set(IN_COMPOSE.findall((project_root / "docker-compose.yml").read_text(encoding="utf-8")))
    assert len(named) >= 20
    assert [each for each in sorted(named) if each[1] not in VARIABLES | files | compose] == []
