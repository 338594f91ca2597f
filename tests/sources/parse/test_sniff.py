"""A file is known by its content; its name decides only where the content leaves a choice."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.sources.parse.sniff import Kind, sniff

RSS = b"<rss><channel/></rss>"
JSON_FEED = b'{"version": "https://jsonfeed.org/version/1.1", "items": []}'


@pytest.mark.parametrize(
    ("body", "name", "kind"),
    [
        (b"---\ntitle: x\n---\n", "x.md", Kind.DOCUMENT),
        (b"\xef\xbb\xbf---\r\ntitle: x\r\n---\r\n", "feed.xml", Kind.DOCUMENT),
        (b"+++\ntitle = 'x'\n+++\n", "x.txt", Kind.DOCUMENT),
        (b"no front matter", "x.md", Kind.DOCUMENT),
        (b"# https://a.example/ in a heading", "x.md", Kind.DOCUMENT),
        (b"---------\n", "x.txt", Kind.UNKNOWN),
        (RSS, "x.md", Kind.XML_FEED),
        (RSS, "x.json", Kind.XML_FEED),
        (
            b"<?xml version='1.0'?><!-- c --><?xml-stylesheet href='x'?>\n<rdf:RDF xmlns:rdf='r'/>",
            "x",
            Kind.XML_FEED,
        ),
        (b"<!DOCTYPE rss [<!ENTITY a 'b'>]><rss version='2.0'/>", "x", Kind.XML_FEED),
        (b"<feed xmlns='http://www.w3.org/2005/Atom'/>", "x.xml", Kind.XML_FEED),
        (RSS.decode().encode("utf-16"), "x.xml", Kind.XML_FEED),
        (b"PHP notice\n<?xml version='1.0'?><rss version='2.0'/>", "x.xml", Kind.XML_FEED),
        (b"<b>Notice</b><rss version='2.0'/>", "x.xml", Kind.XML_FEED),
        (b"<opml version='2.0'/>", "feed.xml", Kind.OPML),
        (b"<?xml-stylesheet href='x'?>\n<?xml version='1.0'?>\n<opml/>", "x", Kind.OPML),
        (b"<!DOCTYPE html><p>x", "x.xml", Kind.HTML),
        (b"<HTML><body>x", "x.rss", Kind.HTML),
        (b"<p>A line of Markdown</p>", "x.md", Kind.DOCUMENT),
        (b"<urlset/>", "x.xml", Kind.UNKNOWN),
        (JSON_FEED, "x.txt", Kind.JSON_FEED),
        (b'{"title": "x"}', "x.json", Kind.JSON_DOCUMENTS),
        (b'[{"title": "x"}]', "x", Kind.JSON_DOCUMENTS),
        (b'[{"title": "x"}]', "x.jsonl", Kind.JSON_DOCUMENTS),
        (b'{\n  "title": "x"\n}\n', "x.json", Kind.JSON_DOCUMENTS),
        (b'{"title": "x"}\n{"title": "y"}\n', "x.json", Kind.JSON_LINES),
        (b'{"title": "x"}\n\n{"broken\n', "x.txt", Kind.JSON_LINES),
        (b'{"title": "x"}\n', "x.jsonl", Kind.JSON_LINES),
        (b'{"broken', "x.json", Kind.JSON_DOCUMENTS),
        (b"[a link](https://a.example/)", "x.md", Kind.DOCUMENT),
        (b"[a link](https://a.example/)", "x.txt", Kind.UNKNOWN),
        (b"[" * 100_000, "x.txt", Kind.UNKNOWN),
        (b"# mine\nhttps://a.example/f title\n", "x.txt", Kind.URL_LIST),
        (b"feed:https://a.example/f\n", "subscriptions", Kind.URL_LIST),
        (b"not an address\n", "x.urls", Kind.URL_LIST),
        (b"plain words", "x.txt", Kind.UNKNOWN),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "x.md", Kind.UNKNOWN),
        (b"", "x.md", Kind.EMPTY),
        (b"\xef\xbb\xbf \r\n\t", "x.json", Kind.EMPTY),
    ],
)
def test_kind_of_file(body: bytes, name: str, kind: Kind) -> None:
    assert sniff(body, name) is kind


def test_real_feeds_and_lists_are_known(shared_dir: Path) -> None:
    data = shared_dir / "data"
    for path in sorted((data / "feeds").glob("*/*")):
        wanted = Kind.JSON_FEED if path.suffix == ".json" else Kind.XML_FEED
        assert sniff(path.read_bytes(), "file") is wanted, path.name
    for path in sorted((data / "opml").glob("*.opml")):
        assert sniff(path.read_bytes(), "file") is Kind.OPML, path.name


def test_real_documents_are_known(shared_dir: Path) -> None:
    paths = sorted((shared_dir / "seed").glob("*.md"))
    assert paths
    assert {sniff(path.read_bytes(), "file") for path in paths} == {Kind.DOCUMENT}


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=100), st.sampled_from(["x.md", "x.json", "x.jsonl", "x.urls", "x"]))
def test_any_bytes_have_a_kind(body: bytes, name: str) -> None:
    assert isinstance(sniff(body, name), Kind)
