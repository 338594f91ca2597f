"""From an entry to an item: the one way in to this room."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from msgspec import Struct

from storyfold.document import Image, StoryType
from storyfold.errors import SourceError
from worker.model.entry import Entry
from worker.model.item import Item
from worker.normalize.address import resolve
from worker.normalize.dates import settle_date
from worker.normalize.fingerprint import compute_fingerprint, compute_item_id
from worker.normalize.images import choose_images
from worker.normalize.providers import Organizations, host_of, registrable_domain
from worker.normalize.quality import compute_quality
from worker.normalize.story_document import normalize_document
from worker.normalize.text import clean_text, clean_title, cut_excerpt, plain_text, without_boilerplate
from worker.normalize.topics import Taxonomy
from worker.normalize.urls import (
    amp_cache_url,
    clean_url,
    comparison_key,
    is_home_page,
    key_of_absolute,
    origin_of_amp_cache,
)
from worker.normalize.video import Video, build_embed, find_framed_video, find_video
from worker.normalize.wrappers import unwrap

MAX_READ_CHARS = 6_000  # of HTML, for excerpt and fingerprint: the excerpt ends long before
MAX_TITLE_FROM_TEXT_CHARS = 80
MAX_LABELS = 20


class Context(Struct, frozen=True, kw_only=True):
    """What normalizing needs besides the entry; the same for all entries of a collection.

    Attributes:
        collection: slug of the collection.
        taxonomy: topics to match.
        organizations: registered publishers.
    """

    collection: str
    taxonomy: Taxonomy
    organizations: Organizations


class _Links(NamedTuple):
    """Addresses of one entry: as given, as published, and the keys of all of them."""

    original: str
    web: str
    amp: str | None
    cdn_amp: str | None
    keys: tuple[str, ...]
    page_key: str
    how: str


class _Words(NamedTuple):
    title: str
    text: str
    excerpt: str


def normalize(entry: Entry, *, now: datetime, context: Context) -> Item:
    """The item that an entry tells of.

    A story document keeps every value that it gives; all other entries go through the rules of this room.

    Args:
        entry: as parsed.
        now: our clock, aware UTC.
        context: taxonomy, registry and collection.

    Raises:
        SourceError: the entry cannot become an item: ``no-link``, it has no absolute http(s) address;
            ``no-title``, it has neither a title nor any text.
    """
    if entry.document is not None:
        return normalize_document(entry, entry.document, now=now)
    links = _read_links(entry)
    words = _read_words(entry)
    date = settle_date(entry.published, entry.updated, now)
    provider, provider_how = context.organizations.name_provider(
        links.web,
        stated_name=clean_text(entry.provider_name),
        stated_url=_resolved(entry, entry.provider_url),
        site_url=_site_url(entry.feed_url, entry.site_url),
    )
    video, is_embed_only = _find_video(entry, links, words)
    images = _read_images(entry, video)
    topics = context.taxonomy.match((words.title, words.excerpt), entry.categories[:MAX_LABELS])
    quality = compute_quality(
        title=words.title,
        excerpt=words.excerpt,
        text_chars=max(len(entry.content), len(entry.summary)),
        images=images,
        date_how=date.how,
        is_registered=provider_how == "registry",
        has_topics=bool(topics),
        has_author=bool(entry.author),
        url=links.web,
    )
    fingerprint = compute_fingerprint(
        words.title, words.text, None if date.how in ("first-seen", "clamped") else date.at
    )
    return Item(
        item_id=compute_item_id(links.page_key, entry.feed_url, entry.guid, provider.domain, fingerprint),
        collection=context.collection,
        source=entry.source,
        title=words.title,
        excerpt=words.excerpt,
        published_at=date.at,
        original_url=links.original,
        web_url=None if is_embed_only else links.web,
        amp_web_url=links.amp,
        cdn_amp_web_url=links.cdn_amp,
        type=StoryType.VIDEO if video else StoryType.ARTICLE,
        quality=quality,
        provider=provider,
        topics=topics,
        images=images,
        featured_content=build_embed(video, words.title) if video else None,
        language=entry.language,
        feed_url=entry.feed_url,
        guid=entry.guid,
        url_keys=links.keys,
        fingerprint=fingerprint,
        first_seen_at=now.replace(microsecond=0),
        provenance={"published_at": date.how, "provider": provider_how, "web_url": links.how},
    )


def _read_links(entry: Entry) -> _Links:
    original = _original_url(entry)
    referrers = _referrers(entry.feed_url, entry.site_url)
    target = unwrap(original)
    origin = origin_of_amp_cache(target)
    web = clean_url(origin or target, referrers)
    amp = _amp_url(entry) or origin
    how = "given" if web == original else "amp-cache" if origin else "cleaned" if target == original else "unwrapped"
    page_key = key_of_absolute(web, referrers)
    site_key = _site_key(entry.feed_url, entry.site_url)
    keys = {page_key}
    if target != web:
        keys.add(key_of_absolute(target, referrers))
    if original != target:
        keys.add(key_of_absolute(original, referrers))
    if amp:
        keys.add(key_of_absolute(amp, referrers))
    pages = sorted(key for key in keys if key and key != site_key and not is_home_page(key))
    return _Links(
        original=original,
        web=web,
        amp=amp,
        cdn_amp=amp_cache_url(amp) if amp else None,
        keys=tuple(pages),
        page_key=page_key if page_key in pages else "",
        how=how,
    )


def _original_url(entry: Entry) -> str:
    """The address of the page: link, else a permalink GUID, else the file that the entry is about."""
    candidates = [entry.link, entry.guid if entry.guid_is_permalink else ""]
    candidates.extend(one.url for one in entry.media if one.kind in ("audio", "video"))
    for candidate in candidates:
        url = _resolved(entry, candidate)
        if url:
            return url
    given = entry.link or entry.guid or "nothing"
    raise SourceError("no-link", f"the entry needs an absolute http or https address, but gives {given[:200]!r}")


def _amp_url(entry: Entry) -> str | None:
    url = _resolved(entry, entry.amp_url)
    return clean_url(origin_of_amp_cache(url) or url) if url else None


def _resolved(entry: Entry, url: str) -> str:
    return (resolve(entry.base_url or entry.feed_url, url) or "") if url else ""


@lru_cache(maxsize=4_096)
def _referrers(feed_url: str, site_url: str) -> frozenset[str]:
    """Hosts that may name themselves in ``ref=`` on the links of this feed."""
    hosts = {host.removeprefix("www.") for host in (host_of(feed_url), host_of(site_url)) if host}
    return frozenset(hosts | {registrable_domain(host) for host in hosts})


@lru_cache(maxsize=4_096)
def _site_url(feed_url: str, site_url: str) -> str:
    return resolve(feed_url, site_url) or ""


@lru_cache(maxsize=4_096)
def _site_key(feed_url: str, site_url: str) -> str:
    return comparison_key(_site_url(feed_url, site_url))


def _read_words(entry: Entry) -> _Words:
    title = clean_title(entry.title, is_html=entry.title_is_html)
    text = plain_text(entry.summary[:MAX_READ_CHARS]) or plain_text(entry.content[:MAX_READ_CHARS])
    text = without_boilerplate(text)
    if not title:
        title = cut_excerpt(text, MAX_TITLE_FROM_TEXT_CHARS)
    if not title:
        raise SourceError("no-title", "the entry needs a title or some text, but has neither")
    excerpt = cut_excerpt(text)
    return _Words(title, text, "" if excerpt == title else excerpt)


def _find_video(entry: Entry, links: _Links, words: _Words) -> tuple[Video | None, bool]:
    """The video that the entry is, and whether it has no page besides the embed.

    An address of a video host is a video without a page of its own. A page is a video when it shows one and
    says nothing; an article that shows a video among its words stays an article.
    """
    video = find_video(links.web)
    if video is not None:
        return video, True
    return (None if words.text else find_framed_video(entry.content or entry.summary)), False


def _read_images(entry: Entry, video: Video | None) -> tuple[Image, ...]:
    markup = entry.content if "<img" in entry.content else entry.summary
    images = choose_images(entry.media, markup, entry.base_url or entry.feed_url)
    if not images and video is not None and video.image_url:
        return (Image(url=video.image_url, is_cached=False),)
    return images
