"""Titles: references that are left over, the publisher's name."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.normalize.headline import MAX_TITLE_CHARS, clean_title, without_publisher


def test_a_title_of_type_text_is_never_read_as_markup() -> None:
    assert clean_title("<script> &amp; me", is_html=False) == "<script> &amp; me"
    assert clean_title("<img src=x onerror=alert(1)> news", is_html=False) == "<img src=x onerror=alert(1)> news"
    assert clean_title("<i>Old</i> &amp; new") == "Old & new"


@pytest.mark.parametrize(
    ("title", "read"),
    [
        ("AT&amp;amp;T", "AT&T"),
        ("It&amp;#8217;s here", "It’s here"),
        ("It&amp;#x2019;s here", "It’s here"),
        ("It&amp;rsquo;s &amp;quot;here&amp;quot;", 'It’s "here"'),
        ("Caf&amp;eacute; &amp;ndash; two&amp;nbsp;words", "Café – two words"),
        ("It&amp;apos;s &amp;#039;here&amp;#039;", "It's 'here'"),
        ("Dollar &amp;#36;5 &amp;#146;", "Dollar $5 ’"),
    ],
)
def test_marks_that_were_escaped_once_too_often_are_decoded(title: str, read: str) -> None:
    assert clean_title(title) == read


@pytest.mark.parametrize(
    ("title", "read"),
    [
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
        ("&amp;lt;b&amp;gt; isn&amp;#8217;t bold", "&lt;b&gt; isn&#8217;t bold"),
        ("&amp;#60;script&amp;#x3e;", "&#60;script&#x3e;"),
        ("The &lt;b&gt; tag &amp;amp; more", "The <b> tag &amp; more"),
        ("&amp;amp;lt;", "&amp;lt;"),
        ("&amp;amp;amp;", "&amp;amp;"),
        ("R&amp;D and AT&amp;T; fine", "R&D and AT&T; fine"),
        ("&amp;nosuchname; &amp;notit;", "&nosuchname; &notit;"),
    ],
)
def test_a_reference_that_could_become_markup_is_decoded_once_only(title: str, read: str) -> None:
    assert clean_title(title) == read


def test_a_text_title_with_left_over_marks_is_decoded_too() -> None:
    assert clean_title("Some &#8216;Jokes&#8217; &amp; more", is_html=False) == "Some ‘Jokes’ & more"


def test_a_hidden_character_does_not_come_back_by_a_second_decoding() -> None:
    assert clean_title("a&amp;#x202e;b&amp;#8203;c&amp;zwnj;d") == "abcd"


@given(st.text(alphabet="ab <>&;#xlgtampquo039'\"8217", max_size=60), st.booleans())
def test_a_second_decoding_never_makes_a_tag_sign(title: str, is_html: bool) -> None:
    once = clean_title(title.replace("<", "").replace("&", "&amp;"), is_html=is_html)
    assert "<" not in once


@given(st.text(max_size=700), st.booleans())
def test_any_title_gives_one_line_of_at_most_300_characters(title: str, is_html: bool) -> None:
    read = clean_title(title, is_html=is_html)
    assert len(read) <= MAX_TITLE_CHARS
    assert read == " ".join(read.split())
    read.encode()


def test_a_title_of_ten_megabytes_is_read_in_its_first_part() -> None:
    started = time.process_time()
    for part in ("word ", "<b>", "&amp;", "é\u0301", "\u202e", "日本"):
        for is_html in (True, False):
            assert len(clean_title(part * (10_000_000 // len(part)), is_html=is_html)) <= MAX_TITLE_CHARS
    assert time.process_time() - started < 2


def test_letters_carry_four_loose_marks_at_most() -> None:
    read = clean_title("z\u0335\u0321\u0328\u0322\u0327\u0316\u0317" + "a" + "\u0301" * 40 + "lgo")
    runs = re.findall("[\u0300-\u036f]+", read)
    assert [len(run) for run in runs] == [4, 4]  # á is one letter, with four more marks on it
    assert re.sub("[\u0300-\u036f]", "", read) == "zálgo"
    assert clean_title("Tiếng Việt: ngữ pháp") == "Tiếng Việt: ngữ pháp"


@pytest.mark.parametrize(
    ("title", "names", "left"),
    [
        ("Ferry returns to the port - Reuters", ["Reuters"], "Ferry returns to the port"),
        ("Ferry returns to the port | The Verge", ["theverge.com"], "Ferry returns to the port"),
        ("Ferry returns to the port | Verge", ["The Verge"], "Ferry returns to the port"),
        (
            "Ferry returns to the port — BBC News",
            ["BBC", "bbc.co.uk", "BBC News - World"],
            "Ferry returns to the port",
        ),
        ("Ferry returns to the port - BBC", ["bbc.co.uk"], "Ferry returns to the port"),
        ("Ferry returns to the port – REUTERS.COM", ["reuters.com"], "Ferry returns to the port"),
        ("Ferry - at last - returns :: Port Post", ["Port Post"], "Ferry - at last - returns"),
        ("Ferry returns - Il Post - Home", ["Il Post - Home"], "Ferry returns"),
        ("Die Fähre ist zurück – DER SPIEGEL", ["spiegel.de"], "Die Fähre ist zurück"),
        ("El ferry regresa al puerto - EL PAÍS", ["elpais.com"], "El ferry regresa al puerto"),
        ("首相访问美国谈判 - 新华网", ["新华网"], "首相访问美国谈判"),
        ("Паром вернулся в порт | Вести", ["Вести"], "Паром вернулся в порт"),
        ("The Verge: Ferry returns to port", ["The Verge"], "Ferry returns to port"),
        ("Port Post | Ferry returns to port", ["Port Post"], "Ferry returns to port"),
    ],
)
def test_the_publishers_name_leaves_the_title(title: str, names: list[str], left: str) -> None:
    assert without_publisher(title, tuple(names)) == left


@pytest.mark.parametrize(
    ("title", "names"),
    [
        ("Ferry returns to the port - Reuters", []),
        ("Ferry returns to the port - Reuters", ["", "Tidewater"]),
        ("Ferry returns to the port - live blog", ["Reuters", "reuters.com", "Reuters: World"]),
        ("Interview with the head of Reuters", ["Reuters"]),
        ("Well-Reuters", ["Reuters"]),
        ("News - Reuters", ["Reuters"]),
        ("A B - Reuters", ["Reuters"]),
        ("日本 - 新华网", ["新华网"]),
        ("Ferry returns - News", ["news.example.org"]),
        ("Ferry returns - X", ["x.com"]),
        ("the verge: Ferry returns to port", ["The Verge"]),
        ("Breaking: Ferry returns to port", ["Port Post"]),
        ("WATCH: Ferry returns to port", ["Port Post"]),
        ("Updated: Ferry returns to port", ["Port Post"]),
    ],
)
def test_what_is_not_surely_the_publishers_name_stays(title: str, names: list[str]) -> None:
    assert without_publisher(title, tuple(names)) == title


@given(st.text(max_size=120), st.lists(st.text(max_size=20), max_size=3))
def test_a_title_without_its_publisher_is_a_part_of_it_and_never_empty(title: str, names: list[str]) -> None:
    line = clean_title(title)
    left = without_publisher(line, tuple(names))
    assert left in line
    assert bool(left) == bool(line)
