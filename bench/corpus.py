"""Where the benches find documents to read: real ones beside the checkout when there are any, else the tests' own."""

from __future__ import annotations

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
REAL: Final = ROOT.parent / "shared" / "data"
OWN_FEEDS: Final = ROOT / "tests" / "sources" / "parse" / "feeds"


def feed_folder() -> Path:
    """The folder of feeds."""
    real = REAL / "feeds"
    return real if real.is_dir() else OWN_FEEDS


def feed_paths(folder: Path) -> list[Path]:
    """The feeds below a folder, by name; descriptions and expectations beside them are none."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and _is_feed(path))


def _is_feed(path: Path) -> bool:
    return path.suffix != ".md" and not path.name.endswith(".expected.json")
