"""Documents: read from any layout, written in one, nothing lost."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import frontmatter
import pytest
import yaml

from storyfold.document import Extra, Image, StoryType
from storyfold.errors import DocumentError
from storyfold.front_matter import StoryHandler, read_document, read_front_matter, read_record, write_document
from storyfold.json_form import document_to_json

CANONICAL = """---
category: news
title: "Ferry line \\"Nordlys\\" orders two electric ships – for 2027"
excerpt: "Both are built in Åland.\\nThe first sails in spring."
publishedDateTime: 2026-03-01T08:05:00Z
originalUrl: "https://harbour.example/feed?id=7"
webUrl: "https://harbour.example/nordlys"
ampWebUrl: "https://harbour.example/amp/nordlys"
cdnAmpWebUrl: "https://harbour-example.cdn.example/c/s/harbour.example/amp/nordlys"
type: article
quality: 41
heat: -1
published: true

provider:
  name: "Harbour: Today"
  domain: harbour.example
  images:
    - url: "https://harbour.example/logo-50.png"
      width: 50
      height: 50

topics:
  - Ships
  - "1.0"

images:
  - url: "https://harbour.example/ship.jpg"
    width: 1200
    height: 800
    isCached: true
    alt: A ship # of the line
    crop: [0, 0, 1.50, no]
  - url: "https://harbour.example/ship-2.jpg"

related:
  - title: "A video of the ships"
    publishedDateTime: 2026-03-01T09:00:00Z
    type: video
    provider:
      name: Tube
      domain: tube.example
      note: |
        two

        lines
    quality: 3
  - title: "Electric ferries"
    excerpt: ""
    publishedDateTime: 2026-03-02T00:00:00Z
    webUrl: "https://news.example/ferries"
    type: article
    provider:
      name: "no"
      domain: news.example
    images:
      - url: "https://news.example/f.jpg"
        isCached: false
    reviewer: 0042

secured: "c2VhbGVk;dGFn"

country: no
# the importer's number
id: 0123 # keep
version: 1.10
tags: [ferries,   'electric']
steps:
- one
-   two: "quoted
      over lines"
note: |+
  kept

"two words": yes
---

Body with a rule:

---
and no line end"""

MINIMAL = {
    "category": "news",
    "title": "A title",
    "publishedDateTime": "2026-03-01T08:05:00Z",
    "originalUrl": "https://a.example/1",
    "webUrl": "https://a.example/1",
    "type": "article",
    "provider": "{name: A, domain: a.example}",
}


def front(**changes: str | None) -> str:
    """A small document with some keys replaced, added or (None) removed, as YAML source."""
    lines = [f"{key}: {value}" for key, value in {**MINIMAL, **changes}.items() if value is not None]
    return "\n".join(["---", *lines, "---", ""])


def faults_of(text: str | bytes) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        read_document(text)
    return caught.value.faults


def test_canonical_document_is_written_byte_for_byte() -> None:
    assert write_document(read_document(CANONICAL)) == CANONICAL


def test_document_is_read_into_its_types() -> None:
    document = read_document(CANONICAL.encode())
    assert document.title == 'Ferry line "Nordlys" orders two electric ships – for 2027'
    assert document.published_at == datetime(2026, 3, 1, 8, 5, tzinfo=UTC)
    assert document.type is StoryType.ARTICLE
    assert (document.quality, document.heat, document.published) == (41, -1, True)
    assert document.provider.images == (Image(url="https://harbour.example/logo-50.png", width=50, height=50),)
    assert document.topics == ("Ships", "1.0")
    assert document.related[0].web_url is None
    assert document.related[1].excerpt == ""
    assert document.related[1].extras == (Extra(key="reviewer", text="reviewer: 0042"),)
    assert document.extras[:2] == (
        Extra(key="country", text="country: no"),
        Extra(key="id", text="# the importer's number\nid: 0123 # keep"),
    )
    assert document.content == "Body with a rule:\n\n---\nand no line end"


def test_every_real_document_round_trips(shared_dir: Path) -> None:
    """The model and all archived documents are given back to the byte."""
    archive = shared_dir / "data" / "archive"
    paths = [
        *(shared_dir / "seed").glob("*.md"),
        *archive.glob("_news/*.md"),
        *archive.glob("revisions/*/*.md"),
    ]
    assert len(paths) > 300
    texts = {path.name: path.read_bytes() for path in paths}
    changed = [name for name, text in texts.items() if write_document(read_document(text)).encode() != text]
    assert changed == []


def test_plain_yaml_reader_sees_the_same_values(shared_dir: Path) -> None:
    """What the seed says to PyYAML it says to us."""
    text = next((shared_dir / "seed").glob("*.md")).read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.load(text.split("---\n")[1], Loader=yaml.BaseLoader)  # noqa: S506 - text only
    as_text = json.loads(json.dumps(document_to_json(read_document(text))), parse_int=str)
    as_text["published"] = str(as_text["published"]).lower()
    for image in [*as_text["images"], *(image for item in as_text["related"] for image in item["images"])]:
        image["isCached"] = str(image["isCached"]).lower()
    assert as_text == loaded


FOREIGN_LAYOUT = """\ufeff
---\r
type: 'article'\r
provider: {domain: a.example, name: 'A'}\r
"title": >-\r
  Folded\r
  title\r
originalUrl: https://a.example/1\r
webUrl: https://a.example/1   # the page\r
topics: [One, "Two"]\r
images: []\r
heat: ~\r
category: news\r
publishedDateTime: 2026-03-01 09:05:00.75 +01:00\r
mine: |\r
  x\r
...\r
\r
Body\r
"""


def test_foreign_layout_is_written_canonically() -> None:
    """Byte order mark, CRLF, other quotes, flow style, other order, ``...`` at the end."""
    assert write_document(read_document(FOREIGN_LAYOUT.encode())) == (
        '---\ncategory: news\ntitle: "Folded title"\npublishedDateTime: 2026-03-01T08:05:00Z\n'
        'originalUrl: "https://a.example/1"\nwebUrl: "https://a.example/1"\ntype: article\n\n'
        "provider:\n  name: A\n  domain: a.example\n\ntopics:\n  - One\n  - Two\n\n"
        "mine: |\n  x\n---\n\nBody\n"
    )


def test_toml_front_matter_is_read() -> None:
    text = (
        '+++\ncategory = "news"\ntitle = "A title"\npublishedDateTime = 2026-03-01T09:05:00+01:00\n'
        'originalUrl = "https://a.example/1"\ntype = "video"\ntags = ["no", 1]\nday = 2026-03-01\n'
        'at = 07:30:00\ncontent = "kept"\n[provider]\nname = "A"\ndomain = "a.example"\n+++\nBody\n'
    )
    document = read_document(text)
    assert document.published_at == datetime(2026, 3, 1, 8, 5, tzinfo=UTC)
    assert document.content == "Body\n"
    assert [extra.text for extra in document.extras] == [
        'tags:\n  - "no"\n  - 1',
        'day: "2026-03-01"',
        'at: "07:30:00"',
        "content: kept",
    ]


@pytest.mark.parametrize(
    ("key", "source", "text"),
    [
        ("title", "1984", "1984"),
        ("title", "no", "no"),
        ("title", "2026-01-01", "2026-01-01"),
        ("title", "12:30:45", "12:30:45"),
        ("title", "0x1F", "0x1F"),
        ("title", "!!str 7", "7"),
        ("title", "A &amp; &quot;B&quot;", "A &amp; &quot;B&quot;"),
        ("title", "'it''s'", "it's"),
        ("category", "2024", "2024"),
        ("excerpt", '"~"', "~"),
    ],
)
def test_text_of_a_known_key_stays_text(key: str, source: str, text: str) -> None:
    document = read_document(front(**{key: source}))
    assert getattr(document, key) == text
    assert read_document(write_document(document)) == document


@pytest.mark.parametrize("word", ["yes", "On", "true", "TRUE"])
def test_booleans_of_yaml_1_1_are_read(word: str) -> None:
    assert read_document(front(published=word)).published is True


@pytest.mark.parametrize("null", ["", "~", "null", "NULL"])
def test_null_is_an_absent_key(null: str) -> None:
    assert read_document(front(excerpt=null, quality=null)) == read_document(front())
    assert faults_of(front(title=null)) == ["title: required key is missing"]


@pytest.mark.parametrize(
    "source",
    [
        "country: no",
        "id: 0123",
        "version: 1.10",
        "time: 12:30:45",
        "date: 2024-01-01",
        "content: z",
        "handler: z",
        "extras: z",
        "1: 1",
        "no: 1",
        "<<: {a: b}",
        "empty:",
        "anchor: &a x",
        "'odd key': \"a # b\"  # c",
        "deep: {a: [1, {b: 'no'}], c: \"x\"}",
        "block:\n  a:\n\n  # inside\n  b: |-\n    x\n\n     y",
        "keep: |+\n  x\n\n",
        "quoted: 'one\n  two'",
        "list:\n- a\n-\n  - b",
        "# above\n# twice\nx: y",
    ],
)
def test_unknown_key_keeps_its_text(source: str) -> None:
    text = write_document(read_document(front())).replace("\n---\n\n", f"\n\n{source}\n---\n\n")
    document = read_document(text)
    assert [extra.text for extra in document.extras] == [source]
    assert write_document(document) == text


def test_unknown_key_that_cannot_be_cut_out_is_written_anew() -> None:
    """YAML in the style of JSON has no text that could stand in a line of its own."""
    text = front(images='[{"url":"u","alt":"no","a: b":[1.10,{"c":[]}],"n":null}]')
    document = read_document(text)
    assert [extra.text for extra in document.images[0].extras] == [
        'alt: "no"',
        '"a: b":\n  - 1.10\n  - c: []',
        '"n": null',
    ]
    assert read_document(write_document(document)) == document


@pytest.mark.parametrize(
    ("rest", "content"),
    [
        ("", ""),
        ("\n", ""),
        ("\n\n", ""),
        ("\nBody", "Body"),
        ("\n\nBody\n", "Body\n"),
        ("\n\n\n  Body", "\n  Body"),
        ("\n\r\nBody\r\n", "Body\r\n"),
        ("\n\n\x85\u2028Body", "\x85\u2028Body"),
    ],
)
def test_body_is_kept_after_one_empty_line(rest: str, content: str) -> None:
    document = read_document(front().removesuffix("\n") + rest)
    assert document.content == content
    assert write_document(document).endswith("\n---\n\n" + content)
    assert read_document(write_document(document)) == document


def test_loose_front_matter_is_read_as_plain_values() -> None:
    metadata, body = read_front_matter(
        "---\nlayout: post\ntitle: 007\nurl: https://a.example/x\ndate: 2024-01-01 10:00\ndraft: no\n"
        "tags: [a, 1, 1.10, no, {on: true}]\npublishedDateTime: 2024-01-01\nquality: 7\nnone:\n---\nBody\n"
    )
    assert metadata == {
        "title": "007",
        "publishedDateTime": "2024-01-01T00:00:00Z",
        "quality": 7,
        "layout": "post",
        "url": "https://a.example/x",
        "date": "2024-01-01 10:00",
        "draft": "no",
        "tags": ["a", 1, "1.10", "no", {"on": True}],
        "none": None,
    }
    assert body == "Body\n"


def test_incomplete_document_is_read_as_a_record() -> None:
    assert read_record("---\ntitle: 007\nid: 0123\n---\n\nBody") == {
        "title": "007",
        "extras": [{"key": "id", "text": "id: 0123"}],
        "content": "Body",
    }


def test_python_frontmatter_reads_and_writes_the_layout() -> None:
    text = CANONICAL[: CANONICAL.index("\ncountry: no")] + "---\n\nBody"
    post = frontmatter.loads(text, handler=StoryHandler())
    assert post.metadata["provider"] == {
        "name": "Harbour: Today",
        "domain": "harbour.example",
        "images": [{"url": "https://harbour.example/logo-50.png", "width": 50, "height": 50}],
    }
    written = frontmatter.dumps(post, handler=StoryHandler())
    # Through plain values an unknown key loses its own style, never its value.
    style = {"[0, 0, 1.50, no]": '\n      - 0\n      - 0\n      - "1.50"\n      - "no"', " # of the line": ""}
    style |= {"note: |\n        two\n\n        lines\n": 'note: "two\\n\\nlines\\n"\n', ": 0042": ': "0042"'}
    for source, plain in style.items():
        text = text.replace(source, plain).replace("crop: \n", "crop:\n")
    assert written == text


@pytest.mark.parametrize("text", ["---\n- a\n---\n", "---\na: 1\n", "plain", "---\na: *b\n---\n"])
def test_python_frontmatter_shows_faults(text: str) -> None:
    """Where python-frontmatter alone gives empty metadata, the handler raises."""
    with pytest.raises(DocumentError):
        frontmatter.loads(text, handler=StoryHandler())


def test_python_frontmatter_writes_posts_made_by_hand() -> None:
    post = frontmatter.Post("Body", StoryHandler(), topics=["AI"], title="a: b", tags=["x", "no"])
    assert frontmatter.dumps(post) == ('---\ntitle: "a: b"\n\ntopics:\n  - AI\n\ntags:\n  - x\n  - "no"\n---\n\nBody')


def test_handler_detects_front_matter() -> None:
    assert StoryHandler().detect("\ufeff---\na: 1\n---\n")
    assert not StoryHandler().detect("----\n")


def test_reading_and_writing_are_quick() -> None:
    """Far looser than what is measured (0.3 ms and 0.05 ms), so that it fails on a change of order only."""
    document = read_document(CANONICAL)
    started = time.perf_counter()
    for _ in range(100):
        write_document(document)
    written = time.perf_counter()
    for _ in range(20):
        read_document(CANONICAL)
    assert written - started < 100 * 0.001
    assert time.perf_counter() - written < 20 * 0.02
