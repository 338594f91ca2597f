"""Hosts and the domains that someone registers, by the public suffix list that comes with tldextract."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tldextract import TLDExtract

# Of an address that has been resolved: user information is gone, what stands before the port is the host.
_ASCII_HOST = re.compile(r"[a-z0-9._-]+")
_HOST = re.compile(r"https?://(\[[^\]]*\]|[^/?#:]+)", re.IGNORECASE)


@cache
def _suffixes() -> TLDExtract:
    from tldextract import TLDExtract

    # An empty list of sources means: only the bundled list, never the network.
    return TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)


@lru_cache(maxsize=8_192)
def registrable_domain(host: str) -> str:
    """The part of a host that someone registers: ``bbc.co.uk`` of ``news.bbc.co.uk``.

    By the Public Suffix List with its private part, so that ``ann.github.io`` and ``bob.github.io`` are two.
    Under a top-level domain that the list does not know the last two labels count, as its algorithm has it. An IP
    address and ``localhost`` stand for themselves.
    """
    name = host.lower().rstrip(".")
    found = _suffixes()(name)
    if found.top_domain_under_public_suffix:
        return found.top_domain_under_public_suffix.lower()
    labels = name.split(".")
    if found.suffix or not found.subdomain or "" in labels:
        return name.removeprefix("www.")
    return ".".join(labels[-2:])


def ascii_host(host: str) -> str:
    """A host in lower case as its ASCII form (RFC 3490); as it stands when it has none."""
    if host.isascii():
        return host
    try:
        encoded = host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return host
    return encoded if _ASCII_HOST.fullmatch(encoded) else host


def host_of(url: str) -> str:
    """Host of a resolved URL in lower case, "" when `url` is none."""
    match = _HOST.match(url)
    return match[1].lower().rstrip(".") if match else ""
