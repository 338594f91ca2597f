"""Facts from JSON-LD, whatever shape it has."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from worker.model.entry import Media
from worker.model.page import PageFacts

Read = Callable[..., PageFacts]


def ld(*values: Any) -> str:
    return "".join(f'<script type="application/ld+json">{json.dumps(value)}</script>' for value in values)


def article(**values: Any) -> dict[str, Any]:
    return {"@context": "https://schema.org", "@type": "NewsArticle", "headline": "Lighthouse shines again", **values}


@pytest.mark.parametrize(
    "scripts",
    [
        [article()],
        [[article()]],
        [{"@context": "https://schema.org", "@graph": [{"@type": "WebSite", "name": "No"}, article()]}],
        [{"@graph": {"@graph": [article()]}}],
        [{"@type": "Organization", "name": "No"}, article()],
        [article(**{"@type": ["Thing", "NewsArticle"]})],
        [article(**{"@type": "http://schema.org/BlogPosting"})],
        [article(**{"@type": "schema:Article"})],
        [article(**{"@type": "OpinionNewsArticle"})],
        [{"@type": "WebPage", "name": "No", "mainEntity": article()}],
        [{"@type": "WebPage", "name": "No"}, article()],
        [article(headline=["Lighthouse shines again", "Other"])],
        [article(headline={"@value": "Lighthouse shines again", "@language": "en"})],
        [article(headline="  Lighthouse\n shines again ")],
        [{"@type": "Article", "name": "Lighthouse shines again"}],
    ],
)
def test_the_article_is_found_wherever_it_stands(read: Read, scripts: list[Any]) -> None:
    facts = read(ld(*scripts))

    assert (facts.title, facts.obtained["title"]) == ("Lighthouse shines again", "jsonld")


def test_of_several_articles_the_one_of_this_page_counts(read: Read) -> None:
    other = article(headline="Other", url="https://harbor.example/other")
    own = article(headline="Own", mainEntityOfPage={"@id": "https://harbor.example/own#main"})

    assert read(ld([other, own]), url="https://harbor.example/own").title == "Own"
    assert read(ld([other, own]), url="https://harbor.example/third").title == "Other"


@pytest.mark.parametrize(
    ("author", "expected"),
    [
        ("Ann Keeper", "Ann Keeper"),
        ({"@type": "Person", "name": "Ann Keeper"}, "Ann Keeper"),
        ([{"name": "Ann Keeper"}, {"name": "Bo Sailor"}], "Ann Keeper, Bo Sailor"),
        (["Ann Keeper", "Bo Sailor"], "Ann Keeper, Bo Sailor"),
        ([{"name": "Ann Keeper"}, {"name": "Ann Keeper"}], "Ann Keeper"),
        ({"name": ["Ann Keeper", "AK"]}, "Ann Keeper"),
        ({"@id": "#ann"}, "Ann Keeper"),
        ([{"@id": "#ann"}], "Ann Keeper"),
        ({"@id": "#nobody"}, ""),
        ("https://harbor.example/ann", ""),
        ({"name": {"name": "x"}}, ""),
        (None, ""),
        (42, ""),
        ([[["x"]]], ""),
    ],
)
def test_authors_of_every_shape_become_names(read: Read, author: Any, expected: str) -> None:
    graph = {"@graph": [article(author=author), {"@id": "#ann", "@type": "Person", "name": "Ann Keeper"}]}

    assert read(ld(graph)).author == expected


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("/a.jpg", [("https://harbor.example/a.jpg", None, None)]),
        (
            ["/a.jpg", "/b.jpg"],
            [("https://harbor.example/a.jpg", None, None), ("https://harbor.example/b.jpg", None, None)],
        ),
        ({"url": "/a.jpg", "width": 1200, "height": 675}, [("https://harbor.example/a.jpg", 1200, 675)]),
        ({"contentUrl": "/a.jpg", "width": "1200px", "height": "675"}, [("https://harbor.example/a.jpg", 1200, 675)]),
        (
            {"url": "/a.jpg", "width": {"@type": "QuantitativeValue", "value": 1200}},
            [("https://harbor.example/a.jpg", 1200, None)],
        ),
        ({"url": ["/a.jpg"], "width": "wide"}, [("https://harbor.example/a.jpg", None, None)]),
        ({"url": "/a.jpg", "width": True, "height": -1}, [("https://harbor.example/a.jpg", None, None)]),
        ({"url": "/a.jpg", "width": 10**30}, [("https://harbor.example/a.jpg", None, None)]),
        ({"@id": "#lead"}, [("https://harbor.example/lead.jpg", 800, 600)]),
        ("/a.jpg?x=1&amp;y=2", [("https://harbor.example/a.jpg?x=1&y=2", None, None)]),
        ("data:image/png;base64,AAAA", []),
        ("javascript:alert(1)", []),
        ({"name": "no address"}, []),
    ],
)
def test_images_of_every_shape_become_candidates(read: Read, image: Any, expected: list[Any]) -> None:
    lead = {"@type": "ImageObject", "@id": "#lead", "url": "/lead.jpg", "width": 800, "height": 600}

    images = read(ld({"@graph": [article(image=image), lead]})).images

    assert images == tuple(
        Media(url=url, kind="image", width=width, height=height) for url, width, height in expected
    )


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        (True, True),
        (False, False),
        ("True", True),
        ("false", False),
        ("http://schema.org/False", False),
        ("maybe", None),
        (None, None),
        ({}, None),
        (1, None),
    ],
)
def test_whether_it_is_free_is_told_in_one_form(read: Read, stated: Any, expected: bool | None) -> None:
    assert read(ld(article(isAccessibleForFree=stated))).is_free is expected


def test_every_field_has_its_property(read: Read) -> None:
    facts = read(
        ld(
            article(
                description="A keeper came.",
                datePublished="2026-03-01T08:00",
                dateModified="2026-03-01T09:00:00Z",
                publisher={"@type": "Organization", "name": "Harbor Herald", "logo": {"url": "/logo.png"}},
                inLanguage="en_GB",
                articleBody="x" * 500,
            )
        )
    )

    assert (facts.excerpt, facts.published, facts.updated) == (
        "A keeper came.",
        "2026-03-01T08:00",
        "2026-03-01T09:00:00Z",
    )
    assert (facts.site_name, facts.language, facts.text_chars, facts.images) == ("Harbor Herald", "en-GB", 500, ())


def test_without_a_description_the_article_begins_the_excerpt(read: Read) -> None:
    assert read(ld(article(articleBody="It shone."))).excerpt == "It shone."


def test_a_video_gives_its_player_and_the_day_of_its_upload(read: Read) -> None:
    video = {"@type": "VideoObject", "name": "Film", "embedUrl": "/player/1", "uploadDate": "2026-03-01"}

    facts = read(ld(video))

    assert (facts.video_url, facts.published, facts.title) == (
        "https://harbor.example/player/1",
        "2026-03-01",
        "Film",
    )


def test_entities_in_a_script_are_decoded_once(read: Read) -> None:
    facts = read(ld(article(headline="Tom &amp; Ann&#8217;s", description="a &amp;lt; b")))

    assert (facts.title, facts.excerpt) == ("Tom & Ann’s", "a &lt; b")


@pytest.mark.parametrize(
    "script",
    [
        '{"@type":"NewsArticle","headline":"\\ud800 x","description":"\\udfff\\u0000y"}',
        '{"@type":"NewsArticle","headline":["x",["x"]],"description":{"@value":[1]},"image":[[[]]],"author":{"name":{}}}',
        '{"@type":{"a":1},"headline":"x"}',
        '{"@type":"NewsArticle","headline":' + "9" * 100_000 + "}",
        '{"@graph":' * 50_000,
        "[" * 100_000,
        '{"@type":"NewsArticle","@id":["x"],"url":5,"mainEntityOfPage":[{"@id":1}],"publisher":7,"inLanguage":[{}]}',
        "null",
        '"text"',
        "[null, 1, true, []]",
    ],
)
def test_hostile_json_gives_facts_that_can_be_stored(read: Read, script: str) -> None:
    facts = read(f'<title>T</title><script type="application/ld+json">{script}</script>')

    assert repr(facts).encode("utf-8")
    assert "\0" not in facts.title + facts.excerpt
