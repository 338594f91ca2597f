"""Which entries are the same item, and whose word changes it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from worker.fold.decide import Known, decide
from worker.fold.identity import claims_of, same_origin
from worker.fold.index import StoryIndex
from worker.fold.match import FoldRules, WordMatcher
from worker.model.item import Given, Item

Make = Callable[..., Item]


@pytest.mark.parametrize(
    ("other", "shared"),
    [
        ({"name": "b", "feed_url": "https://harbor.example/feed", "guid": "a"}, True),
        ({"name": "b", "url_keys": ("https://harbor.example/a",)}, True),
        ({"name": "b", "fingerprint": "fp-a"}, True),
        ({"name": "b", "domain": "other.example", "fingerprint": "fp-a"}, False),
        ({"name": "b", "domain": "other.example", "guid": "a"}, False),
        ({"name": "b", "guid": "A"}, False),
    ],
    ids=["feed and guid", "any address", "fingerprint in one provider", "fingerprint of another provider",
         "guid of another feed", "guid of another case"],
)  # fmt: skip
def test_items_are_the_same_when_they_share_a_claim(make_item: Make, other: dict[str, str], shared: bool) -> None:
    assert bool(set(claims_of(make_item("a"))) & set(claims_of(make_item(**other)))) is shared


def test_the_strongest_claim_decides_under_which_id_an_item_is_known(make_item: Make) -> None:
    item = make_item("a")
    by_guid, by_url, *_ = claims_of(item)
    known = Known(item_ids={by_guid: "guid-item", by_url: "url-item"}, story_ids={})

    assert known.item_id(item) == "guid-item"


def test_an_item_without_guid_address_and_fingerprint_claims_nothing(make_item: Make) -> None:
    assert claims_of(make_item("a", guid="", url_keys=(), fingerprint="")) == ()


def test_another_feeds_word_of_the_same_page_is_no_newer_version(make_item: Make) -> None:
    item = make_item("a")
    elsewhere = make_item("a", feed_url="https://planet.example/feed", guid="x")

    assert same_origin(item, make_item("a", title="Edited"))
    assert not same_origin(item, elsewhere)


def test_a_document_speaks_for_every_source_and_no_feed_for_a_document(make_item: Make) -> None:
    feed_item = make_item("a")
    document = make_item("a", feed_url="", guid="", given=Given())

    assert same_origin(feed_item, document)
    assert not same_origin(document, feed_item)


def test_a_known_item_is_never_asked_for_likeness(make_item: Make) -> None:
    item = make_item("a")
    known = Known(item_ids={claims_of(item)[0]: "known-item"}, story_ids={"known-item": "its-story"})

    decision = decide(item, known, WordMatcher(FoldRules()), StoryIndex())

    assert decision.targets == ("its-story",)
    assert decision.arriving[0].item_id == "known-item"


def test_a_document_whose_related_names_known_items_joins_their_story(make_item: Make) -> None:
    related = make_item("b")
    document = msgspec.structs.replace(make_item("new"), given=Given(), related=(related,))
    known = Known(item_ids={claims_of(related)[1]: related.item_id}, story_ids={related.item_id: "old-story"})

    decision = decide(document, known, WordMatcher(FoldRules()), StoryIndex())

    assert decision.targets == ("old-story",)


def test_an_unknown_item_like_no_other_founds_a_story(make_item: Make) -> None:
    decision = decide(make_item("a"), Known(item_ids={}, story_ids={}), WordMatcher(FoldRules()), StoryIndex())

    assert decision.targets == ()
