"""Fragments that name articles of their own, in feeds and in documents."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.normalize.page_parts import NOISE, NOISE_NAMES, is_noise, own_part, page_keys
from worker.normalize.urls import comparison_key

PAGE = "https://a.example/changes"


@pytest.mark.parametrize("fragment", sorted(NOISE))
def test_every_listed_fragment_is_noise_in_any_case(fragment: str) -> None:
    assert is_noise(fragment)
    assert is_noise(fragment.upper())
    assert own_part(f"{PAGE}#{fragment}", f"{PAGE}#{fragment}") == ""


@pytest.mark.parametrize("name", sorted(NOISE_NAMES))
def test_every_listed_name_with_a_value_is_noise(name: str) -> None:
    assert is_noise(f"{name}=1")
    assert is_noise(f"{name}=1&utm_source=2")
    assert not is_noise(f"{name}=1&article=2")


@pytest.mark.parametrize("fragment", ["v1.2", "2020-11-19", "1124-fernsehen", "item-5", "a=1", "c++20", "Neuerungen"])
def test_what_may_name_an_article_is_no_noise(fragment: str) -> None:
    assert not is_noise(fragment)
    assert own_part(f"{PAGE}#{fragment}", f"urn:x#{fragment}")


def test_one_part_has_one_spelling() -> None:
    assert own_part(f"{PAGE}#%61 b") == own_part(f"{PAGE}#a%20b") == "#a%20b"
    assert own_part(f"{PAGE}#\u00e9") == own_part(f"{PAGE}#%c3%a9") == "#%C3%A9"


@pytest.mark.parametrize("url", [PAGE, f"{PAGE}#", f"{PAGE}#!/one", f"{PAGE}#/one", ""])
def test_an_address_that_the_comparison_key_tells_apart_anyway_needs_no_part(url: str) -> None:
    assert own_part(url, url) == ""


def test_documents_on_one_page_stay_apart_and_one_document_holds_together() -> None:
    assert page_keys([f"{PAGE}#v1"]) != page_keys([f"{PAGE}#v2"])
    assert page_keys([f"{PAGE}#v1", PAGE, None, "", f"{PAGE}/amp"]) == [f"{PAGE}#v1", f"{PAGE}#v1", f"{PAGE}/amp#v1"]
    assert page_keys([f"{PAGE}#comments", PAGE]) == [PAGE, PAGE]
    assert page_keys([None, "no address"]) == [""]


@given(st.text(), st.text())
def test_a_part_is_total_and_the_key_below_it_stays(fragment: str, guid: str) -> None:
    part = own_part(f"{PAGE}#{fragment}", guid)
    assert part == "" or part.startswith("#")
    keys = page_keys([f"{PAGE}#{fragment}"])
    assert comparison_key(keys[0]).partition("#")[0] == comparison_key(f"{PAGE}#{fragment}").partition("#")[0]
