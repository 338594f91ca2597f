"""The words of an entry."""

from __future__ import annotations

from pathlib import Path

import pytest

from storyfold.errors import SourceError
from worker.model.entry import Entry, Source
from worker.normalize.text import plain_text
from worker.normalize.words import Words, read_words
from worker.sources.parse.feed_document import parse_feed


def words(title: str = "Ferry returns to port", summary: str = "", content: str = "", **more: bool) -> Words:
    return read_words(Entry(source=Source.FEED, title=title, summary=summary, content=content, **more))


def test_title_text_and_excerpt_are_plain_text() -> None:
    read = words("<b>Ferry</b> returns", "<p>It sails &amp; stays.</p><p>From Monday.</p>")
    assert read == Words("Ferry returns", "It sails & stays. From Monday.", "It sails & stays. From Monday.")


@pytest.mark.parametrize(
    "summary",
    [
        "",
        "<p></p>",
        "Ferry returns to port",
        "<p>FERRY RETURNS TO PORT!</p>",
        "By Ann Lee",
        "March 2, 2026",
        "<a href='https://a.example/'>Comments</a>",
        "[…]",
        "<a href='https://a.example/'>Read more</a>",
        "The post Ferry returns to port appeared first on Port Post.",
        "...",
    ],
)
def test_a_summary_that_says_nothing_gives_way_to_the_content(summary: str) -> None:
    read = words(summary=summary, content="<p>It sails from Monday.</p>")
    assert read.excerpt == read.text == "It sails from Monday."
    assert words(summary=summary).excerpt == words(summary=summary).text == ""


def test_the_caption_of_a_figure_is_no_text_unless_there_is_nothing_else() -> None:
    figure = "<figure><img src='/i.jpg'><figcaption class='x'>A ferry at <i>sea</i></figcaption></figure>"
    assert words(content=f"{figure}<p>It sails from Monday.</p>").excerpt == "It sails from Monday."
    assert words(content=figure).excerpt == "A ferry at sea"


def test_a_summary_that_says_something_is_preferred_to_the_content() -> None:
    assert words(summary="In short.", content="<p>At length.</p>").excerpt == "In short."


@pytest.mark.parametrize(
    "summary",
    [
        "<h1>Ferry returns to port</h1><p>Port Alder sees it sail.</p>",
        "<p><b>Ferry returns to port</b></p>Port Alder sees it sail.",
        "<pre>Ferry returns to port\n\nPort Alder sees it sail.</pre>",
        "Ferry returns to port<br>Port Alder sees it sail.",
        "Ferry returns to port: Port Alder sees it sail.",
    ],
)
def test_a_title_in_a_line_of_its_own_does_not_begin_the_excerpt(summary: str) -> None:
    assert words(summary=summary).excerpt == "Port Alder sees it sail."


def test_a_sentence_that_begins_like_the_title_stays_whole() -> None:
    sentence = "Ferry returns to port Alder on Monday."
    assert words(summary=f"<p>{sentence}</p>").excerpt == sentence


def test_an_excerpt_from_long_text_ends_with_a_sentence() -> None:
    text = "It sails on each Monday of the year. " * 20
    excerpt = words(summary=text).excerpt
    assert 200 <= len(excerpt) <= 300
    assert excerpt.endswith("of the year.")


def test_without_a_title_the_text_gives_one_and_it_is_not_said_twice() -> None:
    assert words("", "It sails from Monday.") == Words("It sails from Monday.", "It sails from Monday.", "")
    long = words("", "It sails from Monday, as the board of the harbour said. All boats are back in time, it says.")
    assert long.title == "It sails from Monday, as the board of the harbour said."
    assert long.excerpt == "All boats are back in time, it says."
    assert words("", "By Ann Lee").title == "By Ann Lee"
    assert words("\u202e&nbsp;", "", "<p>It sails.</p>").title == "It sails."


@pytest.mark.parametrize("nothing", ["", " ", "<p></p>", "\u200b\u3164", "<script>x</script>", "&nbsp;"])
def test_an_entry_without_words_is_a_named_failure(nothing: str) -> None:
    with pytest.raises(SourceError) as caught:
        words(nothing, nothing, nothing)
    assert caught.value.failure == "no-title"


def test_the_publishers_name_leaves_the_title_when_the_caller_knows_it() -> None:
    entry = Entry(source=Source.FEED, title="Ferry returns to port - Port Post", summary="It sails.")
    assert read_words(entry).title == "Ferry returns to port - Port Post"
    assert read_words(entry, ("Port Post", "portpost.example", "", "")).title == "Ferry returns to port"


def test_hostile_words_come_out_as_data() -> None:
    read = words(
        "<script>alert(1)</script>Ferry", "&lt;script&gt;alert(1)&lt;/script&gt;<img src=x onerror=alert(1)>"
    )
    assert read.title == "Ferry"
    assert read.excerpt == "<script>alert(1)</script>"
    assert words("<img src=x onerror=alert(1)>", title_is_html=False).title == "<img src=x onerror=alert(1)>"


def test_real_entries_have_words_that_the_schema_takes(shared_dir: Path) -> None:
    read, nameless = [], 0
    for path in sorted((shared_dir / "data" / "feeds").glob("*/*")):
        try:
            feed = parse_feed(path.read_bytes(), feed_url="https://feed.example/")
        except SourceError:
            continue
        for entry in feed.entries:
            if plain_text(entry.title + entry.summary + entry.content):
                read.append(read_words(entry, (entry.feed_title, entry.provider_name)))
            else:
                nameless += 1
    assert len(read) > 1_000
    assert nameless < len(read) / 100
    for found in read:
        assert 0 < len(found.title) <= 300
        assert len(found.excerpt) <= 300
        assert not found.excerpt.endswith(("[…]", "Seguir leyendo", "Continue reading..."))
        assert "appeared first on" not in found.excerpt[-120:]


def test_a_summary_that_repeats_the_title_with_its_publisher_says_nothing() -> None:
    """So do aggregators: the headline as a link, two hard spaces, the publisher."""
    entry = Entry(
        source=Source.FEED,
        title="Ferry returns after two years - Harbor Herald",
        summary='<a href="https://n.example">Ferry returns after two years</a>&nbsp;&nbsp;<font>Harbor Herald</font>',
    )
    words = read_words(entry, ("Harbor Herald",))
    assert words == ("Ferry returns after two years", "", "")
