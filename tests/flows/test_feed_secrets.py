"""What a feed's entries repeat of the secrets in its address is taken out of them."""

from __future__ import annotations

import pytest

from worker.flows.feed_secrets import secret_values, without_secrets
from worker.model.entry import Entry, Source


@pytest.mark.parametrize(
    ("url", "values"),
    [
        ("https://a.example/rss?token=secret1&page=2", ("secret1",)),
        ("https://a.example/rss?api_key=abcdef&user_token=abcdefg", ("abcdefg", "abcdef")),
        ("https://a.example/rss?u=b7f3a9c2d4e8416fa0c1", ("b7f3a9c2d4e8416fa0c1",)),
        ("https://a.example/rss?b7f3a9c2d4e8416fa0c1", ("b7f3a9c2d4e8416fa0c1",)),
        ("https://a.example/rss?feed=rss2&project=storyfold&id=1234567", ()),
        ("https://a.example/rss?token=short", ()),
        ("https://a.example/rss#token=secret1", ()),
        ("https://a.example/rss", ()),
    ],
)
def test_secret_parameters_are_told_by_their_name_or_by_their_value(url: str, values: tuple[str, ...]) -> None:
    assert secret_values(url) == values


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("https://a.example/rss?token=secret1", "https://a.example/rss?"),
        ("https://a.example/e.mp3?token=secret1&id=1", "https://a.example/e.mp3?id=1"),
        ("https://a.example/e.mp3?id=1&token=secret1#x", "https://a.example/e.mp3?id=1#x"),
        ('<a href="/e?id=1&amp;key=secret1">x</a>', '<a href="/e?id=1">x</a>'),
        ("the words secret1 stand here", "the words  stand here"),
        ("nothing of it", "nothing of it"),
    ],
)
def test_a_repeated_secret_leaves_the_rest_of_an_address_whole(text: str, clean: str) -> None:
    entry = Entry(source=Source.FEED, title=text, link=text)
    (found,) = without_secrets([entry], "https://a.example/rss?token=secret1")
    assert (found.title, found.link) == (clean, clean)


def test_entries_of_a_feed_without_secrets_are_handed_on_as_they_are() -> None:
    entry = Entry(source=Source.FEED, title="x", link="https://a.example/1")
    assert without_secrets([entry], "https://a.example/rss?page=1")[0] is entry
