"""Pages for the tests of reading them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from worker.model.page import PageFacts
from worker.sources.page.page_document import read_page

URL = "https://harbor.example/2026/03/the-old-lighthouse-shines-again"

Read = Callable[..., PageFacts]


@pytest.fixture
def read() -> Read:
    """Reads a page of these parts: ``head`` and ``body`` as markup, ``html`` the attributes of its root."""

    def run(head: str = "", body: str = "", html: str = "", url: str = URL, **options: Any) -> PageFacts:
        page = f"<!doctype html><html {html}><head>{head}</head><body>{body}</body></html>"
        return read_page(page.encode("utf-8", "surrogatepass"), url=url, **options)

    return run
