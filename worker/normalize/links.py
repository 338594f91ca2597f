"""The addresses of an entry: as given, as published, and the keys by which they are compared.

- **original**: ``link``; without one a permalink GUID; without both a declared audio or video file. It is made
  absolute and stays as it stands.
- **web**: the page's own address when the source states it beside the link (``feedburner:origLink``); a permalink
  GUID when the link is an opaque redirector; else the link. Known wrappers are unwrapped, an AMP cache's address
  becomes its origin's, and tracking parameters go.
- **amp**: as stated; else the origin of an AMP cache's address. Tracking parameters go.
- **cdn amp**: worked out from amp.

A publisher's own AMP address (``/amp/``, ``amp.example.com``) stays as it is in web: only its key is the page's.
An opaque redirector (``t.co``) stays as well, until a request tells where it leads.

All these addresses are claimed by their keys, so that an entry is known again by any of them. An address of the
whole site names no article and is no key. A page that several entries share keeps them apart by fragment, under the
rule of :mod:`worker.normalize.page_parts`; the same part then stands in all keys of the entry.

``how`` is ``given``, ``cleaned``, ``unwrapped``, ``stated`` (by the source, beside its link) or ``amp-cache``.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from storyfold.errors import SourceError
from worker.model.entry import Entry
from worker.normalize.address import resolve, without_user
from worker.normalize.domains import host_of, registrable_domain
from worker.normalize.page_parts import own_part, with_part
from worker.normalize.urls import (
    amp_cache_url,
    clean_url,
    comparison_key,
    is_home_page,
    key_of_absolute,
    origin_of_amp_cache,
)
from worker.normalize.wrappers import is_opaque, unwrap


class Links(NamedTuple):
    """Addresses of one entry.

    Attributes:
        original: as the source gave it, absolute.
        web: to publish.
        amp: AMP version, None when unknown.
        cdn_amp: AMP version on the AMP cache.
        keys: comparison keys of all of them that name a page, sorted.
        page_key: the key of ``web``, "" when it names no page of its own.
        how: how ``web`` was obtained.
    """

    original: str
    web: str
    amp: str | None
    cdn_amp: str | None
    keys: tuple[str, ...]
    page_key: str
    how: str


def read_links(entry: Entry) -> Links:
    """The addresses of an entry.

    Raises:
        SourceError: ``no-link``, it has no absolute http(s) address.
    """
    original = _original_url(entry)
    referrers = _referrers(entry.feed_url, entry.site_url)
    target = unwrap(original)
    page = _stated_page(entry, target)
    origin = origin_of_amp_cache(page or target)
    web = clean_url(origin or page or target, referrers)
    amp = _amp_url(entry) or origin
    web_key, pages = _keys(entry, (web, page, target, original, amp), referrers)
    return Links(
        original=original,
        web=web,
        amp=amp,
        cdn_amp=amp_cache_url(amp) if amp else None,
        keys=tuple(sorted(pages)),
        page_key=web_key if web_key in pages else "",
        how=_how(web, original, target, page, origin),
    )


def _keys(entry: Entry, addresses: tuple[str | None, ...], referrers: frozenset[str]) -> tuple[str, set[str]]:
    """The key of the first address, and the keys of all that name a page."""
    web = addresses[0] or ""
    part = own_part(web, entry.guid) if "#" in web else ""
    site_key = _site_key(entry.feed_url, entry.site_url)
    web_key = with_part(key_of_absolute(web, referrers), part)
    keys = {web_key}
    for other in dict.fromkeys(addresses[1:]):
        if other and other != web:
            keys.add(with_part(key_of_absolute(other, referrers), part))
    return web_key, {key for key in keys if key and key != site_key and not is_home_page(key)}


def _stated_page(entry: Entry, target: str) -> str:
    """The address of the page itself, where the source states it beside a link that only leads there."""
    if entry.page_url:
        return unwrap(resolved(entry, entry.page_url))
    if entry.guid_is_permalink and entry.guid != entry.link and is_opaque(target):
        guid = resolved(entry, entry.guid)
        return "" if is_opaque(guid) else guid
    return ""


def _how(web: str, original: str, target: str, page: str, origin: str | None) -> str:
    if web == original:
        return "given"
    if origin:
        return "amp-cache"
    if page:
        return "stated"
    return "cleaned" if target == original else "unwrapped"


def _original_url(entry: Entry) -> str:
    """The address of the page: link, else a permalink GUID, else the file that the entry is about."""
    for candidate in _candidates(entry):
        url = resolved(entry, candidate)
        if url:
            return url
    given = without_user(entry.link or entry.guid or "nothing")
    raise SourceError("no-link", f"the entry needs an absolute http or https address, but gives {given[:200]!r}")


def _candidates(entry: Entry) -> Iterator[str]:
    yield entry.link
    if entry.guid_is_permalink:
        yield entry.guid
    yield from (one.url for one in entry.media if one.kind in ("audio", "video"))


def _amp_url(entry: Entry) -> str | None:
    url = resolved(entry, entry.amp_url)
    return clean_url(origin_of_amp_cache(url) or url) if url else None


def resolved(entry: Entry, url: str) -> str:
    """The absolute address that ``url`` means in this entry, "" for none."""
    return (resolve(entry.base_url or entry.feed_url, url) or "") if url else ""


@lru_cache(maxsize=4_096)
def _referrers(feed_url: str, site_url: str) -> frozenset[str]:
    """Hosts that may name themselves in ``ref=`` on the links of this feed."""
    hosts = {host.removeprefix("www.") for host in (host_of(feed_url), host_of(site_url)) if host}
    return frozenset(hosts | {registrable_domain(host) for host in hosts})


@lru_cache(maxsize=4_096)
def site_url_of(feed_url: str, site_url: str) -> str:
    """Absolute address of the site that a feed belongs to, "" for none."""
    return resolve(feed_url, site_url) or ""


@lru_cache(maxsize=4_096)
def _site_key(feed_url: str, site_url: str) -> str:
    return comparison_key(site_url_of(feed_url, site_url))
