"""Feed link: a feed as a page names it."""

from __future__ import annotations

from msgspec import Struct


class FeedLink(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A feed that a page names.

    Attributes:
        url: absolute, http or https.
        title: as the page has it, "" for none.
        kind: ``atom``, ``rss``, ``json``, ``xml``; "" when the page does not say.
        is_stated: the page's head names it as a feed; else it is a link that looks like one.
    """

    url: str
    title: str = ""
    kind: str = ""
    is_stated: bool = True
