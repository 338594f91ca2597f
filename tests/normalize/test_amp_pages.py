"""A publisher's own AMP addresses have the key of the page, where the rule is sure of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyfold import read_document
from storyfold.errors import DocumentError
from worker.normalize.amp_pages import page_path
from worker.normalize.urls import comparison_key

SLUG = "ferry-returns-after-two-years"


@pytest.mark.parametrize(
    ("amp", "page"),
    [
        (f"https://a.example/{SLUG}/amp", f"https://a.example/{SLUG}"),
        (f"https://a.example/{SLUG}/amp/", f"https://a.example/{SLUG}/"),
        (f"https://a.example/{SLUG}/amp/index.html", f"https://a.example/{SLUG}"),
        ("https://a.example/2021/05/30/ferry/amp/", "https://a.example/2021/05/30/ferry/"),
        ("https://a.example/news/article-1234567/amp", "https://a.example/news/article-1234567"),
        ("https://a.example/ferry.html/amp", "https://a.example/ferry.html"),
        ("https://a.example/ferry.amp.html", "https://a.example/ferry.html"),
        ("https://a.example/world-55000000.amp", "https://a.example/world-55000000"),
        (f"https://a.example/amp/{SLUG}", f"https://a.example/{SLUG}"),
        (f"https://a.example/google-amp/article/{SLUG}/", f"https://a.example/article/{SLUG}/"),
        ("https://a.example/AMP/2022/03/10/ferry/", "https://a.example/2022/03/10/ferry/"),
        (f"https://amp.a.example/{SLUG}", f"https://www.a.example/{SLUG}"),
        (f"https://a.example/{SLUG}?amp", f"https://a.example/{SLUG}"),
        (f"https://a.example/{SLUG}?amp=1&id=2", f"https://a.example/{SLUG}?id=2"),
        (f"https://a.example/{SLUG}?outputType=amp", f"https://a.example/{SLUG}"),
        (f"https://a.example/{SLUG}?noamp=mobile", f"https://a.example/{SLUG}"),
    ],
)
def test_an_amp_address_has_the_key_of_its_page(amp: str, page: str) -> None:
    assert comparison_key(amp) == comparison_key(page)


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example/tags/amp",
        "https://a.example/docs/amp/",
        "https://a.example/amp",
        "https://a.example/amp/settings",
        "https://a.example/amp/x",
        "https://a.example/example/ramp",
        "https://a.example/guitar.amp",
        "https://amp.dev/documentation",
        "https://amp.com.au/news",
        "https://a.example/x?preamp=1",
        "https://a.example/2020/..amp",
    ],
)
def test_what_may_be_a_page_of_its_own_stays(url: str) -> None:
    """The key is the address but for a slash at the end and dot segments, so nothing of AMP was taken off."""
    assert comparison_key(url) == url.rstrip("/")


@given(st.text(alphabet="/amp.-html2020x", max_size=40))
def test_finding_the_page_ends_and_only_shortens(path: str) -> None:
    page = page_path("/" + path)
    assert len(page) <= len(path) + 1
    key = comparison_key(f"https://a.example/{path}")
    assert comparison_key(key) == key


def test_real_pairs_of_page_and_amp_address_agree_or_stay_apart(shared_dir: Path) -> None:
    """Neowin drops a folder from its AMP addresses: no rule can know that, and none pretends to."""
    pairs: set[tuple[str | None, str | None]] = set()
    for path in sorted((shared_dir / "data" / "archive").rglob("*.md")):
        try:
            document = read_document(path.read_bytes())
        except DocumentError:  # a file of another kind: an organization, a README
            continue
        pairs |= {(document.web_url, document.amp_web_url)}
        pairs |= {(one.web_url, one.amp_web_url) for one in document.related}
    pairs = {(web, amp) for web, amp in pairs if web and amp}
    apart = {web for web, amp in pairs if comparison_key(web or "") != comparison_key(amp or "")}
    assert len(pairs) >= 6
    assert all("neowin.net" in (web or "") for web in apart)
