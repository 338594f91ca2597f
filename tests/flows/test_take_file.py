"""Taking files: one that cannot be taken is told of, and holds up no other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from config.settings import load_settings
from storyfold.errors import RetryableError
from worker.flows.engine import Engine
from worker.flows.take_file import take_file


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """An engine on an empty drop folder. Nothing here gets as far as Redis."""
    settings = load_settings({"STORYFOLD_DATA_DIR": str(tmp_path), "STORYFOLD_REDIS_URL": "redis://127.0.0.1:1/0"})
    (tmp_path / "drop").mkdir()
    engine = Engine(settings)
    yield engine
    engine.close()


def test_a_file_that_the_system_does_not_give_is_logged_and_stays(engine: Engine, tmp_path: Path) -> None:
    """Raised, it would make the message be tried again, and the files behind it would never be taken."""
    dropped = tmp_path / "drop" / "story.md"
    dropped.write_text("---\ntitle: A\n---\n")
    (tmp_path / "drop" / ".processing").write_text("in the way of the folder of claims")

    with capture_logs() as logs:
        assert take_file(engine, "story.md") is None

    assert dropped.exists()
    (warning,) = [entry for entry in logs if entry["log_level"] == "warning"]
    assert warning["event"] == "file cannot be taken"
    assert warning["file"] == "story.md"
    assert "cannot claim" in warning["detail"]


def test_a_missing_drop_folder_is_raised_so_that_the_task_is_tried_again(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "drop").rmdir()
    with pytest.raises(RetryableError, match="is not there"):
        take_file(engine, "story.md")


def test_a_file_that_is_gone_is_no_fault(engine: Engine) -> None:
    with capture_logs() as logs:
        assert take_file(engine, "gone.md") is None
    assert logs == []
