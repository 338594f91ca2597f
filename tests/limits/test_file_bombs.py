"""Files made to hurt, dropped into the folder and taken by the way that every file goes.

Claimed, read, normalized and put into the lane, each in a fork of a warm process: the resident memory grows by less
than 50 MB at its peak. What comes of it are items or a failure with a name beside the file.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

MILLION = 1_000_000
MOST_MB = 50
MOST_CPU_SECONDS = 2.0
SLOW_MACHINE = 2.0
"""The tests ask for the promised time times this: other tests run beside them."""

NO_KIND = {"not-a-document"}
TOO_LARGE = {"too-large"}


def lines(count: int) -> bytes:
    one = '{"title":"Story number %d","url":"https://e.example/%d","date":"2024-05-01","excerpt":"In %d words."}\n'
    return "".join(one % (n, n, n) for n in range(count)).encode()


def story(head: str, body: bytes = b"") -> bytes:
    return f"---\ntitle: One\nurl: https://e.example/1\n{head}\n---\n".encode() + body


def json_story(size: int) -> bytes:
    return json.dumps({"title": "t", "url": "https://e.example/", "content": "x y " * (size // 4)}).encode()


def opml(count: int) -> bytes:
    one = b'<outline type="rss" text="Feed %d" xmlUrl="https://feeds.example/%d" htmlUrl="https://e.example/%d"/>\n'
    return b'<opml version="2.0"><body>' + b"".join(one % (n, n, n) for n in range(count)) + b"</body></opml>"


def aliases() -> str:
    return "a0: &a0 [x]\n" + "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10))


FILES: dict[str, tuple[str, Callable[[], bytes], set[str]]] = {
    "60 MB of garbage": ("x.bin", lambda: bytes(range(256)) * 240_000, TOO_LARGE),
    "15 MB of garbage": ("x.bin", lambda: bytes(range(256)) * 60_000, NO_KIND),
    "15 MB of garbage called a document": ("x.md", lambda: bytes(range(1, 256)) * 60_000, TOO_LARGE),
    "15 MB of zeros": ("x.txt", lambda: bytes(15 * MILLION), {"empty"}),
    "15 MB of spaces": ("x.md", lambda: b" " * 15 * MILLION, {"empty"}),
    "15 MB of <": ("x.xml", lambda: b"<" * 15 * MILLION, NO_KIND),
    "40 MB of UTF-16": ("x.md", lambda: story("", b"x y " * 5 * MILLION).decode().encode("utf-16"), TOO_LARGE),
    "a document of 15 MB in UTF-16": (
        "x.md",
        lambda: story("", b"x y " * 1_800_000).decode().encode("utf-16"),
        TOO_LARGE,
    ),
    "30 MB of Latin-1": ("x.md", lambda: story("", b"caf\xe9 " * 6 * MILLION), TOO_LARGE),
    "a document of 6 MB in Latin-1": ("x.md", lambda: story("", b"caf\xe9 " * 1_200_000), {"invalid-document"}),
    "a document of 6 MB": ("x.md", lambda: story("", b"word " * 1_200_000), {""}),
    "a document of 10 MB": ("x.md", lambda: story("", b"word " * 2 * MILLION), TOO_LARGE),
    "an alias bomb": ("x.md", lambda: story(aliases()), {"invalid-document"}),
    "a recursive alias": ("x.md", lambda: story("a: &a {b: *a}"), {"invalid-document"}),
    "a million lines of {}": ("x.jsonl", lambda: b"{}\n" * MILLION, TOO_LARGE),
    "20,000 lines of {}": ("x.jsonl", lambda: b"{}\n" * 20_000, {"invalid-document"}),
    "a million empty lines": ("x.jsonl", lambda: b'{"a":1}\n' + b"\n" * MILLION, TOO_LARGE),
    "20,000 documents": ("x.jsonl", lambda: lines(20_000), {""}),
    "a list of a million lists": ("x.json", lambda: b"[" + b"[]," * MILLION + b"[]]", TOO_LARGE),
    "100,000 open lists": ("x.json", lambda: b"[" * 100_000, {"invalid-document"}),
    "a JSON document of 15 MB": ("x.json", lambda: json_story(15 * MILLION), TOO_LARGE),
    "a JSON document of 6 MB": ("x.json", lambda: json_story(6 * MILLION), {""}),
    "a line of 15 MB": ("x.jsonl", lambda: b'{"a":1}\n' + json_story(15 * MILLION), TOO_LARGE | {"invalid-document"}),
    "a feed of 100,000 entries": (
        "x.xml",
        lambda: (
            b"<rss><channel>"
            + b"".join(b"<item><title>t</title><link>https://e.example/%d</link></item>" % n for n in range(100_000))
            + b"</channel></rss>"
        ),
        {""},
    ),
    "a list of 100,000 feeds": ("x.opml", lambda: opml(100_000), {""}),
    "a list of 140,000 feeds": ("x.opml", lambda: opml(140_000), TOO_LARGE),
    "100,000 addresses": (
        "x.urls",
        lambda: b"".join(b"https://feeds.example/%d\n" % n for n in range(100_000)),
        {""},
    ),
    "a million addresses": ("x.urls", lambda: b"http://a/\n" * MILLION, TOO_LARGE),
}
LEGIT_WORK = {"20,000 documents", "a list of 100,000 feeds", "100,000 addresses", "a feed of 100,000 entries"}


@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_stays_within_memory_and_time(scales: Any, name: str) -> None:
    """G 21 to 23, T 15, T 16: garbage, masses of lines and values, aliases; refused by a limit, or read within it."""
    file_name, body, failures = FILES[name]
    cost = scales.take(file_name, body())
    assert cost.fault == ""
    assert cost.failure in failures, cost.detail
    assert cost.grown_mb < MOST_MB, cost.grown_mb
    assert cost.cpu_seconds < MOST_CPU_SECONDS * SLOW_MACHINE * (4 if name in LEGIT_WORK else 1)
