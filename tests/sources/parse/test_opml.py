"""OPML: real lists are read whole, and what is written is read back."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storyfold.errors import SourceError
from worker.sources.parse.opml import Outline, feed_address, read_opml, unique, write_opml

# Distinct addresses, as the collection's own table counts them.
REAL_LISTS = {
    "othree-blogroll.opml": 775,
    "frankmeeuwsen-blogroll.opml": 48,
    "linux-podcasts.opml": 19,
    "rsparser-subs-no-title.opml": 207,
    "plenary-india.opml": 36,
    "aiworkflowpro-finance.opml": 207,
}


@pytest.mark.parametrize(("name", "count"), REAL_LISTS.items(), ids=REAL_LISTS.keys())
def test_real_list_is_read_whole(shared_dir: Path, name: str, count: int) -> None:
    outlines = read_opml((shared_dir / "data" / "opml" / name).read_bytes())
    assert len(outlines) == len({outline.url for outline in outlines}) == count
    assert all(outline.title and outline.url.startswith("http") for outline in outlines)


@pytest.mark.parametrize("name", REAL_LISTS)
def test_real_list_survives_writing(shared_dir: Path, name: str) -> None:
    outlines = read_opml((shared_dir / "data" / "opml" / name).read_bytes())
    assert sorted(read_opml(write_opml(outlines)), key=str) == sorted(outlines, key=str)


def test_folders_give_the_category() -> None:
    body = b"""\xef\xbb\xbf<?xml-stylesheet href="a.xsl"?>
    <?xml version="1.0"?><opml version="2.0" xmlns="http://opml.org/spec2"><body>
      <outline text="Tech"><outline title="Deep">
        <outline text="A &amp; B" xmlurl=" https://a.example/f?x=1&y=2 " htmlUrl="https://a.example/"
          category="/x"/>
      </outline></outline>
      <outline text="t" title="T" xmlUrl="feed://b.example/f" category="/News/World,/Other"/>
      <outline text="again" xmlUrl="http://b.example/f"/>
      <outline text="bookmark" url="https://c.example/"/>
    </body></opml>"""
    assert read_opml(body) == [
        Outline(
            url="https://a.example/f?x=1&y=2",
            title="A & B",
            category="Tech/Deep",
            site_url="https://a.example/",
        ),
        Outline(url="http://b.example/f", title="T", category="News/World"),
    ]


@pytest.mark.parametrize(
    ("body", "failure"),
    [
        (b" \n", "empty"),
        (b"<rss><channel/></rss>", "not-opml"),
        (b"no list", "ill-formed"),
    ],
)
def test_other_documents_are_refused_by_name(body: bytes, failure: str) -> None:
    with pytest.raises(SourceError) as raised:
        read_opml(body)
    assert raised.value.failure == failure


def test_list_without_feeds_is_empty() -> None:
    assert read_opml(b"<opml><body><outline text='folder'/></body></opml>") == []


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("feed://a.example/f", "http://a.example/f"),
        ("feed:https://a.example/f", "https://a.example/f"),
        ("FEED://https://a.example/f", "https://a.example/f"),
        (" https://a.example/f ", "https://a.example/f"),
    ],
)
def test_feed_scheme_stands_for_http(text: str, address: str) -> None:
    assert feed_address(text) == address


_WORD = st.text(
    st.characters(codec="utf-8", exclude_characters="/", exclude_categories=("C", "Z")),
    min_size=1,
    max_size=8,
)
_OUTLINE = st.builds(
    Outline,
    url=_WORD.map(lambda word: f"https://{word}.example/"),
    title=_WORD,
    category=st.lists(_WORD, max_size=3).map("/".join),
    site_url=st.one_of(st.just(""), _WORD),
    collection=st.sampled_from(["", "news"]),
    interval_seconds=st.integers(0, 86_400),
    credential=st.sampled_from(["", "mine"]),
    rules=st.lists(_WORD.filter(lambda word: "," not in word), max_size=3, unique=True).map(tuple),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(_OUTLINE, max_size=8))
def test_what_is_written_is_read_back(outlines: list[Outline]) -> None:
    assert sorted(read_opml(write_opml(outlines)), key=str) == sorted(unique(outlines), key=str)


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=30), st.text(max_size=10))
def test_any_title_can_be_written(title: str, category: str) -> None:
    title, category = (text.encode("utf-8", "ignore").decode() for text in (title, category))
    written = write_opml([Outline(url="https://a.example/", title=title, category=category)], title=title)
    assert [outline.url for outline in read_opml(written)] == ["https://a.example/"]


def test_deep_folders_with_long_names_stay_small() -> None:
    """Every feed carries the path of its folders: without a bound 176 kB of these made 211 MB."""
    folders = "<outline text='" + "c" * 900 + "'>"
    feeds = "".join(f"<outline text='{'t' * 900}' xmlUrl='https://a.example/{n}'/>" for n in range(50))
    body = f"<opml version='2.0'><body>{folders * 100}{feeds}{'</outline>' * 100}</body></opml>"
    outlines = read_opml(body.encode())
    assert len(outlines) == 50
    assert {len(outline.category) for outline in outlines} == {500}
    assert {len(outline.title) for outline in outlines} == {500}


OURS = 'xmlns:s="https://storyfold.example/ns/opml/1"'


def test_settings_of_a_feed_stand_in_a_namespace_of_ours() -> None:
    """Whatever its prefix; the same words without it, or in another namespace, mean nothing."""
    feed = "<outline text='t' xmlUrl='https://a.example/' {}/>"
    stated = "s:collection='tech' s:interval='7200' s:credential='mine' s:rules='one, two,one,'"
    (outline,) = read_opml(f"<opml {OURS}><body>{feed.format(stated)}</body></opml>".encode())
    assert outline == Outline(
        url="https://a.example/",
        title="t",
        collection="tech",
        interval_seconds=7200,
        credential="mine",
        rules=("one", "two"),
    )
    for others in (stated.replace("s:", ""), stated.replace("s:", "o:") + " xmlns:o='https://o.example/'"):
        (outline,) = read_opml(f"<opml><body>{feed.format(others)}</body></opml>".encode())
        assert outline == Outline(url="https://a.example/", title="t")


@pytest.mark.parametrize("stated", ["", "soon", "-1", "1e9", "\u0664", "7" * 400])
def test_an_interval_that_is_none_is_not_stated(stated: str) -> None:
    body = f"<opml {OURS}><body><outline xmlUrl='https://a.example/' s:interval='{stated}'/></body></opml>"
    assert read_opml(body.encode())[0].interval_seconds == 0


def test_a_title_of_our_namespace_is_no_title() -> None:
    body = f"<opml {OURS}><body><outline text='t' s:title='x' s:xmlUrl='https://b.example/' xmlUrl='https://a.example/'/></body></opml>"
    assert read_opml(body.encode()) == [Outline(url="https://a.example/", title="t")]


def test_a_broken_list_is_read_as_a_sound_one() -> None:
    """The reader of sound lists and the one of mended ones agree; folders close where they should."""
    rows = "<outline text='A'><outline text='f' xmlUrl='https://a.example/'/></outline><outline text='g &amp; h' xmlUrl='https://b.example/'/>"
    sound = read_opml(f"<opml><body>{rows}</body></opml>".encode())
    assert read_opml(f"<opml><head><title>A & B</title></head><body>{rows}</body></opml>".encode()) == sound
    assert [outline.category for outline in sound] == ["A", ""]


def test_entities_of_a_document_type_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret words")
    body = f"""<?xml version="1.0"?><!DOCTYPE opml [<!ENTITY x SYSTEM "file://{tmp_path}/secret"><!ENTITY y "yyyy">]>
    <opml><head><title>&x;</title></head><body><outline text="&y;" xmlUrl="https://a.example/"/></body></opml>"""
    assert "secret" not in str(read_opml(body.encode()))


def test_a_long_list_needs_little_memory() -> None:
    """100,000 feeds grow the process by less than 50 MB; a tree of them took 128."""
    code = """
import sys
from pathlib import Path
from worker.sources.parse.opml import read_opml
row = '<outline type="rss" text="Title of feed number {0}" title="Title of feed number {0}"'
row += ' xmlUrl="https://host{0}.example/path/feed.xml" htmlUrl="https://host{0}.example/path/"/>'
body = f'<opml version="2.0"><body>{"".join(map(row.format, range(100_000)))}</body></opml>'.encode()
status = Path("/proc/self/status")
def kilobytes(name):
    return int(next(line for line in status.read_text().splitlines() if line.startswith(name)).split()[1])
Path("/proc/self/clear_refs").write_text("5")
before = kilobytes("VmRSS")
assert len(read_opml(body)) == 100_000
print(kilobytes("VmHWM") - before)
"""
    if not Path("/proc/self/clear_refs").exists():
        pytest.skip("this system does not tell the peak of a process's memory")
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(ended.stdout) < 50 * 1024
