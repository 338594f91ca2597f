"""Fixtures that every room's tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

PROJECT_ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def project_root() -> Path:
    """The checkout's root."""
    return PROJECT_ROOT


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """Real archives and feeds that may stand beside the checkout; a test that wants them skips without."""
    shared = PROJECT_ROOT.parent / "shared"
    if not (shared / "data").is_dir():
        pytest.skip("no real data beside the checkout")
    return shared
