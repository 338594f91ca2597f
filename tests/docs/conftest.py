"""The documentation as the tests of this room read it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")


class Block(NamedTuple):
    """A fenced block: where it stands, what its fence says, what is in it."""

    page: str
    info: str
    text: str


class Page(NamedTuple):
    """A page of documentation."""

    path: Path
    text: str

    @property
    def blocks(self) -> list[Block]:
        return [Block(self.path.name, match[1].strip(), match[2]) for match in FENCE.finditer(self.text)]

    @property
    def prose(self) -> str:
        return FENCE.sub("", self.text)

    @property
    def inline_code(self) -> list[str]:
        return INLINE.findall(self.prose)


@pytest.fixture(scope="session")
def pages(project_root: Path) -> list[Page]:
    """The README, its neighbours, and everything below docs/."""
    paths = [project_root / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")]
    paths += sorted((project_root / "docs").rglob("*.md"))
    return [Page(path, path.read_text(encoding="utf-8")) for path in paths]


@pytest.fixture(scope="session")
def blocks(pages: list[Page]) -> list[Block]:
    """Every fenced block of every page."""
    return [block for page in pages for block in page.blocks]


@pytest.fixture(scope="session")
def readme(pages: list[Page]) -> Page:
    """The README."""
    return pages[0]
