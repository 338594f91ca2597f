"""Discovery of hub and topic: W3C WebSub section 4, subscriber tests 100 to 104 of websub.rocks."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.sources.parse.feed_document import parse_feed
from worker.sources.websub.discovery import hub_and_topic
from worker.sources.websub.link_header import MAX_LINKS, parse_link_header

BASE = "https://news.example/feeds/all.xml"
HUB = "https://hub.example/"
TOPIC = "https://news.example/topic.xml"

HEADERS = [
    pytest.param(f'<{HUB}>; rel="hub", <{TOPIC}>; rel="self"', HUB, TOPIC, id="both"),
    pytest.param(f"<{HUB}>;rel=hub,<{TOPIC}>;rel=self", HUB, TOPIC, id="tokens"),
    pytest.param(f'<{HUB}>; REL="Hub", <{TOPIC}>; Rel=SELF', HUB, TOPIC, id="any letter case"),
    pytest.param(f'<{HUB}>; rel="preconnect hub", <{TOPIC}>; rel="self alternate"', HUB, TOPIC, id="several rels"),
    pytest.param(f'<{HUB}>; title="a, <b>; rel=x"; rel=hub, <{TOPIC}>; rel=self', HUB, TOPIC, id="quoted"),
    pytest.param(rf'<{HUB}>; title="a \" , b"; rel=hub, <{TOPIC}>; rel=self', HUB, TOPIC, id="quoted quote"),
    pytest.param(f"<https://h.example/a,b>; rel=hub, <{TOPIC}>; rel=self", "https://h.example/a,b", TOPIC, id=","),
    pytest.param("</hub>; rel=hub, <topic.xml>; rel=self", "https://news.example/hub",
                 "https://news.example/feeds/topic.xml", id="relative"),
    pytest.param(f"<{HUB}1>; rel=hub, <{HUB}2>; rel=hub, <{TOPIC}>; rel=self", HUB + "1", TOPIC, id="first of two"),
    pytest.param(f"<ftp://h.example/>; rel=hub, <{HUB}>; rel=hub, <{TOPIC}>; rel=self", HUB, TOPIC, id="usable"),
    pytest.param(f"<https://a:b@h.example/>; rel=hub, <{HUB}>; rel=hub, <{TOPIC}>; rel=self", HUB, TOPIC, id="user"),
    pytest.param(f"<https://x.example/>; rel=hub; anchor=\"/o\", <{HUB}>; rel=hub, <{TOPIC}>; rel=self",
                 HUB, TOPIC, id="an anchor speaks of another page"),
    pytest.param(f"<https://x.example/>; rel=next; rel=hub, <{HUB}>; rel=hub, <{TOPIC}>; rel=self",
                 HUB, TOPIC, id="the first rel counts"),
    pytest.param(f"<http://h.example/>; rel=hub, <{HUB}>; rel=hub, <{TOPIC}>; rel=self", HUB, TOPIC, id="https"),
    pytest.param(f"<http://h.example/>; rel=hub, <{TOPIC}>; rel=self", "http://h.example/", TOPIC, id="only http"),
    pytest.param(f"nonsense, <{HUB}>; rel=hub, ;;, <{TOPIC}>;; ;rel=self;", HUB, TOPIC, id="ill-formed parts"),
    pytest.param(f'<{HUB}>; rel="hub", <{TOPIC}?>; rel="self"', HUB, TOPIC + "?", id="topic byte for byte"),
    pytest.param(f"<{HUB}>; rel=hub", "", "", id="no self, no subscription"),
    pytest.param(f"<{TOPIC}>; rel=self", "", "", id="no hub"),
    pytest.param(f"<javascript:x>; rel=hub, <{TOPIC}>; rel=self", "", "", id="no usable hub"),
    pytest.param("", "", "", id="nothing"),
    pytest.param("<" * 50, "", "", id="garbage"),
]  # fmt: skip


@pytest.mark.parametrize(("header", "hub", "topic"), HEADERS)
def test_hub_and_topic_are_found_in_the_link_header(header: str, hub: str, topic: str) -> None:
    """E 74 (test 100)."""
    assert hub_and_topic(header, BASE, "", "") == (hub, topic)


def test_the_link_header_wins_over_the_document() -> None:
    """E 74 (test 104)."""
    header = f"<{HUB}>; rel=hub, <{TOPIC}>; rel=self"
    assert hub_and_topic(header, BASE, "https://other.example/", "https://other.example/t") == (HUB, TOPIC)


def test_what_the_header_does_not_say_is_taken_from_the_document() -> None:
    assert hub_and_topic(f"<{HUB}>; rel=hub", BASE, "https://other.example/", TOPIC) == (HUB, TOPIC)


def test_the_topic_is_rel_self_also_where_it_differs_from_the_address_that_was_asked() -> None:
    """E 75 (test 200)."""
    assert hub_and_topic("", BASE, HUB, "https://elsewhere.example/x")[1] == "https://elsewhere.example/x"


ATOM = f"""<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title><id>i</id><updated>2026-01-01T00:00:00Z</updated>
<link rel="hub" href="{HUB}"/><link rel="self" href="{TOPIC}"/>
<entry><id>1</id><title>e</title><link href="https://news.example/1"/></entry></feed>"""
RSS = f"""<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>t</title>
<atom:link rel="hub" href="{HUB}"/><atom:link rel="self" type="application/rss+xml" href="{TOPIC}"/>
<item><guid>1</guid><title>e</title><link>https://news.example/1</link></item></channel></rss>"""
JSON = f"""{{"version": "https://jsonfeed.org/version/1.1", "title": "t", "feed_url": "{TOPIC}",
"hubs": [{{"type": "rssCloud", "url": "https://cloud.example/"}}, {{"type": "WebSub", "url": "{HUB}"}}],
"items": [{{"id": "1", "content_text": "e"}}]}}"""


@pytest.mark.parametrize(
    ("document", "content_type"),
    [
        pytest.param(ATOM, "application/atom+xml", id="Atom link (103)"),
        pytest.param(RSS, "application/rss+xml", id="atom:link in RSS (102)"),
        pytest.param(JSON, "application/feed+json", id="JSON Feed hubs"),
    ],
)
def test_hub_and_topic_are_found_in_each_kind_of_feed(document: str, content_type: str) -> None:
    """E 74."""
    parsed = parse_feed(document.encode(), content_type=content_type, feed_url=BASE)
    assert hub_and_topic("", BASE, parsed.hub_url, parsed.self_url) == (HUB, TOPIC)


@given(st.text(alphabet='<>;,="\\ abrelhubself', max_size=200))
@settings(max_examples=200)
def test_no_header_breaks_the_parser(value: str) -> None:
    assert all(isinstance(target, str) for target, _ in parse_link_header(value))


@pytest.mark.parametrize("piece", ["<", ";", '"', "\\", '<x>;a="', ",", "<x>;rel=hub,"])
def test_a_long_hostile_header_costs_little(piece: str) -> None:
    started = time.process_time()
    links = list(parse_link_header(piece * 50_000))
    assert len(links) <= MAX_LINKS
    assert time.process_time() - started < 0.5
