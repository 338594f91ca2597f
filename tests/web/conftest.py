"""The web role's application in this process, and images in its cache."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from config.settings import load_settings
from worker.flows.engine import Engine
from worker.web.app import make_app

NO_REDIS = "redis://127.0.0.1:1/0"


@pytest.fixture(scope="session")
def png() -> bytes:
    """The start of a PNG, and enough behind it to be sent in more than one piece."""
    return b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR" + struct.pack(">II", 640, 480) + bytes(150_000)


@pytest.fixture
def settings_with(tmp_path: Path) -> Callable[..., Any]:
    """Settings on a folder of the test's own; no Redis answers unless one is given."""
    return lambda **given: load_settings(
        {
            f"STORYFOLD_{name}": value
            for name, value in {"DATA_DIR": str(tmp_path / "data"), "REDIS_URL": NO_REDIS, **given}.items()
        }
    )


@pytest.fixture
def keep(settings_with: Callable[..., Any]) -> Callable[[bytes], str]:
    """Puts bytes into the image cache, as the fetcher does; gives their hash."""
    return Engine(settings_with()).image_files.keep


@pytest.fixture
def ask(settings_with: Callable[..., Any]) -> Callable[..., httpx.Response]:
    """Sends one request: path, method, headers, and settings of the application by name."""

    def send(
        path: str, method: str = "GET", headers: dict[str, str] | None = None, **settings: str
    ) -> httpx.Response:
        app = make_app(settings_with(**settings))

        async def exchange() -> httpx.Response:
            transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8080") as client:
                return await client.request(method, path, headers=headers)

        return asyncio.run(exchange())

    return send
