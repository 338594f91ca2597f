"""What the matcher reads of a text."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyfold.document import Provider
from worker.fold.tokens import MOST_TOKENS, tokens_of
from worker.fold.words import MOST_EXCERPT_TOKENS, excerpt_words, title_words
from worker.model.item import Item

Make = Callable[..., Item]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Caf\u00e9s r\u00e9sum\u00e9", "Cafes resume"),
        ("The council\u2019s plans", "council plan"),
        ("Banned police, banning", "ban polic"),
        ("\u6771\u4eac\u5730\u9707", "\u6771\u4eac \u4eac\u5730 \u5730\u9707"),
    ],
)
def test_tokens_fold_case_accents_endings_and_unspaced_scripts(left: str, right: str) -> None:
    assert tokens_of(left) == tokens_of(right)


@given(st.text(max_size=3_000))
def test_any_text_gives_few_tokens_each_once(text: str) -> None:
    tokens = tokens_of(text)
    assert len(tokens) == len(set(tokens)) <= MOST_TOKENS
    assert all(tokens)


@pytest.mark.parametrize(
    ("title", "name", "domain"),
    [
        ("Ferry returns - The Harbor Times", "The Harbor Times", "harbor.example"),
        ("Ferry returns | Harbor Times", "The Harbor Times", "harbor.example"),
        ("Ferry returns \u2013 harbortimes.example", "Harbor", "harbortimes.example"),
        ("Ferry returns ...", "Harbor", "harbor.example"),
    ],
)
def test_the_publishers_name_at_the_end_is_no_part_of_the_story(
    make_item: Make, title: str, name: str, domain: str
) -> None:
    item = make_item("a", title=title, provider=Provider(name=name, domain=domain))
    assert title_words(item) == tokens_of("Ferry returns")


def test_another_ending_is_kept(make_item: Make) -> None:
    item = make_item(
        "a", title="Ferry returns - and sinks", provider=Provider(name="Harbor", domain="harbor.example")
    )
    assert title_words(item) == tokens_of("Ferry returns and sinks")


def test_an_excerpt_gives_its_first_words_without_those_of_the_title(make_item: Make) -> None:
    excerpt = " ".join(f"Alder{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(60))
    item = make_item("a", title="Ferry returns", excerpt=f"The ferry of {excerpt}")
    assert len(excerpt_words(item)) == MOST_EXCERPT_TOKENS
    assert "ferry" not in excerpt_words(item)
