"""Addresses that a page names."""

from __future__ import annotations

import re
from urllib.parse import urljoin

MAX_URL_CHARS = 8_192

_ABSOLUTE = re.compile(
    r"https?://(?:[^\s@/?#\\:\[\]<>\"]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:[/?#].*)?", re.DOTALL
)
_NO_HOST = re.compile(r"https?:/*", re.IGNORECASE)  # urllib would fill in the page's own
_REMOVED = re.compile(r"[\x00-\x1f\x7f]")  # browsers drop tab and line ends (WHATWG URL section 4.4); the rest hides


def absolute(base: str, reference: str) -> str:
    """The http(s) address that `reference` means on a page at `base`, "" for none.

    None is what names another scheme, no host, or a user, and what is longer than 8,192 characters. A private
    host is an address like any other: whether it may be asked is judged where it is asked.
    """
    text = _REMOVED.sub("", reference).strip() if len(reference) <= MAX_URL_CHARS else ""
    if not text or _NO_HOST.fullmatch(text):
        return ""
    try:
        url = urljoin(base, text.replace(" ", "%20"))
    except ValueError:  # urllib's word for a malformed IPv6 literal
        return ""
    scheme, mark, rest = url.partition("://")
    url = scheme.lower() + mark + rest
    if len(url) > MAX_URL_CHARS or _ABSOLUTE.fullmatch(url) is None:
        return ""
    return url if url.isascii() or url.isprintable() else ""
