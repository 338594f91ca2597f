"""Every bench in turn, each as a process of its own: ``python -m bench``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BENCHES = ("commit", "delivery", "polling", "parsing", "folding")
ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Run them all with the same arguments; the first one that fails ends the row."""
    for name in BENCHES:
        subprocess.run([sys.executable, "-m", f"bench.{name}", *sys.argv[1:]], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
