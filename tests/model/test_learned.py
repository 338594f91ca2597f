"""What was learned about an item stays when its source tells it anew."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from storyfold.document import Image, Provider
from worker.model.entry import Source
from worker.model.item import Given, Item
from worker.model.learned import keep_learned

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
URL = "https://harbor.example/light"
CANONICAL = "https://harbor.example/2026/light"
A, B = "https://harbor.example/a.jpg", "https://harbor.example/b.jpg"
BARE = Provider(name="harbor.example", domain="harbor.example")


def item(**values: Any) -> Item:
    """An item as a feed tells it that says only title and link."""
    plain: dict[str, Any] = {
        "item_id": "a" * 16,
        "collection": "news",
        "source": Source.FEED,
        "title": "Title",
        "published_at": NOW,
        "original_url": URL,
        "web_url": URL,
        "provider": BARE,
        "url_keys": (URL,),
        "first_seen_at": NOW,
        "provenance": {"published_at": "first-seen", "provider": "domain", "web_url": "given"},
    }
    return Item(**plain | values)


def known(how: dict[str, str], **values: Any) -> Item:
    """The same with what was learned."""
    return item(url_keys=(CANONICAL, URL), provenance=item().provenance | how, **values)


LEARNED: dict[str, tuple[dict[str, str], dict[str, Any]]] = {
    "excerpt": ({"excerpt": "page:og"}, {"excerpt": "Words."}),
    "topics": ({"excerpt": "page:og", "topics": "page:og"}, {"excerpt": "Words.", "topics": ("Child", "Parent")}),
    "author": ({"author": "page:jsonld"}, {"author": "Ann"}),
    "language": ({"language": "page:html"}, {"language": "en"}),
    "date": ({"published_at": "page:jsonld"}, {"published_at": NOW - timedelta(days=1)}),
    "name": ({"provider": "page:og"}, {"provider": Provider(name="Herald", domain="harbor.example")}),
    "link": ({"web_url": "page:link"}, {"web_url": CANONICAL}),
    "redirect": (
        {"web_url": "page:redirect", "provider": "registry"},
        {"web_url": CANONICAL, "provider": Provider(name="Other", domain="other.example")},
    ),
    "AMP": ({"amp_web_url": "page:link"}, {"amp_web_url": f"{URL}/amp", "cdn_amp_web_url": "https://cdn.example/x"}),
    "images": ({"images": "page:og"}, {"images": (Image(url=A, width=9, height=9),)}),
    "probed images": (
        {"images": "page:og", "image_sizes": "probe"},
        {"images": (Image(url=A, width=1200, height=675, is_cached=True),)},
    ),
}


def learned(name: str) -> Item:
    how, values = LEARNED[name]
    return known(how, **values)


@pytest.mark.parametrize("name", LEARNED)
def test_what_the_page_gave_stays_where_the_feed_says_nothing(name: str) -> None:
    before = learned(name)

    after = keep_learned(before, item())

    assert replace(after, url_keys=before.url_keys) == before


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("excerpt", {"excerpt": "Own."}),
        ("author", {"author": "Bo"}),
        ("language", {"language": "de"}),
        ("date", {"published_at": NOW, "provenance": {"published_at": "given"}}),
        ("name", {"provenance": {"provider": "registry"}}),
        ("name", {"provider": Provider(name="x.example", domain="x.example")}),
        ("AMP", {"amp_web_url": f"{URL}/own-amp"}),
        ("images", {"images": (Image(url=B),)}),
    ],
)
def test_what_the_feed_says_counts(name: str, says: dict[str, Any]) -> None:
    before = learned(name)
    arriving = item(**says)

    assert keep_learned(before, arriving) is arriving


def test_what_was_not_learned_is_not_kept() -> None:
    before = item(excerpt="Old.", author="Ann", images=(Image(url=A),), published_at=NOW - timedelta(days=1))
    arriving = item()

    assert keep_learned(before, arriving) is arriving


@pytest.mark.parametrize("name", ["link", "AMP", "redirect"])
def test_addresses_of_another_page_are_not_kept(name: str) -> None:
    before = learned(name)
    arriving = item(web_url="https://harbor.example/corrected", url_keys=("https://harbor.example/corrected",))

    assert keep_learned(before, arriving) is arriving


def test_a_stated_provider_is_not_replaced_by_that_of_the_page() -> None:
    before = learned("redirect")
    stated = item(provider=Provider(name="Stated", domain="stated.example"), provenance={"provider": "stated"})

    after = keep_learned(before, stated)

    assert (after.web_url, after.provider) == (CANONICAL, stated.provider)


def test_a_version_that_was_enriched_itself_knows_better() -> None:
    how = {"web_url": "page:link", "image_sizes": "probe"}
    before = known(how, web_url=CANONICAL, images=(Image(url=A, width=9, height=9),))
    arriving = known(how, web_url=f"{CANONICAL}-2", images=(Image(url=A, width=8, height=8),))

    assert keep_learned(before, arriving) is arriving


@pytest.mark.parametrize(
    ("arriving", "expected"),
    [
        (Image(url=A), Image(url=A, width=1200, height=675, is_cached=True)),
        (Image(url=A, width=640, height=360, is_cached=False), Image(url=A, width=1200, height=675, is_cached=True)),
        (Image(url=B), Image(url=B)),
    ],
)
def test_the_real_size_of_an_image_stays(arriving: Image, expected: Image) -> None:
    before = known({"image_sizes": "probe"}, images=(Image(url=A, width=1200, height=675, is_cached=True),))

    assert keep_learned(before, item(images=(arriving,))).images == (expected,)


def test_a_declared_size_is_no_real_one() -> None:
    before = known({}, images=(Image(url=A, width=1200, height=675, is_cached=True),))

    after = keep_learned(before, item(images=(Image(url=A, width=640, height=360),)))

    assert after.images == (Image(url=A, width=640, height=360, is_cached=True),)


def test_an_image_that_was_refused_does_not_come_back() -> None:
    gone = known({"images_refused": A})
    replaced = known({"images_refused": A, "images": "page:og"}, images=(Image(url=B),))

    assert keep_learned(gone, item(images=(Image(url=A),))).images == ()
    assert keep_learned(replaced, item(images=(Image(url=A),))).images == (Image(url=B),)
    assert keep_learned(replaced, item(images=(Image(url=A), Image(url="https://x.example/c.jpg")))).images == (
        Image(url="https://x.example/c.jpg"),
    )


def test_topics_of_both_versions_stay_together() -> None:
    before = learned("topics")

    assert keep_learned(before, item(topics=("Parent",))).topics == ("Child", "Parent")
    assert keep_learned(before, item(topics=("New",))).topics == ("New", "Child", "Parent")


def test_a_rules_topics_are_not_added_to() -> None:
    before = learned("topics")
    ruled = item(topics=("Mine",), provenance={**item().provenance, "rules": "my rule"})

    assert keep_learned(before, ruled).topics == ("Mine",)


def test_a_document_speaks_for_itself() -> None:
    before = learned("excerpt")
    told = item(given=Given())

    assert keep_learned(before, told) is told
    assert keep_learned(told, before) is before
