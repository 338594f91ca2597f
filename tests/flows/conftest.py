"""Normalizing with a small taxonomy and registry, for flows that need no Redis."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

import config
from worker.model.entry import Entry
from worker.model.item import Item
from worker.normalize.item import Context, normalize
from worker.normalize.providers import load_organizations
from worker.normalize.topics import load_taxonomy

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def to_item() -> Callable[[Entry], Item]:
    """Normalizes entries of the collection ``news`` with the bundled configuration."""
    folder = Path(config.__file__).parent
    context = Context(
        collection="news",
        taxonomy=load_taxonomy(folder / "topics"),
        organizations=load_organizations(folder / "organizations"),
    )
    return partial(normalize, now=NOW, context=context)
