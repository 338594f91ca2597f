"""Which tasks are tried again, and for how long."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
from worker.app import app
app.loader.import_default_modules()
for name, task in sorted(app.tasks.items()):
    if name.startswith("storyfold."):
        print(name, getattr(task, "autoretry_for", ()) != (), task.max_retries)
"""


def test_only_documents_in_a_message_are_tried_again_without_end() -> None:
    """Everything else is found again by the scan and the tick."""
    environment = {"STORYFOLD_REDIS_URL": "redis://127.0.0.1:1/0", "PATH": ""}

    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True
    )

    tasks = {name: (retried == "True", limit) for name, retried, limit in map(str.split, done.stdout.splitlines())}
    assert tasks["storyfold.ingest"] == (True, "None")
    assert {name: limit for name, (retried, limit) in tasks.items() if retried and name != "storyfold.ingest"} == {
        "storyfold.drop": "10",
        "storyfold.enrich": "10",
        "storyfold.orphans": "10",
        "storyfold.poll": "10",
        "storyfold.poll_due": "10",
        "storyfold.pushed": "10",
        "storyfold.take": "10",
        "storyfold.websub": "10",
    }
