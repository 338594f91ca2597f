"""Lists and addresses of documents, as far as their limits go; the single fields have a test of their own."""

from __future__ import annotations

from typing import Any

import pytest

from worker.flows.document_limits import limit_faults, without_hidden


@pytest.mark.parametrize(
    ("record", "fault"),
    [
        ({"topics": ["t"] * 1_001}, "topics: has 1,001 values"),
        ({"topics": ["t" * 501]}, "topics[0]: has 501 characters"),
        ({"images": [{"url": "/i"}] * 1_001}, "images: has 1,001 values"),
        ({"provider": {"images": [{"url": "/i"}] * 51}}, "provider.images: has 51 values"),
        ({"provider": {"domain": "\u202ea.example"}}, "provider.domain: is an address with the character U+202E"),
        ({"related": [{}] * 2_001}, "related: has 2,001 values"),
        ({"extras": [{"key": "k", "text": "k: 1"}] * 1_001}, "document: has 1,001 keys"),
        ({"related": [{"extras": [{}] * 1_001}]}, "related[0]: has 1,001 keys"),
        ({"related": [{"images": [{"url": "data:x"}]}]}, "related[0].images[0].url: must be an http"),
    ],
)
def test_what_is_more_than_is_borne_is_named_by_its_path(record: dict[str, Any], fault: str) -> None:
    (found,) = limit_faults(record)
    assert found.startswith(fault)


@pytest.mark.parametrize(
    "url",
    ["javascript:x", "JaVaScRiPt:x", "vbscript:x", "file:///etc/passwd", "ftp://a/b", "//a.example/i", "\\\\a\\i"],
)
def test_an_image_has_no_address_that_leads_elsewhere(url: str) -> None:
    assert limit_faults({"images": [{"url": url}]})


@pytest.mark.parametrize(
    "url", ["https://a.example/i", "HTTP://a.example/i", "/assets/i.png", "i.png", "/a?b=c:d", ""]
)
def test_an_image_on_a_site_is_borne(url: str) -> None:
    assert limit_faults({"images": [{"url": url}]}) == []


def test_a_text_without_hidden_characters_and_the_breaks_of_an_excerpt_stay() -> None:
    record = {
        "title": "A  b \u200dc",
        "excerpt": "One\ntwo\n",
        "related": [{"title": "A\u202eb", "excerpt": "One\n"}],
    }
    assert without_hidden(record) == {**record, "related": [{"title": "Ab", "excerpt": "One\n"}]}


@pytest.mark.parametrize("value", [5, None, ["a"], {"a": 1}])
def test_values_of_a_wrong_type_are_left_to_the_schema(value: Any) -> None:
    record = dict.fromkeys(("title", "excerpt", "provider", "topics", "images", "related", "webUrl"), value)
    assert limit_faults(record) == []
    assert without_hidden(record) == record
