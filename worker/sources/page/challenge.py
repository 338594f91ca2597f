"""Challenges in place of a feed: pages of bot walls, consent walls and refusals that come with status 200.

With 403 and 503 the body is not read; Cloudflare names its challenges in a header field then (``cf-mitigated``).
"""

from __future__ import annotations

from selectolax.lexbor import LexborHTMLParser

from worker.sources.page.charset import decode_page
from worker.sources.page.refusal import MAX_CHALLENGE_CHARS, is_refusal, is_refusal_address

__all__ = ["is_challenge"]

_MAX_CHARS = MAX_CHALLENGE_CHARS + 1
# What a page of the site itself has and no wall: it describes itself, or names its feed. Bot walls load their
# scripts on the pages that they let pass, too.
_OF_THE_SITE = "meta[property='og:title'], script[type='application/ld+json'], link[rel~='alternate'][type]"


def is_challenge(body: bytes, *, url: str, content_type: str = "") -> bool:
    """Whether an answer that is no feed is a page that stands before it.

    Args:
        body: of the answer.
        url: where it came from, after redirects.
        content_type: the header's value, for its charset.
    """
    if is_refusal_address(url):
        return True
    # A character has at most 4 bytes.
    page = decode_page(body[: 4 * _MAX_CHARS], content_type)[:_MAX_CHARS]
    tree = LexborHTMLParser(page)
    if tree.css_first(_OF_THE_SITE) is not None:
        return False
    title = tree.css_first("title")
    return is_refusal(title.text() if title else "", page)
