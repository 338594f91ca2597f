"""Does the page ask not to be kept or mined?

Policy: a page that says any of these is reserved. Of a reserved page nothing is used but its addresses (canonical,
AMP, where it was found); no text, no date, no picture.

| says | where | source |
| --- | --- | --- |
| ``noarchive``, ``none``, ``nosnippet``, ``max-snippet:0`` | ``meta``, X-Robots-Tag | Google's robots meta tag |
| ``noai``, ``noimageai`` | the same | a convention of DeviantArt (2022), as others took it up |
| ``tdm-reservation: 1`` | ``meta``, header | TDM Reservation Protocol, sections 3 and 4 |

In ``meta`` the names robots, googlebot, googlebot-news and storyfold count. ``noindex`` and ``nofollow`` speak of
search results and of links, not of the text, and change nothing.
"""

from __future__ import annotations

import re

AGENTS = frozenset({"", "*", "robots", "googlebot", "googlebot-news", "storyfold"})

_RESERVING = frozenset({"noarchive", "none", "nosnippet", "max-snippet:0", "noai", "noimageai"})
_VALUED = frozenset({"max-snippet", "max-image-preview", "max-video-preview", "unavailable_after"})
_AGENT = re.compile(r"\s*([A-Za-z0-9_*-]{1,40})\s*:\s*(.*)", re.DOTALL)


def is_reserving(directives: str) -> bool:
    """Whether the content of a robots ``meta`` or header reserves the page.

    Args:
        directives: ``noarchive, max-snippet: 0``; in a header also ``otherbot: noarchive``, which then holds up
            to the next name, and counts only when it names us or everyone.
    """
    agent = ""
    for piece in directives[:4_096].lower().split(","):
        directive = piece
        named = _AGENT.fullmatch(piece)
        if named is not None and named[1] not in _VALUED:
            agent, directive = named.groups()
        if agent in AGENTS and "".join(directive.split()) in _RESERVING:
            return True
    return False


def is_tdm_reserved(value: str) -> bool:
    """Whether a value of ``tdm-reservation`` reserves the page: 1 does, 0 and all else do not."""
    return value.strip() == "1"
