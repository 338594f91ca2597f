"""What a hostile document costs: a fork of a warm process takes it in by the product's own way, and is measured."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any

import pytest

from worker.parent_death import end_with_parent
from worker.store.embedded import start_server as start_redis

HERE = Path(__file__).parent
PROJECT_ROOT = HERE.parents[1]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Memory is measured through /proc."""
    for item in items:
        if HERE in item.path.parents and sys.platform != "linux":
            item.add_marker(pytest.mark.skip(reason="memory is measured through /proc"))


class Scales:
    """The warm process. Each piece of work is done in a fork of it."""

    def __init__(self, redis_url: str, folder: Path) -> None:
        self.drop_dir = folder / "drop"
        with (folder / "log").open("wb") as log:
            self._process = self._start(redis_url, folder, log)
        assert self._answer() == {}

    @staticmethod
    def _start(redis_url: str, folder: Path, log: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, str(HERE / "fresh_process.py"), redis_url, str(folder), "127.0.0.0/8"],
            cwd=PROJECT_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            preexec_fn=end_with_parent,
        )

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def _order(self, **order: Any) -> SimpleNamespace:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        self._process.stdin.flush()
        cost = SimpleNamespace(**self._answer())
        assert not hasattr(cost, "died"), f"the process ended with status {cost.died}"
        return cost

    def poll(self, url: str, **settings: Any) -> SimpleNamespace:
        """Poll a feed."""
        return self._order(url=url, settings=settings)

    def take(self, name: str, body: bytes) -> SimpleNamespace:
        """Drop a file and have it taken."""
        shutil.rmtree(self.drop_dir / ".failed", ignore_errors=True)
        (self.drop_dir / name).write_bytes(body)
        return self._order(file=name)

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()


@pytest.fixture(scope="session")
def scales(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scales]:
    """A warm process with a Redis of its own."""
    folder = tmp_path_factory.mktemp("limits")
    redis = start_redis(folder / "redis")
    try:
        process = Scales(redis.url, folder)
        yield process
        process.close()
    finally:
        redis.stop()
