"""``python -m worker.cli``: the same as ``storyfold``."""

from worker.cli.main import main

main()
