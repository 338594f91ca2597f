"""The addresses that a page gives itself: ``rel=canonical`` and ``rel=amphtml``.

Rules for the canonical address (RFC 6596), as far as the page alone can judge them:

- it counts in the head only: anything in the body may come from a reader's comment;
- a relative one is resolved against ``<base href>`` and the page; one that is empty or only a fragment is none;
- several that agree but for scheme, fragment and a slash at the end are one, https before http;
- several that disagree are none.

``og:url`` is no canonical address. Whether another host or a home page is to be believed, whoever knows the item
decides.
"""

from __future__ import annotations

from worker.sources.page.address import absolute

MAX_LINKS = 20


class PageLinks:
    """Collects the links of a page's head.

    Args:
        url: where the page lies.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.base = url
        self._has_base = False
        self._canonical: list[str] = []
        self._amp: list[str] = []

    def set_base(self, href: str) -> None:
        """Take the first ``<base href>`` into account (WHATWG HTML section 4.2.3)."""
        if not self._has_base and href:
            self._has_base = True
            self.base = absolute(self.url, href) or self.url

    def add(self, rels: set[str], href: str) -> None:
        """Take a link of the head; its address is resolved at the end, when the base is known."""
        if "canonical" in rels and len(self._canonical) < MAX_LINKS:
            self._canonical.append(href)
        if "amphtml" in rels and len(self._amp) < MAX_LINKS:
            self._amp.append(href)

    @property
    def canonical(self) -> str:
        """The canonical address, "" when there is none or they disagree."""
        return _single(self._resolved(self._canonical))

    @property
    def amp(self) -> str:
        """The AMP version, "" when there is none or they disagree."""
        return _single(self._resolved(self._amp))

    def _resolved(self, hrefs: list[str]) -> list[str]:
        named = (href.strip() for href in hrefs)
        urls = (absolute(self.base, href) for href in named if href and not href.startswith("#"))
        return [url for url in urls if url]


def _single(urls: list[str]) -> str:
    forms = {url.partition("#")[0].partition("://")[2].rstrip("/") for url in urls}
    if len(forms) != 1:
        return ""
    return next((url for url in urls if url.startswith("https:")), urls[0])
