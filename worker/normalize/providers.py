"""Who published an item: the registry of organizations, and the registrable domain for all others.

The rule, first match wins:

1. the publisher that the entry names with an address (RSS ``source``, Google News, the Atom source of a planet):
   an aggregator tells by it whose story this is;
2. the organization registered for the host of the page, or for the nearest domain above it;
3. the registrable domain of the page, as name too: ``iottechnews.com``.

A named publisher says nothing new, and is passed over, when its address is that of the feed itself or of the site to
which the feed belongs, and when it lies on a carrier. A page on a carrier is judged by the feed's site. **Carriers**
are hosts where addresses only lead elsewhere (``wrappers.OPAQUE_HOSTS``: feedburner.com, t.co, ...), and those that
collect other people's links (``COLLECTORS``).

An organization of the registry always gives its own name, domain and logos. A named but unregistered publisher keeps
the name that the entry gives it, in plain text; a "name" of more than 100 characters or without a letter or digit is
none.

Files of an operator's own folder go over those of the package, one organization at a time.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from storyfold.document import Provider
from worker.normalize.domains import ascii_host, host_of, registrable_domain
from worker.normalize.organization_file import read_organization
from worker.normalize.text import clean_text, plain_text
from worker.normalize.tracking import words_of
from worker.normalize.wrappers import OPAQUE_HOSTS

MAX_NAME_CHARS = 100
MAX_READ_CHARS = 2_000  # of a stated name with its markup

# Sites that collect other people's links; what they name as source of an entry is a list of theirs.
COLLECTORS = words_of("del.icio.us delicious.com pinboard.in feedly.com inoreader.com newsblur.com feedspot.com")
# Hosts that carry the feeds of others: an address there says nothing about the publisher.
FEED_CARRIERS = words_of("feedburner.com feedblitz.com feedsportal.com follow.it rss.app")
_CARRIERS = COLLECTORS | FEED_CARRIERS | OPAQUE_HOSTS.keys()


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
        self._by_domain = {_registered_as(provider.domain): provider for provider in providers}
        self._name_host = lru_cache(maxsize=8_192)(self._find_name)

    def __len__(self) -> int:
        return len(self._by_domain)

    def find(self, host: str) -> Provider | None:
        """The organization registered for this host or the nearest domain above it, None for no one."""
        domain = ascii_host(host.lower().rstrip("."))
        while domain:
            found = self._by_domain.get(domain)
            if found is not None:
                return found
            domain = domain.partition(".")[2]
        return None

    def name_provider(
        self, page_url: str, *, stated_name: str = "", stated_url: str = "", site_url: str = "", feed_url: str = ""
    ) -> Named:
        """The provider of an item, by the rule at the top of this module.

        Args:
            page_url: absolute URL of the page.
            stated_name: name of the publisher that the entry states, as text or HTML, "" when it states none.
            stated_url: absolute URL of that publisher, "" when unknown.
            site_url: absolute URL of the site that the feed belongs to, "" when unknown.
            feed_url: absolute URL of the feed, "" when it came from none.
        """
        if stated_url and not _same_place(stated_url, feed_url) and not _same_place(stated_url, site_url):
            host = host_of(stated_url)
            if host and not is_carrier(host):
                return _with_name(self._name_host(host), stated_name)
        host = host_of(page_url)
        if site_url and is_carrier(host) and not is_carrier(host_of(site_url)):
            host = host_of(site_url) or host
        return self._name_host(host)

    def _find_name(self, host: str) -> Named:
        registered = self.find(host)
        if registered is not None:
            return Named(registered, "registry")
        domain = registrable_domain(host)
        return Named(Provider(name=domain, domain=domain), "domain")


@lru_cache(maxsize=8_192)
def is_carrier(host: str) -> bool:
    """Whether addresses on a host, in lower case, say nothing about who published what they lead to."""
    domain = host
    while domain:
        if domain in _CARRIERS:
            return True
        domain = domain.partition(".")[2]
    return False


def _registered_as(domain: str) -> str:
    return ascii_host(domain.lower().rstrip(".").removeprefix("www."))


def _same_place(url: str, other: str) -> bool:
    return bool(other) and url.rstrip("/").partition("://")[2] == other.rstrip("/").partition("://")[2]


def _with_name(named: Named, stated: str) -> Named:
    if named.how == "registry" or not stated:
        return named
    name = stated_name_of(stated)
    return Named(Provider(name=name, domain=named.provider.domain), "stated") if name else named


@lru_cache(maxsize=1_024)
def stated_name_of(stated: str) -> str:
    """The name that a source states for a publisher, as plain text; "" when it is none."""
    name = clean_text(plain_text(stated[:MAX_READ_CHARS]))
    if len(name) > MAX_NAME_CHARS or not any(character.isalnum() for character in name):
        return ""
    return name


def load_organizations(*folders: Path) -> Organizations:
    """Read every ``DOMAIN.md`` of the folders; a later folder goes over an earlier one.

    Raises:
        SettingsError: a file has no front matter, or name, domain or an image of it is not usable.
    """
    paths = [path for folder in folders for path in sorted(folder.glob("*.md"))]
    return Organizations(read_organization(path) for path in paths)
