"""Who published an item: the registry of organizations, and the registrable domain for all others.

The rule, first match wins:

1. the publisher that the entry names with an address (RSS ``source``), for an aggregator links elsewhere;
2. the organization registered for the host of the page, or for a domain above it;
3. the registrable domain of the page, as name too: ``iottechnews.com``.

A page on a carrier of feeds (feedburner.com) is judged by the feed's site.

An organization of the registry always gives its own name, domain and logos. A named but unregistered
publisher keeps the name that the entry gives it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import yaml

from storyfold.document import Image, Provider
from storyfold.errors import SettingsError

# The Public Suffix List that comes with the package; an empty list of sources means: never the network.

# Of an address that has been resolved: user information is gone, what stands before the port is the host.
_HOST = re.compile(r"https?://(\[[^\]]*\]|[^/?#:]+)", re.IGNORECASE)

# Hosts that carry the feeds of others: an address there says nothing about the publisher.
FEED_CARRIERS = frozenset({"feedburner.com", "feedproxy.google.com", "feedblitz.com"})


if TYPE_CHECKING:
    from tldextract import TLDExtract


@cache
def _suffixes() -> TLDExtract:
    """The public suffix list that comes with tldextract; it never asks the network."""
    from tldextract import TLDExtract

    return TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)


class Named(NamedTuple):
    """A provider with how it was found: ``registry``, ``stated`` by the entry or the ``domain`` itself."""

    provider: Provider
    how: str


class Organizations:
    """The registered publishers, looked up by domain.

    Args:
        providers: the organizations; a domain that occurs twice keeps the last one.
    """

    def __init__(self, providers: Iterable[Provider] = ()) -> None:
        self._by_domain = {provider.domain.lower(): provider for provider in providers}
        self._name_host = lru_cache(maxsize=8_192)(self._find_name)

    def __len__(self) -> int:
        return len(self._by_domain)

    def find(self, host: str) -> Provider | None:
        """The organization registered for this host or the nearest domain above it, None for no one."""
        domain = host.lower().rstrip(".")
        while domain:
            found = self._by_domain.get(domain)
            if found is not None:
                return found
            domain = domain.partition(".")[2]
        return None

    def name_provider(
        self, page_url: str, *, stated_name: str = "", stated_url: str = "", site_url: str = ""
    ) -> Named:
        """The provider of an item, by the rule at the top of this module.

        Args:
            page_url: absolute URL of the page.
            stated_name: name of the publisher that the entry states, "" when it states none.
            stated_url: absolute URL of that publisher, "" when unknown.
            site_url: absolute URL of the site that the feed belongs to, "" when unknown.
        """
        if stated_url:
            stated = self._name_host(host_of(stated_url))
            if stated.provider.domain not in FEED_CARRIERS:
                return _with_name(stated, stated_name)
        named = self._name_host(host_of(page_url))
        if site_url and named.provider.domain in FEED_CARRIERS:
            return self._name_host(host_of(site_url))
        return named

    def _find_name(self, host: str) -> Named:
        registered = self.find(host)
        if registered is not None:
            return Named(registered, "registry")
        domain = registrable_domain(host)
        return Named(Provider(name=domain, domain=domain), "domain")


def _with_name(named: Named, name: str) -> Named:
    if named.how == "registry" or not name:
        return named
    return Named(Provider(name=name, domain=named.provider.domain), "stated")


@lru_cache(maxsize=8_192)
def registrable_domain(host: str) -> str:
    """The part of a host that someone registers: ``bbc.co.uk`` of ``news.bbc.co.uk``.

    By the Public Suffix List with its private part, so that ``ann.github.io`` and ``bob.github.io`` are two.
    A host without a public suffix (an IP address, ``localhost``) stands for itself.
    """
    name = host.lower().rstrip(".")
    return _suffixes()(name).top_domain_under_public_suffix.lower() or name.removeprefix("www.")


def host_of(url: str) -> str:
    """Host of a resolved URL in lower case, "" when `url` is none."""
    match = _HOST.match(url)
    return match[1].lower().rstrip(".") if match else ""


def load_organizations(folder: Path) -> Organizations:
    """Read every ``DOMAIN.md`` of a folder.

    Raises:
        SettingsError: a file has no front matter, or name, domain or an image of it is not usable.
    """
    return Organizations(_read_organization(path) for path in sorted(folder.glob("*.md")))


def _read_organization(path: Path) -> Provider:
    opening, _, rest = path.read_text(encoding="utf-8-sig").partition("\n")
    block, closing, _ = rest.partition("\n---")
    if opening.strip() != "---" or not closing:
        raise SettingsError(f"{path}: no front matter; it begins and ends with a line of three dashes")
    try:
        values = yaml.safe_load(block)
    except yaml.YAMLError as error:
        raise SettingsError(f"{path}: the front matter is no YAML: {error}") from error
    return _build_provider(path, values)


def _build_provider(path: Path, values: Any) -> Provider:
    if not isinstance(values, dict) or not values.get("name") or not values.get("domain"):
        raise SettingsError(f"{path}: an organization needs name and domain")
    try:
        images = msgspec.convert(values.get("images") or [], tuple[Image, ...])
    except msgspec.ValidationError as error:
        raise SettingsError(f"{path}: images: {error}") from error
    return Provider(name=str(values["name"]), domain=str(values["domain"]).lower(), images=images)
