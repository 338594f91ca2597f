"""What an item's page adds to it, and what it leaves alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from storyfold.document import Document, Image, Provider, StoryType
from worker.fold.apply import update
from worker.model.entry import Entry, Media, Source
from worker.model.item import Item
from worker.model.learned import keep_learned
from worker.model.page import ImageFacts, PageFacts
from worker.normalize.enrich import enrich, is_plain_name, needs_page
from worker.normalize.item import Context, normalize
from worker.normalize.providers import Organizations
from worker.normalize.taxonomy import Taxonomy
from worker.normalize.topic import Topic
from worker.score.quality import score_item

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
URL = "https://harbor.example/2026/03/the-old-lighthouse"
TITLE = "The old lighthouse shines again"
BIG_PAPER = Provider(name="Big Paper", domain="bigpaper.example")
CONTEXT = Context(
    collection="news",
    taxonomy=Taxonomy(
        [Topic(name="Shipping", keywords=("shipping lane", "keeper")), Topic(name="Light", keywords=("lighthouse",))]
    ),
    organizations=Organizations([BIG_PAPER]),
)


def item(**values: Any) -> Item:
    """An item of a feed that says nothing but title and link, unless told otherwise."""
    entry = {"link": URL, "title": TITLE, "guid": "1", "feed_url": "https://harbor.example/feed", **values}
    return normalize(Entry(source=Source.FEED, **entry), now=NOW, context=CONTEXT)


def learn(known: Item, facts: PageFacts | None = None, *images: ImageFacts) -> Item:
    return enrich(known, facts, images, now=NOW + timedelta(minutes=1), context=CONTEXT)


def page(url: str = URL, **values: Any) -> PageFacts:
    obtained = dict.fromkeys(values, "og") | {"canonical_url": "link", "amp_url": "link"}
    return PageFacts(url=url, obtained=obtained, **values)


FULL = page(
    canonical_url="https://harbor.example/news/the-old-lighthouse",
    amp_url="https://harbor.example/amp/the-old-lighthouse",
    title=TITLE,
    excerpt="A keeper has lit the lamp above the shipping lane. No ship has passed the shipping lane for years.",
    published="2026-03-01T08:00:00Z",
    site_name="Harbor Herald",
    author="Ann Keeper",
    language="en-GB",
    images=(Media(url="https://harbor.example/a.jpg", kind="image", width=1200, height=675),),
)


def test_an_empty_item_takes_all_that_its_page_says() -> None:
    known = item()
    learned = learn(known, FULL)

    assert learned.web_url == "https://harbor.example/news/the-old-lighthouse"
    assert learned.amp_web_url == "https://harbor.example/amp/the-old-lighthouse"
    assert (
        learned.cdn_amp_web_url
        == "https://harbor-example.cdn.ampproject.org/c/s/harbor.example/amp/the-old-lighthouse"
    )
    assert learned.excerpt == FULL.excerpt
    assert learned.published_at == datetime(2026, 3, 1, 8, tzinfo=UTC)
    assert learned.provider == Provider(name="Harbor Herald", domain="harbor.example")
    assert (learned.author, learned.language) == ("Ann Keeper", "en-GB")
    assert learned.images == (Image(url="https://harbor.example/a.jpg", width=1200, height=675, is_cached=False),)
    assert "Shipping" in learned.topics
    assert {name: how for name, how in learned.provenance.items() if known.provenance.get(name) != how} == {
        "web_url": "page:link",
        "amp_web_url": "page:link",
        **dict.fromkeys(("excerpt", "published_at", "provider", "author", "language", "images", "topics"), "page:og"),
    }


def test_its_identity_stays_and_it_is_known_by_more_addresses() -> None:
    known = item()
    learned = learn(known, FULL)

    assert (learned.item_id, learned.fingerprint, learned.original_url) == (known.item_id, known.fingerprint, URL)
    assert {*known.url_keys} < {*learned.url_keys}
    assert "https://harbor.example/news/the-old-lighthouse" in learned.url_keys


def test_the_quality_is_that_of_the_new_values() -> None:
    known = item()
    learned = learn(known, FULL)

    assert learned.quality == score_item(learned).points > known.quality


def test_what_the_feed_said_stays() -> None:
    known = item(
        summary="The feed's own words on this story, which are good enough for everyone.",
        published="Sun, 01 Mar 2026 10:00:00 GMT",
        author="Bo Sailor",
        language="de",
        media=(Media(url="https://harbor.example/own.jpg", kind="image", width=640, height=360),),
        amp_url="https://harbor.example/own-amp",
        provider_name="Stated Name",
        provider_url="https://harbor.example/",
    )

    assert learn(known, replace(FULL, canonical_url="")) is known


def test_nothing_learned_is_the_same_item() -> None:
    known = item()

    assert learn(known) is known
    assert learn(known, page()) is known


@pytest.mark.parametrize("field", ["title", "excerpt", "published", "site_name", "author", "language", "images"])
def test_of_a_reserved_page_only_addresses_are_taken(field: str) -> None:
    learned = learn(item(), replace(FULL, is_reserved=True))

    assert learned.web_url == "https://harbor.example/news/the-old-lighthouse"
    assert learned.amp_web_url == "https://harbor.example/amp/the-old-lighthouse"
    stays = {"published": "published_at", "site_name": "provider"}.get(field, field)
    assert getattr(learned, stays) == getattr(item(), stays)


def test_a_page_that_is_not_the_items_adds_nothing() -> None:
    login = replace(FULL, url="https://harbor.example/login", canonical_url="https://harbor.example/login")

    assert learn(item(), login) is not None
    assert learn(item(), login) == item()


@pytest.mark.parametrize(
    ("link", "facts", "web_url", "how"),
    [
        (URL, page(canonical_url=URL), URL, "given"),
        (URL, page(canonical_url=f"{URL}s?utm_source=a&id=1"), f"{URL}s?id=1", "page:link"),
        (URL, page(canonical_url="https://other.example/x"), URL, "given"),
        (URL, page(canonical_url="https://harbor.example/"), URL, "given"),
        (URL, page(canonical_url=URL.replace("https", "http")), URL, "given"),
        (URL, page(canonical_url=URL + "/"), URL + "/", "page:link"),
        (URL.replace("https", "http"), page(canonical_url=URL), URL, "page:link"),
        (URL.replace("https", "http"), page(canonical_url=URL.replace("https", "http")), URL, "page:link"),
        (URL, page(canonical_url="javascript:alert(1)"), URL, "given"),
    ],
)  # fmt: skip
def test_the_canonical_address_becomes_the_links(link: str, facts: PageFacts, web_url: str, how: str) -> None:
    learned = learn(item(link=link), facts)

    assert (learned.web_url, learned.provenance["web_url"]) == (web_url, how)


@pytest.mark.parametrize(
    ("found_at", "provider", "how"),
    [
        ("https://www.bigpaper.example/light?utm_source=t", BIG_PAPER, "registry"),
        ("https://news.example.com/light", Provider(name="example.com", domain="example.com"), "domain"),
    ],
)
def test_behind_a_redirector_lie_the_page_and_the_true_provider(found_at: str, provider: Provider, how: str) -> None:
    known = item(link="https://t.co/abc", feed_url="https://list.example/feed")
    learned = learn(known, page(found_at))

    assert learned.web_url == found_at.partition("?")[0]
    assert learned.provenance["web_url"] == "page:redirect"
    assert (learned.provider, learned.provenance["provider"]) == (provider, how)
    assert (learned.original_url, learned.item_id) == ("https://t.co/abc", known.item_id)
    assert {*known.url_keys} < {*learned.url_keys}


def test_a_provider_that_the_entry_states_stays_behind_a_redirector() -> None:
    known = item(link="https://t.co/abc", provider_name="Stated", provider_url="https://stated.example/")

    assert learn(known, page("https://bigpaper.example/light")).provider == known.provider


def test_a_link_to_an_amp_page_becomes_one_to_the_page_that_it_names() -> None:
    amp = "https://amp.example.com/some/light-house"
    learned = learn(item(link=amp), page(amp, canonical_url="https://example.com/light", is_amp=True))

    assert (learned.web_url, learned.amp_web_url) == ("https://example.com/light", amp)
    assert (
        learned.cdn_amp_web_url == "https://amp-example-com.cdn.ampproject.org/c/s/amp.example.com/some/light-house"
    )
    assert learned.provenance["amp_web_url"] == "page:amp"


def test_an_amp_page_that_names_itself_is_both() -> None:
    learned = learn(item(), page(canonical_url=URL, is_amp=True))

    assert (learned.web_url, learned.amp_web_url) == (URL, URL)


def test_pages_that_name_each_other_end_as_one_item() -> None:
    other = "https://harbor.example/2026/other"
    one = learn(item(), page(canonical_url=other))
    two = learn(item(link=other, guid="2"), page(other, canonical_url=URL))

    assert (one.web_url, two.web_url) == (other, URL)
    assert one.url_keys == two.url_keys


@pytest.mark.parametrize(
    "amp",
    ["https://elsewhere.example/amp/x", "https://harbor.example/", "https://evil.cdn.ampproject.org.evil.example/x"],
)
def test_an_amp_version_of_another_site_is_not_taken(amp: str) -> None:
    assert learn(item(), page(amp_url=amp)).amp_web_url is None


def test_an_amp_version_on_a_cache_is_taken_from_its_origin() -> None:
    cached = "https://harbor-example.cdn.ampproject.org/c/s/harbor.example/amp/light"

    assert learn(item(), page(amp_url=cached)).amp_web_url == "https://harbor.example/amp/light"


@pytest.mark.parametrize(
    ("published", "updated", "expected", "how"),
    [
        ("2026-03-01T08:00:00+01:00", "", datetime(2026, 3, 1, 7, tzinfo=UTC), "page:og"),
        ("2026-03-01T08:00", "", datetime(2026, 3, 1, 8, tzinfo=UTC), "page:og"),
        ("", "2026-03-01T08:00:00Z", datetime(2026, 3, 1, 8, tzinfo=UTC), "page:og"),
        ("2027-03-01T08:00:00Z", "", NOW, "first-seen"),
        ("1970-01-01T00:00:00Z", "", NOW, "first-seen"),
        ("yesterday", "", NOW, "first-seen"),
        ("9" * 10_000, "", NOW, "first-seen"),
    ],
)
def test_a_missing_date_is_the_pages_if_that_can_be_true(
    published: str, updated: str, expected: datetime, how: str
) -> None:
    learned = learn(item(), page(published=published, updated=updated))

    assert (learned.published_at, learned.provenance["published_at"]) == (expected, how)


def test_a_date_ahead_of_the_clock_gives_way_to_the_pages() -> None:
    known = item(published="Sun, 01 Mar 2037 10:00:00 GMT")

    assert known.provenance["published_at"] == "clamped"
    assert learn(known, FULL).published_at == datetime(2026, 3, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "excerpt"),
    [
        ("A keeper has lit the lamp once more.", "A keeper has lit the lamp once more."),
        ("<p>A keeper has <b>lit</b> the lamp once more.</p>", "A keeper has lit the lamp once more."),
        ("A keeper&#8217;s lamp &amp; more light.", "A keeper’s lamp & more light."),
        ("A\u202ekeeper\u200b has lit\x07 the lamp once more.", "Akeeper has lit the lamp once more."),
        (TITLE, ""),
        ("", ""),
    ],
)
def test_an_excerpt_from_the_page_is_plain_text(text: str, excerpt: str) -> None:
    assert learn(item(), page(excerpt=text)).excerpt == excerpt


def test_an_excerpt_from_the_page_is_at_most_300_characters() -> None:
    learned = learn(item(), page(excerpt="many words " * 1_000))

    assert 200 < len(learned.excerpt) <= 300


def test_topics_that_a_rule_has_set_stay() -> None:
    known = item()
    ruled = replace(known, topics=("Mine",), provenance={**known.provenance, "rules": "my rule"})

    assert learn(ruled, FULL).topics == ("Mine",)


@pytest.mark.parametrize(("tag", "language"), [("en_GB", "en-GB"), ("ru", ""), ("xx", ""), ("", "")])
def test_a_language_that_the_letters_contradict_is_not_taken(tag: str, language: str) -> None:
    assert learn(item(), page(language=tag)).language == language


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Harbor Herald", True),
        ("BBC News", True),
        ("朝日新聞", True),
        ("20 Minuten", True),
        ("Le Monde.fr", True),
        ("Yahoo!", False),
        ("Harbor Herald - News you can trust", False),
        ("Harbor Herald | Sport", False),
        ("Harbor Herald: the paper", False),
        ("We bring you all the news there is", False),
        ("x" * 41, False),
        ("X", False),
        ("1234", False),
        ("https://harbor.example", False),
        ("@harbor", False),
        ("Home", False),
        ("WordPress", False),
        ("", False),
    ],
)
def test_a_name_is_taken_when_it_is_plain(name: str, plain: bool) -> None:
    assert is_plain_name(name) is plain
    assert learn(item(), page(site_name=name)).provider.name == (name if plain else "harbor.example")


def test_a_registered_provider_keeps_its_name() -> None:
    link = "https://bigpaper.example/light"
    known = item(link=link)

    assert learn(known, page(link, site_name="Other")).provider == Provider(
        name="Big Paper", domain="bigpaper.example"
    )


def test_a_player_on_the_page_makes_no_video() -> None:
    learned = learn(item(), page(video_url="https://www.youtube.com/embed/abcdefghijk"))

    assert (learned.type, learned.featured_content) == (StoryType.ARTICLE, None)


def test_the_size_of_an_image_is_learned_without_its_page() -> None:
    known = item(media=(Media(url="https://harbor.example/a.jpg", kind="image", width=99, height=10_000),))
    facts = ImageFacts(url="https://harbor.example/a.jpg", width=1200, height=675, digest="d" * 64, checked_at=NOW)

    learned = learn(known, None, facts)

    assert learned.images == (Image(url=facts.url, width=1200, height=675, is_cached=True),)
    assert learned.provenance["image_sizes"] == "probe"


def test_an_image_that_is_too_small_is_replaced_and_remembered() -> None:
    pixel = "https://harbor.example/tiny.jpg"
    known = item(media=(Media(url=pixel, kind="image"),))
    learned = learn(known, FULL, ImageFacts(url=pixel, width=1, height=1, checked_at=NOW))

    assert learned.images == (Image(url="https://harbor.example/a.jpg", width=1200, height=675, is_cached=False),)
    assert learned.provenance["images_refused"] == pixel
    assert keep_learned(learned, known).images == learned.images


DOCUMENT = Document(
    category="news",
    title=TITLE,
    published_at=NOW,
    original_url=URL,
    web_url=URL,
    type=StoryType.ARTICLE,
    provider=Provider(name="harbor.example", domain="harbor.example"),
)


def test_a_story_document_is_never_changed() -> None:
    told = normalize(Entry(source=Source.DROP, document=DOCUMENT), now=NOW, context=CONTEXT)

    assert learn(told, FULL) is told
    assert not needs_page(told)


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ({}, True),
        ({"link": "https://harbor.example/"}, False),
        ({"link": "https://www.youtube.com/watch?v=abcdefghijk"}, False),
        ({"link": "https://harbor.example/log#v2", "guid": "https://harbor.example/log#v2"}, False),
    ],
)
def test_every_item_with_a_page_of_its_own_wants_it(values: dict[str, Any], wanted: bool) -> None:
    assert needs_page(item(**values)) is wanted


def test_what_an_enriched_item_holds_can_be_stored() -> None:
    learned = learn(item(), FULL)

    assert msgspec.json.decode(msgspec.json.encode(learned), type=Item) == learned


URLS = st.sampled_from(
    [
        "",
        URL,
        URL + "/",
        URL.replace("https", "http"),
        "https://harbor.example/",
        "https://harbor.example/2026",
        "https://www.harbor.example/other?x=1&utm_source=y#top",
        "https://other.example/light",
        "https://amp.harbor.example/light",
        "https://harbor-example.cdn.ampproject.org/c/s/harbor.example/amp/light",
        "http://127.0.0.1/x",
        "https://bigpaper.example/a",
        "https://t.co/x",
    ]
)
TEXTS = st.sampled_from(
    ["", TITLE, "<b>x</b>", "A keeper has lit the lamp above the shipping lane.", "2026-03-01T08:00:00Z"]
)
FACTS = st.builds(
    PageFacts,
    url=URLS.filter(bool),
    canonical_url=URLS,
    amp_url=URLS,
    is_amp=st.booleans(),
    is_reserved=st.booleans(),
    title=TEXTS,
    excerpt=TEXTS | st.text(max_size=20),
    published=TEXTS,
    site_name=TEXTS | st.text(max_size=20),
    author=TEXTS | st.text(max_size=20),
    images=st.lists(URLS.filter(bool).map(lambda url: Media(url=url, kind="image")), max_size=3).map(tuple),
)
PROBES = st.lists(
    st.builds(
        ImageFacts,
        url=URLS,
        width=st.sampled_from([None, 1, 600]),
        height=st.sampled_from([None, 31, 400]),
        digest=st.sampled_from(["", "d" * 64]),
        failure=st.sampled_from(["", "http-404"]),
        checked_at=st.just(NOW),
    ),
    max_size=3,
)
ENTRIES = st.fixed_dictionaries(
    {"link": URLS.filter(bool)},
    optional={
        "summary": TEXTS,
        "published": TEXTS,
        "media": URLS.filter(bool).map(lambda url: (Media(url=url, kind="image"),)),
    },
)


@given(ENTRIES, FACTS, PROBES)
@settings(max_examples=200)
def test_to_enrich_twice_is_to_enrich_once(entry: dict[str, Any], facts: PageFacts, probes: list[ImageFacts]) -> None:
    once = learn(item(**entry), facts, *probes)

    assert learn(once, facts, *probes) == once


@given(ENTRIES, FACTS, PROBES)
@settings(max_examples=200)
def test_the_same_entry_again_changes_nothing(
    entry: dict[str, Any], facts: PageFacts, probes: list[ImageFacts]
) -> None:
    """A poll gives the item as the feed tells it; with what was learned it is the item that is stored."""
    known = learn(item(**entry), facts, *probes)

    assert update(known, item(**entry)) == known
