"""Log lines: what must not stand in them."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
import structlog

from config.settings import load_settings
from worker.logs import configure_logs


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def connect_with(url: str) -> None:
    raise ConnectionError(f"no answer to a client with {len(url)} characters of URL")


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_a_traceback_holds_no_local_variables(log_format: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A failing connection has the URL with its password in every frame."""
    configure_logs(load_settings({"STORYFOLD_LOG_FORMAT": log_format}))
    password = "".join(reversed("2retnuh"))  # not written out, as a traceback shows the lines of the source
    try:
        connect_with(f"redis://user:{password}@host/0")
    except ConnectionError:
        logging.getLogger("anything").exception("failed")
    written = capsys.readouterr().err
    assert "ConnectionError: no answer" in written
    assert password not in written
    assert len(written.splitlines()) < 20
