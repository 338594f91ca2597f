"""The ceiling of polling: bare client loops that do nothing but ask with If-None-Match and read what comes.

No parsing, no Redis, no Celery, no guard, no deadline; as many processes as the worker has children, as many requests
at a time in each as the worker makes. What the product reaches of it is what its own work leaves of a core.

Run as a module, this is one such process: it says ``ready`` once it has the ETag of each of its feeds, and for each
line on its standard input asks for all of them once and prints the CPU seconds that this took.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.process_time import Rate
from worker.flows.poll import CONCURRENT_FETCHES

CLIENTS = ("httpx", "aiohttp")
ROOT = Path(__file__).resolve().parent.parent

Ask = Callable[[str, dict[str, str]], Awaitable[tuple[int, str]]]
"""Asks for a URL with header fields; gives status and ETag."""


class Ceiling:
    """The processes of one bare client, each with its share of the feeds."""

    def __init__(self, processes: Sequence[subprocess.Popen[str]], feeds: int) -> None:
        self._processes = processes
        self._feeds = feeds

    def measure(self) -> Rate:
        """Ask for all feeds once."""
        started = time.perf_counter()
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        cpu_seconds = sum(float(_line(process)) for process in self._processes)
        return Rate(self._feeds / (time.perf_counter() - started), self._feeds / max(cpu_seconds, 0.001))


@contextmanager
def ceiling(client: str, urls: Sequence[str], children: int) -> Iterator[Ceiling]:
    """Processes that are ready, for as long as the block lasts.

    Args:
        client: one of ``CLIENTS``.
        urls: of the feeds; their number is a multiple of ``children`` or nearly so.
        children: number of processes.
    """
    command = [sys.executable, "-m", "bench.ceilings", client]
    with ExitStack() as stack:
        processes = []
        for number in range(children):
            process = subprocess.Popen(
                [*command, *urls[number::children]],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            stack.enter_context(process)
            stack.callback(process.terminate)
            processes.append(process)
        for process in processes:
            _line(process)
        yield Ceiling(processes, len(urls))


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise SystemExit("a process with a bare client ended early")
    return line


async def run(client: str, urls: Sequence[str]) -> None:
    """Be one of the processes."""
    await (_with_httpx if client == "httpx" else _with_aiohttp)(urls)


async def _with_httpx(urls: Sequence[str]) -> None:
    import httpx

    # Its own defaults keep 20 connections: less than there are requests at a time.
    limits = httpx.Limits(max_connections=CONCURRENT_FETCHES, max_keepalive_connections=CONCURRENT_FETCHES)
    async with httpx.AsyncClient(limits=limits, timeout=30) as client:

        async def ask(url: str, fields: dict[str, str]) -> tuple[int, str]:
            response = await client.get(url, headers=fields)
            return response.status_code, response.headers["ETag"]

        await _rounds(urls, ask)


async def _with_aiohttp(urls: Sequence[str]) -> None:
    import aiohttp

    connector = aiohttp.TCPConnector(limit=CONCURRENT_FETCHES)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def ask(url: str, fields: dict[str, str]) -> tuple[int, str]:
            async with session.get(url, headers=fields) as response:
                await response.read()
                return response.status, response.headers["ETag"]

        await _rounds(urls, ask)


async def _rounds(urls: Sequence[str], ask: Ask) -> None:
    etags = dict.fromkeys(urls, "")
    await _round(etags, ask, 200)
    print("ready", flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        cpu_from = time.process_time()
        await _round(etags, ask, 304)
        print(time.process_time() - cpu_from, flush=True)


async def _round(etags: dict[str, str], ask: Ask, expected: int) -> None:
    queue = iter(list(etags))

    async def work() -> None:
        for url in queue:
            fields = {"If-None-Match": etags[url]} if etags[url] else {}
            status, etags[url] = await ask(url, fields)
            if status != expected:
                raise SystemExit(f"{url} answered {status} in place of {expected}")

    async with asyncio.TaskGroup() as group:
        for _ in range(min(CONCURRENT_FETCHES, len(etags))):
            group.create_task(work())


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], sys.argv[2:]))
