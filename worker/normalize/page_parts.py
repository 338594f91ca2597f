"""Parts of a page that are articles of their own: changelogs, diaries, blogs on one page.

A fragment does not count when addresses are compared: nearly always it only scrolls. It counts for an address
when all of this is true:

1. It is no known noise: nothing of ``NOISE``, no name of ``NOISE_NAMES`` or tracking parameter with a value, none
   of the forms of ``NOISE_FORM`` (a reading position, a comment, a share counter's mark).
2. The source itself tells its entries apart by it: the GUID has the same fragment, or there is no GUID, so that the
   link is all that names the entry.

The rule looks at one entry alone, so it says the same at every poll and does not depend on what else a feed holds.
``#!...`` and ``#/...`` stand in every comparison key and need no rule.

An address in a story document has no GUID beside it. There its fragment counts unless it is noise: two stories that
lie on one page must not become one when an archive is imported.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from worker.normalize.tracking import is_tracking, parameter_name, words_of
from worker.normalize.urls import comparison_key, fold_escapes

NOISE = words_of(
    "0 1 _ rss rss1.0 rss2.0 rss-feed feed atom xml "
    "top start main content main-content maincontent primary page wrapper article story body header title home "
    "more read-more readmore continue "
    "comment comments comments-section comment-form commentform commentlist addcomment leave-comment "
    "fb-comments fbcomments disqus_thread respond reply new unread share player video"
)
NOISE_NAMES = words_of("ref refer referrer from source src via echobox link_time cid sid feed rss")
NOISE_FORM = re.compile(
    r":~:.*"  # text fragments: wicg.github.io/scroll-to-text-fragment
    r"|comments?[-_]?\d+|c\d+|respond-?\d+|reply-?\d+|post-comments.*"  # comment systems
    r"|more-\d+"  # WordPress: the rest of a cut article
    r"|\.[A-Za-z0-9_-]{8,16}(?:\.[a-z]+)?"  # AddThis
    r"|ixzz\w+|sthash\..*|gs\.\w+",  # Tynt, ShareThis, GetSocial
    re.IGNORECASE | re.DOTALL,
)


def is_noise(fragment: str) -> bool:
    """Whether a fragment, without its hash sign, is known to tell no article from another."""
    folded = fragment.lower()
    if folded in NOISE or NOISE_FORM.fullmatch(fragment):
        return True
    if "=" not in fragment:
        return False
    return all(_is_noise_pair(piece) for piece in fragment.split("&") if piece)


def _is_noise_pair(piece: str) -> bool:
    return parameter_name(piece) in NOISE_NAMES or is_tracking(piece, "")


def own_part(url: str, guid: str = "") -> str:
    """The fragment, with its hash sign, by which `url` names an article of its own; "" when it does not.

    Args:
        url: absolute URL.
        guid: as the source stated it, "" when it stated none.
    """
    fragment = url.partition("#")[2]
    if not fragment or fragment[0] in "!/" or is_noise(fragment):
        return ""
    if guid and guid.partition("#")[2] != fragment:
        return ""
    return "#" + fold_escapes(fragment)


def page_keys(urls: Sequence[str | None]) -> list[str]:
    """The comparison keys of an article's addresses, in their order; None and "" have none.

    The first is the page's: where it names a part of its page, that part stands in all of them.
    """
    given = [url for url in urls if url]
    part = own_part(given[0]) if given else ""
    return [with_part(comparison_key(url), part) for url in given]


def with_part(key: str, part: str) -> str:
    """A comparison key with the part of its page; "" stays "", and a key that has a fragment keeps it."""
    return key + part if key and "#" not in key else key
