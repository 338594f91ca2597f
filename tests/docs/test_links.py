"""Links between pages lead somewhere, and paths named in the documentation exist."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
OURS = re.compile(r"(?:storyfold|config|worker|tasks|tests|docs|schema|bench|\.ci)/[\w./-]*\w/?")


def anchors_of(text: str) -> set[str]:
    """The anchors that a Git host makes of a page's headings."""
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(text))
    return {heading.replace(" ", "-") for heading in plain}


def test_relative_links_resolve(pages: list[Any]) -> None:
    broken, seen = [], 0
    for page in pages:
        for target in LINK.findall(page.prose):
            if target.startswith(("http://", "https://")):
                continue
            seen += 1
            name, _, anchor = target.partition("#")
            path = (page.path.parent / name) if name else page.path
            if not path.exists() or (anchor and anchor not in anchors_of(path.read_text(encoding="utf-8"))):
                broken.append((page.path.name, target))
    assert seen >= 20
    assert broken == []


def test_paths_in_code_spans_exist(pages: list[Any], project_root: Path) -> None:
    """`worker/store/keys.py` in prose must not outlive the file."""
    named = {code for page in pages for code in page.inline_code if OURS.fullmatch(code)}
    assert "worker/store/keys.py" in named
    assert [name for name in sorted(named) if not (project_root / name).exists()] == []


def test_every_decision_is_in_the_index(project_root: Path) -> None:
    folder = project_root / "docs" / "decisions"
    listed = LINK.findall((folder / "README.md").read_text(encoding="utf-8"))
    assert listed == sorted(path.name for path in folder.glob("[0-9]*.md"))


def test_every_page_is_reached_from_the_readme(pages: list[Any], readme: Any) -> None:
    by_path = {page.path.resolve(): page for page in pages}
    reached, waiting = set(), [readme.path.resolve()]
    while waiting:
        path = waiting.pop()
        if path in reached or path not in by_path:
            continue
        reached.add(path)
        waiting += [
            (path.parent / target.partition("#")[0]).resolve() for target in LINK.findall(by_path[path].prose)
        ]
    assert sorted(path.name for path in set(by_path) - reached) == []
