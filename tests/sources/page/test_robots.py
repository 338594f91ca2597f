"""May a page be asked for?"""

from __future__ import annotations

import pytest

from worker.sources.page.robots import may_fetch

AGENT = "storyfold/1.0 (+https://operator.example/contact)"


@pytest.mark.parametrize(
    ("robots", "path", "expected"),
    [
        ("", "/a", True),
        ("User-agent: *\nDisallow: /", "/a", False),
        ("User-agent: *\nDisallow:", "/a", True),
        ("User-agent: *\nDisallow: /", "/robots.txt", True),
        ("User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c", True),
        ("User-agent: *\nDisallow: /a\nAllow: /a", "/a", True),
        ("User-agent: *\nDisallow: /*.pdf$", "/x.pdf", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/x.pdf?y", True),
        ("User-agent: *\nDisallow: /a%3cd", "/a%3Cd", False),
        ("User-agent: *\nDisallow: /\n\nUser-agent: StoryFold\nAllow: /", "/a", True),
        ("User-agent: storyfold\nDisallow: /\n\nUser-agent: *\nAllow: /", "/a", False),
        ("User-agent: operator\nDisallow: /", "/a", True),
        ("User-agent: a\nUser-agent: storyfold\nDisallow: /", "/a", False),
        ("user-agent:*\r\ndisallow:/a # not this\r\n", "/a", False),
        ("\ufeffUser-agent: *\nDisallow: /", "/a", False),
        ("<html>not found</html>", "/a", True),
    ],
)
def test_rules_are_kept_as_the_standard_reads_them(robots: str, path: str, expected: bool) -> None:
    assert may_fetch(robots.encode(), f"https://x.example{path}", AGENT) is expected


@pytest.mark.parametrize(
    "robots", [bytes(range(256)) * 100, b"User-agent: *\nDisallow: /" + b"a*" * 50_000, b"\0" * 600_000]
)
def test_any_bytes_have_an_answer(robots: bytes) -> None:
    assert may_fetch(robots, "https://x.example/" + "a" * 5_000, AGENT)
