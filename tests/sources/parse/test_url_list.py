"""Plain lists: good lines are taken, bad ones named."""

from __future__ import annotations

import pytest

from storyfold.errors import SourceError
from worker.sources.parse.opml import Outline
from worker.sources.parse.url_list import read_url_list


def test_lines_are_addresses_with_an_optional_title() -> None:
    body = (
        "\ufeff# mine\r\nhttps://a.example/f\r\n\r\n  http://b.example/f \t Bé & co \nfeed://c.example/\n"
        "https://a.example/f again\n"
    )
    read = read_url_list(body.encode())
    assert read.faults == ()
    assert read.outlines == (
        Outline(url="https://a.example/f"),
        Outline(url="http://b.example/f", title="Bé & co"),
        Outline(url="http://c.example/"),
    )


def test_bad_lines_are_named_and_the_others_taken() -> None:
    read = read_url_list(b"https://a.example/\nftp://b.example/\nhttp://\nhttp://[\nplain words\n")
    assert [outline.url for outline in read.outlines] == ["https://a.example/"]
    assert read.faults == (
        "line 2: not an http or https address: 'ftp://b.example/'",
        "line 3: not an http or https address: 'http://'",
        "line 4: not an http or https address: 'http://['",
        "line 5: not an http or https address: 'plain'",
    )


@pytest.mark.parametrize(
    ("body", "failure"), [(b"", "empty"), (b"# only\n\n", "empty"), (b"nothing\n", "no-addresses")]
)
def test_list_without_addresses_is_refused(body: bytes, failure: str) -> None:
    with pytest.raises(SourceError) as raised:
        read_url_list(body)
    assert raised.value.failure == failure
