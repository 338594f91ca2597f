"""Golden pairs: the option that writes what is expected of a new feed."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """``pytest tests/golden --write-expected`` writes the missing halves of pairs, for a person to read."""
    parser.addoption(
        "--write-expected", action="store_true", help="write the expected items of golden feeds that have none"
    )
