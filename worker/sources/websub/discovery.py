"""Discovery: which hub speaks for a feed, and under which topic (W3C WebSub section 4).

Each of the two relations is looked for in the Link header first and in the document then. Hubs that cannot be
asked (another scheme, a user name in the address, a broken one) are passed over, so that the first usable one is
taken; one at an https address comes before all others, for only such a hub is subscribed at. Without ``rel=self``
there is no subscription: only the publisher knows the topic's name, and the address that we asked may be another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import urljoin

from storyfold.errors import FetchError
from worker.sources.fetch.web_address import parse_web_address
from worker.sources.websub.link_header import parse_link_header

__all__ = ["MAX_URL_CHARACTERS", "hub_and_topic"]

MAX_URL_CHARACTERS: Final = 2048
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def hub_and_topic(link_header: str, base_url: str, body_hub: str, body_self: str) -> tuple[str, str]:
    """The hub and the topic of an answer.

    Args:
        link_header: value of the answer's Link field, all lines joined by commas, "" for none.
        base_url: where the answer came from, after redirects.
        body_hub: ``rel=hub`` of the document, as published.
        body_self: ``rel=self`` of the document, or ``feed_url`` of a JSON Feed.

    Returns:
        Absolute addresses, the topic as it was published where that is absolute; two empty texts when the
        feed names no usable hub or no topic.
    """
    links = tuple(parse_link_header(link_header))
    hubs = _usable(base_url, _targets(links, "hub")) or _usable(base_url, [body_hub])
    topics = _usable(base_url, [*_targets(links, "self"), body_self])
    if not (hubs and topics):
        return "", ""
    return next((hub for hub in hubs if hub.startswith("https:")), hubs[0]), topics[0]


def _targets(links: Iterable[tuple[str, tuple[str, ...]]], relation: str) -> list[str]:
    return [target for target, relations in links if relation in relations]


def _usable(base_url: str, candidates: list[str]) -> list[str]:
    return [url for text in candidates if (url := _absolute(base_url, text.strip()))]


def _absolute(base_url: str, text: str) -> str:
    """A candidate as an absolute address, "" when nothing can be asked there."""
    if not text or len(text) > MAX_URL_CHARACTERS:
        return ""
    try:
        # An absolute address stays as published: the hub compares topics character by character.
        url = text if _SCHEME.match(text) else urljoin(base_url, text)
        parse_web_address(url)
    except (FetchError, ValueError):
        return ""
    return url
