"""Web addresses: what counts as an absolute http(s) URL, and how its parts are told apart.

Nothing here rewrites a good URL. An absolute address comes back character for character; only what a
browser mends as well is mended: white space around it, raw spaces and control characters inside it.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import quote, urljoin

MAX_URL_CHARS = 8_192
"""As many bytes of UTF-8 at most: an event must hold two of them."""
MAX_HOST_CHARS = 253  # RFC 1035 section 2.3.4, without the dot at the end

# RFC 3986 section 2: the printable ASCII characters, without the backslash that browsers read as a slash, and without
# the three that would end an attribute or a tag around the address.
_PLAIN = re.compile(
    r"https?://[A-Za-z0-9_-][A-Za-z0-9._-]*(?::[0-9]{1,4})?(?:[/?#][!#-;=?-\x5b\x5d-\x7e]*)?", re.ASCII
)
_UNSAFE = re.compile(r'[ \\"<>]')
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_PARTS = re.compile(
    r"((?i:https?))://(\[[0-9A-Fa-f:.]+\]|[^\s@\\:\[\]<>\"^`{|}%/?#]+)(?::([0-9]*))?(?![^/?#])"
    r"([^?#]*)(?:\?([^#]*))?(?:#(.*))?",
    re.DOTALL,
)
_USER = re.compile(r"(//)[^/?#\s]*@")
_REMOVED_BY_BROWSERS = re.compile(r"[\x00-\x08\x09-\x0d\x0e-\x1f]")


class Parts(NamedTuple):
    """The parts of an absolute URL as they stand in it.

    Attributes:
        scheme: ``http`` or ``https``, as written.
        host: without port, as written; an IPv6 address keeps its brackets.
        port: digits as written, "" when there is none.
        path: with its leading slash, or "".
        query: without the question mark, None when there is none.
        fragment: without the hash sign, None when there is none.
    """

    scheme: str
    host: str
    port: str
    path: str
    query: str | None
    fragment: str | None


def split(url: str) -> Parts | None:
    """Take an absolute http(s) URL apart. None when it is none, or its authority is not to be trusted.

    User information (``user:secret@host``) is refused: it leaks secrets and disguises hosts.
    """
    whole = _PARTS.fullmatch(url)
    if whole is None:
        return None
    scheme, host, port, path, query, fragment = whole.groups()
    if not host.strip(".") or not host.isprintable() or (port and (len(port) > 5 or int(port) > 65_535)):
        return None
    return Parts(scheme, host, port or "", path, query, fragment)


def resolve(base: str, url: str) -> str | None:
    """The absolute address that `url` means on a page at `base`.

    Args:
        base: absolute URL of the page, "" when there is none: then only absolute URLs resolve.
        url: as published, possibly relative.

    Returns:
        An absolute ``http://`` or ``https://`` URL; an already absolute one is returned as it stands.
        None for other schemes, for user information, for what has no host or one of over 253 characters, and for
        over 8,192 characters or bytes.
    """
    absolute = make_absolute(base, url) if len(url) <= MAX_URL_CHARS else None
    return absolute if absolute and is_bounded(absolute) else None


def is_bounded(url: str) -> bool:
    """Whether an address is short enough to be one: at most 8,192 bytes, and 253 characters of its host."""
    if len(url) <= MAX_HOST_CHARS:
        return True
    if len(url if url.isascii() else url.encode("utf-8", "replace")) > MAX_URL_CHARS:
        return False
    parts = split(url)
    return parts is None or len(parts.host) <= MAX_HOST_CHARS


def make_absolute(base: str, url: str) -> str | None:
    """As :func:`resolve`, for an address of any length."""
    if _PLAIN.fullmatch(url):
        return url
    mended = _mend(url)
    scheme = _SCHEME.match(mended)
    if scheme is None:
        return _join(base, mended) if mended else None
    name = scheme[1].lower()
    if name not in ("http", "https"):
        return None
    absolute = name + mended[len(name) :]
    return absolute if split(absolute) else None


def _join(base: str, reference: str) -> str | None:
    if reference.startswith("//") and not base:
        base = "https://host.invalid/"
    base = without_user(base)
    if split(base) is None:
        return None
    if reference.startswith("#"):
        base = base.partition("?")[0]  # a feed's query may hold a secret, and RFC 3986 would hand it on
    try:
        joined = urljoin(base, reference)
    except ValueError:  # urllib's word for a malformed IPv6 literal in either of the two
        return None
    joined = _mend(joined)  # what the base brings has not been looked at yet
    return joined if split(joined) else None


def without_user(url: str) -> str:
    """The address without user information, for bases and messages: it may be a secret of whoever subscribed."""
    return _USER.sub(r"\1", url, count=1) if "@" in url else url


def _mend(url: str) -> str:
    # WHATWG URL section 4.4 drops tab, line feed and carriage return anywhere, C0 and space at the ends.
    # All other C0 characters go as well, so that java\x01script: is judged by what it would become.
    stripped = _REMOVED_BY_BROWSERS.sub("", url).strip()
    if stripped.isprintable() and _UNSAFE.search(stripped) is None:
        return stripped
    return "".join(_encoded(character) for character in stripped)


def _encoded(character: str) -> str:
    if _UNSAFE.match(character) or not character.isprintable():
        return quote(character, safe="", errors="replace")
    return character
