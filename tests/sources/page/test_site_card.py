"""The card of a site: its name, and its logos with the best one first."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.sources.page.site_card import MAX_LOGOS, read_site_card

HOME = "https://daily.example/home/"


def card(html: str) -> tuple[str, list[tuple[str, int | None, int | None]]]:
    found = read_site_card(html.encode(), url=HOME)
    return found.name, [(logo.url, logo.width, logo.height) for logo in found.logos]


@pytest.mark.parametrize(
    ("html", "name"),
    [
        ('<meta property="og:site_name" content="The Daily">', "The Daily"),
        ('<meta content="The Daily &amp; Sunday" property=og:site_name>', "The Daily & Sunday"),
        ('<meta name="application-name" content=" The\n Daily ">', "The Daily"),
        ('<meta name="application-name" content="App"><meta property="og:site_name" content="Site">', "Site"),
        (
            '<script type="application/ld+json">{"@type":"NewsMediaOrganization","name":"The Daily"}</script>',
            "The Daily",
        ),
        (
            """<script type="application/ld+json">{"@graph": [{"@type": "WebSite", "name": "x",
            "publisher": {"@type": ["Organization"], "name": "The Daily"}}]}</script>""",
            "The Daily",
        ),
        ("<title>The Daily - all the news</title>", ""),
        (f'<meta property="og:site_name" content="{"x" * 101}">', ""),
        ('<meta property="og:site_name" content="">', ""),
        ('<script type="application/ld+json">{"@type":"Organization","name":7}</script>', ""),
        ("", ""),
    ],
)
def test_the_name_is_what_the_site_calls_itself(html: str, name: str) -> None:
    assert card(html)[0] == name


def test_icons_come_before_banners_and_large_ones_first() -> None:
    html = """
    <link rel="shortcut icon" href="/favicon.ico">
    <meta property="og:logo" content="https://cdn.example/wide.png">
    <link rel="icon" sizes="16x16 32X32" href="/32.png">
    <link rel="icon" type="image/png" sizes="192x192" href="192.png">
    <link rel="icon" sizes="any" href="/logo.svg">
    <link rel="apple-touch-icon" href="//cdn.example/apple.png">
    <link rel="apple-touch-icon" sizes="152x152" href="/152.png">
    <script type="application/ld+json">{"@type":"Organization","logo":{"@type":"ImageObject",
      "url":"/banner.png","width":"600px","height":60}}</script>
    """
    assert card(html)[1] == [
        ("https://cdn.example/apple.png", 180, 180),
        ("https://daily.example/152.png", 152, 152),
        ("https://daily.example/home/192.png", 192, 192),
        ("https://daily.example/32.png", 32, 32),
        ("https://daily.example/logo.svg", None, None),
        ("https://cdn.example/wide.png", None, None),
        ("https://daily.example/banner.png", 600, 60),
        ("https://daily.example/favicon.ico", None, None),
    ]


@pytest.mark.parametrize(
    "href", ["javascript:alert(1)", "data:image/png;base64,AA", "https://u:p@a.example/x.png", ""]
)
def test_what_is_no_web_address_is_no_logo(href: str) -> None:
    assert card(f'<link rel="icon" sizes="32x32" href="{href}"><meta property="og:logo" content="{href}">')[1] == []


def test_a_logo_named_twice_keeps_its_better_place() -> None:
    html = '<link rel="icon" href="/a.png"><link rel="apple-touch-icon" href="/a.png">'
    assert card(html)[1] == [("https://daily.example/a.png", 180, 180)]


def test_thousands_of_icons_are_read_at_once_and_few_are_kept() -> None:
    start = time.perf_counter()
    logos = card("".join(f'<link rel="icon" sizes="{n}x{n}" href="/{n}.png">' for n in range(20_000)))[1]
    assert len(logos) == MAX_LOGOS
    assert time.perf_counter() - start < 2


@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_have_a_card(body: bytes) -> None:
    assert read_site_card(body, url=HOME).name is not None
